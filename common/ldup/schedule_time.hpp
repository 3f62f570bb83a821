// When sessions may happen by the calendar: replicaTimeSchedule (draft-ietf-ldup-infomod-08 7.3.5), whose attributes
// are those of PolicyTimePeriodCondition (RFC 3060 6.5).
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"

namespace replkit::ldup {

// Open at the instants that every part selects; a part left out selects all. Years without any opening are looked at
// for 41 of them: within 40 every date has fallen on every day of the week that it ever does.
struct TimeSchedule {
  // A part of the day in seconds from midnight, `end` not in it: 86400 is midnight. An end before the begin means the
  // two parts of a day outside; each belongs to the day it is on (RFC 3060: "active only during the portion of the
  // range that falls on the selected day").
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool operator==(const Range&) const = default;
  };

  std::optional<std::chrono::local_seconds> from;    // not before
  std::optional<std::chrono::local_seconds> until;   // not at or after
  std::bitset<12> months = std::bitset<12>().set();  // January is bit 0
  // The 1st is bit 0, the last day bit 31, the last but one bit 32: a day counts that is selected from either end.
  std::bitset<62> days_of_month = std::bitset<62>().set();
  std::bitset<7> weekdays = std::bitset<7>().set();  // Sunday is bit 0
  std::vector<Range> times;                          // any of them; empty: the whole day
  // Whether all this is the time of this machine's zone (TZ); otherwise UTC.
  bool local = false;

  bool is_open(Instant at) const;
  // Returns the first whole second after `at` at which is_open() changes; nothing when it does not within 41 years. An
  // hour that a zone repeats is open or closed both times, one that it leaves out never comes.
  std::optional<Instant> next_change(Instant at) const;
  // Returns `at` when it is open, otherwise the next instant that is; nothing as above.
  std::optional<Instant> next_open(Instant at) const;

  bool operator==(const TimeSchedule&) const = default;
};

// The forms of the attributes. Each parser throws ParseError, whose text says what is expected.

// Returns the bits of a Bit String (RFC 4517 3.3.2: '0101'B), the leftmost first; there must be `count`.
std::vector<bool> parse_bits(std::string_view text, std::size_t count);

// Takes scheduleTimePeriod, yyyymmddThhmmss/yyyymmddThhmmss with THISANDPRIOR or THISANDFUTURE for an open end, and
// puts it into from and until. The last second of a day, 235959, is in the period as the day's end.
void parse_period(std::string_view text, TimeSchedule& schedule);
std::string format_period(const TimeSchedule& schedule);

// Returns the range of a value of scheduleTimeOfDayMask, Thhmmss/Thhmmss; again 235959 is midnight.
TimeSchedule::Range parse_range(std::string_view text);
std::string format_range(const TimeSchedule::Range& range);

// Returns the form that parse_bits() reads.
template <std::size_t count>
std::string format_bits(const std::bitset<count>& bits) {
  std::string text = "'";
  for (std::size_t i = 0; i < count; ++i) text += bits[i] ? '1' : '0';
  return text + "'B";
}

}  // namespace replkit::ldup
