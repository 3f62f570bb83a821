#include "common/ldup/schedule_time.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace replkit::ldup {

namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr days horizon{41 * 366};
constexpr std::uint32_t day_seconds = 86'400;

bool is_in_times(const TimeSchedule& schedule, std::uint32_t second) {
  if (schedule.times.empty()) return true;
  return std::any_of(schedule.times.begin(), schedule.times.end(), [second](const TimeSchedule::Range& range) {
    if (range.begin < range.end) return second >= range.begin && second < range.end;
    return second >= range.begin || second < range.end;
  });
}

bool is_month_selected(const TimeSchedule& schedule, const std::chrono::year_month_day& date) {
  return schedule.months[static_cast<unsigned>(date.month()) - 1];
}

bool is_day_selected(const TimeSchedule& schedule, local_days day) {
  const std::chrono::year_month_day date(day);
  if (!is_month_selected(schedule, date)) return false;
  if (!schedule.weekdays[std::chrono::weekday(day).c_encoding()]) return false;
  const auto number = static_cast<unsigned>(date.day());
  const auto last = static_cast<unsigned>((date.year() / date.month() / std::chrono::last).day());
  return schedule.days_of_month[number - 1] || schedule.days_of_month[31 + last - number];
}

bool is_in_period(const TimeSchedule& schedule, local_seconds at) {
  return (!schedule.from || at >= *schedule.from) && (!schedule.until || at < *schedule.until);
}

bool is_open_at(const TimeSchedule& schedule, local_seconds at) {
  const auto day = std::chrono::floor<days>(at);
  return is_in_period(schedule, at) && is_day_selected(schedule, day) &&
         is_in_times(schedule, static_cast<std::uint32_t>((at - day).count()));
}

// Returns the seconds of a day at which the ranges, taken together, begin or end.
std::vector<std::uint32_t> bounds_of(const TimeSchedule& schedule) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> parts;
  for (const auto& range : schedule.times) {
    if (range.begin < range.end) {
      parts.emplace_back(range.begin, range.end);
    } else {
      parts.emplace_back(range.begin, day_seconds);
      parts.emplace_back(0, range.end);
    }
  }
  std::sort(parts.begin(), parts.end());
  std::vector<std::uint32_t> bounds;
  for (const auto& [begin, end] : parts) {
    if (bounds.empty() || begin > bounds.back()) {
      bounds.insert(bounds.end(), {begin, end});
    } else {
      bounds.back() = std::max(bounds.back(), end);
    }
  }
  return bounds;
}

// Looks for changes on a clock that neither repeats nor leaves out anything.
class Calendar {
 public:
  explicit Calendar(const TimeSchedule& schedule) : schedule_(&schedule), bounds_(bounds_of(schedule)) {
    whole_days_ = bounds_.empty() || bounds_ == std::vector<std::uint32_t>{0, day_seconds};
  }

  // Returns the first second after `at` and not after `limit` that is open if `at` is closed, or the other way round.
  std::optional<local_seconds> next_change(local_seconds at, local_seconds limit) const {
    const bool open = is_open_at(*schedule_, at);
    if (!open && schedule_->until && at >= *schedule_->until) return std::nullopt;
    auto start = at;
    if (!open && schedule_->from && at < *schedule_->from) {
      start = *schedule_->from;
      if (start > limit) return std::nullopt;
      if (is_open_at(*schedule_, start)) return start;
    }
    for (auto day = std::chrono::floor<days>(start); day <= limit; day = next_day(day, open)) {
      if (const auto found = change_on(day, at, open)) return *found <= limit ? found : std::nullopt;
    }
    return std::nullopt;
  }

 private:
  // Returns the next day that is worth a look: while all is closed, months that are not selected are not.
  local_days next_day(local_days day, bool open) const {
    const std::chrono::year_month_day date(day);
    if (open || is_month_selected(*schedule_, date)) return day + days(1);
    return local_days((date.year() / date.month() + std::chrono::months(1)) / 1);
  }

  // Most days have no change, or the search ends on them: many ranges cost but once.
  std::optional<local_seconds> change_on(local_days day, local_seconds after, bool open) const {
    const bool selected = is_day_selected(*schedule_, day);
    if (!selected && !open) return std::nullopt;
    const auto end = schedule_->until;
    const bool ends = open && end && std::chrono::floor<days>(*end) == day && *end > after;
    const auto changes_at = [&](std::uint32_t second) {
      const local_seconds at = day + seconds(second);
      return at > after && (!ends || at < *end) && is_open_at(*schedule_, at) != open;
    };
    if (changes_at(0)) return day;
    if (selected && !whole_days_) {
      const auto found = std::find_if(bounds_.begin(), bounds_.end(), changes_at);
      if (found != bounds_.end()) return day + seconds(*found);
    }
    return ends ? end : std::nullopt;
  }

  const TimeSchedule* schedule_;
  std::vector<std::uint32_t> bounds_;
  bool whole_days_;
};

// Returns how far the clock on the wall is ahead of UTC.
seconds offset_at(sys_seconds at, bool local) {
  if (!local) return seconds(0);
  const std::time_t time = at.time_since_epoch().count();
  std::tm wall{};
  return localtime_r(&time, &wall) == nullptr ? seconds(0) : seconds(wall.tm_gmtoff);
}

local_seconds wall_at(sys_seconds at, seconds offset) {
  return local_seconds(at.time_since_epoch() + offset);
}

// Returns the first second in (at, limit] with another offset than `at`. Two changes of a zone within one day that
// undo each other are overlooked: there have been none.
std::optional<sys_seconds> next_offset_change(sys_seconds at, sys_seconds limit, bool local) {
  if (!local) return std::nullopt;
  const auto offset = offset_at(at, local);
  for (auto same = at; same < limit;) {
    auto other = std::min(same + seconds(day_seconds), limit);
    if (offset_at(other, local) == offset) {
      same = other;
      continue;
    }
    while (other - same > seconds(1)) {
      const auto middle = same + (other - same) / 2;
      (offset_at(middle, local) == offset ? same : other) = middle;
    }
    return other;
  }
  return std::nullopt;
}

}  // namespace

bool TimeSchedule::is_open(Instant at) const {
  const auto second = std::chrono::floor<seconds>(at);
  return is_open_at(*this, wall_at(second, offset_at(second, local)));
}

std::optional<Instant> TimeSchedule::next_change(Instant instant) const {
  auto at = std::chrono::floor<seconds>(instant);
  const auto limit = at + horizon;
  const bool open = is_open(at);
  const Calendar calendar(*this);
  // What has been looked through: from `start` on there is no change before `change`.
  std::optional<local_seconds> start;
  std::optional<local_seconds> change;
  for (;;) {
    const auto offset = offset_at(at, local);
    const auto wall = wall_at(at, offset);
    if (!start || wall < *start || (change && wall >= *change)) {
      start = wall;
      change = calendar.next_change(wall, wall_at(limit, offset));
    }
    const auto end = change ? sys_seconds(change->time_since_epoch() - offset) : limit;
    const auto jump = next_offset_change(at, end, local);
    if (!jump) return change ? std::optional<Instant>(end) : std::nullopt;
    if (is_open(*jump) != open) return *jump;
    at = *jump;
  }
}

std::optional<Instant> TimeSchedule::next_open(Instant at) const {
  return is_open(at) ? at : next_change(at);
}

}  // namespace replkit::ldup
