// Ends a blocking call into libldap (TLS handshake) by shutting its socket down: libldap has no other way. For
// common/ldap only.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/base/cancel.hpp"

namespace replkit::ldap {

class Watchdog {
 public:
  // Shuts the socket `fd` down when `limit` is over or the run is cancelled, unless the watchdog went away before.
  Watchdog(int fd, std::chrono::milliseconds limit, const CancelToken& cancel);

  // Whether the socket was shut down because the time was over.
  bool expired() const { return expired_.load(); }

 private:
  void run(const std::stop_token& stop, int fd, std::chrono::steady_clock::time_point deadline,
           const CancelToken& cancel);

  std::atomic<bool> expired_{false};
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it is stopped and joined before the others go
};

}  // namespace replkit::ldap
