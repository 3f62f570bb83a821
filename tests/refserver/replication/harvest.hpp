// What a partner lacks: read from the entries themselves, whose CSNs and deletion records are all there is to send
// (draft-ietf-ldup-urp-08 4.2). What was overwritten is not sent, nor what the partner's update vector covers.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/ldup/primitive.hpp"
#include "common/model/schema.hpp"
#include "tests/refserver/replication/area.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::replication {

// Whether an attribute of this description is sent; none: all are.
using AttributeFilter = std::function<bool(std::string_view description)>;

// Returns the primitives, sorted by CSN, that make the entry what it is, but for those that the vector covers. An
// update without primitives when it covers all.
ldup::EntryUpdate primitives_of(const store::Reader& reader, const store::StoredEntry& entry,
                                const ldup::UpdateVector& covered, const AttributeFilter& filter,
                                const model::Schema& schema);

// What the replica of a store holds: a component for each origin that it has seen, its own at the newest CSN that it
// could have made. To be taken from one snapshot, before what is harvested from it or from later ones.
ldup::Csn own_component(const store::Reader& reader, const std::string& replica_id);

// Goes through what a partner with this update vector lacks of an area. Holds 16 bytes for each changed entry, and no
// snapshot: each piece may be read from a newer one.
class Harvest {
 public:
  // It stops after every `leg` entries (0: at the end only), for which all are read once more.
  Harvest(const store::Reader& reader, const Area& area, const model::Schema& schema, ldup::UpdateVector partner,
          AttributeFilter filter, std::size_t leg = 0);

  // Returns the next entry's update, superiors before what is below them where both have changed; nothing at the end
  // of a leg.
  std::optional<ldup::EntryUpdate> next(const store::Reader& reader);

  // At the end of a leg: what the partner's vector can be raised to. `own`: this replica's, from before the first
  // snapshot.
  ldup::UpdateVector reached(const ldup::UpdateVector& own) const;
  // Begins the next leg; returns whether there was one.
  bool go_on() { return leg_ < legs_.size() && ++leg_ > 0; }

  // Entries looked at so far, and in all.
  std::size_t done() const { return at_; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Pending {
    store::EntryId id = store::no_entry;
    bool sent = false;
  };
  struct Leg {
    std::size_t end = 0;  // in order_
    ldup::UpdateVector passed;
  };
  Pending* find(store::EntryId id);
  void divide(const store::Reader& reader, std::size_t leg);

  Area area_;
  const model::Schema& schema_;
  ldup::UpdateVector partner_;
  AttributeFilter filter_;
  std::vector<store::EntryId> order_;  // by CSN, perhaps more than once
  std::vector<Pending> entries_;       // by id
  std::vector<store::EntryId> stack_;  // next ones: the last first
  std::size_t at_ = 0;
  std::vector<Leg> legs_;  // but the last one
  std::size_t leg_ = 0;
};

// The whole of an area, for a full update: the top, then LDUP's own subentries, then all others in the order in which
// they came, but superiors before what is below them, then what is known of deleted entries. Holds no snapshot: each
// piece may be read from a newer one. An entry keeps its id wherever it moves, so that none is missed; what has changed
// since the beginning is sent as it is now, or not, and the update vector of the beginning does not cover it.
class FullHarvest {
 public:
  FullHarvest(const store::Reader& reader, const Area& area, const model::Schema& schema, AttributeFilter filter);

  std::optional<ldup::EntryUpdate> next(const store::Reader& reader);

 private:
  bool is_management(const store::Reader& reader, store::EntryId id);
  void list_management(const store::Reader& reader);
  bool list_more(const store::Reader& reader);
  store::EntryId next_id(const store::Reader& reader);
  void take(const store::Reader& reader, store::EntryId id);

  Area area_;
  Scope scope_;
  const model::Schema& schema_;
  AttributeFilter filter_;
  std::vector<store::EntryId> ready_;          // to be sent, the last first
  std::vector<store::EntryId> listed_;         // to be looked at, the last first
  std::unordered_set<store::EntryId> early_;   // sent before their turn
  store::EntryId last_ = store::no_entry;      // listed last
  store::EntryId superior_ = store::no_entry;  // one that is in the area, and sent
  bool all_listed_ = false;
  bool tombstones_ = false;  // their turn
  store::LiveEntry live_;
};

}  // namespace replkit::refserver::replication
