#include "common/ldup/replica.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/ldup/names.hpp"

namespace replkit::ldup {

namespace {

constexpr std::string_view lost_and_found_rdn = "cn=lostAndFound";

void read_name(const EntryReader& entry, Replica& replica) {
  try {
    const auto dn = model::Dn::parse(entry.dn());
    if (dn.size() > 0 && dn.rdns().front().size() == 1) {
      const auto& ava = dn.rdns().front().front();
      if (equals_ignore_case(ava.type, "cn") || ava.type == "2.5.4.3") replica.id = replica_id(ava.value);
    }
    if (replica.id.empty()) {
      entry.wrong("cn", "the entry must be named cn=ID, the ID 1 to 64 letters, digits, '.', '_' or '-'");
    }
  } catch (const ParseError& error) {
    entry.wrong("", std::string("its name is no DN (") + error.what() + ")");
  }
}

void read_type(const EntryReader& entry, Replica& replica) {
  const auto type = entry.number("replicaType", 1, 3);
  if (type) {
    replica.type = static_cast<ReplicaType>(*type);
  } else if (entry.values("replicaType").empty()) {
    entry.wrong("replicaType", "is missing, 1 (primary), 2 (updateable) or 3 (read-only) is expected");
  }
}

AttributeList read_list(const EntryReader& entry, std::string_view name) {
  const auto value = entry.one(name);
  if (!value) return {};
  try {
    return AttributeList::parse(*value);
  } catch (const ParseError& error) {
    entry.wrong(name, std::string("attributes separated by commas, * or 1.1 are expected (") + error.what() + ")");
    return {};
  }
}

void read_subtree(const EntryReader& entry, Replica& replica) {
  const auto value = entry.one("subtreeSpecification");
  if (!value) {
    if (entry.values("subtreeSpecification").empty())
      entry.warn("subtreeSpecification", "is missing, {} (the whole area) is taken");
    return;
  }
  try {
    replica.subtree = model::SubtreeSpecification::parse(*value);
    if (replica.subtree.filter)
      entry.wrong("subtreeSpecification", "has a specificationFilter, only base and chops are expected");
  } catch (const ParseError& error) {
    entry.wrong("subtreeSpecification", std::string("a subtree specification is expected (") + error.what() + ")");
  }
}

void read_lost_and_found(const EntryReader& entry, Replica& replica) {
  if (auto dn = entry.dn_value("lostAndFoundEntryDN")) {
    replica.lost_and_found_dn = *dn;
    return;
  }
  const auto context = replica.context_dn();
  replica.lost_and_found_dn = std::string(lost_and_found_rdn) + (context.empty() ? "" : "," + context);
  if (entry.values("lostAndFoundEntryDN").empty())
    entry.warn("lostAndFoundEntryDN", "is missing, " + replica.lost_and_found_dn + " is taken");
}

void read_online(const EntryReader& entry, Replica& replica) {
  if (const auto online = entry.boolean("replicaOnline")) {
    replica.online = *online;
  } else if (entry.values("replicaOnline").empty()) {
    entry.warn("replicaOnline", "is missing, FALSE is taken");
  }
}

unsigned port_of(const model::LdapUrl& url) {
  return url.port.value_or(url.scheme == "ldaps" ? 636U : 389U);
}

}  // namespace

std::string_view type_name(ReplicaType type) {
  switch (type) {
    case ReplicaType::primary:
      return "primary";
    case ReplicaType::updateable:
      return "updateable";
    case ReplicaType::read_only:
      break;
  }
  return "read-only";
}

Replica Replica::read(const EntryReader& entry, Findings& findings) {
  Replica replica;
  replica.dn = entry.dn();
  read_name(entry, replica);
  if (const auto uuid = entry.one("entryUUID")) {
    replica.uuid = model::Uuid::parse(*uuid);
    if (!replica.uuid) entry.wrong("entryUUID", "a UUID is expected");
  }
  replica.uris = entry.urls("replicaURI");
  if (entry.values("replicaURI").empty()) entry.wrong("replicaURI", "is missing, an LDAP URL is expected");
  replica.secondary_uris = entry.urls("replicaSecondaryURI");
  read_type(entry, replica);
  read_online(entry, replica);
  replica.filter.inclusion = read_list(entry, "attributeInclusionFilter");
  replica.filter.exclusion = read_list(entry, "attributeExclusionFilter");
  read_lost_and_found(entry, replica);
  read_subtree(entry, replica);
  replica.update_vector = entry.values("updateVector");
  replica.description = entry.one("description").value_or("");
  if (!replica.filter.is_full() && replica.can_originate()) {
    findings.push_back({Severity::error, "fractional-type", replica.dn, "replicaType",
                        "the replica leaves attributes out, so that read-only (3) is expected"});
  }
  if (!replica.filter.inclusion.empty() && !replica.filter.exclusion.empty())
    entry.warn("attributeExclusionFilter", "stands beside attributeInclusionFilter, only one of them is expected");
  return replica;
}

Replica Replica::read(const model::Entry& entry, Findings& findings) {
  return read(EntryReader(entry, findings), findings);
}

model::Entry Replica::to_entry() const {
  auto entry = new_entry(dn, {"top", "subentry", "replicaSubentry-2"});
  for (const auto& uri : uris) entry.add("replicaURI", uri);
  for (const auto& uri : secondary_uris) entry.add("replicaSecondaryURI", uri);
  entry.add("replicaType", std::to_string(static_cast<int>(type)));
  entry.add("replicaOnline", online ? "TRUE" : "FALSE");
  entry.add("lostAndFoundEntryDN",
            lost_and_found_dn.empty() ? std::string(lost_and_found_rdn) + "," + context_dn() : lost_and_found_dn);
  entry.add("subtreeSpecification", subtree.text());
  if (!filter.inclusion.empty()) entry.add("attributeInclusionFilter", filter.inclusion.text());
  if (!filter.exclusion.empty()) entry.add("attributeExclusionFilter", filter.exclusion.text());
  if (!description.empty()) entry.add("description", description);
  return entry;
}

std::string Replica::context_dn() const {
  try {
    return model::Dn::parse(dn).parent().text();
  } catch (const ParseError&) {
    return {};
  }
}

std::vector<std::string> Replica::servers() const {
  std::vector<std::string> out;
  for (const auto* list : {&uris, &secondary_uris}) {
    for (const auto& uri : *list) {
      auto server = model::LdapUrl::parse(uri).server();
      if (std::find(out.begin(), out.end(), server) == out.end()) out.push_back(std::move(server));
    }
  }
  return out;
}

bool Replica::is_reached_by(const model::LdapUrl& url) const {
  const auto matches = [&url](const std::string& uri) { return same_server(model::LdapUrl::parse(uri), url); };
  return std::any_of(uris.begin(), uris.end(), matches) ||
         std::any_of(secondary_uris.begin(), secondary_uris.end(), matches);
}

std::string replica_dn(std::string_view id, const model::Dn& context) {
  return model::rdn_text({{"cn", std::string(id)}}) + (context.empty() ? "" : "," + context.text());
}

bool same_server(const model::LdapUrl& a, const model::LdapUrl& b) {
  return a.scheme == b.scheme && equals_ignore_case(a.host, b.host) && port_of(a) == port_of(b);
}

}  // namespace replkit::ldup
