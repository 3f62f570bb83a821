#include "tests/refserver/replication/area.hpp"

#include <algorithm>

namespace replkit::refserver::replication {

Scope::Scope(const store::Reader& reader, const Area& area) : root_(reader.find(area.root)) {
  for (const auto& uuid : area.inner_roots) {
    if (const auto id = reader.find(uuid); id != store::no_entry) inner_.push_back(id);
  }
}

bool Scope::is_inner_root(store::EntryId id) const {
  return std::find(inner_.begin(), inner_.end(), id) != inner_.end();
}

bool Scope::holds(const store::Reader& reader, store::EntryId id) const {
  auto head = reader.head(id);
  if (!head) return false;
  // Deleted entries may have been moved below each other.
  for (int depth = 0; depth < store::max_depth; ++depth) {
    if (is_inner_root(id)) return false;
    if (id == root_) return true;
    if (!head) return true;
    if (head->superior == store::no_entry) return head->tombstone;
    id = head->superior;
    head = reader.head(id);
  }
  return true;
}

}  // namespace replkit::refserver::replication
