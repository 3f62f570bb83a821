// Decides when a supplier starts its next session with one consumer. It keeps no clock and no thread: what happens is
// told to it, and it says when to start and why.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "common/base/time.hpp"
#include "common/ldup/schedule.hpp"

namespace replkit::ldup {

enum class StartReason : std::uint8_t {
  manual,         // RFC 3384 M1 g
  window,         // a: a time of the schedule has come
  critical,       // e: a change of an attribute of group 1 or 2
  changes,        // any other change
  update_vector,  // only the update vector has changed
  pending,        // d: so many changes wait
  periodic,       // b
  longest_gap,    // c
};

// Returns a word or two for people and files: "manual", "critical change".
std::string_view reason_name(StartReason reason);

struct NextStart {
  Instant at;  // past or present: now
  StartReason why = StartReason::changes;
  bool is_retry = false;  // it waits for a failed session's delay to pass

  bool operator==(const NextStart&) const = default;
};

// How long a supplier lets ordinary changes lie before it turns to its first partner, and between one partner and the
// next (Active Directory's settings, of which these are the values: 15 and 3 seconds). Changes of groups 1 and 2 do not
// wait, as its urgent replication does not.
struct NotificationDelay {
  std::chrono::seconds first{0};
  std::chrono::seconds next{0};

  static constexpr NotificationDelay active_directory() { return {std::chrono::seconds(15), std::chrono::seconds(3)}; }
  // Returns the delay for the partner at this place, the first being 0.
  std::chrono::seconds of(std::uint32_t place) const { return first + next * static_cast<std::int64_t>(place); }
};

// After a session that did not succeed the next waits for a random part, from half to all, of a time that doubles from
// `least` to `most` with each further one.
struct Backoff {
  std::chrono::milliseconds least{1000};
  std::chrono::milliseconds most{300'000};
};

enum class SessionResult : std::uint8_t {
  success,
  busy,    // the consumer is in another session, perhaps because both sides started one
  failed,  // anything else
};

class CycleTimer {
 public:
  // Returns numbers from 0 to below 1, each as likely.
  using Random = std::function<double()>;

  // `now` counts as the end of a session before. `yields`: whether this replica has the higher ID of the two, and so
  // waits longer after a conflict.
  CycleTimer(Schedule schedule, NotificationDelay delay, std::uint32_t place, bool yields, Random random, Instant now,
             Backoff backoff = {});

  // Takes another schedule; what has been noted stays noted. A window that is open begins anew.
  void set_schedule(Schedule schedule, Instant now);
  void set_notification(NotificationDelay delay, std::uint32_t place);

  // Notes that so many changes of a kind wait to be sent.
  void note(ChangeKind kind, Instant now, std::uint32_t count = 1);
  // Notes that someone wants a session now, whatever the schedule.
  void request(Instant now);

  // A session starts, on whoever's initiative: it will send what has been noted until now.
  void started(Instant now);
  // The session is over. If it failed, what it should have sent waits again.
  void ended(SessionResult result, Instant now);
  bool is_running() const { return running_; }
  // How many changes wait that no running session sends.
  std::uint64_t pending() const { return waiting_.count; }

  // Returns when to start the next session and why; nothing while one runs, or when it takes another event.
  std::optional<NextStart> next(Instant now);

 private:
  static constexpr std::size_t kinds = 4;

  // What waits to be sent.
  struct Waiting {
    std::array<std::optional<Instant>, kinds> since;  // the first change of each kind
    std::uint64_t count = 0;
    std::optional<Instant> full_since;  // when there were as many as the limit allows
  };

  std::optional<std::chrono::seconds> wait(ChangeKind kind) const;
  void check_limit(Instant now);
  void take_back();
  std::optional<NextStart> earliest(Instant now) const;
  std::optional<NextStart> within_window(const TimeSchedule& schedule, NextStart start, Instant now);
  std::chrono::milliseconds retry_delay(SessionResult result);

  Schedule schedule_;
  NotificationDelay delay_;
  std::uint32_t place_;
  bool yields_;
  Random random_;
  Backoff backoff_;

  bool running_ = false;
  std::optional<Instant> requested_;
  Waiting waiting_;
  Waiting sending_;
  Instant started_;
  Instant last_end_;                   // of the last session that succeeded
  Instant last_period_;                // start of the last that stood for a periodic one
  std::optional<Instant> opening_;     // of the first window without a session; none: there is none
  std::optional<Instant> retry_from_;  // after a failure
  std::uint32_t failures_ = 0;
};

}  // namespace replkit::ldup
