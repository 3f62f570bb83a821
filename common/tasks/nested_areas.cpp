#include "common/tasks/nested_areas.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/directory/ldup/ldup_replica.hpp"
#include "common/model/dn.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/steps.hpp"

namespace replkit::tasks {

std::string enclosing_area(const std::vector<std::string>& areas, const std::string& dn) {
  return directory::deepest_above(areas, model::parent_of(dn));
}

std::vector<std::string> inner_areas(const ServerFacts& server, const std::string& dn) {
  std::vector<std::string> out;
  for (const auto& root : server.context_roots) {
    if (same_dn(enclosing_area(server.context_roots, root), dn)) out.push_back(root);
  }
  return out;
}

void note_inner_area(const ServerFacts& server, const std::string& inner, const AreaFacts& enclosing,
                     const std::vector<std::string>& named, Plan& plan) {
  const auto* own = own_replica(server, enclosing);
  std::vector<std::string> unnamed;
  for (const auto& replica : enclosing.replicas) {
    const bool is_named =
        std::any_of(named.begin(), named.end(), [&](const auto& dn) { return same_dn(dn, replica.entry.dn); });
    if (&replica != own && !is_named) unnamed.push_back(replica.id);
  }
  if (enclosing.replicas.empty()) return;
  note(server,
       fmt::format("{} lies in the area {}, which ends there: what changes at and below it is not replicated until the "
                   "new area has replicas of its own, repctl replica create",
                   printable(inner), printable(enclosing.dn)),
       plan);
  if (unnamed.empty()) return;
  note(server,
       fmt::format("the servers of {0} are not named, and are not told by replication: they go on taking {1} for a "
                   "part of {2}, and what is changed there comes here no more. Name them, too, with -H",
                   fmt::join(unnamed, ", "), printable(inner), printable(enclosing.dn)),
       plan);
}

}  // namespace replkit::tasks
