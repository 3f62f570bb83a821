// A group of real replservers that replicate, for tests of sessions from outside.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/ldup/csn.hpp"
#include "tests/support/client.hpp"
#include "tests/support/replserver.hpp"
#include "tests/support/slapd.hpp"

namespace replkit::replication_test {

inline const std::string suffix = "dc=example,dc=com";

struct ReplicaSpec {
  std::string id;
  int type = 2;         // replicaType
  std::string extra{};  // LDIF lines for its entry: filters
  bool online = true;
  std::string config{};  // lines for [replication]
  std::string subtree = "{}";
};

struct AgreementSpec {
  std::string supplier;
  std::string consumer;
  std::string extra{};  // LDIF lines
};

// What someone with an administrator's rights is answered.
struct Outcome {
  int code = -1;
  std::string diagnostic;
  std::optional<std::string> value;
};

class Group {
 public:
  // Makes the servers, each with the LDUP entries of all and nothing else, and starts them. Without agreements everyone
  // supplies everyone.
  explicit Group(std::vector<ReplicaSpec> replicas, std::vector<AgreementSpec> agreements = {},
                 const std::string& durability = "none", const std::optional<support::CertificateFiles>& tls = {},
                 const std::string& tables = {});
  Group(Group&&) = default;
  // When the test has failed, prints how the last sessions went.
  ~Group();

  support::Replserver& operator[](const std::string& id);
  support::Client client(const std::string& id) { return support::Client((*this)[id].uri(), root_dn(), "secret"); }
  std::string root_dn() const { return "cn=admin," + suffix; }
  static std::string replica_dn(const std::string& id) { return "cn=" + id + "," + suffix; }

  // Waits until the entry is there, or is not. Returns false after `limit`.
  bool shows(const std::string& id, const std::string& dn, std::chrono::milliseconds limit = std::chrono::seconds(20));
  bool lacks(const std::string& id, const std::string& dn, std::chrono::milliseconds limit = std::chrono::seconds(20));
  // Waits until difference() finds none. (Update vectors differ for long: what publishes one raises another.)
  bool settles(std::chrono::milliseconds limit = std::chrono::seconds(60));
  ldup::UpdateVector vector(const std::string& id);

  // Returns what two servers have below the suffix that is not the same: lines; empty when all is. Without the
  // attributes that are each server's own.
  std::string difference(const std::string& one, const std::string& other);

  // The history of a server, a session a line.
  std::vector<nlohmann::json> history(const std::string& id);
  // Waits until a session of this server has such a member of its record. Returns it; nothing after a while.
  std::optional<nlohmann::json> session(const std::string& id, const nlohmann::json& like,
                                        std::chrono::milliseconds limit = std::chrono::seconds(20));

  Outcome extended(const std::string& id, const std::string& oid, const std::string& value,
                   const std::string& bind_dn = {});
  // kind: "full" or "incremental".
  Outcome trigger(const std::string& at, const std::string& target, const std::string& kind,
                  const std::string& uri = {}, const std::string& bind_dn = {});
  // The same, again for a while as long as another session is under way.
  Outcome trigger_when_free(const std::string& at, const std::string& target, const std::string& kind);
  Outcome terminate(const std::string& at, const std::string& target);

  const std::vector<std::string>& ids() const { return ids_; }

 private:
  std::vector<std::string> ids_;
  std::vector<std::unique_ptr<support::Replserver>> servers_;
};

// Has "a" add these, and waits until "b" has them and all is settled.
void add_units(Group& group, const std::vector<std::string>& names);

// An organizationalUnit.
int add_unit(support::Client& client, const std::string& name, const std::string& description = {});
std::string unit_dn(const std::string& name);

}  // namespace replkit::replication_test
