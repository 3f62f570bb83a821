// Entries as the store keeps them: one record an entry, with a CSN for each value and records of what was deleted, as
// update reconciliation needs them (draft-ietf-ldup-urp 4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/model/entry.hpp"
#include "common/model/uuid.hpp"

namespace replkit::refserver::store {

// Numbers an entry for good; never used again.
using EntryId = std::uint64_t;
inline constexpr EntryId no_entry = 0;  // also the superior of a naming context's top entry

// More levels than a DN can have (common/model/dn.hpp): whoever climbs further is in a loop.
inline constexpr int max_depth = 1024;

struct StoredValue {
  std::string bytes;
  ldup::Csn csn;
  bool distinguished = false;  // part of the RDN

  bool operator==(const StoredValue&) const = default;
};

// A value deletion record.
struct DeletedValue {
  std::string bytes;
  ldup::Csn csn;

  bool operator==(const DeletedValue&) const = default;
};

struct StoredAttribute {
  std::string description;  // as first written: "cn;lang-de"
  std::vector<StoredValue> values;
  std::vector<DeletedValue> deleted_values;
  std::optional<ldup::Csn> deleted;  // the attribute deletion record

  bool operator==(const StoredAttribute&) const = default;
};

// What an entry was when it was deleted.
struct FormerEntry {
  ldup::Csn csn;  // of the add
  ldup::Csn rdn_csn;
  ldup::Csn superior_csn;
  std::string rdn;
  model::Uuid superior;
  std::vector<StoredAttribute> attributes;  // with values only

  bool operator==(const FormerEntry&) const = default;
};

// An entry, glue or tombstone, whole: what updates read and write.
struct StoredEntry {
  EntryId id = no_entry;  // no_entry until put
  EntryId superior = no_entry;
  model::Uuid uuid;
  std::string rdn;  // as written; the whole DN for a naming context's top entry
  ldup::Csn csn;    // of the add
  ldup::Csn rdn_csn;
  ldup::Csn superior_csn;
  bool glue = false;
  // The entry deletion record: with it this is a tombstone, found by its UUID only. Its superior, RDN and values are
  // the last. The least CSN when there is none, but records of the entry's values are kept.
  std::optional<ldup::Csn> deleted;
  std::string last_dn;  // of a tombstone; Reader::load() makes it of the names above it where these are known
  // What update reconciliation has to remember where it is not what is shown (tests/refserver/replication/README.md).
  std::optional<ldup::Csn> outlived;     // of glue: the entry deletion record
  std::optional<FormerEntry> former;     // of glue: what is older than that
  std::optional<std::string> given_rdn;  // as it was named; `rdn` lacks values that have gone since
  // Where it was moved, which would make a loop; of a tombstone: its superior, which may have gone.
  std::optional<model::Uuid> wanted_superior;
  std::vector<StoredAttribute> attributes;

  bool operator==(const StoredEntry&) const = default;

  // Returns the attribute with this description, whatever its case; null when there is none.
  StoredAttribute* find(std::string_view description);
  const StoredAttribute* find(std::string_view description) const;

  // Returns the newest of all CSNs in it but that of its own deletion.
  ldup::Csn newest_csn() const;
};

// What searches see of an entry: its live values, as views into the snapshot they came from. Made to be filled again
// and again without allocating.
struct LiveEntry {
  EntryId id = no_entry;
  EntryId superior = no_entry;
  model::Uuid uuid;
  std::string_view rdn;
  std::vector<model::AttributeView> attributes;  // those with live values

  const model::AttributeView* find(std::string_view description) const;

  std::vector<std::string_view> value_storage;  // what the attributes' spans lie in
};

// Puts into `out` views of the live values of `entry`, which must outlive it.
void view_of(const StoredEntry& entry, LiveEntry& out);

}  // namespace replkit::refserver::store
