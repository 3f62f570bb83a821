#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
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

UpdateVector UpdateVector::parse(std::span<const std::string> values) {
  if (values.size() > max_replicas) throw ParseError("an update vector has too many values", 0);
  UpdateVector out;
  for (const auto& value : values) {
    const auto csn = Csn::parse(value);
    if (csn.replica_id().empty()) throw ParseError("the least CSN is in no update vector", 0);
    if (!out.components_.emplace(csn.replica_id(), csn).second) {
      throw ParseError("an update vector has two values for the replica '" + csn.replica_id() + "'", 0);
    }
  }
  return out;
}

std::vector<std::string> UpdateVector::values() const {
  std::vector<std::string> out;
  out.reserve(components_.size());
  for (const auto& [id, csn] : components_) out.push_back(csn.ldup_text());
  return out;
}

}  // namespace replkit::ldup
