// Schedules as people type them: "mon-fri", "22:00-06:00", "last".
#pragma once

#include <bitset>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/schedule.hpp"

namespace replkit::tasks {

// Each takes a list with commas between its parts, in either case, and throws UsageError that names the part which is
// none. Ranges may go round: "fri-mon", "nov-feb".

// "jan", "january" or "1".
std::bitset<12> parse_months(std::string_view text);
// "mon" or "monday".
std::bitset<7> parse_weekdays(std::string_view text);
// "1" to "31", "1-15"; "last" and "last-1" (the last but one) to "last-30".
std::bitset<62> parse_days_of_month(std::string_view text);
// "22:00-06:00", hours alone or with minutes and seconds; 24:00 is midnight.
std::vector<ldup::TimeSchedule::Range> parse_hours(std::string_view text);

// "2026-12-24" or "2026-12-24T18:30", with seconds if need be. A day alone is its beginning, or with `end` its end.
enum class DayPart : std::uint8_t { begin, end };
std::chrono::local_seconds parse_moment(std::string_view text, DayPart part);

// Return what the parsers take; an empty text when all is selected.
std::string months_text(const std::bitset<12>& months);
std::string weekdays_text(const std::bitset<7>& days);
std::string days_of_month_text(const std::bitset<62>& days);
std::string hours_text(const std::vector<ldup::TimeSchedule::Range>& times);
std::string moment_text(std::chrono::local_seconds at);

// An option and its value, as repctl schedule set takes it: {"--days", "mon-fri"}.
struct ScheduleWord {
  std::string option;
  std::string value;
};
// Returns what makes this schedule.
std::vector<ScheduleWord> words_of(const ldup::Schedule& schedule);

// Returns for people what it does: "at once after a change", "in windows: --days mon-fri".
std::string text_of(const ldup::Schedule& schedule);

}  // namespace replkit::tasks
