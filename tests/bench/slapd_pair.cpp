#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>

#include "common/base/error.hpp"
#include "tests/bench/replicated_pair.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::bench {

namespace {

using support::Slapd;
using support::SlapdOptions;

SlapdOptions options_for(const support::SeedOptions& seed, support::Durability durability, unsigned id, Syncrepl how) {
  SlapdOptions out{.suffix = seed.suffix,
                   .server_id = id,
                   .durability = durability,
                   .max_size = std::max<std::uint64_t>(std::uint64_t{2} << 30, seed.persons * 16384)};
  if (how == Syncrepl::delta) out.modules = {"accesslog"};
  return out;
}

class SlapdPair : public ReplicatedPair {
 public:
  SlapdPair(const support::SeedOptions& seed, support::Durability durability, Syncrepl how)
      : seed_(seed), durability_(durability), how_(how), supplier_(options_for(seed, durability, 1, how)) {
    const auto file = work_ / "seed.ldif";
    support::write_seed_data(seed, file);
    supplier_.load_file(file);
    std::filesystem::remove(file);
    supplier_.start();
    if (how == Syncrepl::delta) make_log();
  }

  Side supplier() const override { return {supplier_.uri(), supplier_.root_dn()}; }
  Side consumer() const override { return {consumer_->uri(), consumer_->root_dn()}; }

  double refresh() override {
    consumer_.reset();
    consumer_.emplace(options_for(seed_, durability_, 2, Syncrepl::plain));
    consumer_->start();
    // Nobody is supplied by it.
    consumer_->modify_config(fmt::format("dn: olcOverlay={{0}}syncprov,{}\nchangetype: delete\n", Slapd::database_dn));
    return seconds_of([&] {
      consumer_->modify_config(fmt::format("dn: {}\nchangetype: modify\nadd: olcSyncrepl\nolcSyncrepl: {}\n",
                                           Slapd::database_dn, agreement()));
      await_persist();
      await_entry(consumer(), support::person_dn(seed_, seed_.persons - 1));
    });
  }

  void stop_consumer() override { consumer_->kill9(); }
  void start_consumer() override { consumer_->start(); }

 protected:
  pid_t supplier_pid() const override { return supplier_.pid(); }
  pid_t consumer_pid() const override { return consumer_ ? consumer_->pid() : -1; }

 private:
  std::string agreement() const {
    auto out = fmt::format(
        "rid=001 provider={} bindmethod=simple binddn=\"{}\" credentials={} searchbase=\"{}\" type=refreshAndPersist "
        "retry=\"1 +\"",
        supplier_.uri(), support::replicator_dn, support::password, seed_.suffix);
    if (how_ == Syncrepl::delta) {
      out +=
          " logbase=\"cn=accesslog\" logfilter=\"(&(objectClass=auditWriteObject)(reqResult=0))\" syncdata=accesslog";
    }
    return out;
  }

  void await_persist() {
    auto client = consumer_->config_client();
    const bool persists = support::eventually(std::chrono::minutes(30), [&] {
      const auto found = client.search("cn=Databases,cn=Monitor", 2, "(objectClass=olmSyncReplInstance)", {"+"});
      if (found.empty()) return false;
      const auto phase = found.front().attributes.find("olmSRSyncPhase");
      return phase != found.front().attributes.end() && phase->second.front() == "Persist";
    });
    if (!persists) throw LocalError("slapd's consumer did not get to the phase Persist");
  }

  // As "Delta-syncrepl Provider configuration" in the OpenLDAP Administrator's Guide has it.
  void make_log() {
    const auto folder = supplier_.directory() / "accesslog";
    std::filesystem::create_directory(folder);
    supplier_.modify_config(
        fmt::format("dn: olcDatabase={{4}}mdb,cn=config\nchangetype: add\nobjectClass: olcDatabaseConfig\n"
                    "objectClass: olcMdbConfig\nolcDatabase: {{4}}mdb\nolcSuffix: cn=accesslog\nolcDbDirectory: {}\n"
                    "olcRootDN: cn=admin,{}\nolcDbMaxSize: {}\n"
                    "olcDbIndex: default eq\nolcDbIndex: entryCSN,objectClass,reqEnd,reqResult,reqStart,reqDN eq\n"
                    "olcLimits: dn.exact=\"{}\" size=unlimited time=unlimited\nolcAccess: to * by * read\n{}\n",
                    folder.string(), seed_.suffix, supplier_.options().max_size, support::replicator_dn,
                    durability_ == support::Durability::none ? "olcDbNoSync: TRUE\n" : ""));
    supplier_.modify_config(
        "dn: olcOverlay=syncprov,olcDatabase={4}mdb,cn=config\nchangetype: add\nobjectClass: olcOverlayConfig\n"
        "objectClass: olcSyncProvConfig\nolcOverlay: syncprov\nolcSpNoPresent: TRUE\nolcSpReloadHint: TRUE\n\n");
    supplier_.modify_config(
        fmt::format("dn: olcOverlay=accesslog,{}\nchangetype: add\nobjectClass: olcOverlayConfig\n"
                    "objectClass: olcAccessLogConfig\nolcOverlay: accesslog\nolcAccessLogDB: cn=accesslog\n"
                    "olcAccessLogOps: writes\nolcAccessLogSuccess: TRUE\n",
                    Slapd::database_dn));
  }

  support::TempDir work_;
  support::SeedOptions seed_;
  support::Durability durability_;
  Syncrepl how_;
  Slapd supplier_;
  std::optional<Slapd> consumer_;
};

}  // namespace

std::unique_ptr<ReplicatedPair> slapd_pair(const support::SeedOptions& seed, support::Durability durability,
                                           Syncrepl how) {
  return std::make_unique<SlapdPair>(seed, durability, how);
}

}  // namespace replkit::bench
