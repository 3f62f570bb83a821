#include "common/ldup/schedule_timer.hpp"

#include <algorithm>
#include <utility>

namespace replkit::ldup {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array all_kinds = {ChangeKind::group1, ChangeKind::group2, ChangeKind::ordinary,
                                  ChangeKind::update_vector};

constexpr std::size_t index_of(ChangeKind kind) {
  return static_cast<std::size_t>(kind);
}

constexpr bool is_critical(ChangeKind kind) {
  return kind == ChangeKind::group1 || kind == ChangeKind::group2;
}

constexpr StartReason reason_for(ChangeKind kind) {
  if (is_critical(kind)) return StartReason::critical;
  return kind == ChangeKind::ordinary ? StartReason::changes : StartReason::update_vector;
}

void offer(std::optional<NextStart>& best, Instant at, StartReason why) {
  if (!best || at < best->at) best = NextStart{at, why, false};
}

// A clock that was put back must not put off what it had begun to wait for.
Instant after(Instant since, seconds wait, Instant now) {
  return std::min(since, now) + wait;
}

std::optional<Instant> earlier(std::optional<Instant> a, std::optional<Instant> b) {
  return a && b ? std::min(*a, *b) : (a ? a : b);
}

// Returns the first opening that a session which ended at `now` has not served.
std::optional<Instant> opening_after(const TimeSchedule& schedule, Instant now) {
  if (!schedule.is_open(now)) return schedule.next_change(now);
  const auto closing = schedule.next_change(now);
  return closing ? schedule.next_change(*closing) : std::nullopt;
}

}  // namespace

std::string_view reason_name(StartReason reason) {
  switch (reason) {
    case StartReason::manual:
      return "manual";
    case StartReason::window:
      return "scheduled time";
    case StartReason::critical:
      return "critical change";
    case StartReason::changes:
      return "changes";
    case StartReason::update_vector:
      return "update vector";
    case StartReason::pending:
      return "many changes";
    case StartReason::periodic:
      return "periodic";
    case StartReason::longest_gap:
      break;
  }
  return "longest gap";
}

CycleTimer::CycleTimer(Schedule schedule, NotificationDelay delay, std::uint32_t place, bool yields, Random random,
                       Instant now, Backoff backoff)
    : delay_(delay),
      place_(place),
      yields_(yields),
      random_(std::move(random)),
      backoff_(backoff),
      started_(now),
      last_end_(now),
      last_period_(now) {
  set_schedule(std::move(schedule), now);
}

void CycleTimer::set_schedule(Schedule schedule, Instant now) {
  schedule_ = std::move(schedule);
  opening_ = schedule_.time() != nullptr ? schedule_.time()->next_open(now) : std::nullopt;
  waiting_.full_since.reset();
  check_limit(now);
}

void CycleTimer::set_notification(NotificationDelay delay, std::uint32_t place) {
  delay_ = delay;
  place_ = place;
}

// Returns how long a change of this kind lies; nothing when it starts no session.
std::optional<seconds> CycleTimer::wait(ChangeKind kind) const {
  std::optional<seconds> wait = seconds(0);
  if (const auto* event = schedule_.event()) {
    wait = event->wait(kind);
  } else if (kind == ChangeKind::update_vector) {
    wait = std::nullopt;
  }
  if (!wait || is_critical(kind)) return wait;
  return std::max(*wait, delay_.of(place_));
}

void CycleTimer::check_limit(Instant now) {
  const auto limit = schedule_.limits.max_pending_changes;
  if (limit != 0 && waiting_.count >= limit && !waiting_.full_since) waiting_.full_since = now;
}

void CycleTimer::note(ChangeKind kind, Instant now, std::uint32_t count) {
  if (count == 0 || !wait(kind)) return;
  auto& since = waiting_.since[index_of(kind)];
  since = earlier(since, now);
  waiting_.count += count;
  check_limit(now);
}

void CycleTimer::request(Instant now) {
  requested_ = earlier(requested_, now);
}

void CycleTimer::started(Instant now) {
  if (running_) return;
  running_ = true;
  started_ = now;
  requested_.reset();
  sending_ = std::exchange(waiting_, Waiting());
}

void CycleTimer::ended(SessionResult result, Instant now) {
  if (!running_) return;
  running_ = false;
  if (result == SessionResult::success) {
    sending_ = Waiting();
    failures_ = 0;
    retry_from_.reset();
    last_end_ = now;
    if (started_ >= after(last_period_, schedule_.limits.between_cycles, started_)) last_period_ = started_;
    if (const auto* time = schedule_.time()) opening_ = opening_after(*time, now);
    return;
  }
  take_back();
  check_limit(now);
  ++failures_;
  retry_from_ = now + retry_delay(result);
}

// What a failed session should have sent waits as long as it has.
void CycleTimer::take_back() {
  for (const auto kind : all_kinds) {
    auto& since = waiting_.since[index_of(kind)];
    since = earlier(since, sending_.since[index_of(kind)]);
  }
  waiting_.count += sending_.count;
  waiting_.full_since = earlier(waiting_.full_since, sending_.full_since);
  sending_ = Waiting();
}

milliseconds CycleTimer::retry_delay(SessionResult result) {
  auto base = backoff_.least;
  for (std::uint32_t i = 1; i < failures_ && base < backoff_.most; ++i) base *= 2;
  base = std::min(base, backoff_.most);
  auto share = 0.5 + random_() / 2;
  // After a conflict the two must not meet again.
  if (result == SessionResult::busy && yields_) share += 0.5;
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(base.count()) * share));
}

std::optional<NextStart> CycleTimer::earliest(Instant now) const {
  std::optional<NextStart> best;
  if (opening_) offer(best, *opening_, StartReason::window);
  for (const auto kind : all_kinds) {
    const auto since = waiting_.since[index_of(kind)];
    const auto length = wait(kind);
    if (since && length) offer(best, after(*since, *length, now), reason_for(kind));
  }
  if (waiting_.full_since) offer(best, std::min(*waiting_.full_since, now), StartReason::pending);
  const auto& limits = schedule_.limits;
  if (limits.between_cycles.count() != 0)
    offer(best, after(last_period_, limits.between_cycles, now), StartReason::periodic);
  if (limits.max_between_cycles.count() != 0)
    offer(best, after(last_end_, limits.max_between_cycles, now), StartReason::longest_gap);
  return best;
}

// Returns the start, put off to the next window when it would fall outside of all.
std::optional<NextStart> CycleTimer::within_window(const TimeSchedule& schedule, NextStart start, Instant now) {
  const auto at = std::max(start.at, now);
  if (schedule.is_open(at)) return start;
  const auto open = opening_ && *opening_ > at && !schedule.is_open(now) ? opening_ : schedule.next_change(at);
  if (!open) return std::nullopt;
  return NextStart{*open, StartReason::window, false};
}

std::optional<NextStart> CycleTimer::next(Instant now) {
  if (running_) return std::nullopt;
  if (requested_) return NextStart{std::min(*requested_, now), StartReason::manual, false};
  const auto* time = schedule_.time();
  // A window that has closed without a session is lost; the next one is looked for once.
  if (time != nullptr && opening_ && *opening_ <= now && !time->is_open(now)) opening_ = time->next_change(now);
  auto best = earliest(now);
  if (!best) return std::nullopt;
  if (retry_from_) {
    const auto from = std::min(*retry_from_, now + backoff_.most + backoff_.most / 2);
    if (best->at < from) best = NextStart{from, best->why, true};
  }
  return time == nullptr ? best : within_window(*time, *best, now);
}

}  // namespace replkit::ldup
