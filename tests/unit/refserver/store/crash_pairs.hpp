// What the writer that is killed and the test that looks at the ruins agree on.
#pragma once

#include <string>
#include <vector>

#include "common/base/text.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::store {

inline constexpr int threads = 4;
inline constexpr int pairs = 10;

// Two entries that are always of the same version.
struct PairName {
  int thread = 0;
  int pair = 0;

  model::Uuid uuid(bool first) const {
    return model::Uuid::named({}, std::to_string(thread) + " " + std::to_string(pair) + (first ? " a" : " b"));
  }
};

inline long version_of(const StoredEntry& entry) {
  const auto* attribute = entry.find("employeeNumber");
  return attribute == nullptr ? 0 : static_cast<long>(parse_uint(attribute->values.at(0).bytes).value_or(0));
}

inline std::vector<IndexDefinition> crash_indexes() {
  return {{"employeeNumber", true, true, false}, {"objectClass", false, true, false}, {"cn", false, true, false}};
}

}  // namespace replkit::refserver::store
