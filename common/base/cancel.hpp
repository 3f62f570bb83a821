// Ending a run early: by Ctrl-C, or because the time for the whole run is over.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

namespace replkit {

// Shared by everything that takes part in one run. Safe to use from any thread; request() also from a signal handler.
class CancelToken {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  void set_deadline(Deadline deadline) { deadline_ = deadline; }

  // Whether the run should end now.
  bool cancelled() const noexcept;

  // Throws Cancelled ("interrupted" or "the time for the whole run is over") when the run should end now.
  void check() const;

  // Waits for `length`, or until the run should end. Returns whether the whole length passed.
  bool wait(std::chrono::milliseconds length) const;

 private:
  std::atomic<bool> requested_{false};
  std::optional<Deadline> deadline_;
};

}  // namespace replkit
