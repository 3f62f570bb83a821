// Facts as a server would tell them, in a few words.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "common/tasks/facts.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/plan.hpp"

namespace replkit::tasks {

inline ServerFacts ldup_server() {
  ServerFacts server;
  server.name = "s1";
  server.uri = "ldap://S1.example.com";
  server.kind = Kind::ldup;
  server.controls = {std::string(oid::write_unwriteable), std::string(oid::relax_rules)};
  return server;
}

inline model::Entry entry_of(std::string dn, const std::vector<std::pair<std::string, std::string>>& values) {
  model::Entry entry;
  entry.dn = std::move(dn);
  for (const auto& [description, value] : values) entry.add(description, value);
  return entry;
}

inline Replica replica_of(const std::string& id, const std::string& area, const std::string& type = "2") {
  Replica replica;
  replica.id = id;
  replica.entry = entry_of(child_dn(id, area), {{"objectClass", "subentry"},
                                                {"objectClass", "replicaSubentry-2"},
                                                {"cn", id},
                                                {"subtreeSpecification", "{}"},
                                                {"replicaURI", "ldap://" + id + ".example.com"},
                                                {"replicaType", type},
                                                {"replicaOnline", "FALSE"},
                                                {"lostAndFoundEntryDN", "cn=lostAndFound," + area}});
  return replica;
}

inline model::Entry agreement_of(const std::string& cn, const Replica& supplier, const Replica& consumer) {
  return entry_of(child_dn(cn, supplier.entry.dn),
                  {{"objectClass", "replicaAgreement"}, {"cn", cn}, {"replicaDN", consumer.entry.dn}});
}

// The area o=x with the replicas s1 (the server's own) and s2.
inline AreaFacts area_of_two() {
  AreaFacts area;
  area.dn = "o=x";
  area.root = entry_of("o=x", {{"objectClass", "organization"},
                               {"objectClass", "replicationContext"},
                               {"o", "x"},
                               {"entryUUID", "5B6D4F60-0d2c-4cf4-9d37-6f2c2d5b2c01"}});
  area.replicas = {replica_of("s1", area.dn), replica_of("s2", area.dn)};
  return area;
}

// What an LDIF of the plan's steps says, all servers alike.
inline std::string ldif_of(const Plan& plan) {
  std::string out;
  print_plan(
      plan, [](const std::string& name) { return name; }, [&](std::string_view text) { out += text; });
  return out;
}

inline std::string texts_of(const std::vector<Remark>& remarks) {
  std::string out;
  for (const auto& remark : remarks) out += remark.text + '\n';
  return out;
}

// What the function threw, as "STATUS TEXT"; "nothing".
template <typename Function>
std::string error_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.status())) + ' ' + error.what();
  }
  return "nothing";
}

}  // namespace replkit::tasks
