// The directory's data on disk: LMDB, one record an entry, the tree as (superior, RDN) -> entry, so that a subtree
// moves by changing one record. DNs are given as keys: normalized DNs (common/model/dn.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/time.hpp"
#include "common/ldup/csn.hpp"
#include "common/model/filter.hpp"
#include "common/model/uuid.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/entry.hpp"

namespace replkit::refserver::store {

struct IndexDefinition {
  std::string attribute;  // its subtypes have indexes of their own only when named
  bool presence = false;
  bool equality = false;  // also serves ordering (the keys are in the order of the normal forms)
  bool substring = false;
};

enum class Durability : std::uint8_t { full, none /* for bulk import and tests: a crash may lose all */ };

struct StoreOptions {
  std::filesystem::path directory{};  // made (0700) when missing
  Durability durability = Durability::full;
  // Differing from what the store was made with: rebuilt when it is opened for writing.
  std::vector<IndexDefinition> indexes{};
  std::string replica_id = "001";  // in the CSNs made here: 1 to 64 of a-z 0-9 . _ -
  // The address space to map at first, in bytes; 0: plenty. It grows by itself. For tests.
  std::size_t map_size = 0;
};

// Where a DN leads.
struct Located {
  EntryId entry = no_entry;     // the entry itself
  EntryId ancestor = no_entry;  // the nearest existing superior when it does not exist (for matchedDN)
  EntryId superior = no_entry;  // its immediate superior, when that exists
};

// What an entry is, whatever its attributes.
struct EntryHead {
  model::Uuid uuid;
  EntryId superior = no_entry;
  std::string rdn;
  bool glue = false;
  bool tombstone = false;
};

// A change that came from some replica, and an entry in which it is the newest from there.
struct ChangeMark {
  ldup::Csn csn;
  EntryId entry = no_entry;

  // Returns the mark after which all newer changes come.
  static ChangeMark end_of(ldup::Csn csn) { return {std::move(csn), std::numeric_limits<EntryId>::max()}; }
  bool operator==(const ChangeMark&) const = default;
};

struct View;

// What a snapshot and a change under way can tell. Used by one thread at a time. What only a damaged disk can hold
// (records that cannot be read, entries that are referred to and missing) throws LocalError ("the store is damaged").
class Reader {
 public:
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader() = default;

  // O(depth) lookups. Tombstones are never found by DN.
  Located locate(std::string_view dn_key) const;
  EntryId find(std::string_view dn_key) const { return locate(dn_key).entry; }
  EntryId find(const model::Uuid& uuid) const;

  // Fills `out` with views that live as long as the snapshot (in a change: until the next put). Returns false when
  // there is no such entry or it is a tombstone.
  bool read(EntryId id, LiveEntry& out) const;
  // Returns the entry whole; nothing when there is none.
  std::optional<StoredEntry> load(EntryId id) const;

  // Returns the head of the entry, tombstone or not; nothing when there is none.
  std::optional<EntryHead> head(EntryId id) const;
  // Returns the entry above, also of a tombstone; no_entry for a top entry, or when there is no such entry.
  EntryId superior(EntryId id) const;

  // Returns the DN as written, from the RDNs up to the context's top. O(depth).
  std::string dn(EntryId id) const;
  std::string dn_key(EntryId id) const;

  bool has_children(EntryId id) const;
  // Appends to `out` at most `limit` children of `superior` that come after the child key `after` ("" for the first),
  // in key order; `after` becomes the last one's key. For no_entry: the top entries. Returns false when there are no
  // more.
  bool children(EntryId superior, std::string& after, std::size_t limit, std::vector<EntryId>& out) const;

  // Returns at most `limit` of the children of `superior` whose RDN is this one (normalized), not counting an entryUUID
  // in it: one, or several that have it for telling them apart (draft-ietf-ldup-urp 4.3.5).
  std::vector<EntryId> namesakes(EntryId superior, std::string_view rdn_key, std::size_t limit) const;

  // Appends to `out` at most `limit` entries, tombstones and glue among them, in whose CSNs there is one of the replica
  // `origin`, each with the newest of those, in the CSNs' order: those that come after `after`, which becomes the last
  // one. Returns false when there are no more. O(what is returned).
  bool changes(std::string_view origin, ChangeMark& after, std::size_t limit, std::vector<ChangeMark>& out) const;
  // Returns the replica IDs in the CSNs of all entries, sorted.
  std::vector<std::string> origins() const;
  // Appends to `out` at most `limit` entries of any kind with numbers above `after`. Returns false when there are no
  // more.
  bool entries(EntryId after, std::size_t limit, std::vector<EntryId>& out) const;
  // Returns what Writer::put_state() has put.
  std::optional<std::string> state(std::string_view name) const;

  // Returns a superset of the entries that match, sorted; nothing when the indexes cannot keep it under `limit`
  // entries: then walk the tree.
  std::optional<std::vector<EntryId>> candidates(const model::Filter& filter, std::size_t limit) const;

  // The number of entries, tombstones not counted.
  std::uint64_t entry_count() const;
  // The newest CSN given out or seen.
  ldup::Csn last_csn() const;

 protected:
  explicit Reader(const View& view) : view_(&view) {}

 private:
  const View* view_;
};

// A consistent view of the data. Cheap to make (a slot is reused); do not keep it while waiting for a client.
class Snapshot : public Reader {
 protected:
  using Reader::Reader;
};

// A change under way, on the writer's thread.
class Writer : public Reader {
 public:
  // Stores the entry under its id, or under a new one, which is returned; the tree and the indexes follow, and the CSN
  // generator has seen its CSNs. Throws LocalError, having changed nothing, when another entry has its place or UUID,
  // when its superior is missing, a tombstone or below itself, when it is a tombstone with children, or when its RDN is
  // none (the caller has looked before).
  virtual EntryId put(const StoredEntry& entry) = 0;
  // Removes the record for good, tombstone or not; it must have no children.
  virtual void erase(EntryId id) = 0;

  // Keeps bytes under a name, for what other folders know of the data as a whole; with the puts, or not at all.
  virtual void put_state(std::string_view name, std::string_view bytes) = 0;
  virtual void remove_state(std::string_view name) = 0;

  // Returns the CSN of a new update: greater than all given out or seen (draft-ietf-ldup-model 13), never behind the
  // clock. The same update's further modifications take it with other modification numbers.
  virtual ldup::Csn next_csn() = 0;
  // Moves the generator past a CSN that came from elsewhere.
  virtual void see_csn(const ldup::Csn& csn) = 0;

 protected:
  using Reader::Reader;
};

// All members are safe to call from any thread.
class Store {
 public:
  // Opens or makes the store and starts its writer thread. Throws LocalError: not ours, newer format, in use, no space.
  Store(StoreOptions options, const schema::Schema& schema, const Clock& clock);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  // Finishes what has been submitted.
  ~Store();

  std::unique_ptr<Snapshot> snapshot() const;

  // Has the writer thread call `change`; with others that wait, in one transaction. `done` is called there once the
  // change is on disk (with null), or with the exception `change` or the disk threw: then nothing of it is stored.
  // A change that throws before its first put() costs its neighbours nothing. `change` may be called again, from its
  // start, when a neighbour in the transaction failed half way or the map had to grow. `done` must not throw.
  using Change = std::function<void(Writer&)>;
  using Done = std::function<void(std::exception_ptr)>;
  void submit(Change change, Done done);
  // The same, waiting for the end; throws what was thrown. Never on the writer thread.
  void apply(const Change& change);

  // Returns the first CSN that this store object may have given out. Older ones of the same replica that are not here
  // were lost before it was opened.
  ldup::Csn csns_since() const;

  // Returns what tells this store from copies of it, wherever they are put; the same whenever it is opened.
  std::string identity() const;

  // Returns when all that was submitted before is on disk, or has failed. Never on the writer thread.
  void settle();

  // Writes a consistent, compact copy into an empty directory while the store is in use.
  void backup(const std::filesystem::path& directory) const;

  // Compares tree and indexes with the entries and returns what does not agree, a line each (at most `limit`); empty:
  // all is well. Reads everything once.
  std::vector<std::string> check(std::size_t limit) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// As Store::backup(), of a store that another process may have open.
void copy_store(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace replkit::refserver::store
