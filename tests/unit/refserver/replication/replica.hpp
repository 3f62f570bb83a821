// A replica for these tests: a store, the changes that clients make (as the directory makes them, without callers and
// rights), and sessions without a wire.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/ldup/primitive.hpp"
#include "common/model/ldif.hpp"
#include "tests/refserver/replication/harvest.hpp"
#include "tests/refserver/replication/reconcile.hpp"
#include "tests/refserver/store/store.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::replication {

const schema::Schema& test_schema();

// A clock that stands still until it is set.
class TestClock final : public Clock {
 public:
  Instant now() const override { return time; }
  Instant time = Instant{std::chrono::seconds{1'700'000'000}};
};

// A directory in memory, where the machine has such a place.
class MemoryDir {
 public:
  MemoryDir();
  MemoryDir(const MemoryDir&) = delete;
  MemoryDir& operator=(const MemoryDir&) = delete;
  ~MemoryDir();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

const Area& test_area();

// Returns the UUID that stands for this number.
model::Uuid uuid_of(std::uint64_t number);

struct Rename {
  std::optional<std::string> rdn;
  bool delete_old = true;
  store::EntryId superior = store::no_entry;  // none: stays
};

class Replica {
 public:
  explicit Replica(std::string id, ReconcilerOptions options = {});

  // Forgets everything but the area's top.
  void reset(ReconcilerOptions options);

  // --- As clients do: each returns false when it is refused, and then nothing has changed ---
  bool add(const model::Uuid& uuid, store::EntryId superior, std::string_view rdn,
           const std::vector<model::Attribute>& attributes);
  bool remove(store::EntryId id);
  bool modify(store::EntryId id, const std::vector<model::Modification>& changes);
  bool rename(store::EntryId id, const Rename& how);

  // --- Replication ---
  ldup::UpdateVector vector() const;
  void merge(const ldup::UpdateVector& vector);
  std::vector<ldup::EntryUpdate> harvest(const ldup::UpdateVector& partner) const;
  // What one session brings that ends after so many entries (0: all), and what the partner's vector is then raised to.
  struct Leg {
    std::vector<ldup::EntryUpdate> updates;
    ldup::UpdateVector reached;
  };
  Leg leg(const ldup::UpdateVector& partner, std::size_t entries) const;
  // What a full update brings.
  std::vector<ldup::EntryUpdate> everything() const;
  std::vector<Reconciled> apply(const std::vector<ldup::EntryUpdate>& updates);
  // One session: this replica sends to `consumer` all that it lacks. Returns how many updates there were.
  std::size_t send_to(Replica& consumer) const;

  // --- Looking ---
  const std::string& id() const { return id_; }
  const ReconcilerOptions& options() const { return options_; }
  store::Store& store() { return store_; }
  // Ids of live entries other than the top.
  std::vector<store::EntryId> live() const;
  std::vector<model::Uuid> tombstones() const;
  store::EntryId find(const model::Uuid& uuid) const { return store_.snapshot()->find(uuid); }
  std::optional<store::StoredEntry> load(const model::Uuid& uuid) const;
  // The DN; empty when there is no such live entry.
  std::string dn(const model::Uuid& uuid) const;
  // All that has to be the same everywhere, a line each.
  std::vector<std::string> dump() const;
  // What has come of this replica itself since then, as primitives.
  std::vector<ldup::EntryUpdate> own_changes_since(const ldup::Csn& csn) const;

  TestClock clock;

 private:
  template <typename Change>
  bool try_change(const Change& change);

  MemoryDir folder_;
  std::string id_;
  ReconcilerOptions options_;
  store::Store store_;
  ldup::UpdateVector vector_;
};

}  // namespace replkit::refserver::replication
