#include "common/tasks/schedule_atoms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/text.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/schedule_words.hpp"
#include "common/tasks/steps.hpp"

namespace replkit::tasks {

namespace {

using ldup::ManagementClass;
using model::ModifyKind;

// All that a schedule says.
constexpr std::array<std::string_view, 16> attributes = {
    "updateVectorTrigger",      "secondsToWaitDefault",        "secondsToWait1",        "attrReplicationGroup1",
    "secondsToWait2",           "attrReplicationGroup2",       "scheduleTimePeriod",    "scheduleMonthOfYearMask",
    "scheduleDayOfMonthMask",   "scheduleDayOfWeekMask",       "scheduleTimeOfDayMask", "scheduleLocalOrUtcTime",
    "ldupSecondsBetweenCycles", "ldupMaxSecondsBetweenCycles", "ldupMaxPendingChanges", "description"};
constexpr std::string_view limits_class = "ldupScheduleLimits";

bool is_schedule(const model::Entry& entry) {
  const auto which = class_of(entry);
  return which == ManagementClass::event_schedule || which == ManagementClass::time_schedule;
}

const model::Entry& require_agreement(const ServerFacts& server, const Replica& supplier, const std::string& cn) {
  if (const auto* found = supplier.find_agreement(cn)) return *found;
  throw Precondition(fmt::format("{}: {} has no agreement {}: repctl agreement list shows them", printable(server.name),
                                 supplier.id, printable(cn)));
}

const model::Entry* find_entry(const AreaFacts& area, const std::string& dn) {
  for (const auto& replica : area.replicas) {
    for (const auto& entry : replica.below) {
      if (same_dn(entry.dn, dn)) return &entry;
    }
  }
  const auto elsewhere = std::find_if(area.schedules.begin(), area.schedules.end(),
                                      [&](const model::Entry& entry) { return same_dn(entry.dn, dn); });
  return elsewhere == area.schedules.end() ? nullptr : &*elsewhere;
}

std::vector<const model::Entry*> others_naming(const AreaFacts& area, const model::Entry& agreement,
                                               const std::string& dn) {
  std::vector<const model::Entry*> out;
  for (const auto& replica : area.replicas) {
    for (const auto* each : replica.agreements()) {
      const auto named = first_of(*each, name::schedule_dn);
      if (!named.empty() && same_dn(named, dn) && !same_dn(each->dn, agreement.dn)) out.push_back(each);
    }
  }
  return out;
}

bool has_class(const model::Entry& entry, std::string_view wanted) {
  const auto classes = values_of(entry, "objectClass");
  return std::any_of(classes.begin(), classes.end(),
                     [&](const std::string& each) { return equals_ignore_case(each, wanted); });
}

bool same_set(std::vector<std::string> a, std::vector<std::string> b) {
  const auto normalize = [](std::vector<std::string>& values) {
    for (auto& value : values) value = to_lower(value);
    std::sort(values.begin(), values.end());
  };
  normalize(a);
  normalize(b);
  return a == b;
}

// Returns what makes the entry say what is wanted, both being of the same class.
std::vector<model::Modification> changes_to(const model::Entry& present, const model::Entry& wanted) {
  std::vector<model::Modification> changes;
  const bool limited = has_class(present, limits_class);
  if (!limited && has_class(wanted, limits_class)) {
    changes.push_back({.kind = ModifyKind::add, .description = "objectClass", .values = {std::string(limits_class)}});
  }
  for (const auto attribute : attributes) {
    auto values = values_of(wanted, attribute);
    if (same_set(values_of(present, attribute), values)) continue;
    changes.push_back(
        {.kind = ModifyKind::replace, .description = std::string(attribute), .values = std::move(values)});
  }
  if (limited && !has_class(wanted, limits_class)) {
    changes.push_back(
        {.kind = ModifyKind::remove, .description = "objectClass", .values = {std::string(limits_class)}});
  }
  return changes;
}

// Of an entry that is there secondsToWait... are NO-USER-MODIFICATION.
void lift(const ServerFacts& server, Step& step, WriteOptions options, Plan& plan) {
  const auto& modifications = std::get<model::ModifyChange>(step.change.change).modifications;
  const bool needed = std::any_of(modifications.begin(), modifications.end(),
                                  [](const auto& each) { return each.description.starts_with("secondsToWait"); });
  if ((needed || options.write_unwriteable) && !lift_unwriteable(server, step)) {
    note(server, "does not offer the Write-Unwriteable control (mrm 3.16): tried without it", plan);
  }
}

void add_name(const ServerFacts& server, const model::Entry& agreement, const std::string& dn, WriteOptions options,
              Plan& plan) {
  const auto named = first_of(agreement, name::schedule_dn);
  if (!named.empty() && same_dn(named, dn)) return;
  auto step = modify_step(
      server, fmt::format("let agreement {} follow it (mrm 3.9)", printable(cn_of(agreement.dn))), agreement.dn,
      {{.kind = ModifyKind::replace, .description = std::string(name::schedule_dn), .values = {dn}}});
  lift(server, step, options, plan);
  plan.steps.push_back(std::move(step));
}

// Reads it back: what a server would not understand is refused before it is sent.
void check_schedule(const ldup::Schedule& schedule, Plan& plan, const ServerFacts& server) {
  ldup::Findings findings;
  ldup::Schedule::read(schedule.to_entry(), findings);
  ldup::throw_errors(findings);
  for (const auto& finding : findings) note(server, finding.attribute + " " + finding.text, plan);
  if (schedule.time() != nullptr && !schedule.time()->next_open(system_clock().now())) {
    note(server, "no time from now on is in this schedule: nothing is sent but what repctl cycle trigger sends", plan);
  }
}

}  // namespace

const model::Entry* schedule_of(const AreaFacts& area, const model::Entry& agreement, std::string* named) {
  const auto dn = first_of(agreement, name::schedule_dn);
  if (named != nullptr) *named = dn;
  const auto* entry = dn.empty() ? nullptr : find_entry(area, dn);
  return entry != nullptr && is_schedule(*entry) ? entry : nullptr;
}

std::string schedule_dn(const ServerFacts& server, const AreaFacts& area, const ScheduleTarget& target) {
  require_ldup(server, "schedule");
  require_area(server, area);
  const auto& supplier = require_replica(server, area, check_replica_id(target.supplier));
  const auto& agreement = require_agreement(server, supplier, target.agreement);
  if (!target.name.empty()) return child_dn(target.name, supplier.entry.dn);
  auto named = first_of(agreement, name::schedule_dn);
  return named.empty() ? child_dn("schedule", agreement.dn) : named;
}

Plan set_schedule(const ServerFacts& server, const AreaFacts& area, const ScheduleTarget& target,
                  const ldup::Schedule& schedule, WriteOptions options) {
  auto wanted = schedule;
  wanted.dn = schedule_dn(server, area, target);
  const auto& supplier = require_replica(server, area, check_replica_id(target.supplier));
  const auto& agreement = require_agreement(server, supplier, target.agreement);
  Plan plan;
  check_schedule(wanted, plan, server);
  const auto entry = wanted.to_entry();
  const auto* present = find_entry(area, wanted.dn);
  if (present != nullptr && !is_schedule(*present)) {
    throw Precondition(fmt::format("{}: {} is there, and no schedule", printable(server.name), printable(wanted.dn)));
  }
  const auto label = is_child(wanted.dn, agreement.dn) ? fmt::format("of agreement {}", printable(cn_of(agreement.dn)))
                                                       : printable(cn_of(wanted.dn));
  if (present != nullptr && class_of(*present) == class_of(entry)) {
    check_uuid(server, *present, target.uuid);
    if (auto changes = changes_to(*present, entry); !changes.empty()) {
      auto step =
          modify_step(server, fmt::format("change schedule {} (mrm 4.18)", label), present->dn, std::move(changes));
      lift(server, step, options, plan);
      plan.steps.push_back(std::move(step));
    }
  } else {
    // The class of an entry stays what it is. It gets the id that it had, which is the same on all servers: they
    // replicate meanwhile, and two entries of one name would be a conflict.
    if (present != nullptr) remove_all(server, {*present}, "of the other kind", plan);
    plan.steps.push_back(
        add_step(server, fmt::format("add schedule {} (mrm 4.18)", label), wanted.dn, entry.attributes));
    give_uuid(server, target.uuid, plan.steps.back());
  }
  add_name(server, agreement, wanted.dn, options, plan);
  if (plan.empty()) {
    plan.notes.clear();
    skip(server, fmt::format("the schedule of {} is so already", printable(cn_of(agreement.dn))), plan);
    return plan;
  }
  for (const auto* other : others_naming(area, agreement, wanted.dn)) {
    note(server, fmt::format("the agreement {} follows it, too", printable(other->dn)), plan);
  }
  return plan;
}

Plan clear_schedule(const ServerFacts& server, const AreaFacts& area, const ScheduleTarget& target,
                    WriteOptions options) {
  require_ldup(server, "schedule");
  require_area(server, area);
  const auto& supplier = require_replica(server, area, check_replica_id(target.supplier));
  const auto& agreement = require_agreement(server, supplier, target.agreement);
  Plan plan;
  std::string named;
  const auto* schedule = schedule_of(area, agreement, &named);
  if (named.empty()) {
    skip(server, fmt::format("{} has no schedule", printable(cn_of(agreement.dn))), plan);
    return plan;
  }
  auto step = modify_step(
      server, fmt::format("take the schedule from agreement {} (mrm 3.9)", printable(cn_of(agreement.dn))),
      agreement.dn, {{.kind = ModifyKind::remove, .description = std::string(name::schedule_dn), .values = {}}});
  step.settled = {ldap::ResultCode::no_such_attribute};
  lift(server, step, options, plan);
  plan.steps.push_back(std::move(step));
  note(server, "changes are sent at once from then on", plan);
  if (schedule == nullptr) return plan;
  if (const auto others = others_naming(area, agreement, named); !others.empty()) {
    note(server, fmt::format("{} stays: the agreement {} follows it", printable(named), printable(others.front()->dn)),
         plan);
    return plan;
  }
  remove_all(server, {*schedule}, "mrm 4.18", plan);
  return plan;
}

}  // namespace replkit::tasks
