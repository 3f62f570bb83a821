#include <pthread.h>
#include <signal.h>

#include <filesystem>
#include <optional>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/cli/version.hpp"
#include "tests/refserver/server/audit_file.hpp"
#include "tests/refserver/server/instance.hpp"
#include "tests/refserver/server/log.hpp"
#include "tests/refserver/server/request_log.hpp"
#include "tests/refserver/server/verbs.hpp"

namespace replkit::refserver::server {

namespace {

// Has this thread, and those it starts, leave the signals to wait(): no handler runs in the middle of anything.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int each : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, each);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  int wait() const {
    int which = 0;
    while (sigwait(&set_, &which) != 0) {
    }
    return which;
  }

 private:
  sigset_t set_{};
};

// Tells whoever waits for the server that it is there; gone when it is not.
class ReadyFile {
 public:
  explicit ReadyFile(std::filesystem::path path) : path_(std::move(path)) { remove(); }
  ReadyFile(const ReadyFile&) = delete;
  ReadyFile& operator=(const ReadyFile&) = delete;
  ~ReadyFile() { remove(); }

  void write(const std::vector<std::string>& uris) {
    if (path_.empty()) return;
    AtomicFile file(path_, FileMode::public_file);
    for (const auto& uri : uris) file.write(uri + '\n');
    file.commit();
  }
  void remove() noexcept {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
  }

 private:
  std::filesystem::path path_;
};

config::Config load(const Settings& settings) {
  auto config = config::Config::load(settings.config);
  if (!settings.listen.empty()) config.session.listeners = settings.listen;
  return config;
}

void start(Instance& instance) {
  try {
    instance.start();
  } catch (const LocalError& error) {
    throw Error(ExitStatus::connection, error.what());
  }
}

// Each part on its own: a wrong rule must not keep the log from being opened again.
void reload(const Settings& settings, Instance& instance, Log& log, AuditFile* audit) {
  const auto attempt = [&log](const char* what, const auto& action) {
    try {
      action();
      log.say(LogLevel::info, std::string(what) + ": done");
    } catch (const Error& error) {
      log.say(LogLevel::error, std::string(what) + ": " + error.what());
    }
  };
  attempt("open the log again", [&] { log.reopen(); });
  if (audit != nullptr) attempt("open the audit file again", [&] { audit->reopen(); });
  attempt("read certificate and access rules again", [&] { instance.reload(load(settings)); });
}

}  // namespace

ExitStatus serve(const Settings& settings) {
  const Signals signals;  // before any thread
  const auto config = load(settings);
  Log log(config.log);
  std::optional<AuditFile> audit;
  if (!config.audit.file.empty()) {
    audit.emplace(config.audit, [&log](const std::string& what) { log.say(LogLevel::error, what); });
  }
  RequestLog requests(log);
  auto* const sink = audit ? &*audit : nullptr;
  Instance instance(config, requests, sink);
  ReadyFile ready(settings.ready_file);
  start(instance);
  for (const auto& uri : instance.addresses()) log.say(LogLevel::info, "listening at " + uri);
  ready.write(instance.addresses());
  log.say(LogLevel::info, std::string("replserver ") + cli::version() + " is ready");
  while (signals.wait() == SIGHUP) reload(settings, instance, log, sink);
  ready.remove();
  log.say(LogLevel::info, "ending");
  instance.stop(config.grace);
  log.say(LogLevel::info, "ended");
  return ExitStatus::done;
}

}  // namespace replkit::refserver::server
