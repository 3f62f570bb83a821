#include <algorithm>

#include "common/ldup/csn.hpp"

namespace replkit::ldup {

void UpdateVector::merge(const Csn& csn) {
  const auto [at, is_new] = components_.emplace(csn.replica_id(), csn);
  if (!is_new && at->second < csn) at->second = csn;
}

bool UpdateVector::covers(const Csn& csn) const {
  const auto found = components_.find(csn.replica_id());
  return found != components_.end() && found->second >= csn;
}

bool UpdateVector::covers(const UpdateVector& other) const {
  return std::all_of(other.components_.begin(), other.components_.end(),
                     [this](const auto& component) { return covers(component.second); });
}

}  // namespace replkit::ldup
