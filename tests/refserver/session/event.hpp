// How coroutines of one strand wait for each other.
#pragma once

#include "tests/refserver/session/asio.hpp"

namespace replkit::refserver::session {

// Wakes who waits; nothing is remembered. Whoever waits does so in a loop around what it waits for.
class Event {
 public:
  explicit Event(const asio::any_io_executor& executor) : timer_(executor, asio::steady_timer::time_point::max()) {}

  asio::awaitable<void> wait() {
    asio::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  void notify() { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};

// Lets others run: what waits on this strand, and other connections.
inline asio::awaitable<void> yield_turn() {
  co_await asio::post(asio::use_awaitable);
}

}  // namespace replkit::refserver::session
