#include "common/base/time.hpp"

#include <fmt/format.h>

#include <array>

#include "common/base/text.hpp"

namespace replkit {

using namespace std::chrono;

namespace {

class SystemClock final : public Clock {
 public:
  Instant now() const override { return floor<microseconds>(std::chrono::system_clock::now()); }
};

struct Civil {
  year_month_day date;
  hh_mm_ss<microseconds> time;
};

Civil civil(Instant t) {
  const auto day = floor<days>(t);
  return {year_month_day{day}, hh_mm_ss<microseconds>{t - day}};
}

// Takes exactly `digits` decimal digits off the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  const auto value = parse_uint(text.substr(0, digits));
  if (!value) return std::nullopt;
  text.remove_prefix(digits);
  return static_cast<int>(*value);
}

bool starts_with_digit(std::string_view text) {
  return !text.empty() && is_ascii_digit(text.front());
}

// Takes ".digits" off the front and returns what part of `unit` it is; nothing when malformed.
std::optional<microseconds> take_fraction(std::string_view& text, microseconds unit) {
  if (text.empty() || (text.front() != '.' && text.front() != ',')) return microseconds{0};
  text.remove_prefix(1);
  if (!starts_with_digit(text)) return std::nullopt;
  double scale = 0.1;
  double part = 0;
  while (starts_with_digit(text)) {
    part += scale * (text.front() - '0');
    scale /= 10;
    text.remove_prefix(1);
  }
  return microseconds{static_cast<std::int64_t>(part * static_cast<double>(unit.count()) + 0.5)};
}

// Takes "Z", "+hh[mm]" or "-hh[mm]", which must be all that is left.
std::optional<minutes> take_zone(std::string_view text) {
  if (text == "Z") return minutes{0};
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const int sign = text.front() == '+' ? 1 : -1;
  text.remove_prefix(1);
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23) return std::nullopt;
  int minute = 0;
  if (!text.empty()) {
    const auto value = take_number(text, 2);
    if (!value || *value > 59 || !text.empty()) return std::nullopt;
    minute = *value;
  }
  return minutes{sign * (*hour * 60 + minute)};
}

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string format_utc(Instant t) {
  const auto [date, time] = civil(t);
  auto out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                         static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                         time.minutes().count(), time.seconds().count());
  if (time.subseconds().count() != 0) out += fmt::format(".{:06}", time.subseconds().count());
  return out + "Z";
}

std::string format_generalized_time(Instant t) {
  const auto [date, time] = civil(t);
  return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

std::optional<Instant> parse_generalized_time(std::string_view text) {
  const auto y = take_number(text, 4);
  const auto m = take_number(text, 2);
  const auto d = take_number(text, 2);
  const auto h = take_number(text, 2);
  if (!y || !m || !d || !h || *h > 23) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)}, day{static_cast<unsigned>(*d)}};
  if (!date.ok()) return std::nullopt;
  microseconds unit = hours{1};
  microseconds time = hours{*h};
  if (starts_with_digit(text)) {
    const auto minute = take_number(text, 2);
    if (!minute || *minute > 59) return std::nullopt;
    time += minutes{*minute};
    unit = minutes{1};
    if (starts_with_digit(text)) {
      const auto second = take_number(text, 2);
      if (!second || *second > 60) return std::nullopt;
      time += seconds{std::min(*second, 59)};
      unit = seconds{1};
    }
  }
  const auto fraction = take_fraction(text, unit);
  if (!fraction) return std::nullopt;
  const auto zone = take_zone(text);
  if (!zone) return std::nullopt;
  return Instant{sys_days{date}.time_since_epoch() + time + *fraction - *zone};
}

std::string format_duration(microseconds length) {
  if (length < microseconds{0}) return "-" + format_duration(-length);
  if (length < seconds{1}) return fmt::format("{} ms", duration_cast<milliseconds>(length).count());
  const auto whole = duration_cast<seconds>(length).count();
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  return fmt::format("{} d {} h", whole / 86400, whole % 86400 / 3600);
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view suffix;
    std::int64_t milliseconds;
  };
  static constexpr std::array<Unit, 5> units{
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  std::int64_t factor = 1000;
  for (const auto& unit : units) {
    if (text.ends_with(unit.suffix)) {
      factor = unit.milliseconds;
      text.remove_suffix(unit.suffix.size());
      break;
    }
  }
  const auto number = parse_uint(text);
  constexpr std::uint64_t century = 36'525ULL * 86'400'000ULL;
  if (!number || *number > century / static_cast<std::uint64_t>(factor)) return std::nullopt;
  return milliseconds{static_cast<std::int64_t>(*number) * factor};
}

}  // namespace replkit
