// What this server sends to one partner.
#pragma once

#include <memory>
#include <optional>

#include "common/ldup/fractional_filter.hpp"
#include "common/ldup/primitive.hpp"
#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/replication/harvest.hpp"

namespace replkit::refserver::exchange {

// The updates of an area that a partner lacks and may have. Reads the store in pieces: what changes meanwhile is sent
// as it is then, or with the next session. A full update is read from one state of the store, because an entry that
// moves could be missed otherwise.
class Outgoing {
 public:
  // `consumer`: the partner's update vector; of no interest for a full update.
  Outgoing(Core& core, LocalAreaPtr area, const Partner& partner, bool full, const ldup::UpdateVector& consumer);

  // Returns nothing at the end.
  std::optional<ldup::EntryUpdate> next();

 private:
  std::optional<ldup::EntryUpdate> read();
  bool filter(ldup::EntryUpdate& update);

  Core& core_;
  const LocalAreaPtr area_;
  const Partner partner_;
  const ldup::SendRule rule_;
  const bool whole_subtree_;
  std::shared_ptr<const Areas> areas_;
  std::unique_ptr<store::Snapshot> snapshot_;
  std::size_t read_ = 0;  // updates from this snapshot
  std::optional<replication::Harvest> changes_;
  std::optional<replication::FullHarvest> all_;
};

}  // namespace replkit::refserver::exchange
