// An area within another one has sessions of its own: what those brought, or had still to bring, is covered by the
// update vectors of the outer area all the same, because CSNs do not tell areas. When the inner one ends, all of it
// becomes content of the outer one that its sessions would never send. So each replica of the outer area that had the
// inner one sends that whole, once, to each of the others; what they have already changes nothing there.
#pragma once

#include <vector>

#include "tests/refserver/exchange/core.hpp"

namespace replkit::refserver::exchange {

// An inner area that has ended, and still has to be sent to a replica of the outer one.
struct EndedArea {
  model::Uuid root;
  ldup::Csn at;         // the newest CSN then: it may begin and end again
  std::string partner;  // replica ID
  bool operator==(const EndedArea&) const = default;
};

// Compares the areas within this one with those that there were when it was called last, and keeps in the store what
// has ended. The scheduler is told, so that it is sent at once. Throws LocalError.
void note_ended(Core& core, const LocalArea& area);

// Returns what has still to be sent to this replica of the area.
std::vector<EndedArea> ended_for(const store::Reader& reader, const model::Uuid& root, const std::string& partner);

// These have been sent. Throws LocalError.
void forget_ended(Core& core, const model::Uuid& root, const std::vector<EndedArea>& sent);

}  // namespace replkit::refserver::exchange
