// The indexes over attribute values: what keys an entry has.
#pragma once

#include <string>
#include <vector>

#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::store {

// Index keys that an entry loses and gains by a change.
struct IndexChanges {
  std::vector<std::string> removed;
  std::vector<std::string> added;
};

class IndexSet {
 public:
  // Either may be null: no such entry.
  IndexChanges changes(const LiveEntry* old, const LiveEntry* fresh) const;
};

}  // namespace replkit::refserver::store
