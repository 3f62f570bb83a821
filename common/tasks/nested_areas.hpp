// Areas of replication within areas: the top of the inner one ends the outer one (draft-ietf-ldup-infomod-08 7.1), so
// that servers which do not know both take the same entries for parts of different areas.
#pragma once

#include <string>
#include <vector>

#include "common/tasks/facts.hpp"
#include "common/tasks/plan.hpp"

namespace replkit::tasks {

// Returns which of the areas the entry lies in, leaving out one of which it is the top itself; empty: none.
std::string enclosing_area(const std::vector<std::string>& areas, const std::string& dn);

// Returns the areas on the server that lie in this one, and in none between.
std::vector<std::string> inner_areas(const ServerFacts& server, const std::string& dn);

// Adds to the plan of making `inner` an area on this server what that ends. `named` are the DNs of the replicas whose
// servers get the same plan.
void note_inner_area(const ServerFacts& server, const std::string& inner, const AreaFacts& enclosing,
                     const std::vector<std::string>& named, Plan& plan);

}  // namespace replkit::tasks
