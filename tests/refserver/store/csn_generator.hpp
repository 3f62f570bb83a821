// Gives out the CSNs of this replica's updates (draft-ietf-ldup-model 13).
#pragma once

#include <string>

#include "common/base/time.hpp"
#include "common/ldup/csn.hpp"

namespace replkit::refserver::store {

// Times are whole seconds and the change count tells updates within one apart, so that nothing is lost in LDUP's own
// string form, which has no fractions and six decimal digits of count. When they run out, time moves on by a second.
//
// A generator's first CSN has the microseconds of its second for a count, and none gives out one in each of them: so
// one that has the place of an earlier one, whose last CSNs are lost (the store was put back from a copy), gives none
// of those out again, however soon it begins.
class CsnGenerator {
 public:
  // `last`: the newest CSN that the store knows of.
  CsnGenerator(const Clock& clock, std::string replica_id, ldup::Csn last);

  // Returns a CSN greater than all given out or seen, its time not before the clock's second. Never gives one twice.
  ldup::Csn next();
  // Returns what next() gives out at first, if it is called at once; nothing before that is ever given out.
  const ldup::Csn& since() const { return since_; }
  void see(const ldup::Csn& csn) {
    if (last_ < csn) last_ = csn;
  }
  const ldup::Csn& last() const { return last_; }

 private:
  const Clock& clock_;
  std::string replica_id_;
  ldup::Csn last_;
  const ldup::Csn since_;
};

}  // namespace replkit::refserver::store
