// Purging (draft-ietf-ldup-model-09 12): deletion records, tombstones and glue that no change still to come can refer
// to any more.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "common/base/time.hpp"
#include "common/ldup/csn.hpp"
#include "tests/refserver/replication/area.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::replication {

// Returns the CSN below which state may go: just above the least component of the vectors of all known replicas, and
// not above the time `not_after`. Every replica has then all that was done up to that component, and its generator is
// past it (12.1, 12.2). Nothing when a replica has no vector, or a vector no component for one of the replicas.
std::optional<ldup::Csn> purge_bound(std::span<const ldup::UpdateVector> vectors,
                                     std::span<const std::string> replica_ids, Instant not_after);

// Looks for entries of which something may go, from a snapshot, `limit` records at a time after the entry `after`,
// which moves on. Returns false at the end.
bool find_purgeable(const store::Reader& reader, const model::Schema& schema, const Area& area, const ldup::Csn& bound,
                    store::EntryId& after, std::size_t limit, std::vector<store::EntryId>& out);

struct Purged {
  std::size_t records = 0;     // of values and attributes
  std::size_t tombstones = 0;  // and deletion records of glue
  std::size_t glue = 0;
};

// Drops what may go of these entries, as they are now.
Purged purge(store::Writer& writer, const model::Schema& schema, const Area& area, const ldup::Csn& bound,
             std::span<const store::EntryId> entries);

}  // namespace replkit::refserver::replication
