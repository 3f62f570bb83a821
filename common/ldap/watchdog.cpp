#include "common/ldap/watchdog.hpp"

#include <sys/socket.h>

namespace replkit::ldap {

Watchdog::Watchdog(int fd, std::chrono::milliseconds limit, const CancelToken& cancel)
    : thread_([this, fd, deadline = std::chrono::steady_clock::now() + limit, &cancel](const std::stop_token& stop) {
        run(stop, fd, deadline, cancel);
      }) {}

void Watchdog::run(const std::stop_token& stop, int fd, std::chrono::steady_clock::time_point deadline,
                   const CancelToken& cancel) {
  constexpr std::chrono::milliseconds slice{50};  // a signal handler cannot wake us
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const bool late = std::chrono::steady_clock::now() >= deadline;
    if (late || cancel.cancelled()) {
      expired_ = late;
      ::shutdown(fd, SHUT_RDWR);
      return;
    }
    wake_.wait_for(lock, stop, slice, [] { return false; });
  }
}

}  // namespace replkit::ldap
