// Loading LDIF. Into an empty store it goes aside first: whatever happens on the way, all of it is there in the end, or
// nothing.
#include "tests/refserver/directory/import.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/cli/program.hpp"
#include "common/cli/progress.hpp"
#include "common/model/ldif.hpp"
#include "tests/refserver/server/data.hpp"
#include "tests/refserver/server/verbs.hpp"
#include "tests/refserver/store/folder_lock.hpp"

namespace replkit::refserver::server {

namespace {

struct Counts {
  std::uint64_t stored = 0;
  std::uint64_t skipped = 0;
};

directory::ImportOptions import_options(const config::Config& config, bool go_on) {
  directory::ImportOptions options;
  options.contexts = config.directory.contexts;
  options.password_cost = config.directory.password_cost;
  options.digest_realm = config.directory.digest_realm;
  if (!config.auth.administrators.empty()) options.creator = config.auth.administrators.front().dn;
  if (go_on) options.batch = 1;  // so that one that is refused takes no other with it
  return options;
}

// Reads the file into the store.
class Load {
 public:
  Load(Data& data, const config::Config& config, const Settings& settings)
      : go_on_(settings.go_on),
        name_(settings.ldif == "-" ? "standard input" : settings.ldif),
        reader_(model::open_bytes(settings.ldif), name_),
        importer_(data.store, data.schema, system_clock(), import_options(config, settings.go_on)),
        progress_({name_}, "entries") {}

  Counts run() {
    for (std::uint64_t read = 0; const auto entry = reader_.next_entry(); ++read) {
      if (read % 1000 == 0) {
        cli::run_token().check();
        progress_.update(0, read);
      }
      give([&] {
        importer_.add(*entry, reader_.record_line());
        if (go_on_) importer_.flush();
      });
    }
    give([this] { importer_.flush(); });
    if (reader_.cut_off()) std::cerr << printable(name_) << ": the last line has no end: is the file whole?\n";
    return {importer_.stored(), skipped_};
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

  const bool go_on_;
  const std::string name_;
  model::LdifReader reader_;
  directory::Importer importer_;
  cli::Progress progress_;
  std::uint64_t skipped_ = 0;
};

// Removes a folder with all that is in it.
class Scratch {
 public:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) { remove(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { remove(); }

 private:
  void remove() noexcept {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::filesystem::path path_;
};

void sync_folder(const std::filesystem::path& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) fsync(fd), close(fd);
}

Counts load_aside(const config::Config& config, const Settings& settings) {
  const auto target = config.store.directory;
  const auto aside = target / "import";
  const store::FolderLock lock(target);
  const Scratch scratch(aside);
  auto quick = config;
  quick.store.directory = aside;
  quick.store.durability = store::Durability::none;
  Counts counts;
  {
    Data data(quick);
    counts = Load(data, config, settings).run();
  }
  // Closed, and with that on disk. LMDB's file is the whole store.
  std::error_code error;
  std::filesystem::rename(aside / "data.mdb", target / "data.mdb", error);
  if (error) throw LocalError(printable(target.string()) + ": cannot put the store in its place: " + error.message());
  sync_folder(target);
  return counts;
}

// Whether nothing ever was in the store.
bool is_new(const config::Config& config) {
  if (!std::filesystem::exists(config.store.directory / "data.mdb")) return true;
  const Data data(config);
  const auto snapshot = data.store.snapshot();
  return snapshot->entry_count() == 0 && snapshot->last_csn() == ldup::Csn();
}

}  // namespace

ExitStatus import(const Settings& settings) {
  const auto config = config::Config::load(settings.config);
  Counts counts;
  if (is_new(config)) {
    counts = load_aside(config, settings);
  } else {
    Data data(config);
    counts = Load(data, config, settings).run();
  }
  std::cerr << fmt::format("replserver: {} entries imported", counts.stored);
  if (counts.skipped > 0) std::cerr << fmt::format(", {} skipped", counts.skipped);
  std::cerr << '\n';
  return counts.skipped > 0 ? ExitStatus::findings : ExitStatus::done;
}

}  // namespace replkit::refserver::server
