// An area of replication, as far as reconciliation has to know it.
#pragma once

#include <string>
#include <vector>

#include "common/model/uuid.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::replication {

struct Area {
  model::Uuid root;     // entryUUID of the context's top entry
  std::string root_dn;  // where that is made when it is missing
  // The DN at which the Lost & Found entry is made when it is missing, below an entry of the area; empty:
  // cn=lostAndFound below the top.
  std::string lost_and_found_dn;
  // entryUUIDs of the tops of areas within this one: their entries are no part of it.
  std::vector<model::Uuid> inner_roots;

  // The entryUUID of the Lost & Found entry: the same on all replicas, wherever it stands.
  model::Uuid lost_and_found() const { return model::Uuid::named(root, "lostAndFound"); }
};

// Tells which entries belong to an area: those at or below its top, and not at or below that of an inner one.
// Tombstones belong where they were; those whose place nobody knows any more belong to every area.
class Scope {
 public:
  Scope(const store::Reader& reader, const Area& area);

  bool holds(const store::Reader& reader, store::EntryId id) const;
  bool is_inner_root(store::EntryId id) const;
  store::EntryId root() const { return root_; }

 private:
  store::EntryId root_;
  std::vector<store::EntryId> inner_;
};

}  // namespace replkit::refserver::replication
