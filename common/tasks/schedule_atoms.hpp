// Schedules of agreements (draft-ietf-ldup-mrm-02 4.18), as plans.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/schedule.hpp"
#include "common/tasks/facts.hpp"
#include "common/tasks/plan.hpp"
#include "common/tasks/replica_atoms.hpp"

namespace replkit::tasks {

// Which agreement, and what its schedule is called.
struct ScheduleTarget {
  std::string supplier;   // a replica's ID
  std::string agreement;  // its name or DN
  // cn of a schedule right below the supplier's replica, which its agreements may share; empty: the one that the
  // agreement names, or else one of its own, below it.
  std::string name = {};
  std::string uuid = {};  // of a new entry: the entryUUID it has on other servers; empty: the server makes one
};

// Returns the schedule that the agreement names, as far as it is one below the area's replicas; null when it names
// none, or another entry. The DN it names is then in `named`.
const model::Entry* schedule_of(const AreaFacts& area, const model::Entry& agreement, std::string* named = nullptr);

// Returns the DN that the target's schedule has or gets. Throws Precondition.
std::string schedule_dn(const ServerFacts& server, const AreaFacts& area, const ScheduleTarget& target);

// Each throws Precondition, or UsageError for values that can never work.

// Gives the agreement this schedule, whose DN does not count; what is not in it goes.
Plan set_schedule(const ServerFacts& server, const AreaFacts& area, const ScheduleTarget& target,
                  const ldup::Schedule& schedule, WriteOptions options = {});

// Takes the agreement's schedule away, so that changes are sent at once. The entry goes when no other agreement names
// it.
Plan clear_schedule(const ServerFacts& server, const AreaFacts& area, const ScheduleTarget& target,
                    WriteOptions options = {});

}  // namespace replkit::tasks
