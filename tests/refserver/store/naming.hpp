// The names of entries where replicas have named things independently (draft-ietf-ldup-urp-08 4.3.5): siblings of one
// RDN all get their entryUUIDs into it, and lose them when they no longer need them. The name that an entry shows
// follows from its own and its siblings' given names and from its values alone, so that it is the same everywhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/dn.hpp"
#include "common/model/schema.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::store {

// Returns `rdn` without an entryUUID in it: empty when that is all.
std::string base_rdn(std::string_view rdn);

// Returns the RDN that the entry was given last, without an entryUUID; empty for glue that has none.
std::string given_rdn(const StoredEntry& entry);

// Gives a live entry (not a context's top) the name that `given` is with its present values: those are distinguished
// that it names; of a single-valued attribute it is the present one; what has gone is left out. `rdn` and `given_rdn`
// follow, without an entryUUID. Returns the AVAs that were left out.
model::Rdn set_name(StoredEntry& entry, const model::Schema& schema, std::string_view given);

// Where an entry is.
struct Place {
  EntryId superior = no_entry;
  std::string rdn;
};
// Nothing for a tombstone and for what is not put yet.
std::optional<Place> place_of(const StoredEntry& entry);

struct PutResult {
  EntryId id = no_entry;
  bool conflict = false;           // it shares its RDN with others
  std::vector<EntryId> renamed;    // others, which got their entryUUID into their RDN or lost it
  std::optional<EntryId> dropped;  // glue that stood above it, and above nothing else
};

// Puts the entry as Writer::put() does, at any RDN: `rdn` gets its entryUUID or loses it. `before` is its place until
// now; what shared the RDN there gets it back when it is the only one left, and glue that nothing keeps any more goes.
PutResult put_named(Writer& writer, const model::Schema& schema, StoredEntry& entry,
                    const std::optional<Place>& before);

// Gives glue back what it was before its deletion, as far as nothing in it is newer, and takes away what it has only
// for being glue. `superior` is left as it is: the one that it had last is in `wanted_superior`.
void restore_former(StoredEntry& entry, const model::Schema& schema);

// Makes the entry, which has no children, a tombstone of this entry deletion record and puts it.
PutResult bury(Writer& writer, const model::Schema& schema, StoredEntry entry, const ldup::Csn& csn);

// Whether glue has nothing of its own any more: neither place, name nor values.
bool is_bare_glue(const StoredEntry& entry);

}  // namespace replkit::refserver::store
