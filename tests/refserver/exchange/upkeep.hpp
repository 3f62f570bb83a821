// What has to be done in the store now and then: update vectors are shown in the replicas' own entries, and meta-data
// that no replica needs any more is purged.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "tests/refserver/exchange/core.hpp"

namespace replkit::refserver::exchange {

// For one thread.
class Upkeep {
 public:
  explicit Upkeep(Core& core) : core_(core) {}

  void start(Instant now) { next_purge_ = now + core_.options.purge_interval; }

  void areas_changed(const Areas& areas);
  // Says that the update vector of this area has been raised.
  void vector_raised(const model::Uuid& root) { to_show_.insert(root); }

  // Does a piece of what is due. Returns when it wants to be called again at the latest.
  Instant run(const Areas& areas, Instant now);

 private:
  struct Purge {
    std::vector<LocalAreaPtr> areas;  // still to be done, the last one now
    std::optional<ldup::Csn> bound;
    store::EntryId after = store::no_entry;
  };

  void complete(const Areas& areas);
  void note_type(const LocalArea& area);
  Instant show_vectors(const Areas& areas, Instant now);
  Instant purge_some(Instant now);
  bool begin_purge();
  std::optional<ldup::Csn> bound_of(const LocalArea& area) const;

  Core& core_;
  bool complete_ = false;  // the areas have what all have
  std::set<model::Uuid> to_show_;
  std::map<model::Uuid, Instant> shown_;
  std::optional<Purge> purge_;
  Instant next_purge_;
};

}  // namespace replkit::refserver::exchange
