#include "common/tasks/schedule_words.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "common/base/error.hpp"
#include "common/base/text.hpp"

namespace replkit::tasks {

namespace {

using ldup::TimeSchedule;
using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::seconds;

constexpr std::uint32_t day_seconds = 86'400;

constexpr std::array<std::string_view, 12> months = {"january",   "february", "march",    "april",
                                                     "may",       "june",     "july",     "august",
                                                     "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> weekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                      "thursday", "friday", "saturday"};

[[noreturn]] void fail(std::string_view part, std::string_view expected) {
  throw UsageError(fmt::format("\"{}\" is none of {}", printable(part), expected));
}

// Returns the place of the name that begins so, three letters at least.
template <std::size_t count>
std::optional<std::size_t> find_name(const std::array<std::string_view, count>& names, std::string_view text) {
  const auto wanted = to_lower(text);
  for (std::size_t i = 0; i < count; ++i) {
    if (wanted.size() >= 3 && names[i].starts_with(wanted)) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> number_up_to(std::string_view text, std::size_t most) {
  const auto number = parse_uint(text);
  if (!number || *number < 1 || *number > most) return std::nullopt;
  return static_cast<std::size_t>(*number - 1);
}

// Sets what a list of names and ranges of names selects.
template <std::size_t count, typename Find>
std::bitset<count> parse_names(std::string_view text, Find find, std::string_view expected) {
  std::bitset<count> out;
  for (const auto untrimmed : split(text, ',')) {
    const auto part = trim(untrimmed);
    const auto dash = part.find('-');
    const auto first = find(trim(part.substr(0, dash)));
    const auto last = dash == std::string_view::npos ? first : find(trim(part.substr(dash + 1)));
    if (!first || !last) fail(part, expected);
    for (auto i = *first;; i = (i + 1) % count) {
      out.set(i);
      if (i == *last) break;
    }
  }
  return out;
}

// Returns the runs of selected bits as "first-last"; with `round` one may go over the end.
template <std::size_t count, typename Name>
std::string runs_text(const std::bitset<count>& bits, Name name, bool round) {
  std::string out;
  const auto selected = [&](std::size_t i) { return i < count ? bits[i] : round && bits[i - count]; };
  for (std::size_t i = 0; i < count; ++i) {
    const bool begins = bits[i] && (i == 0 ? !round || !bits[count - 1] : !bits[i - 1]);
    if (!begins) continue;
    auto last = i;
    while (last + 1 < i + count && selected(last + 1)) ++last;
    out += (out.empty() ? "" : ",") + name(i);
    if (last != i) out += (last == i + 1 ? "," : "-") + name(last % count);
  }
  return out;
}

std::string short_name(std::string_view name) {
  return std::string(name.substr(0, 3));
}

// Hours, or hours and minutes, or with seconds too.
std::optional<std::uint32_t> parse_time(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() > 3) return std::nullopt;
  std::uint32_t seconds_of_day = 0;
  constexpr std::array<std::uint32_t, 3> units{3600, 60, 1};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = parts[i].size() <= 2 ? parse_uint(parts[i]) : std::nullopt;
    if (!number || *number > (i == 0 ? 24U : 59U)) return std::nullopt;
    seconds_of_day += static_cast<std::uint32_t>(*number) * units[i];
  }
  return seconds_of_day <= day_seconds ? std::optional(seconds_of_day) : std::nullopt;
}

std::string time_text(std::uint32_t second) {
  const auto text = fmt::format("{:02}:{:02}", second / 3600, second / 60 % 60);
  return second % 60 == 0 ? text : text + fmt::format(":{:02}", second % 60);
}

std::optional<std::size_t> day_place(std::string_view text) {
  const auto word = to_lower(text);
  if (word == "last") return 31;
  if (word.starts_with("last-")) {
    const auto back = parse_uint(std::string_view(word).substr(5));
    return back && *back <= 30 ? std::optional<std::size_t>(31 + *back) : std::nullopt;
  }
  return number_up_to(word, 31);
}

}  // namespace

std::bitset<12> parse_months(std::string_view text) {
  return parse_names<12>(
      text,
      [](std::string_view word) {
        const auto number = number_up_to(word, 12);
        return number ? number : find_name(months, word);
      },
      "the months jan to dec, or 1 to 12, as in nov-feb,may");
}

std::bitset<7> parse_weekdays(std::string_view text) {
  return parse_names<7>(
      text, [](std::string_view word) { return find_name(weekdays, word); }, "the days sun to sat, as in mon-fri,sun");
}

std::bitset<62> parse_days_of_month(std::string_view text) {
  constexpr std::string_view expected = "the days 1 to 31, last, last-1 to last-30, as in 1-7,15,last";
  std::bitset<62> out;
  for (const auto untrimmed : split(text, ',')) {
    const auto part = trim(untrimmed);
    if (const auto place = day_place(part)) {
      out.set(*place);
      continue;
    }
    const auto dash = part.find('-');
    const auto first = number_up_to(trim(part.substr(0, dash)), 31);
    const auto last = dash == std::string_view::npos ? std::nullopt : number_up_to(trim(part.substr(dash + 1)), 31);
    if (!first || !last || *first > *last) fail(part, expected);
    for (auto i = *first; i <= *last; ++i) out.set(i);
  }
  return out;
}

std::vector<TimeSchedule::Range> parse_hours(std::string_view text) {
  constexpr std::string_view expected = "ranges of two different times, as in 22:00-06:00,12:30-13:00";
  std::vector<TimeSchedule::Range> out;
  for (const auto untrimmed : split(text, ',')) {
    const auto part = trim(untrimmed);
    const auto dash = part.find('-');
    const auto begin = parse_time(trim(part.substr(0, dash)));
    const auto end = dash == std::string_view::npos ? std::nullopt : parse_time(trim(part.substr(dash + 1)));
    if (!begin || !end || *begin == *end || *begin == day_seconds) fail(part, expected);
    out.push_back({*begin, *end == 0 ? day_seconds : *end});
  }
  return out;
}

local_seconds parse_moment(std::string_view text, DayPart part) {
  constexpr std::string_view expected = "the moments 2026-12-24 or 2026-12-24T18:30";
  const auto separator = text.find_first_of("Tt ");
  const auto parts = split(text.substr(0, separator), '-');
  const auto number = [&](std::size_t place, std::size_t size) {
    const auto value = parts[place].size() == size ? parse_uint(parts[place]) : std::nullopt;
    if (!value) fail(text, expected);
    return static_cast<unsigned>(*value);
  };
  if (parts.size() != 3) fail(text, expected);
  const auto date = std::chrono::year(static_cast<int>(number(0, 4))) / std::chrono::month(number(1, 2)) /
                    std::chrono::day(number(2, 2));
  if (!date.ok()) fail(text, expected);
  if (separator == std::string_view::npos) return local_days(date) + (part == DayPart::end ? days(1) : days(0));
  const auto time = parse_time(text.substr(separator + 1));
  if (!time) fail(text, expected);
  return local_days(date) + seconds(*time);
}

std::string months_text(const std::bitset<12>& selected) {
  return selected.all() ? ""
                        : runs_text(
                              selected, [](std::size_t i) { return short_name(months[i]); }, true);
}

std::string weekdays_text(const std::bitset<7>& selected) {
  return selected.all() ? ""
                        : runs_text(
                              selected, [](std::size_t i) { return short_name(weekdays[i]); }, true);
}

std::string days_of_month_text(const std::bitset<62>& selected) {
  if (selected.all()) return {};
  std::bitset<31> from_begin;
  std::string out;
  for (std::size_t i = 0; i < 31; ++i) from_begin[i] = selected[i];
  out = runs_text(
      from_begin, [](std::size_t i) { return std::to_string(i + 1); }, false);
  for (std::size_t i = 31; i < 62; ++i) {
    if (!selected[i]) continue;
    out += out.empty() ? "" : ",";
    out += i == 31 ? std::string("last") : "last-" + std::to_string(i - 31);
  }
  return out;
}

std::string hours_text(const std::vector<TimeSchedule::Range>& times) {
  std::string out;
  for (const auto& range : times) {
    out += (out.empty() ? "" : ",") + time_text(range.begin) + "-" + time_text(range.end);
  }
  return out;
}

std::string moment_text(local_seconds at) {
  const auto day = std::chrono::floor<days>(at);
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}T{}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), time_text(static_cast<std::uint32_t>((at - day).count())));
}

}  // namespace replkit::tasks
