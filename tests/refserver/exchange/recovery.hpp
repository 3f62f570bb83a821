// A replica that was restored from a backup lacks changes that it has made itself and others have. If it went on at
// once, its first new change would raise its own component of its update vector over them, and nobody would send them
// to it any more. So it makes no changes until it has met each partner that it supplies, and has back what they have
// (draft-ietf-ldup-mrm-02 4.11.1 leaves this to the administrator).
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "tests/refserver/exchange/core.hpp"

namespace replkit::refserver::exchange {

// Safe to use from any thread.
class Recovery {
 public:
  explicit Recovery(Core& core) : core_(core) {}

  // Takes note of a store whose files are another's copies: whoever put them there need not have said so. To be called
  // before any area is read. Throws LocalError.
  void find_copy();

  // Begins where the store was put back from a backup (`replserver backup` says so in it) or a copy. Throws LocalError.
  void start();

  // A session with this partner begins, whose update vector this is. Returns whether it has changes of this replica
  // that this one has lost: nothing may be sent then, and recovery begins if it has not. Throws LocalError.
  bool has_lost(const LocalArea& area, const std::string& partner, const ldup::UpdateVector& theirs);

  // Ends recovery of the areas where all that are to be met have been. Throws LocalError.
  void settle(const Areas& areas);

 private:
  void begin(const LocalArea& area);

  Core& core_;
  std::mutex mutex_;
  std::map<model::Uuid, std::set<std::string>> met_;  // partners, since the server was started
};

}  // namespace replkit::refserver::exchange
