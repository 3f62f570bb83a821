// Replicas that changes have not reached for long, whatever the reason, or of which nothing is heard.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/tasks/group_check.hpp"
#include "tools/repctl/view.hpp"

namespace replkit::tools::repctl {

// Returns a finding "behind" for each replica of the area that lacks what another server that was asked has, and what
// was made longer than `limit` ago: a note where it is supplied by a schedule. Nothing is said of replicas that are
// suspended or wait for a full update. Asks servers for meta-data only where update vectors leave a doubt; who may not
// see it is told of what is certain without.
std::vector<tasks::GroupFinding> find_behind(ReadAreas& read, const std::string& area, std::chrono::microseconds limit);

// Returns a finding "silent" for each replica of the area whose server was not asked and that has told the others of no
// change that is a day old: while it is so, they keep records of all that is deleted.
std::vector<tasks::GroupFinding> find_silent(const ReadAreas& read, const std::string& area);

}  // namespace replkit::tools::repctl
