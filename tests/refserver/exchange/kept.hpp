// A full update replaces all that a replica has; changes that the replica has made itself, and acknowledged, but not
// sent to anybody would be gone with that. So they are kept beside the entries while it lasts, and come back at its
// end with the CSNs that they had: then they go out as others do, and conflicts are reconciled as always.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/replication/reconcile.hpp"

namespace replkit::refserver::exchange {

// Puts aside what the supplier (a replica ID) may lack, before anything is removed, unless a full update that broke off
// has done so. Of a replica that never supplied anybody nothing is kept: it has not been one of the group so far, and
// what it holds gives way. Not on the writer's thread. Throws LocalError.
void keep_own_changes(Core& core, const LocalArea& area, const std::string& supplier);

struct Returned {
  bool complete = false;            // all that this replica has made is here, and in the vector
  std::size_t updates = 0;          // that came back
  std::vector<std::string> events;  // for the history
};

// Makes them changes of the entries again, in the change that ends the full update, but for those that the supplier
// has. `unknown`: what to do about those of entries that have not come. `vector`: that of the supplier, which becomes
// this replica's.
Returned return_own_changes(store::Writer& writer, Core& core, const LocalArea& area, const Area& scope,
                            replication::UnknownEntry unknown, ldup::UpdateVector& vector);

// Whether there are some; forgets them.
bool has_own_changes(const store::Reader& reader, const model::Uuid& root);
void drop_own_changes(store::Writer& writer, const model::Uuid& root);

}  // namespace replkit::refserver::exchange
