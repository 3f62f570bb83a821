// Loading LDIF, aside: whatever happens on the way, all of it is there in the end, or nothing.
//
// The CSN that an entry brings says what its newest change was, and nothing of the others, nor of what was deleted
// where it comes from. So a replica that others replicate with cannot be made of them: it waits for a full update.
#include "tests/refserver/directory/import.hpp"

#include <fmt/format.h>

#include <iostream>
#include <set>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/cli/program.hpp"
#include "common/cli/progress.hpp"
#include "common/ldup/names.hpp"
#include "common/model/dn.hpp"
#include "common/model/ldif.hpp"
#include "tests/refserver/exchange/areas.hpp"
#include "tests/refserver/exchange/options.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/server/data.hpp"
#include "tests/refserver/server/verbs.hpp"
#include "tests/refserver/store/replacement.hpp"

namespace replkit::refserver::server {

namespace {

struct Counts {
  std::uint64_t stored = 0;
  std::uint64_t skipped = 0;
  std::vector<std::string> waiting;  // DNs of areas that wait for a full update now
};

directory::ImportOptions import_options(const config::Config& config, bool go_on) {
  directory::ImportOptions options;
  options.contexts = config.directory.contexts;
  options.contexts.emplace_back(exchange::local_suffix);
  options.password_cost = config.directory.password_cost;
  options.digest_realm = config.directory.digest_realm;
  if (!config.auth.administrators.empty()) options.creator = config.auth.administrators.front().dn;
  if (go_on) options.batch = 1;  // so that one that is refused takes no other with it
  return options;
}

bool has_others(const exchange::LocalArea& area) {
  return area.model.replicas().size() > (area.own == nullptr ? 0U : 1U);
}

// The areas of replication that the entries come into.
class Areas {
 public:
  Areas(const Data& data, std::string replica_id)
      : replica_id_(std::move(replica_id)), model_(data.schema.model()), before_(read(data)) {
    for (const auto& area : before_.all()) roots_.insert(area->key);
  }

  // Throws directory::RefusedEntry for one of an area that this replica shares with others.
  void admit(const model::Entry& entry, std::uint64_t line) {
    std::string key;
    if (!model::normalize_dn(entry.dn, model_, key)) return;  // the importer says so
    const auto area = before_.of_entry(key);
    if (area && area->own != nullptr && has_others(*area)) {
      throw directory::RefusedEntry(
          line, fmt::format("entry '{}': {} is shared with other replicas, and they would not get it: add it over LDAP "
                            "(to restore this replica, put a backup in place, or have it filled by a full update)",
                            printable(entry.dn), printable(area->root_dn())));
    }
    const auto* classes = entry.find("objectClass");
    if (classes != nullptr && ldup::is_context(classes->values)) roots_.insert(key);
    if (!directory::brings_csn(entry)) return;
    std::string_view root = key;
    while (!root.empty() && roots_.find(root) == roots_.end()) root = model::parent_of(root);
    if (!root.empty()) copied_.emplace(root);
  }

  // Has the areas wait for a full update that are copies of what others have. Returns their DNs.
  std::vector<std::string> settle(Data& data) const {
    std::vector<std::string> out;
    const auto areas = read(data);
    data.store.apply([&](store::Writer& writer) {
      out.clear();
      for (const auto& area : areas.all()) {
        if (!copied_.contains(area->key) || !has_others(*area)) continue;
        exchange::set_awaiting(writer, area->root());
        if (area->own != nullptr) out.push_back(area->root_dn());
      }
    });
    return out;
  }

 private:
  exchange::Areas read(const Data& data) const { return {*data.store.snapshot(), data.schema, replica_id_}; }

  const std::string replica_id_;
  const model::Schema& model_;
  const exchange::Areas before_;
  std::set<std::string, std::less<>> roots_;   // normalized DNs, those of the file too
  std::set<std::string, std::less<>> copied_;  // into which entries came that bring a CSN
};

// Reads the file into the store.
class Load {
 public:
  Load(Data& data, const config::Config& config, const Settings& settings)
      : data_(data),
        go_on_(settings.go_on),
        name_(settings.ldif == "-" ? "standard input" : settings.ldif),
        reader_(model::open_bytes(settings.ldif), name_),
        areas_(data, config.store.replica_id),
        importer_(data.store, data.schema, system_clock(), import_options(config, settings.go_on)),
        progress_({name_}, "entries") {}

  Counts run() {
    for (std::uint64_t read = 0; const auto entry = reader_.next_entry(); ++read) {
      if (read % 1000 == 0) {
        cli::run_token().check();
        progress_.update(0, read);
      }
      give([&] {
        areas_.admit(*entry, reader_.record_line());
        importer_.add(*entry, reader_.record_line());
        if (go_on_) importer_.flush();
      });
    }
    give([this] { importer_.flush(); });
    if (reader_.cut_off()) std::cerr << printable(name_) << ": the last line has no end: is the file whole?\n";
    return {importer_.stored(), skipped_, areas_.settle(data_)};
  }

 private:
  template <typename Action>
  void give(const Action& action) {
    try {
      action();
    } catch (const directory::RefusedEntry& error) {
      const auto what = fmt::format("{}:{}: {}", printable(name_), error.line(), error.what());
      if (!go_on_) throw Error(ExitStatus::refused, what);
      progress_.clear();
      std::cerr << what << '\n';
      ++skipped_;
    }
  }

  Data& data_;
  const bool go_on_;
  const std::string name_;
  model::LdifReader reader_;
  Areas areas_;
  directory::Importer importer_;
  cli::Progress progress_;
  std::uint64_t skipped_ = 0;
};

Counts load_aside(const config::Config& config, const Settings& settings) {
  store::Replacement replacement(config.store.directory, "import");
  auto quick = config;
  quick.store.directory = replacement.aside();
  quick.store.durability = store::Durability::none;
  Counts counts;
  {
    Data data(quick);
    counts = Load(data, config, settings).run();
  }
  replacement.commit();
  return counts;
}

}  // namespace

ExitStatus import(const Settings& settings) {
  const auto config = config::Config::load(settings.config);
  const auto counts = load_aside(config, settings);
  std::cerr << fmt::format("replserver: {} entries imported", counts.stored);
  if (counts.skipped > 0) std::cerr << fmt::format(", {} skipped", counts.skipped);
  std::cerr << '\n';
  for (const auto& root : counts.waiting) {
    std::cerr << fmt::format(
        "replserver: {} has other replicas, and entries of it came with their CSNs: it is closed until one of the "
        "others fills it (repctl cycle trigger --full); to begin anew with the entries instead, leave entryCSN out of "
        "the file\n",
        printable(root));
  }
  return counts.skipped > 0 ? ExitStatus::findings : ExitStatus::done;
}

}  // namespace replkit::refserver::server
