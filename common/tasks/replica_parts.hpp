// What the atoms about replicas have in common. For common/tasks only.
#pragma once

#include <string>
#include <vector>

#include "common/tasks/replica_atoms.hpp"

namespace replkit::tasks {

// Returns the value of replicaType.
std::string number_of(ReplicaType type);

// Throws Precondition when a URI names another replica: one server has one replica of an area (mrm 4.2.1).
void check_endpoints(const ServerFacts& server, const AreaFacts& area, const std::string& id,
                     const std::vector<std::string>& uris);

// Throws Precondition when another replica is the area's primary one, and this is to be that.
void check_primary(const ServerFacts& server, const AreaFacts& area, const std::string& id, ReplicaType type);

// Throws UsageError unless it is a subtree specification for the area: its DNs count from the area, so that whole ones
// would name what cannot be.
void check_part(const AreaFacts& area, const std::string& subtree_specification);

}  // namespace replkit::tasks
