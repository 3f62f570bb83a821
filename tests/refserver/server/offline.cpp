// export, check, backup: sub-commands that read the store.
#include <fmt/format.h>

#include <iostream>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/cli/output.hpp"
#include "common/cli/program.hpp"
#include "common/cli/progress.hpp"
#include "common/model/dn.hpp"
#include "common/model/filter.hpp"
#include "common/model/ldif.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/refserver/directory/import.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/server/data.hpp"
#include "tests/refserver/server/verbs.hpp"
#include "tests/refserver/store/replacement.hpp"

namespace replkit::refserver::server {

namespace {

std::filesystem::path source(const config::Config& config, const Settings& settings) {
  return settings.directory.empty() ? config.store.directory : std::filesystem::path(settings.directory);
}

// Calls `visit` for every entry with its DN, superiors first.
void for_each_entry(const store::Reader& reader, store::EntryId top,
                    const std::function<void(const store::StoredEntry&, std::string dn)>& visit) {
  constexpr std::size_t page = 1000;
  cli::run_token().check();
  std::vector<store::EntryId> children;
  std::string after;
  for (bool more = true; more;) {
    children.clear();
    more = reader.children(top, after, page, children);
    for (const auto id : children) {
      const auto entry = reader.load(id);
      if (!entry) throw LocalError("the store is damaged: an entry in its tree has no record; run check");
      visit(*entry, reader.dn(id));
      if (reader.has_children(id)) for_each_entry(reader, id, visit);
    }
  }
}

}  // namespace

ExitStatus export_(const Settings& settings) {
  const auto config = config::Config::load(settings.config);
  const auto filter = model::Filter::parse(settings.filter.empty() ? "(objectClass=*)" : settings.filter);
  const Data data(config, source(config, settings));
  const auto& schema = data.schema.model();
  const auto snapshot = data.store.snapshot();
  cli::Progress progress({""}, "entries");
  if (!cli::stdout_is_terminal()) progress.set_total(0, snapshot->entry_count());
  model::LdifWriter writer([](std::string_view text) { cli::print_out(text); });
  writer.version();
  std::uint64_t written = 0;
  const auto write = [&](const store::StoredEntry& stored, std::string dn) {
    const auto entry = directory::export_entry(stored, std::move(dn));
    if (!settings.filter.empty() && !filter.matches(entry, schema)) return;
    writer.entry(entry);
    if (++written % 1000 == 0 && !cli::stdout_is_terminal()) progress.update(0, written);
  };
  auto top = store::no_entry;
  if (!settings.base.empty()) {
    top = snapshot->find(model::Dn::parse(settings.base).normalized(schema));
    if (top == store::no_entry) throw UsageError("there is no entry " + printable(settings.base));
    write(*snapshot->load(top), snapshot->dn(top));
  }
  for_each_entry(*snapshot, top, write);
  cli::flush_out();
  return ExitStatus::done;
}

ExitStatus check(const Settings& settings) {
  const auto config = config::Config::load(settings.config);
  const Data data(config, source(config, settings));
  auto findings = data.store.check(settings.most_findings);
  const auto snapshot = data.store.snapshot();
  std::uint64_t entries = 0;
  const auto look_at = [&](const store::StoredEntry& entry, const std::string& dn) {
    ++entries;
    if (findings.size() >= settings.most_findings || entry.glue) return;
    try {
      directory::check_entry(entry, data.schema);
    } catch (const protocol::Refusal& refusal) {
      findings.push_back(fmt::format("{}: {}", printable(dn), refusal.what()));
    }
  };
  if (findings.size() < settings.most_findings) for_each_entry(*snapshot, store::no_entry, look_at);
  for (const auto& finding : findings) cli::print_out(printable(finding) + '\n');
  if (findings.empty()) cli::print_out(fmt::format("{} entries, all in order\n", entries));
  return findings.empty() ? ExitStatus::done : ExitStatus::findings;
}

ExitStatus backup(const Settings& settings) {
  const auto config = config::Config::load(settings.config);
  const std::filesystem::path folder = settings.backup_directory;
  const auto fresh = folder / "unfinished";
  store::make_private_folder(folder);
  std::error_code error;
  if (!std::filesystem::is_empty(folder, error) || error || !std::filesystem::create_directory(fresh, error)) {
    throw LocalError(printable(folder.string()) + ": a backup needs an empty folder");
  }
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  try {
    store::copy_store(config.store.directory, fresh);
    {
      // Once it is put back, this replica lacks what it has done since: it has to know.
      Data copy(config, fresh);
      copy.store.apply([&](store::Writer& writer) {
        exchange::set_restored(writer, format_generalized_time(system_clock().now()));
      });
    }
    store::sync(fresh / store::data_file);
    std::filesystem::rename(fresh / store::data_file, folder / store::data_file, error);
    if (error) throw LocalError(printable(folder.string()) + ": " + error.message());
    store::sync(folder);
  } catch (...) {
    std::filesystem::remove_all(fresh, error);
    throw;
  }
  std::filesystem::remove_all(fresh, error);
  return ExitStatus::done;
}

ExitStatus compact(const Settings& settings) {
  const auto config = config::Config::load(settings.config);
  const auto file = config.store.directory / store::data_file;
  std::error_code error;
  const auto before = std::filesystem::file_size(file, error);
  if (error) throw LocalError(printable(file.string()) + ": " + error.message());
  store::Replacement(config.store.directory, "compact").commit();
  cli::print_out(fmt::format("{} bytes of {} are left\n", std::filesystem::file_size(file, error), before));
  return ExitStatus::done;
}

ExitStatus show_config(const Settings& settings) {
  const auto config = config::Config::load(settings.config);
  const auto schema = schema::Schema::load(config.schema);
  const auto policy = make_policy(config, schema);
  auto shown = config;
  shown.store = store_options(config, schema);
  cli::print_out(config::to_toml(shown) + fmt::format("\n# digest of the access rules: {}\n", policy->digest()));
  return ExitStatus::done;
}

}  // namespace replkit::refserver::server
