// What comes to this replica though its own update vector covered it, as the content of inner areas that have ended
// does (ended.hpp): the vectors of others, which cover it as well, say nothing of whether they have it. So the next
// session with each of those that this replica supplies begins before it. What they have already changes nothing there,
// and goes no further.
#pragma once

#include <map>
#include <string>

#include "common/ldup/csn.hpp"
#include "common/ldup/primitive.hpp"
#include "tests/refserver/exchange/core.hpp"

namespace replkit::refserver::exchange {

// What the sessions with one partner go back before.
struct Covered {
  std::string mark;                         // another one each time that something has come; empty: there is nothing
  std::map<std::string, ldup::Csn> oldest;  // of what has come, by origin

  // Returns the partner's vector as if it had nothing of that.
  ldup::UpdateVector lowered(const ldup::UpdateVector& vector) const;
};

// Takes note of an update from `from` that was news, if the vector from before its session covers something of it.
// `mark`: one that was never used.
void note_covered(store::Writer& writer, const LocalArea& area, const std::string& from,
                  const ldup::EntryUpdate& update, const ldup::UpdateVector& vector, const std::string& mark);

Covered covered_for(const store::Reader& reader, const model::Uuid& root, const std::string& partner);

// It has been sent, unless more has come since. Throws LocalError.
void forget_covered(Core& core, const model::Uuid& root, const std::string& partner, const Covered& sent);

}  // namespace replkit::refserver::exchange
