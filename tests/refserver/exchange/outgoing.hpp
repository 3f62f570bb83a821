// What this server sends to one partner.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/ldup/fractional_filter.hpp"
#include "common/ldup/primitive.hpp"
#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/exchange/covered.hpp"
#include "tests/refserver/exchange/ended.hpp"
#include "tests/refserver/exchange/supplier.hpp"
#include "tests/refserver/replication/harvest.hpp"

namespace replkit::refserver::exchange {

// The updates of an area that a partner lacks and may have. Reads the store in pieces, each from a snapshot of its own:
// what changes meanwhile is sent as it is then, or with the next session.
class Outgoing : public UpdateSource {
 public:
  // `consumer`: the partner's update vector; of no interest for a full update.
  Outgoing(Core& core, LocalAreaPtr area, const Partner& partner, bool full, const ldup::UpdateVector& consumer);

  std::optional<ldup::EntryUpdate> next() override;
  std::vector<ldup::EntryUpdate> whole(const model::Uuid& entry) override;
  ldup::UpdateVector vector() const override;

  // The areas within this one that have ended: they come first, whole.
  const std::vector<EndedArea>& ended() const { return ended_; }
  // What all its sessions together have gone back for.
  const Covered& covered() const { return covered_; }

  // Whether there is more, for another session: next() goes on with it.
  bool go_on() { return changes_ && changes_->go_on(); }

 private:
  bool is_sent(std::string_view description) const { return !is_local_attribute(core_.schema.model(), description); }
  void count();
  std::optional<ldup::EntryUpdate> read();
  bool is_in_part(const model::Uuid& entry) const;
  bool filter(ldup::EntryUpdate& update);
  std::optional<ldup::EntryUpdate> all_of(store::EntryId id);
  std::optional<ldup::EntryUpdate> next_below();
  std::optional<ldup::EntryUpdate> next_ended();

  Core& core_;
  const LocalAreaPtr area_;
  const Partner partner_;
  const ldup::SendRule rule_;
  const bool whole_subtree_;
  const ldup::UpdateVector vector_;       // before the snapshot, so that what is read is never older
  std::optional<ldup::Csn> stays_since_;  // what this read-only replica has made after that stays here
  std::shared_ptr<const Areas> areas_;
  std::unique_ptr<store::Snapshot> snapshot_;
  std::size_t read_ = 0;                 // updates from this snapshot
  std::vector<store::EntryId> arrived_;  // for a partner with a part of the area: moved or renamed, with what is below
  const Covered covered_;
  std::vector<EndedArea> ended_;
  std::size_t ended_at_ = 0;              // those before it are sent, or the last of them is
  std::vector<ldup::EntryUpdate> above_;  // its top, and what is above that: the last first
  std::optional<replication::FullHarvest> inner_;
  std::optional<replication::Harvest> changes_;
  std::optional<replication::FullHarvest> all_;
};

}  // namespace replkit::refserver::exchange
