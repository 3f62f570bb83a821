#include "common/tasks/schedule_words.hpp"

#include "tests/unit/tasks/testing.hpp"

namespace replkit::tasks {
namespace {

using testing::HasSubstr;

TEST(ScheduleWords, NamesAndRangesGoRound) {
  EXPECT_EQ(parse_weekdays("mon-fri").to_string(), "0111110");
  EXPECT_EQ(parse_weekdays("Friday-MON, wed").to_string(), "1101011");
  EXPECT_EQ(parse_months("nov-feb"), parse_months("1,2,11,december"));
  EXPECT_EQ(weekdays_text(parse_weekdays("fri-mon,wed")), "wed,fri-mon");
  EXPECT_EQ(months_text(parse_months("12,1,5")), "may,dec,jan");
  EXPECT_EQ(weekdays_text(parse_weekdays("sun-sat")), "");
}

TEST(ScheduleWords, DaysOfTheMonthCountFromBothEnds) {
  const auto days = parse_days_of_month("1-3,15,last,LAST-2");
  EXPECT_TRUE(days[0] && days[2] && days[14] && days[31] && days[33]);
  EXPECT_EQ(days.count(), 6U);
  EXPECT_EQ(days_of_month_text(days), "1-3,15,last,last-2");
}

TEST(ScheduleWords, HoursMaySpanMidnight) {
  const auto hours = parse_hours("22-6:30, 12:00-13:00:10,23:00-24:00,8-0");
  ASSERT_EQ(hours.size(), 4U);
  EXPECT_EQ(hours[0], (ldup::TimeSchedule::Range{22 * 3600, 6 * 3600 + 1800}));
  EXPECT_EQ(hours[2].end, 86400U);
  EXPECT_EQ(hours[3].end, 86400U);
  EXPECT_EQ(hours_text(hours), "22:00-06:30,12:00-13:00:10,23:00-24:00,08:00-24:00");
}

TEST(ScheduleWords, MomentsHaveADayAtLeast) {
  EXPECT_EQ(moment_text(parse_moment("2026-12-24", DayPart::begin)), "2026-12-24T00:00");
  EXPECT_EQ(moment_text(parse_moment("2026-12-24", DayPart::end)), "2026-12-25T00:00");
  EXPECT_EQ(moment_text(parse_moment("2026-12-24T18:30:05", DayPart::end)), "2026-12-24T18:30:05");
}

TEST(ScheduleWords, WhatIsNoneIsNamed) {
  for (const char* text : {"", "mo", "monfri", "mon-", "mon,,tue", "tuesdays"}) {
    EXPECT_THAT(error_of([&] { parse_weekdays(text); }), HasSubstr("mon-fri")) << text;
  }
  for (const char* text : {"0", "13", "ma", "1-13", "-"}) {
    EXPECT_THAT(error_of([&] { parse_months(text); }), HasSubstr("jan to dec")) << text;
  }
  for (const char* text : {"0", "32", "5-3", "last-31", "last-", "1-last"}) {
    EXPECT_THAT(error_of([&] { parse_days_of_month(text); }), HasSubstr("last")) << text;
  }
  for (const char* text : {"8", "8-8", "24-6", "25-3", "8:60-9", "8-9-10", "008-9", "24:01-2", ":-"}) {
    EXPECT_THAT(error_of([&] { parse_hours(text); }), HasSubstr("22:00-06:00")) << text;
  }
  for (const char* text :
       {"2026", "2026-13-01", "2026-02-30", "26-01-01", "2026-01-01T", "2026-01-01T25", "20260101"}) {
    EXPECT_THAT(error_of([&] { parse_moment(text, DayPart::begin); }), HasSubstr("moments")) << text;
  }
}

// What is shown can be typed again.
TEST(ScheduleWords, AScheduleIsItsOptions) {
  ldup::Schedule schedule;
  EXPECT_EQ(text_of(schedule), "at once after a change");
  ldup::EventSchedule event;
  event.wait_default = std::chrono::seconds(90);
  event.group1 = {"userPassword", "pwdChangedTime"};
  schedule.when = event;
  schedule.limits.max_pending_changes = 100;
  EXPECT_EQ(text_of(schedule), "a while after a change: --wait 90s --group1 userPassword,pwdChangedTime --pending 100");
  ldup::TimeSchedule time;
  time.weekdays = parse_weekdays("sat,sun");
  time.times = parse_hours("1-5");
  time.until = parse_moment("2027-01-01", DayPart::begin);
  time.local = true;
  schedule.when = time;
  EXPECT_EQ(text_of(schedule),
            "in windows: --days sat,sun --hours 01:00-05:00 --until 2027-01-01T00:00 --zone local --pending 100");
}

}  // namespace
}  // namespace replkit::tasks
