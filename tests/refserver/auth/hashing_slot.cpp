#include "tests/refserver/auth/hashing_slot.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace replkit::refserver::auth {

namespace {

// Not std::counting_semaphore: that of libstdc++ 12 may sleep for ever (GCC bug 104928).
struct Slots {
  std::mutex mutex;
  std::condition_variable freed;
  unsigned free = std::max(1U, std::thread::hardware_concurrency());
};

Slots& slots() {
  static Slots all;
  return all;
}

}  // namespace

HashingSlot::HashingSlot() {
  Slots& all = slots();
  std::unique_lock lock(all.mutex);
  all.freed.wait(lock, [&] { return all.free > 0; });
  --all.free;
}

HashingSlot::~HashingSlot() {
  Slots& all = slots();
  {
    const std::scoped_lock lock(all.mutex);
    ++all.free;
  }
  all.freed.notify_one();
}

}  // namespace replkit::refserver::auth
