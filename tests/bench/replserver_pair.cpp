#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "common/base/cancel.hpp"
#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/ldap/extended.hpp"
#include "common/ldup/cycle.hpp"
#include "common/ldup/oids.hpp"
#include "tests/bench/replicated_pair.hpp"
#include "tests/support/replserver.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::bench {

namespace {

using support::Replserver;

Replserver make_server(const std::string& id, const std::string& suffix, support::Durability durability) {
  // Indexes as the Slapd of the tests has them, and no line for each request, as it logs none.
  const auto tables = fmt::format(
      "[indexes]\nobjectClass = [\"equality\"]\nuid = [\"equality\"]\ncn = [\"equality\"]\nou = [\"equality\"]\n"
      "entryUUID = [\"equality\"]\n\n"
      "[log]\nlevel = \"warning\"\n\n[replication]\nbind_dn = \"cn=admin,{}\"\nbind_password_file = "
      "\"password\"\nretry = \"50ms\"\n"
      "retry_most = \"100ms\"\n",
      suffix);
  return Replserver({.contexts = {suffix},
                     .durability = durability == support::Durability::full ? "full" : "none",
                     .tables = tables,
                     .top = fmt::format("replica_id = \"{}\"\n", id)});
}

class ReplserverPair : public ReplicatedPair {
 public:
  ReplserverPair(const support::SeedOptions& seed, support::Durability durability)
      : suffix_(seed.suffix),
        last_(support::person_dn(seed, seed.persons - 1)),
        supplier_(make_server("supplier", seed.suffix, durability)),
        consumer_(make_server("consumer", seed.suffix, durability)) {
    const auto file = work_ / "seed.ldif";
    {
      AtomicFile out(file, FileMode::public_file);
      bool first = true;
      support::write_seed_data(seed, [&](std::string_view record) {
        std::string text(record);
        // With its CSNs it would be a copy of a part of a group, which waits for a full update (replserver(8)).
        if (const auto csn = text.find("\nentryCSN: "); csn != std::string::npos) {
          text.erase(csn, text.find('\n', csn + 1) - csn);
        }
        if (first) text.insert(text.find('\n') + 1, "objectClass: replicationContext\n");
        out.write(text);
        if (first) {
          root_uuid_ = text.substr(text.find("entryUUID: ") + 11, 36);
          out.write(replicas(true));
        }
        first = false;
      });
      out.commit();
    }
    supplier_.load_file(file);
    std::filesystem::remove(file);
    supplier_.start();
  }

  Side supplier() const override { return {supplier_.uri(), supplier_.root_dn()}; }
  Side consumer() const override { return {consumer_.uri(), consumer_.root_dn()}; }

  double refresh() override {
    consumer_.stop();
    std::filesystem::remove_all(consumer_.data_directory());
    consumer_.load(
        fmt::format("dn: {}\nobjectClass: top\nobjectClass: domain\nobjectClass: replicationContext\n"
                    "dc: {}\nentryUUID: {}\n\n{}",
                    suffix_, suffix_.substr(3, suffix_.find(',') - 3), root_uuid_, replicas(false)));
    consumer_.start();
    const double took = seconds_of([&] {
      trigger_full();
      await_entry(consumer(), last_);
    });
    support::expect_success(
        consumer_.root_client().modify(replica_dn("consumer"), {{support::Change::replace, "replicaOnline", {"TRUE"}}}),
        "replicaOnline");
    return took;
  }

  void stop_consumer() override { consumer_.kill9(); }
  void start_consumer() override { consumer_.start(); }

 protected:
  pid_t supplier_pid() const override { return supplier_.pid(); }
  pid_t consumer_pid() const override { return consumer_.pid(); }

 private:
  std::string replica_dn(const std::string& id) const { return fmt::format("cn={},{}", id, suffix_); }

  // The two replicas and the agreement between them. The consumer is not online yet, as it wants to be for a full
  // update.
  std::string replicas(bool at_supplier) const {
    const auto replica = [&](const std::string& id, const std::string& uri, bool online) {
      return fmt::format(
          "dn: {}\nobjectClass: top\nobjectClass: subentry\nobjectClass: replicaSubentry-2\ncn: {}\n"
          "subtreeSpecification: {{}}\nreplicaURI: {}\nreplicaType: 2\nreplicaOnline: {}\n"
          "lostAndFoundEntryDN: cn=lostAndFound,{}\n\n",
          replica_dn(id), id, uri, online ? "TRUE" : "FALSE", suffix_);
    };
    return replica("supplier", supplier_.uri(), true) + replica("consumer", consumer_.uri(), at_supplier) +
           fmt::format(
               "dn: cn=to-consumer,{}\nobjectClass: top\nobjectClass: subentry\n"
               "objectClass: replicaAgreementSubentry-2\ncn: to-consumer\nsubtreeSpecification: {{}}\n"
               "replicaDN: {}\n\n",
               replica_dn("supplier"), replica_dn("consumer"));
  }

  void trigger_full() {
    const ldup::TriggerReplicationRequest request{.target = replica_dn("consumer"),
                                                  .uri = consumer_.uri(),
                                                  .update = ldup::TriggerReplicationRequest::Update::full,
                                                  .mode = ldup::TriggerReplicationRequest::Mode::online,
                                                  .file = {}};
    const CancelToken cancel;
    ldap::ConnectionOptions options;
    options.uri = supplier_.uri();
    options.bind.method = ldap::BindMethod::simple;
    options.bind.dn = supplier_.root_dn();
    options.bind.password = Secret(support::password);
    auto connection = ldap::Connection::open(options, cancel);
    constexpr int busy = 51;  // another session is under way
    ldap::ExtendedAnswer answer;
    support::eventually(std::chrono::seconds(30), [&] {
      answer =
          ldap::ExtendedCalls(connection)
              .call({.oid = std::string(ldup::oid::trigger_replication), .value = encode(request), .controls = {}});
      return static_cast<int>(answer.code) != busy;
    });
    if (static_cast<int>(answer.code) != 0) throw LocalError("no full update: " + answer.diagnostic);
  }

  support::TempDir work_;
  std::string suffix_, last_, root_uuid_;
  Replserver supplier_, consumer_;
};

}  // namespace

std::unique_ptr<ReplicatedPair> replserver_pair(const support::SeedOptions& seed, support::Durability durability) {
  return std::make_unique<ReplserverPair>(seed, durability);
}

}  // namespace replkit::bench
