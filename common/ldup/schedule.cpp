#include "common/ldup/schedule.hpp"

#include <limits>

#include "common/base/error.hpp"
#include "common/ldup/names.hpp"
#include "common/model/dn.hpp"

namespace replkit::ldup {

namespace {

using std::chrono::seconds;

constexpr std::uint32_t most = std::numeric_limits<std::int32_t>::max();  // INTEGER of LDAP: maxInt
constexpr std::size_t max_ranges = 1000;

seconds read_seconds(const EntryReader& entry, std::string_view name) {
  return seconds(entry.number(name, 0, most).value_or(0));
}

std::vector<std::string> read_group(const EntryReader& entry, std::string_view name) {
  std::vector<std::string> group;
  for (const auto& value : entry.values(name)) {
    try {
      const auto list = AttributeList::parse(value);
      if (list.attributes.size() != 1 || list.all || list.none) throw ParseError("not one attribute", 0);
      group.push_back(list.attributes.front());
    } catch (const ParseError&) {
      entry.wrong(name, "one attribute a value is expected");
    }
  }
  return group;
}

EventSchedule read_event(const EntryReader& entry, Findings& findings) {
  EventSchedule schedule;
  schedule.wait_default = read_seconds(entry, "secondsToWaitDefault");
  schedule.wait1 = read_seconds(entry, "secondsToWait1");
  schedule.wait2 = read_seconds(entry, "secondsToWait2");
  schedule.group1 = read_group(entry, "attrReplicationGroup1");
  schedule.group2 = read_group(entry, "attrReplicationGroup2");
  schedule.update_vector_trigger = entry.boolean("updateVectorTrigger").value_or(false);
  if (schedule.update_vector_trigger && !schedule.wait(ChangeKind::update_vector)) {
    findings.push_back({Severity::warning, "schedule-chase", entry.dn(), "updateVectorTrigger",
                        "is TRUE with secondsToWaitDefault 0: sessions would chase each other, so it is not followed; "
                        "secondsToWaitDefault over 0 is expected"});
  }
  return schedule;
}

template <std::size_t count>
void read_mask(const EntryReader& entry, std::string_view name, std::bitset<count>& mask) {
  if (entry.values(name).empty()) return;
  mask.reset();
  const auto value = entry.one(name);
  if (!value) return;
  try {
    const auto bits = parse_bits(*value, count);
    for (std::size_t i = 0; i < count; ++i) mask[i] = bits[i];
  } catch (const ParseError& error) {
    entry.wrong(name, error.what());
  }
}

void read_times(const EntryReader& entry, TimeSchedule& schedule) {
  constexpr auto name = "scheduleTimeOfDayMask";
  const auto values = entry.values(name);
  if (values.size() > max_ranges) entry.wrong(name, "has over 1000 values");
  for (const auto& value : values) {
    if (schedule.times.size() == max_ranges) break;
    try {
      schedule.times.push_back(parse_range(value));
    } catch (const ParseError& error) {
      entry.wrong(name, error.what());
    }
  }
  if (!values.empty() && schedule.times.empty()) schedule.weekdays.reset();
}

void read_period(const EntryReader& entry, TimeSchedule& schedule) {
  if (entry.values("scheduleTimePeriod").empty()) return;
  const auto value = entry.one("scheduleTimePeriod");
  try {
    if (value) {
      parse_period(*value, schedule);
      return;
    }
  } catch (const ParseError& error) {
    entry.wrong("scheduleTimePeriod", error.what());
  }
  schedule.weekdays.reset();
}

TimeSchedule read_time(const EntryReader& entry) {
  TimeSchedule schedule;
  read_mask(entry, "scheduleMonthOfYearMask", schedule.months);
  read_mask(entry, "scheduleDayOfMonthMask", schedule.days_of_month);
  read_mask(entry, "scheduleDayOfWeekMask", schedule.weekdays);
  read_times(entry, schedule);
  read_period(entry, schedule);
  schedule.local = entry.number("scheduleLocalOrUtcTime", 1, 2).value_or(2) == 1;
  return schedule;
}

}  // namespace

std::optional<seconds> EventSchedule::wait(ChangeKind kind) const {
  switch (kind) {
    case ChangeKind::group1:
      return wait1;
    case ChangeKind::group2:
      return wait2;
    case ChangeKind::update_vector:
      return update_vector_trigger && wait_default > seconds(0) ? std::optional(wait_default) : std::nullopt;
    case ChangeKind::ordinary:
      break;
  }
  return wait_default;
}

Schedule Schedule::read(const EntryReader& entry, Findings& findings) {
  Schedule schedule;
  schedule.dn = entry.dn();
  const auto which = class_of(entry.values("objectClass"));
  if (which == ManagementClass::time_schedule) {
    schedule.when = read_time(entry);
  } else {
    if (which != ManagementClass::event_schedule)
      entry.wrong("objectClass", "replicaEventSchedule or replicaTimeSchedule is expected");
    schedule.when = read_event(entry, findings);
  }
  schedule.limits.between_cycles = read_seconds(entry, "ldupSecondsBetweenCycles");
  schedule.limits.max_between_cycles = read_seconds(entry, "ldupMaxSecondsBetweenCycles");
  schedule.limits.max_pending_changes = entry.number("ldupMaxPendingChanges", 0, most).value_or(0);
  schedule.description = entry.one("description").value_or("");
  return schedule;
}

Schedule Schedule::read(const model::Entry& entry, Findings& findings) {
  return read(EntryReader(entry, findings), findings);
}

namespace {

void put_seconds(model::Entry& entry, std::string_view name, seconds value) {
  if (value.count() != 0) entry.add(name, std::to_string(value.count()));
}

template <std::size_t count>
void put_mask(model::Entry& entry, std::string_view name, const std::bitset<count>& mask) {
  if (!mask.all()) entry.add(name, format_bits(mask));
}

void put(model::Entry& entry, const EventSchedule& schedule) {
  put_seconds(entry, "secondsToWaitDefault", schedule.wait_default);
  put_seconds(entry, "secondsToWait1", schedule.wait1);
  put_seconds(entry, "secondsToWait2", schedule.wait2);
  for (const auto& attribute : schedule.group1) entry.add("attrReplicationGroup1", attribute);
  for (const auto& attribute : schedule.group2) entry.add("attrReplicationGroup2", attribute);
  if (schedule.update_vector_trigger) entry.add("updateVectorTrigger", "TRUE");
}

void put(model::Entry& entry, const TimeSchedule& schedule) {
  if (schedule.from || schedule.until) entry.add("scheduleTimePeriod", format_period(schedule));
  put_mask(entry, "scheduleMonthOfYearMask", schedule.months);
  put_mask(entry, "scheduleDayOfMonthMask", schedule.days_of_month);
  put_mask(entry, "scheduleDayOfWeekMask", schedule.weekdays);
  for (const auto& range : schedule.times) entry.add("scheduleTimeOfDayMask", format_range(range));
  if (schedule.local) entry.add("scheduleLocalOrUtcTime", "1");
}

}  // namespace

model::Entry Schedule::to_entry() const {
  auto entry = new_entry(dn, {"top", "subentry", event() != nullptr ? "replicaEventSchedule" : "replicaTimeSchedule"});
  if (limits.any()) entry.add("objectClass", "ldupScheduleLimits");
  entry.add("subtreeSpecification", "{ }");
  std::visit([&entry](const auto& schedule) { put(entry, schedule); }, when);
  put_seconds(entry, "ldupSecondsBetweenCycles", limits.between_cycles);
  put_seconds(entry, "ldupMaxSecondsBetweenCycles", limits.max_between_cycles);
  if (limits.max_pending_changes != 0) entry.add("ldupMaxPendingChanges", std::to_string(limits.max_pending_changes));
  if (!description.empty()) entry.add("description", description);
  return entry;
}

ChangeGroups::ChangeGroups(const EventSchedule& schedule, const model::Schema& schema)
    : schema_(&schema),
      first_is_sooner_(schedule.wait1 <= schedule.wait2),
      group1_(schedule.group1, schema),
      group2_(schedule.group2, schema) {}

ChangeKind ChangeGroups::kind_of(const model::Description& attribute) const {
  const bool first = group1_.contains(attribute);
  const bool second = group2_.contains(attribute);
  if (first && (!second || first_is_sooner_)) return ChangeKind::group1;
  return second ? ChangeKind::group2 : ChangeKind::ordinary;
}

ChangeKind ChangeGroups::kind_of(std::string_view attribute) const {
  if (group1_.items().empty() && group2_.items().empty()) return ChangeKind::ordinary;
  return kind_of(model::Description(attribute, *schema_));
}

}  // namespace replkit::ldup
