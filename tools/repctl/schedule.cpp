// repctl schedule: show, set, clear (draft-ietf-ldup-mrm-02 4.18).
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/base/text.hpp"
#include "common/cli/output.hpp"
#include "common/cli/table.hpp"
#include "common/tasks/agreement_atoms.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/schedule_words.hpp"
#include "tools/repctl/change.hpp"
#include "tools/repctl/view.hpp"

namespace replkit::tools {

namespace {

using repctl::Server;
using std::chrono::seconds;

// The attributes take whole seconds.
void take(std::string_view option, const std::optional<std::chrono::milliseconds>& given, seconds& out) {
  if (!given) return;
  out = std::chrono::duration_cast<seconds>(*given);
  if (out != *given || out.count() > std::numeric_limits<std::int32_t>::max()) {
    throw UsageError(fmt::format("{}: whole seconds are wanted, at most 68 years", option));
  }
}

ldup::EventSchedule event_of(const ScheduleSettings& given) {
  ldup::EventSchedule event;
  take("--wait", given.wait, event.wait_default);
  take("--group1-wait", given.group1_wait, event.wait1);
  take("--group2-wait", given.group2_wait, event.wait2);
  if ((given.group1.empty() && given.group1_wait) || (given.group2.empty() && given.group2_wait)) {
    throw UsageError("a wait for a group of attributes needs the group: --group1 or --group2");
  }
  event.group1 = given.group1;
  event.group2 = given.group2;
  event.update_vector_trigger = given.vector_trigger;
  return event;
}

template <typename Parse>
auto parsed(std::string_view option, const std::string& text, Parse parse) {
  try {
    return parse(text);
  } catch (UsageError& error) {
    error.add_context(option);
    throw;
  }
}

ldup::TimeSchedule time_of(const ScheduleSettings& given) {
  ldup::TimeSchedule time;
  const auto set = [](std::string_view option, const std::optional<std::string>& text, auto parse, auto& out) {
    if (text) out = parsed(option, *text, parse);
  };
  set("--months", given.months, tasks::parse_months, time.months);
  set("--days-of-month", given.days_of_month, tasks::parse_days_of_month, time.days_of_month);
  set("--days", given.days, tasks::parse_weekdays, time.weekdays);
  set("--hours", given.hours, tasks::parse_hours, time.times);
  set(
      "--from", given.from, [](auto text) { return tasks::parse_moment(text, tasks::DayPart::begin); }, time.from);
  set(
      "--until", given.until, [](auto text) { return tasks::parse_moment(text, tasks::DayPart::end); }, time.until);
  if (time.from && time.until && *time.from >= *time.until) throw UsageError("--until is not after --from");
  time.local = given.local.value_or(false);
  return time;
}

ldup::Schedule schedule_of(const ScheduleSettings& given) {
  const bool by_time =
      given.months || given.days_of_month || given.days || given.hours || given.from || given.until || given.local;
  const bool by_event = given.wait || given.group1_wait || given.group2_wait || !given.group1.empty() ||
                        !given.group2.empty() || given.vector_trigger;
  if (by_time && by_event) {
    throw UsageError(
        "a schedule is either of waits after changes (--wait, --group1 ...) or of times (--days, --hours ...): in its "
        "times sessions start at once");
  }
  ldup::Schedule schedule;
  if (by_time) {
    schedule.when = time_of(given);
  } else {
    schedule.when = event_of(given);
  }
  take("--every", given.every, schedule.limits.between_cycles);
  take("--longest-gap", given.longest_gap, schedule.limits.max_between_cycles);
  schedule.limits.max_pending_changes = given.pending;
  schedule.description = given.description;
  if (!by_time && !by_event && !schedule.limits.any()) {
    throw UsageError("when are sessions to start? repctl schedule clear has them start at once after each change");
  }
  return schedule;
}

tasks::WriteOptions write_options(const RepctlSettings& settings) {
  return {.write_unwriteable = settings.write_unwriteable};
}

// The schedule that is there already on a server.
const model::Entry* find_schedule(const tasks::ServerFacts& server, const tasks::AreaFacts& area,
                                  const tasks::ScheduleTarget& target) {
  try {
    const auto dn = tasks::schedule_dn(server, area, target);
    for (const auto& entry : area.find(target.supplier)->below) {
      if (tasks::same_dn(entry.dn, dn)) return &entry;
    }
  } catch (const tasks::Precondition&) {  // told when the plan is made
  }
  return nullptr;
}

std::string uuid_name(const tasks::ScheduleTarget& target) {
  return fmt::format("schedule {} {}{}", to_lower(target.supplier),
                     target.name.empty() ? "below " + to_lower(target.agreement) : "", to_lower(target.name));
}

// --- show ---

struct Row {
  const Server* server;
  std::string supplier;
  std::string agreement;
  std::string consumer;
  std::string dn;  // empty: none
  std::optional<ldup::Schedule> schedule;
  ldup::Findings findings;
  std::string never;  // why no sessions start by it; empty: they do
};

std::string why_never(const tasks::AreaFacts& area, const model::Entry& agreement) {
  const auto consumer = tasks::first_of(agreement, tasks::name::replica_dn);
  if (std::none_of(area.replicas.begin(), area.replicas.end(),
                   [&](const auto& replica) { return tasks::same_dn(replica.entry.dn, consumer); })) {
    return "never: its consumer is no replica of the area";
  }
  const auto mechanism = tasks::mechanism_text(tasks::first_of(agreement, tasks::name::mechanism));
  if (mechanism.empty() || mechanism == "incremental") return {};
  return mechanism == "full" ? "when asked for: it is for full updates"
                             : "never: the mechanism " + mechanism + " is not known";
}

std::string next_text(const ldup::TimeSchedule& time, Instant now) {
  const auto change = time.next_change(now);
  if (time.is_open(now)) return change ? "open, closes " + format_utc(*change) : "open";
  return change ? "opens " + format_utc(*change) : "never opens";
}

std::vector<Row> rows_of(const repctl::ReadAreas& read, const tasks::ScheduleTarget& target) {
  std::vector<Row> rows;
  for (const auto& [server, area] : read.rows) {
    for (const auto& replica : area.replicas) {
      if (!target.supplier.empty() && !equals_ignore_case(replica.id, target.supplier)) continue;
      for (const auto* agreement : replica.agreements()) {
        const auto name = tasks::cn_of(agreement->dn);
        if (!target.agreement.empty() && replica.find_agreement(target.agreement) != agreement) continue;
        Row row{server, replica.id, name, repctl::consumer_text(area, *agreement),
                {},     {},         {},   why_never(area, *agreement)};
        const auto* entry = tasks::schedule_of(area, *agreement, &row.dn);
        if (entry != nullptr) row.schedule = ldup::Schedule::read(*entry, row.findings);
        if (row.dn.empty()) row.schedule = ldup::Schedule();
        rows.push_back(std::move(row));
      }
    }
  }
  return rows;
}

nlohmann::json json_of(const Row& row, Instant now) {
  nlohmann::json out = {{"server", row.server->name},
                        {"supplier", row.supplier},
                        {"agreement", cli::json_text(row.agreement)},
                        {"consumer", row.consumer},
                        {"schedule_dn", row.dn.empty() ? nlohmann::json() : cli::json_text(row.dn)}};
  if (!row.never.empty()) out["ignored"] = cli::json_text(row.never);
  auto& findings = out["findings"] = nlohmann::json::array();
  for (const auto& finding : row.findings) findings.push_back(ldup::describe(finding));
  if (!row.schedule) {
    out["kind"] = nullptr;
    return out;
  }
  const auto* time = row.schedule->time();
  out["kind"] = time != nullptr ? "time" : "event";
  auto& options = out["options"] = nlohmann::json::object();
  for (const auto& word : tasks::words_of(*row.schedule)) options[word.option.substr(2)] = word.value;
  if (time != nullptr) {
    const auto change = time->next_change(now);
    out["open"] = time->is_open(now);
    out["next_change"] = change ? nlohmann::json(format_utc(*change)) : nlohmann::json();
  }
  return out;
}

void print_rows(const std::vector<Row>& rows, Instant now) {
  cli::Table table({{"Server"},
                    {"Supplier"},
                    {"Agreement"},
                    {"Consumer"},
                    {.title = "Sessions start", .wraps = true},
                    {.title = "Now", .wraps = true}});
  for (const auto& row : rows) {
    const auto* time = row.schedule ? row.schedule->time() : nullptr;
    table.add_row({row.server->name, row.supplier, row.agreement, row.consumer,
                   !row.never.empty() ? row.never
                   : row.schedule     ? tasks::text_of(*row.schedule)
                                      : "unknown: there is no schedule " + row.dn,
                   row.never.empty() && time != nullptr ? next_text(*time, now) : "-"});
  }
  cli::print_out(table.text());
}

}  // namespace

ExitStatus schedule_show(RepctlSettings& settings) {
  const auto read = repctl::read_areas(settings);
  const auto rows = rows_of(read, settings.schedule.target);
  const auto now = system_clock().now();
  if (settings.json) {
    auto list = nlohmann::json::array();
    for (const auto& row : rows) list.push_back(json_of(row, now));
    const auto problems = repctl::problems_json(read.servers);
    cli::print_out(
        cli::to_json(
            {{"schema", "repctl/1"}, {"command", "schedule show"}, {"agreements", list}, {"problems", problems}}, 2) +
        '\n');
  } else {
    print_rows(rows, now);
    for (const auto& row : rows) {
      for (const auto& finding : row.findings) {
        fmt::print(stderr, "repctl: {}: {}\n", printable(row.server->name), printable(ldup::describe(finding)));
      }
    }
  }
  return repctl::finish(settings, read);
}

ExitStatus schedule_set(RepctlSettings& settings) {
  auto& target = settings.schedule.target;
  const auto schedule = schedule_of(settings.schedule);
  return repctl::change_area(
      settings, "schedule set",
      [&](Server& server, const auto& area) {
        return tasks::set_schedule(server.facts, area, target, schedule, write_options(settings));
      },
      [&](const repctl::Group& group) {
        target.uuid = group.common_uuid(settings.uuid, uuid_name(target), [&](const tasks::AreaFacts& area) {
          return find_schedule(group.servers.front(), area, target);
        });
      });
}

ExitStatus schedule_clear(RepctlSettings& settings) {
  return repctl::change_area(settings, "schedule clear", [&](Server& server, const auto& area) {
    return tasks::clear_schedule(server.facts, area, settings.schedule.target, write_options(settings));
  });
}

}  // namespace replkit::tools
