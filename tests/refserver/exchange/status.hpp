// What this server says of itself in the entries of replication.
#pragma once

#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/exchange/supplier.hpp"

namespace replkit::refserver::exchange {

// Has the store's writer put how a session went into the replicationStatus of its agreement, if there is one.
void write_status(Core& core, const Partner& partner, const SupplierOutcome& outcome);

// Has the entry of this server's replica show its update vector to clients.
void refresh_vector(Core& core, const LocalArea& area);

// Makes the update vector known to the others, as a change of this replica, when it says something else than they were
// told last; not while this replica recovers (recovery.hpp). Throws LocalError.
void publish_vector(Core& core, const LocalArea& area);

// Makes the vector of a replica that supplies nobody known to the others, as a change of this replica. Throws
// LocalError.
void publish_vector_of(Core& core, const LocalArea& area, const ldup::Replica& replica,
                       const ldup::UpdateVector& vector);

// Makes the top entry of the local suffix when it is missing. Throws LocalError.
void ensure_local_suffix(Core& core);

// Makes the area's Lost & Found entry when it is missing: all replicas have one. Throws LocalError.
void ensure_lost_and_found(Core& core, const LocalArea& area);

}  // namespace replkit::refserver::exchange
