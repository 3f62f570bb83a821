// Gives out the CSNs of this replica's updates (draft-ietf-ldup-model 13).
#pragma once

#include <string>

#include "common/base/time.hpp"
#include "common/ldup/csn.hpp"

namespace replkit::refserver::store {

// Times are whole seconds and the change count tells updates within one apart, so that nothing is lost in LDUP's own
// string form, which has no fractions and six decimal digits of count. When they run out, time moves on by a second.
class CsnGenerator {
 public:
  CsnGenerator(const Clock& clock, std::string replica_id) : clock_(clock), replica_id_(std::move(replica_id)) {}

  // Returns a CSN greater than all given out or seen, its time not before the clock's second. Never gives one twice.
  ldup::Csn next();
  void see(const ldup::Csn& csn) {
    if (last_ < csn) last_ = csn;
  }
  const ldup::Csn& last() const { return last_; }

 private:
  const Clock& clock_;
  std::string replica_id_;
  ldup::Csn last_;
};

}  // namespace replkit::refserver::store
