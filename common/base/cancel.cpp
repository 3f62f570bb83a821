#include "common/base/cancel.hpp"

#include <algorithm>
#include <thread>

#include "common/base/error.hpp"

namespace replkit {

bool CancelToken::cancelled() const noexcept {
  return requested_.load(std::memory_order_relaxed) || (deadline_ && std::chrono::steady_clock::now() >= *deadline_);
}

void CancelToken::check() const {
  if (requested_.load(std::memory_order_relaxed)) throw Cancelled("interrupted");
  if (cancelled()) throw Cancelled("the time for the whole run is over");
}

bool CancelToken::wait(std::chrono::milliseconds length) const {
  // In slices: a signal handler can set a flag but cannot wake a condition variable.
  constexpr std::chrono::milliseconds slice{50};
  const auto end = std::chrono::steady_clock::now() + length;
  while (!cancelled()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return true;
    std::this_thread::sleep_for(std::min(left, slice));
  }
  return false;
}

}  // namespace replkit
