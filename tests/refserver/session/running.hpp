// An operation of the directory that has not ended.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "tests/refserver/session/session.hpp"

namespace replkit::refserver::session {

// What a Wake leads to. It outlives the operation, the session and the server as long as somebody holds the Wake.
struct WakeSlot {
  std::mutex mutex;
  Running* target = nullptr;  // null: nobody to wake any more
};

struct Running : std::enable_shared_from_this<Running> {
  Running(const Session::Strand& its_strand, RequestInfo its_info, std::shared_ptr<const access::Caller> its_caller,
          Charge its_charge)
      : strand(its_strand),
        info(std::move(its_info)),
        caller(std::move(its_caller)),
        charge(std::move(its_charge)),
        woken(its_strand) {
    slot->target = this;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  // Waits for a wake() that is just being posted: the strand must be there for it.
  ~Running() {
    const std::lock_guard lock(slot->mutex);
    slot->target = nullptr;
  }

  directory::Wake wake() const;

  const Session::Strand strand;
  const RequestInfo info;
  const std::shared_ptr<const access::Caller> caller;
  Charge charge;
  const Session::Clock::time_point started = Session::Clock::now();
  std::unique_ptr<directory::Operation> operation;  // null: stopped or done
  std::uint64_t entries = 0;
  bool is_woken = false;
  Event woken;
  const std::shared_ptr<WakeSlot> slot = std::make_shared<WakeSlot>();
};

}  // namespace replkit::refserver::session
