#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "common/tasks/schedule_words.hpp"

namespace replkit::tasks {

namespace {

class Words {
 public:
  void add(std::string option, std::string value) {
    if (!value.empty()) words.push_back({std::move(option), std::move(value)});
  }
  void add(std::string option, std::chrono::seconds value) {
    if (value.count() != 0) words.push_back({std::move(option), fmt::format("{}s", value.count())});
  }

  std::vector<ScheduleWord> words;
};

void add_event(const ldup::EventSchedule& event, Words& words) {
  const auto group = [&](int number, const std::vector<std::string>& attributes, std::chrono::seconds wait) {
    if (attributes.empty()) return;
    words.add(fmt::format("--group{}", number), fmt::format("{}", fmt::join(attributes, ",")));
    words.add(fmt::format("--group{}-wait", number), wait);
  };
  words.add("--wait", event.wait_default);
  group(1, event.group1, event.wait1);
  group(2, event.group2, event.wait2);
  if (event.update_vector_trigger) words.add("--vector-trigger", "yes");
}

void add_time(const ldup::TimeSchedule& time, Words& words) {
  words.add("--months", months_text(time.months));
  words.add("--days-of-month", days_of_month_text(time.days_of_month));
  words.add("--days", weekdays_text(time.weekdays));
  words.add("--hours", hours_text(time.times));
  if (time.from) words.add("--from", moment_text(*time.from));
  if (time.until) words.add("--until", moment_text(*time.until));
  words.add("--zone", time.local ? "local" : "utc");
}

}  // namespace

std::vector<ScheduleWord> words_of(const ldup::Schedule& schedule) {
  Words out;
  if (const auto* event = schedule.event()) add_event(*event, out);
  if (const auto* time = schedule.time()) add_time(*time, out);
  out.add("--every", schedule.limits.between_cycles);
  out.add("--longest-gap", schedule.limits.max_between_cycles);
  if (schedule.limits.max_pending_changes != 0) {
    out.add("--pending", std::to_string(schedule.limits.max_pending_changes));
  }
  return std::move(out.words);
}

std::string text_of(const ldup::Schedule& schedule) {
  std::string words;
  for (const auto& word : words_of(schedule)) words += fmt::format(" {} {}", word.option, word.value);
  if (schedule.time() != nullptr) return "in windows:" + words;
  const bool at_once = schedule.event()->wait_default.count() == 0;
  const std::string_view kind = at_once ? "at once after a change" : "a while after a change";
  return words.empty() ? std::string(kind) : fmt::format("{}:{}", kind, words);
}

}  // namespace replkit::tasks
