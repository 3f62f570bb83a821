// The entry that a change is about, and whether the caller may make it.
#pragma once

#include <string>
#include <string_view>

#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/change.hpp"
#include "tests/refserver/directory/entry_editor.hpp"
#include "tests/refserver/store/naming.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::directory {

// Throws protocol::Refusal (unwillingToPerform) for the root DSE and the subschema subentry.
void require_ordinary(std::string_view key);

// Throws protocol::Refusal unless `allowed`: insufficientAccessRights, or noSuchObject as find_entry() does when the
// caller may not know whether there is such an entry. `what` goes on "not allowed to ".
void require_right(const Call& call, bool allowed, std::string_view dn, std::string_view key, std::string_view what);

// Returns the entry to change. Whether the caller may know about it has been settled with his rights: who may change an
// entry need not see it. Throws as find_entry().
store::EntryId find_target(const Call& call, const store::Reader& reader, std::string_view dn, std::string_view key);

// find_target(), whole, once the request's assertion has been checked.
store::StoredEntry load_target(const Call& call, const store::Reader& reader, std::string_view dn,
                               std::string_view key);

// Whether an entry of that name needs no superior.
bool may_be_top(const Call& call, const store::Reader& reader, std::string_view key);

// Returns what the superior of a new entry will be; no_entry for the top of a naming context. Throws protocol::Refusal:
// entryAlreadyExists, aliasProblem below an alias, and as find_entry() when there is no superior.
store::EntryId find_new_place(const Call& call, const store::Reader& reader, std::string_view dn, std::string_view key);

// The tombstone or glue that a new entry was before.
struct Former {
  store::EntryId id = store::no_entry;
  std::optional<store::Place> place;  // of glue
};

// Returns the one of this UUID; no_entry when there is none. Throws protocol::Refusal (entryAlreadyExists) when an
// entry has it.
Former find_former(const store::Reader& reader, const model::Uuid& uuid);

// Appends the response control of a pre-read or post-read, when the request has one.
void add_pre_read(const Call& call, const store::Reader& reader, store::EntryId id, Outcome& outcome);
void add_post_read(const Call& call, const store::Reader& reader, store::EntryId id, Outcome& outcome);

// Sets modifiersName and modifyTimestamp.
void stamp(const Call& call, EntryEditor& editor);

}  // namespace replkit::refserver::directory
