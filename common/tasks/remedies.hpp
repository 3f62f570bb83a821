// What to do about what is wrong with an area: the next command.
#pragma once

#include <string>

#include "common/ldup/finding.hpp"

namespace replkit::tasks {

// Returns the repctl command that mends what ldup::check_topology() or a reader of entries found, and what it does, as
// one clause; empty where there is none.
std::string remedy_for(const ldup::Finding& finding);

}  // namespace replkit::tasks
