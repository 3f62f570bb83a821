#include "common/ldup/schedule_time.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <random>

#include "common/base/error.hpp"

namespace replkit::ldup {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Instant at(std::string_view text) {
  return *parse_generalized_time(text);
}

std::string shown(std::optional<Instant> instant) {
  return instant ? format_utc(*instant) : "never";
}

// Sets the zone of this process as long as it lives.
class Zone {
 public:
  explicit Zone(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;
  ~Zone() {
    unsetenv("TZ");
    tzset();
  }
};

// By their rules, since not every machine has the files of zones.
constexpr auto berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
constexpr auto new_york = "EST5EDT,M3.2.0,M11.1.0";
constexpr auto lord_howe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
constexpr auto havana = "CST5CDT,M3.2.0/0,M11.1.0/1";
constexpr auto saint_johns = "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01";  // falls back into the day before

TEST(TimeSchedule, WithoutMasksIsAlwaysOpen) {
  const TimeSchedule always;
  EXPECT_TRUE(always.is_open(at("20261121120000Z")));
  EXPECT_FALSE(always.next_change(at("20261121120000Z")));
  EXPECT_EQ(always.next_open(at("20261121120000Z")), at("20261121120000Z"));
}

TEST(TimeSchedule, NeverEndsTheSearch) {
  for (const bool local : {false, true}) {
    const Zone zone(berlin);
    TimeSchedule never;
    never.local = local;
    never.weekdays.reset();
    EXPECT_FALSE(never.is_open(at("20261121120000Z")));
    EXPECT_FALSE(never.next_change(at("20261121120000Z")));
    TimeSchedule thirtieth_of_february;
    thirtieth_of_february.local = local;
    thirtieth_of_february.months.reset().set(1);
    thirtieth_of_february.days_of_month.reset().set(29);
    EXPECT_FALSE(thirtieth_of_february.next_change(at("20261121120000Z")));
  }
}

TEST(TimeSchedule, ManyRangesCostButOnce) {
  const Zone zone(berlin);
  TimeSchedule schedule;
  schedule.local = true;
  for (std::uint32_t i = 0; i < 1000; ++i) schedule.times.push_back({i * 80, i * 80 + 80});
  schedule.times.push_back({80'000, 86'400});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(schedule.next_change(at("20261121120000Z"))) << "together they are the whole day";
  schedule.times.pop_back();
  EXPECT_EQ(shown(schedule.next_change(at("20261121120000Z"))), "2026-11-21T21:13:20Z");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << "it took twice that and more";
}

TEST(TimeSchedule, FindsTheRarestDay) {
  TimeSchedule leap_monday;
  leap_monday.months.reset().set(1);
  leap_monday.days_of_month.reset().set(28);
  leap_monday.weekdays.reset().set(1);
  EXPECT_EQ(shown(leap_monday.next_change(at("20261121120000Z"))), "2044-02-29T00:00:00Z");
  EXPECT_EQ(shown(leap_monday.next_change(at("20440229000000Z"))), "2044-03-01T00:00:00Z");
  EXPECT_EQ(shown(leap_monday.next_change(at("20720301000000Z"))), "2112-02-29T00:00:00Z") << "40 years on";
}

TEST(TimeSchedule, ExampleOfRfc3060) {
  // 2000, March and April, Fridays, 0800 through 1600
  TimeSchedule schedule;
  parse_period("20000101T000000/20001231T235959", schedule);
  schedule.months.reset().set(2).set(3);
  schedule.weekdays.reset().set(5);
  schedule.times = {parse_range("T080000/T160000")};
  EXPECT_EQ(shown(schedule.next_change(at("19990101000000Z"))), "2000-03-03T08:00:00Z");
  EXPECT_EQ(shown(schedule.next_change(at("20000303080000Z"))), "2000-03-03T16:00:00Z");
  EXPECT_EQ(shown(schedule.next_change(at("20000303160000Z"))), "2000-03-10T08:00:00Z");
  EXPECT_EQ(shown(schedule.next_change(at("20000428160000Z"))), "never");
  EXPECT_FALSE(schedule.is_open(at("20000304120000Z")));
}

TEST(TimeSchedule, RangeOverMidnightCountsOnTheDaysItTouches) {
  // Monday and Tuesday, 2100 until 0800: the three intervals that RFC 3060 gives.
  TimeSchedule schedule;
  schedule.weekdays.reset().set(1).set(2);
  schedule.times = {parse_range("T210000/T080000")};
  const std::vector<std::string> changes = {"2026-11-23T00:00:00Z", "2026-11-23T08:00:00Z", "2026-11-23T21:00:00Z",
                                            "2026-11-24T08:00:00Z", "2026-11-24T21:00:00Z", "2026-11-25T00:00:00Z",
                                            "2026-11-30T00:00:00Z"};
  auto now = at("20261121120000Z");
  for (const auto& expected : changes) {
    const auto next = schedule.next_change(now);
    ASSERT_EQ(shown(next), expected);
    now = *next;
  }
}

TEST(TimeSchedule, DaysFromTheEndOfTheMonth) {
  TimeSchedule last;
  last.days_of_month.reset().set(31);
  EXPECT_TRUE(last.is_open(at("20260228120000Z")));
  EXPECT_TRUE(last.is_open(at("20280229120000Z")));
  EXPECT_FALSE(last.is_open(at("20280228120000Z")));
  EXPECT_TRUE(last.is_open(at("20261130120000Z")));
  EXPECT_TRUE(last.is_open(at("20261231120000Z")));
  TimeSchedule first_or_last_but_one;
  first_or_last_but_one.days_of_month.reset().set(0).set(32);
  EXPECT_TRUE(first_or_last_but_one.is_open(at("20261101120000Z")));
  EXPECT_TRUE(first_or_last_but_one.is_open(at("20261129120000Z")));
  EXPECT_FALSE(first_or_last_but_one.is_open(at("20261130120000Z")));
}

TEST(TimeSchedule, PeriodsWithOneEnd) {
  TimeSchedule until;
  parse_period("THISANDPRIOR/20261121T235959", until);
  EXPECT_TRUE(until.is_open(at("19700101000000Z")));
  EXPECT_EQ(shown(until.next_change(at("20261121120000Z"))), "2026-11-22T00:00:00Z");
  EXPECT_EQ(shown(until.next_change(at("20261122000000Z"))), "never");
  TimeSchedule from;
  parse_period("29990101t000000/ThisAndFuture", from);
  EXPECT_EQ(shown(from.next_change(at("20261121120000Z"))), "never") << "beyond what is looked at";
  EXPECT_EQ(shown(from.next_change(at("29981231235959Z"))), "2999-01-01T00:00:00Z");
}

TEST(TimeSchedule, FractionsOfASecondAreCutOff) {
  TimeSchedule schedule;
  schedule.times = {parse_range("T080000/T090000")};
  const auto almost = at("20261121080000Z") - std::chrono::microseconds(1);
  EXPECT_FALSE(schedule.is_open(almost));
  EXPECT_EQ(schedule.next_change(almost), at("20261121080000Z"));
  EXPECT_TRUE(schedule.is_open(at("20261121080000Z") + std::chrono::microseconds(1)));
}

TEST(TimeSchedule, LocalTimeFollowsTheZone) {
  const Zone zone(berlin);
  TimeSchedule schedule;
  schedule.local = true;
  schedule.times = {parse_range("T020000/T030000")};
  // Winter; the hour that does not come on 2026-03-29; summer; the hour that comes twice on 2026-10-25.
  EXPECT_EQ(shown(schedule.next_change(at("20260327120000Z"))), "2026-03-28T01:00:00Z");
  EXPECT_EQ(shown(schedule.next_change(at("20260328020000Z"))), "2026-03-30T00:00:00Z");
  EXPECT_EQ(shown(schedule.next_change(at("20261024120000Z"))), "2026-10-25T00:00:00Z");
  EXPECT_EQ(shown(schedule.next_change(at("20261025000000Z"))), "2026-10-25T02:00:00Z");
}

TEST(TimeSchedule, AnHourThatComesTwiceOpensTwice) {
  const Zone zone(berlin);
  TimeSchedule schedule;
  schedule.local = true;
  schedule.times = {parse_range("T021500/T024500")};
  auto now = at("20261024120000Z");
  for (const auto* expected :
       {"2026-10-25T00:15:00Z", "2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z", "2026-10-25T01:45:00Z"}) {
    const auto next = schedule.next_change(now);
    ASSERT_EQ(shown(next), expected);
    now = *next;
  }
}

TEST(TimeSchedule, ClosesByAJumpOfTheClock) {
  const Zone zone(berlin);
  TimeSchedule schedule;
  schedule.local = true;
  schedule.times = {parse_range("T013000/T023000")};
  EXPECT_EQ(shown(schedule.next_change(at("20260329003000Z"))), "2026-03-29T01:00:00Z") << "02:30 never comes";
}

// --- Against an oracle that looks at every minute ---

bool oracle(const TimeSchedule& schedule, std::time_t time) {
  std::tm wall{};
  (schedule.local ? localtime_r : gmtime_r)(&time, &wall);
  const auto stamp = [&](std::chrono::local_seconds limit) {
    const std::time_t raw = limit.time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&raw, &parts);
    return std::array{parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec};
  };
  const std::array now = {wall.tm_year, wall.tm_mon, wall.tm_mday, wall.tm_hour, wall.tm_min, wall.tm_sec};
  if (schedule.from && now < stamp(*schedule.from)) return false;
  if (schedule.until && now >= stamp(*schedule.until)) return false;
  if (!schedule.months[static_cast<std::size_t>(wall.tm_mon)]) return false;
  if (!schedule.weekdays[static_cast<std::size_t>(wall.tm_wday)]) return false;
  constexpr std::array lengths = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int year = wall.tm_year + 1900;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int length = lengths.at(static_cast<std::size_t>(wall.tm_mon)) + (leap && wall.tm_mon == 1 ? 1 : 0);
  if (!schedule.days_of_month[static_cast<std::size_t>(wall.tm_mday - 1)] &&
      !schedule.days_of_month[static_cast<std::size_t>(31 + length - wall.tm_mday)])
    return false;
  const auto second = static_cast<std::uint32_t>(wall.tm_hour * 3600 + wall.tm_min * 60 + wall.tm_sec);
  if (schedule.times.empty()) return true;
  for (const auto& range : schedule.times) {
    const bool over_midnight = range.end < range.begin;
    if (!over_midnight && second >= range.begin && second < range.end) return true;
    if (over_midnight && (second >= range.begin || second < range.end)) return true;
  }
  return false;
}

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t below(std::uint32_t limit) {
    return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(engine_);
  }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

  template <std::size_t count>
  std::bitset<count> mask() {
    std::bitset<count> bits;
    if (one_in(3)) return bits.set();
    const auto dense = one_in(2);
    for (std::size_t i = 0; i < count; ++i) bits[i] = dense ? !one_in(4) : one_in(4);
    return bits;
  }

 private:
  std::mt19937 engine_;
};

TimeSchedule random_schedule(Dice& dice, std::chrono::local_seconds near) {
  TimeSchedule schedule;
  schedule.local = true;
  if (dice.one_in(2)) {
    schedule.months = dice.mask<12>();
    schedule.weekdays = dice.mask<7>();
    schedule.days_of_month = dice.mask<62>();
  }
  for (auto count = dice.below(4); count > 0; --count) {
    // Half of them short, in the hours in which clocks change.
    const bool brief = dice.one_in(2);
    const auto begin = brief ? (23 * 60 + dice.below(240)) % 1440 * 60 : dice.below(1440) * 60;
    const auto end = brief ? (begin / 60 + dice.below(40)) % 1440 * 60 + 60 : (dice.below(1440) + 1) * 60;
    if (begin != end) schedule.times.push_back({begin, end});
  }
  if (dice.one_in(4)) schedule.from = near + minutes(dice.below(30 * 1440));
  if (dice.one_in(4)) schedule.until = near + minutes(15 * 1440 + dice.below(30 * 1440));
  return schedule;
}

// Returns the minutes, counted from `start`, an hour and a half before each change of the zone's clock.
std::vector<std::uint32_t> clock_changes(std::chrono::sys_seconds start, std::size_t length) {
  std::vector<std::uint32_t> out;
  long offset = 0;
  for (std::uint32_t i = 0; i < length; ++i) {
    const std::time_t time = (start + minutes(i)).time_since_epoch().count();
    std::tm wall{};
    localtime_r(&time, &wall);
    if (i >= 90 && wall.tm_gmtoff != offset) out.push_back(i - 90);
    offset = wall.tm_gmtoff;
  }
  return out;
}

void compare_with_oracle(const TimeSchedule& schedule, std::chrono::sys_seconds start, Dice& dice) {
  constexpr std::size_t length = std::size_t{35} * 1440;
  std::vector<bool> open(length);
  for (std::size_t i = 0; i < length; ++i) open[i] = oracle(schedule, (start + minutes(i)).time_since_epoch().count());
  const auto jumps = clock_changes(start, length);
  for (int round = 0; round < 60; ++round) {
    auto from = dice.below(static_cast<std::uint32_t>(length));
    // Around a change of the clock little goes without saying.
    if (!jumps.empty() && round % 2 == 0)
      from = std::min(jumps[dice.below(static_cast<std::uint32_t>(jumps.size()))] + dice.below(180),
                      static_cast<std::uint32_t>(length) - 1);
    auto change = from + 1;
    while (change < length && open[change] == open[from]) ++change;
    const auto instant = start + minutes(from) + seconds(dice.below(60));
    ASSERT_EQ(schedule.is_open(instant), open[from]) << format_utc(instant);
    const auto next = schedule.next_change(instant);
    if (change < length) {
      ASSERT_EQ(shown(next), shown(start + minutes(change))) << "after " << format_utc(instant);
    } else if (next) {
      ASSERT_GE(*next, start + minutes(length)) << "after " << format_utc(instant);
      const auto second = std::chrono::floor<seconds>(*next).time_since_epoch().count();
      ASSERT_NE(oracle(schedule, second), open[from]) << format_utc(*next);
      ASSERT_EQ(oracle(schedule, second - 1), open[from]) << format_utc(*next);
    } else {
      // Years without a change: some of all these instants.
      for (int sample = 0; sample < 50; ++sample) {
        const auto later = start + minutes(length) + hours(dice.below(40 * 365 * 24));
        ASSERT_EQ(oracle(schedule, later.time_since_epoch().count()), open[from]) << format_utc(later);
      }
    }
  }
}

class TimeScheduleZones : public testing::TestWithParam<const char*> {};

TEST_P(TimeScheduleZones, AgreeWithAnOracleMinuteByMinute) {
  const Zone zone(GetParam());
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const std::chrono::year year(2020 + static_cast<int>(dice.below(25)));
    // Every other one over the weeks in which clocks change.
    const auto day = dice.one_in(2) ? std::chrono::sys_days(year / (dice.one_in(2) ? 3 : 10) / 1) + days(dice.below(10))
                                    : std::chrono::sys_days(year / 1 / 1) + days(dice.below(365));
    const std::chrono::sys_seconds start = day;
    const auto schedule = random_schedule(dice, std::chrono::local_seconds(start.time_since_epoch()));
    compare_with_oracle(schedule, start, dice);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(All, TimeScheduleZones,
                         testing::Values("UTC0", berlin, new_york, lord_howe, havana, saint_johns));

// --- The forms of the attributes ---

TEST(ScheduleForms, Bits) {
  EXPECT_EQ(parse_bits("'0110'B", 4), (std::vector<bool>{false, true, true, false}));
  EXPECT_EQ(format_bits(std::bitset<4>("0110")), "'0110'B");
  EXPECT_EQ(format_bits(std::bitset<3>().set(0)), "'100'B") << "the first is leftmost";
  for (const auto* wrong : {"", "0110", "'0110'", "'0110'b", "'011'B", "'01101'B", "'0120'B", "'0110'B0"})
    EXPECT_THROW(parse_bits(wrong, 4), ParseError) << wrong;
}

TEST(ScheduleForms, Ranges) {
  for (const auto* same : {"T080000/T160000", "T210000/T080000", "T000000/T235959", "T220000/T235959"})
    EXPECT_EQ(format_range(parse_range(same)), same);
  EXPECT_EQ(parse_range("T220000/T000000"), (TimeSchedule::Range{22 * 3600, 86400}));
  EXPECT_EQ(parse_range(" t080000 / t160000 "), (TimeSchedule::Range{8 * 3600, 16 * 3600}));
  for (const auto* wrong : {"", "/", "T080000", "T080000/T080000", "T0800/T1600", "T240000/T010000", "T006000/T010000",
                            "T000060/T010000", "T08000x/T160000", "T080000/T160000/T170000", "T-10000/T160000"})
    EXPECT_THROW(parse_range(wrong), ParseError) << wrong;
}

TEST(ScheduleForms, Periods) {
  for (const auto* same :
       {"20000101T000000/20001231T235959", "20000101T080000/20001231T120000", "THISANDPRIOR/20001231T120000",
        "20000101T080000/THISANDFUTURE", "THISANDPRIOR/THISANDFUTURE"}) {
    TimeSchedule schedule;
    parse_period(same, schedule);
    EXPECT_EQ(format_period(schedule), same);
  }
  for (const auto* wrong :
       {"", "20000101T000000", "20000101/20001231", "20001301T000000/THISANDFUTURE", "20000230T000000/THISANDFUTURE",
        "20001231T000000/20000101T000000", "20000101T000000/20000101T000000", "THISANDFUTURE/20000101T000000",
        "20000101T000000Z/THISANDFUTURE", "2000010aT000000/THISANDFUTURE"}) {
    TimeSchedule schedule;
    EXPECT_THROW(parse_period(wrong, schedule), ParseError) << wrong;
    EXPECT_EQ(schedule, TimeSchedule()) << wrong;
  }
}

TEST(ScheduleForms, ErrorsSayWhatIsExpected) {
  try {
    parse_range("8-16");
    FAIL();
  } catch (const ParseError& error) {
    EXPECT_STREQ(error.what(), "\"8-16\": Thhmmss/Thhmmss, two different times, is expected");
  }
}

}  // namespace
}  // namespace replkit::ldup
