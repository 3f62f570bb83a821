#include "common/ldup/schedule_timer.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <random>

namespace replkit::ldup {

void PrintTo(const NextStart& start, std::ostream* out) {
  *out << format_utc(start.at) << ' ' << reason_name(start.why) << (start.is_retry ? " (retry)" : "");
}

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant start = *parse_generalized_time("20261121120000Z");

std::optional<NextStart> expect(Instant at, StartReason why, bool is_retry = false) {
  return NextStart{at, why, is_retry};
}

Schedule events(seconds wait = seconds(0)) {
  EventSchedule event;
  event.wait_default = wait;
  event.wait1 = seconds(2);
  event.wait2 = seconds(20);
  return {"", event, {}, ""};
}

Schedule daily(std::string_view range) {
  TimeSchedule time;
  time.times = {parse_range(range)};
  return {"", time, {}, ""};
}

CycleTimer timer(Schedule schedule, NotificationDelay delay = {}, std::uint32_t place = 0, bool yields = false,
                 double random = 0) {
  return {std::move(schedule), delay, place, yields, [random] { return random; }, start};
}

TEST(CycleTimer, NothingToDo) {
  auto t = timer(events());
  EXPECT_FALSE(t.next(start));
  EXPECT_FALSE(t.next(start + hours(10000)));
}

TEST(CycleTimer, FirstChangeStartsTheWait) {
  auto t = timer(events(seconds(60)));
  t.note(ChangeKind::ordinary, start + seconds(10));
  t.note(ChangeKind::ordinary, start + seconds(50));
  EXPECT_EQ(t.next(start + seconds(50)), expect(start + seconds(70), StartReason::changes));
  EXPECT_EQ(t.pending(), 2U);
}

TEST(CycleTimer, TheFirstTimerToExpireSendsAll) {
  auto t = timer(events(seconds(60)));
  t.note(ChangeKind::ordinary, start);
  t.note(ChangeKind::group2, start + seconds(10));
  EXPECT_EQ(t.next(start + seconds(10)), expect(start + seconds(30), StartReason::critical));
  t.note(ChangeKind::group1, start + seconds(12));
  EXPECT_EQ(t.next(start + seconds(12)), expect(start + seconds(14), StartReason::critical));
  t.started(start + seconds(14));
  EXPECT_FALSE(t.next(start + hours(1))) << "one session at a time";
  t.ended(SessionResult::success, start + seconds(15));
  EXPECT_FALSE(t.next(start + hours(1))) << "the ordinary change went with it";
  EXPECT_EQ(t.pending(), 0U);
}

TEST(CycleTimer, ChangesDuringASessionWaitForTheNext) {
  auto t = timer(events(seconds(5)));
  t.note(ChangeKind::ordinary, start);
  t.started(start + seconds(5));
  t.note(ChangeKind::ordinary, start + seconds(6));
  t.ended(SessionResult::success, start + seconds(30));
  EXPECT_EQ(t.next(start + seconds(30)), expect(start + seconds(11), StartReason::changes));
}

TEST(CycleTimer, UpdateVectorsCountOnlyIfTheScheduleSaysSo) {
  auto t = timer(events(seconds(60)));
  t.note(ChangeKind::update_vector, start);
  EXPECT_FALSE(t.next(start));
  EXPECT_EQ(t.pending(), 0U);
  auto schedule = events(seconds(60));
  std::get<EventSchedule>(schedule.when).update_vector_trigger = true;
  t.set_schedule(schedule, start);
  t.note(ChangeKind::update_vector, start);
  EXPECT_EQ(t.next(start), expect(start + seconds(60), StartReason::update_vector));
}

TEST(CycleTimer, UpdateVectorsDoNotChaseThemselves) {
  auto schedule = events(seconds(0));
  std::get<EventSchedule>(schedule.when).update_vector_trigger = true;
  auto t = timer(schedule);
  t.note(ChangeKind::update_vector, start);
  EXPECT_FALSE(t.next(start)) << "with no wait, each session would start the next";
  auto windows = timer(daily("T000000/T235959"));
  windows.started(start);
  windows.ended(SessionResult::success, start);
  windows.note(ChangeKind::update_vector, start);
  EXPECT_EQ(windows.next(start), std::nullopt) << "nor in a window";
}

TEST(CycleTimer, ManualGoesBeforeEverything) {
  auto t = timer(daily("T010000/T020000"));
  t.request(start);
  EXPECT_EQ(t.next(start), expect(start, StartReason::manual)) << "outside of all windows";
  t.started(start);
  t.ended(SessionResult::failed, start + seconds(1));
  EXPECT_EQ(t.next(start + seconds(1)), expect(start + hours(13), StartReason::window)) << "who asked knows by now";
  t.request(start + seconds(1));
  EXPECT_EQ(t.next(start + seconds(1)), expect(start + seconds(1), StartReason::manual)) << "no retry delay";
}

TEST(CycleTimer, WindowsOpen) {
  auto t = timer(daily("T130000/T140000"));
  EXPECT_EQ(t.next(start), expect(start + hours(1), StartReason::window));
  t.note(ChangeKind::ordinary, start);
  EXPECT_EQ(t.next(start), expect(start + hours(1), StartReason::window)) << "no change before";
  const auto open = start + hours(1);
  EXPECT_EQ(t.next(open)->why, StartReason::changes);
  t.started(open);
  t.ended(SessionResult::success, open + minutes(1));
  EXPECT_EQ(t.next(open + minutes(1)), expect(open + hours(24), StartReason::window));
  t.note(ChangeKind::ordinary, open + minutes(2));
  EXPECT_EQ(t.next(open + minutes(2)), expect(open + minutes(2), StartReason::changes)) << "inside, at once";
  t.started(open + minutes(2));
  t.ended(SessionResult::success, open + minutes(3));
  t.note(ChangeKind::group1, open + minutes(70));
  EXPECT_EQ(t.next(open + minutes(70)), expect(open + hours(24), StartReason::window)) << "after it has closed";
}

TEST(CycleTimer, AWindowOpenAtTheBeginningCounts) {
  auto t = timer(daily("T110000/T140000"));
  EXPECT_EQ(t.next(start), expect(start, StartReason::window));
  t.started(start);
  t.ended(SessionResult::success, start + hours(3)) /* after closing */;
  EXPECT_EQ(t.next(start + hours(3)), expect(start + hours(23), StartReason::window));
}

TEST(CycleTimer, AWindowMissedIsLost) {
  auto t = timer(daily("T130000/T140000"));
  EXPECT_EQ(t.next(start + hours(5)), expect(start + hours(25), StartReason::window));
}

TEST(CycleTimer, AWindowThatNeverOpens) {
  TimeSchedule never;
  never.months.reset();
  auto t = timer({"", never, {}, ""});
  t.note(ChangeKind::ordinary, start);
  EXPECT_FALSE(t.next(start));
  t.request(start);
  EXPECT_EQ(t.next(start), expect(start, StartReason::manual));
}

TEST(CycleTimer, RetriesStayInTheWindow) {
  auto t = timer(daily("T110000/T120001"));
  t.started(start);
  t.ended(SessionResult::failed, start);
  EXPECT_EQ(t.next(start), expect(start + milliseconds(500), StartReason::window, true));
  t.started(start + milliseconds(500));
  t.ended(SessionResult::failed, start + milliseconds(500));
  EXPECT_EQ(t.next(start + milliseconds(500)), expect(start + hours(23), StartReason::window));
}

TEST(CycleTimer, PendingChangesFillUp) {
  auto schedule = events(seconds(60));
  schedule.limits.max_pending_changes = 10;
  auto t = timer(schedule);
  t.note(ChangeKind::ordinary, start, 9);
  EXPECT_EQ(t.next(start), expect(start + seconds(60), StartReason::changes));
  t.note(ChangeKind::ordinary, start + seconds(3));
  EXPECT_EQ(t.next(start + seconds(3)), expect(start + seconds(3), StartReason::pending));
  t.started(start + seconds(3));
  t.ended(SessionResult::success, start + seconds(4));
  EXPECT_FALSE(t.next(start + seconds(4)));
}

TEST(CycleTimer, LoweredLimitCountsAtOnce) {
  auto t = timer(events(seconds(60)));
  t.note(ChangeKind::ordinary, start, 9);
  auto schedule = events(seconds(60));
  schedule.limits.max_pending_changes = 5;
  t.set_schedule(schedule, start + seconds(1));
  EXPECT_EQ(t.next(start + seconds(1)), expect(start + seconds(1), StartReason::pending));
}

TEST(CycleTimer, PeriodsDoNotMoveWithOtherSessions) {
  auto schedule = events();
  schedule.limits.between_cycles = seconds(600);
  auto t = timer(schedule);
  EXPECT_EQ(t.next(start), expect(start + seconds(600), StartReason::periodic));
  t.request(start + seconds(300));
  t.started(start + seconds(300));
  t.ended(SessionResult::success, start + seconds(301));
  EXPECT_EQ(t.next(start + seconds(301)), expect(start + seconds(600), StartReason::periodic));
  t.started(start + seconds(602));
  t.ended(SessionResult::success, start + seconds(700));
  EXPECT_EQ(t.next(start + seconds(700)), expect(start + seconds(1202), StartReason::periodic));
}

TEST(CycleTimer, LongestGapCountsFromTheLastSession) {
  auto schedule = events(seconds(5));
  schedule.limits.max_between_cycles = seconds(1800);
  auto t = timer(schedule);
  EXPECT_EQ(t.next(start), expect(start + seconds(1800), StartReason::longest_gap));
  t.note(ChangeKind::ordinary, start + seconds(100));
  EXPECT_EQ(t.next(start), expect(start + seconds(5), StartReason::changes)) << "a clock that was put back";
  t.started(start + seconds(105));
  t.ended(SessionResult::success, start + seconds(200));
  EXPECT_EQ(t.next(start + seconds(200)), expect(start + seconds(2000), StartReason::longest_gap));
}

TEST(CycleTimer, FailuresDoubleTheDelay) {
  for (const double random : {0.0, 0.999999}) {
    auto t = timer(events(), {}, 0, false, random);
    t.note(ChangeKind::ordinary, start);
    auto now = start;
    auto base = milliseconds(1000);
    for (int failure = 0; failure < 40; ++failure) {
      t.started(now);
      t.ended(SessionResult::failed, now);
      const auto next = t.next(now);
      ASSERT_TRUE(next);
      EXPECT_TRUE(next->is_retry);
      EXPECT_EQ(next->why, StartReason::changes);
      const auto delay = next->at - now;
      EXPECT_GE(delay, base / 2);
      EXPECT_LE(delay, base);
      EXPECT_GE(delay, base * (random > 0 ? 0.99 : 0.5));
      base = std::min(base * 2, milliseconds(300'000));
      now = next->at;
    }
    t.started(now);
    t.ended(SessionResult::success, now);
    t.note(ChangeKind::ordinary, now);
    EXPECT_EQ(t.next(now), expect(now, StartReason::changes)) << "success forgets the failures";
    t.started(now);
    t.ended(SessionResult::failed, now);
    EXPECT_LE(t.next(now)->at - now, seconds(1));
  }
}

TEST(CycleTimer, OfTwoThatMeetTheLowerIdRetriesFirst) {
  auto lower = timer(events(), {}, 0, false, 0.999999);
  auto higher = timer(events(), {}, 0, true, 0.0);
  for (auto* t : {&lower, &higher}) {
    t->note(ChangeKind::ordinary, start);
    t->started(start);
    t->ended(SessionResult::busy, start);
  }
  EXPECT_LE(lower.next(start)->at, higher.next(start)->at);
  EXPECT_GE(higher.next(start)->at, start + seconds(1));
}

TEST(CycleTimer, WhatFailedIsCountedAgain) {
  auto t = timer(events());
  t.note(ChangeKind::ordinary, start, 3);
  t.started(start);
  t.note(ChangeKind::ordinary, start + seconds(1), 2);
  EXPECT_EQ(t.pending(), 2U);
  t.ended(SessionResult::failed, start + seconds(2));
  EXPECT_EQ(t.pending(), 5U);
}

TEST(CycleTimer, PartnersAreToldOneAfterTheOther) {
  const auto delay = NotificationDelay::active_directory();
  for (const std::uint32_t place : {0U, 1U, 4U}) {
    auto t = timer(events(), delay, place);
    t.note(ChangeKind::ordinary, start);
    EXPECT_EQ(t.next(start), expect(start + seconds(15 + 3 * place), StartReason::changes));
    t.note(ChangeKind::group1, start);
    EXPECT_EQ(t.next(start), expect(start + seconds(2), StartReason::critical)) << "urgent";
  }
  auto slow = timer(events(seconds(60)), delay, 1);
  slow.note(ChangeKind::ordinary, start);
  EXPECT_EQ(slow.next(start)->at, start + seconds(60)) << "the longer one of both waits";
  slow.set_notification({seconds(100), seconds(10)}, 2);
  EXPECT_EQ(slow.next(start)->at, start + seconds(120));
}

TEST(CycleTimer, AClockPutBackDelaysNothing) {
  auto t = timer(events(seconds(60)));
  t.note(ChangeKind::ordinary, start);
  const auto before = start - hours(24);
  EXPECT_EQ(t.next(before), expect(before + seconds(60), StartReason::changes));
  t.started(start);
  t.ended(SessionResult::failed, start);
  EXPECT_LE(t.next(before)->at, before + minutes(8));
}

TEST(CycleTimer, EventsOutOfOrderDoNoHarm) {
  auto t = timer(events());
  t.ended(SessionResult::failed, start);
  EXPECT_FALSE(t.is_running());
  t.note(ChangeKind::ordinary, start, 0);
  EXPECT_FALSE(t.next(start));
  t.note(ChangeKind::ordinary, start);
  t.started(start);
  t.started(start);
  t.ended(SessionResult::success, start);
  EXPECT_EQ(t.pending(), 0U);
}

// Random days: nothing but a request starts outside of windows, nothing while a session runs, every change goes out
// within its wait (and, after failures, the longest delay), and sessions without need are few.
TEST(CycleTimer, RandomDays) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 engine(seed);
    const auto below = [&](std::uint32_t n) { return std::uniform_int_distribution<std::uint32_t>(0, n - 1)(engine); };
    const bool windows = seed % 2 == 1;
    const auto schedule = windows ? daily("T210000/T080000") : events(seconds(below(100)));
    const auto longest = hours(windows ? 13 : 0);
    CycleTimer t(
        schedule, {}, 0, below(2) == 0, [&] { return below(1000) / 1000.0; }, start);
    auto now = start;
    std::optional<Instant> oldest;
    std::uint64_t sessions = 0;
    std::uint64_t events_seen = 0;
    while (now < start + hours(72)) {
      const auto next = t.next(now);
      const auto event = now + seconds(1 + below(3600));
      if (next && next->at <= event) {
        now = std::max(now, next->at);
        ASSERT_TRUE(!windows || next->why == StartReason::manual || schedule.time()->is_open(now)) << format_utc(now);
        t.started(now);
        ASSERT_FALSE(t.next(now));
        const auto unsent = std::exchange(oldest, std::nullopt);
        now += seconds(below(20));
        if (below(4) == 0) {
          t.ended(below(2) == 0 ? SessionResult::busy : SessionResult::failed, now);
          oldest = unsent;
        } else {
          ASSERT_LE(now - unsent.value_or(now), longest + seconds(100 + 20 * 60)) << format_utc(now);
          t.ended(SessionResult::success, now);
          ++sessions;
        }
        continue;
      }
      now = event;
      ++events_seen;
      t.note(static_cast<ChangeKind>(below(3)), now);
      if (!oldest) oldest = now;
      if (below(50) == 0) t.request(now);
    }
    ASSERT_LE(sessions, events_seen + 4) << "one a change, a request or a window";
    ASSERT_GE(sessions, 1U);
  }
}

}  // namespace
}  // namespace replkit::ldup
