// A whole server, from store to listeners, as the configuration wants it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/refserver/config/config.hpp"
#include "tests/refserver/directory/audit.hpp"
#include "tests/refserver/session/observer.hpp"

namespace replkit::refserver::server {

class Instance {
 public:
  // Opens the store. `observer` and `audit` (may be null) must outlive it. Throws UsageError for what is wrong in the
  // configuration, LocalError for files.
  Instance(const config::Config& config, session::Observer& observer, directory::AuditSink* audit);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  // Stops without grace.
  ~Instance();

  // Takes connections from now on. Throws UsageError and LocalError as session::Server.
  void start();
  // The URIs it listens at, with the ports the kernel chose.
  const std::vector<std::string>& addresses() const;
  // Stops listening, gives outstanding operations `grace` to finish, then stops them.
  void stop(std::chrono::milliseconds grace);

  // Puts the access rules of `config` in force, and reads the certificate again. Throws and leaves things as they were
  // when something is wrong with them.
  void reload(const config::Config& config);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace replkit::refserver::server
