// Conflicts for a lab: changes made on two servers that had not heard of each other.
#pragma once

#include <cstddef>
#include <vector>

#include "common/base/cancel.hpp"
#include "tools/lab/damage.hpp"
#include "tools/lab/lab.hpp"

namespace replkit::tools::lab {

// Suspends the replica of a server, adds `each` units under one name there and on another server, and as many entries
// on one of the two below units that the other deletes; then resumes it and waits for what replication makes of it.
// Throws Error, LocalError when there are no two servers of the group or the replica is suspended already, Cancelled.
std::vector<Damage> clash(const Lab& lab, const Server& server, std::size_t each, const CancelToken& cancel);

}  // namespace replkit::tools::lab
