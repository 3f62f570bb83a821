// What differs between the copies that servers have of an area's replicas and agreements.
#pragma once

#include <vector>

#include "common/tasks/group_check.hpp"

namespace replkit::tasks {

// Whether there are, or were, two of the replica's name: servers tell them apart by their entryUUIDs then
// (draft-ietf-ldup-urp 4.5).
bool is_conflicted(const Replica& replica);

// Adds the findings same-own, replica-list, agreement-list and two-entries.
void check_copies(const std::vector<AreaOnServer>& copies, std::vector<GroupFinding>& found);

}  // namespace replkit::tasks
