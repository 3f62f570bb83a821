#include <fmt/core.h>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/ldup/schedule_time.hpp"

namespace replkit::ldup {

namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::seconds;

constexpr std::uint32_t day_seconds = 86'400;

[[noreturn]] void fail(std::string_view text, const std::string& expected) {
  throw ParseError('"' + printable(text.substr(0, 80)) + "\": " + expected + " is expected", 0);
}

// Returns the number that exactly these digits spell.
std::optional<unsigned> digits(std::string_view text) {
  for (const char c : text) {
    if (!is_ascii_digit(c)) return std::nullopt;
  }
  const auto number = parse_uint(text);
  return number ? std::optional<unsigned>(static_cast<unsigned>(*number)) : std::nullopt;
}

// Thhmmss
std::optional<std::uint32_t> parse_time(std::string_view text) {
  if (text.size() != 7 || ascii_lower(text.front()) != 't') return std::nullopt;
  const auto hour = digits(text.substr(1, 2));
  const auto minute = digits(text.substr(3, 2));
  const auto second = digits(text.substr(5, 2));
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return (*hour * 60 + *minute) * 60 + *second;
}

// yyyymmddThhmmss
std::optional<local_seconds> parse_date_time(std::string_view text) {
  if (text.size() != 15) return std::nullopt;
  const auto year = digits(text.substr(0, 4));
  const auto month = digits(text.substr(4, 2));
  const auto day = digits(text.substr(6, 2));
  const auto time = parse_time(text.substr(8));
  if (!year || !month || !day || !time) return std::nullopt;
  const auto date = std::chrono::year(static_cast<int>(*year)) / std::chrono::month(*month) / std::chrono::day(*day);
  if (!date.ok()) return std::nullopt;
  return local_days(date) + seconds(*time);
}

std::string format_time(seconds of_day) {
  const std::chrono::hh_mm_ss time(of_day);
  return fmt::format("T{:02}{:02}{:02}", time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string format_date_time(local_seconds at) {
  const auto day = std::chrono::floor<days>(at);
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}{:02}{:02}{}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), format_time(at - day));
}

std::pair<std::string_view, std::string_view> halves(std::string_view text, const std::string& expected) {
  const auto parts = split(text, '/');
  if (parts.size() != 2) fail(text, expected);
  return {trim(parts[0]), trim(parts[1])};
}

}  // namespace

std::vector<bool> parse_bits(std::string_view text, std::size_t count) {
  const auto body = trim(text);
  const std::string expected = "a bit string of " + std::to_string(count) + " bits ('0101...'B)";
  if (body.size() != count + 3 || body.front() != '\'' || body.substr(count + 1) != "'B") fail(text, expected);
  std::vector<bool> bits;
  for (const char c : body.substr(1, count)) {
    if (c != '0' && c != '1') fail(text, expected);
    bits.push_back(c == '1');
  }
  return bits;
}

void parse_period(std::string_view text, TimeSchedule& schedule) {
  const std::string expected =
      "yyyymmddThhmmss/yyyymmddThhmmss (or THISANDPRIOR/..., .../THISANDFUTURE), the earlier first,";
  const auto [first, second] = halves(text, expected);
  std::optional<local_seconds> from;
  std::optional<local_seconds> until;
  if (!equals_ignore_case(first, "THISANDPRIOR")) {
    from = parse_date_time(first);
    if (!from) fail(text, expected);
  }
  if (!equals_ignore_case(second, "THISANDFUTURE")) {
    until = parse_date_time(second);
    if (!until) fail(text, expected);
    if (*until - std::chrono::floor<days>(*until) == seconds(day_seconds - 1)) *until += seconds(1);
  }
  if (from && until && *from >= *until) fail(text, expected);
  schedule.from = from;
  schedule.until = until;
}

std::string format_period(const TimeSchedule& schedule) {
  const auto from = schedule.from ? format_date_time(*schedule.from) : "THISANDPRIOR";
  if (!schedule.until) return from + "/THISANDFUTURE";
  const bool midnight = *schedule.until == std::chrono::floor<days>(*schedule.until);
  return from + "/" + format_date_time(midnight ? *schedule.until - seconds(1) : *schedule.until);
}

TimeSchedule::Range parse_range(std::string_view text) {
  const std::string expected = "Thhmmss/Thhmmss, two different times,";
  const auto [first, second] = halves(text, expected);
  const auto begin = parse_time(first);
  const auto end = parse_time(second);
  if (!begin || !end || *begin == *end) fail(text, expected);
  const bool midnight = *end == 0 || *end == day_seconds - 1;
  return {*begin, midnight ? day_seconds : *end};
}

std::string format_range(const TimeSchedule::Range& range) {
  return format_time(seconds(range.begin)) + "/" +
         format_time(seconds(range.end == day_seconds ? day_seconds - 1 : range.end));
}

}  // namespace replkit::ldup
