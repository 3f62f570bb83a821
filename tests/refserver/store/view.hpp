// What reads in a transaction need, and the reads that readers, writer, planner and check share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/refserver/store/environment.hpp"
#include "tests/refserver/store/record.hpp"
#include "tests/refserver/store/state.hpp"

namespace replkit::refserver::store {

class IndexSet;

struct View {
  MDB_txn* txn = nullptr;
  const Tables* tables = nullptr;
  const schema::Schema* schema = nullptr;
  const IndexSet* indexes = nullptr;
  const StoreState* state = nullptr;  // a change's own, not yet written; null: what is stored
};

// Returns the entry's record; nothing when there is none.
std::optional<std::string_view> record_of(const View& view, EntryId id);
// Returns its head. Throws LocalError when there is none: something refers to it.
RecordHead head_of(const View& view, EntryId id);

// Returns the entry of this UUID or with this key in the tree; no_entry when there is none.
EntryId find_uuid(const View& view, const model::Uuid& uuid);
EntryId find_in_tree(const View& view, std::string_view tree_key);

// Returns the key in the table of namesakes: of the normalized RDN without its entryUUID; empty when there is none in
// it, or nothing else.
std::string namesake_key(EntryId superior, std::string_view normalized_rdn);

bool has_children(const View& view, EntryId id);

// Puts into `out` the normalized RDN (of a top entry: the whole DN). Returns false when `rdn` is none.
bool normalize_rdn(std::string_view rdn, EntryId superior, const model::Schema& schema, std::string& out);

// Returns the key in the tree of the entry with this normalized RDN below `superior`.
std::string tree_key(EntryId superior, std::string_view normalized_rdn);

}  // namespace replkit::refserver::store
