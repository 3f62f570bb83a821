// Update vectors of an area's replicas side by side: who lacks whose changes, and for how long.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/ldup/csn.hpp"
#include "common/tasks/facts.hpp"

namespace replkit::tasks {

// The update vector of one replica, as one server tells it.
struct ToldVector {
  std::string server;   // who tells: ServerFacts::name
  std::string replica;  // whose it is
  bool own = false;     // the server's own replica: what it holds now; else what it was told last
  ldup::UpdateVector vector;
  std::string problem;  // why the vector cannot be read: the values as they are; empty: it can

  // Returns when the replica told others that it holds this: it makes a change of its own to tell it. Nothing when it
  // has not.
  std::optional<Instant> as_of() const;
};

// Returns what the server tells of all replicas of the area, its own first.
std::vector<ToldVector> vectors_of(const ServerFacts& server, const AreaFacts& area);

// Returns what the server's own replica holds. Throws Precondition when the server does not tell which that is, or when
// its vector cannot be read.
ToldVector own_vector(const ServerFacts& server, const AreaFacts& area);
// The same from an entry read anew.
ToldVector vector_of(const ServerFacts& server, const Replica& replica, const model::Entry& entry);

// Returns the newest change of each origin that any of them holds.
ldup::UpdateVector newest_of(const std::vector<ToldVector>& vectors);

// Changes of one origin that one replica lacks.
struct Gap {
  std::size_t vector = 0;  // whose: the place in the list
  std::string origin;
  std::optional<ldup::Csn> has;      // the newest that it holds; nothing: none
  ldup::Csn newest;                  // the newest that there is
  std::vector<std::size_t> holders;  // who holds that: places in the list
  // Whether all that is missing is the origin's own update vector, as it told it to others: that starts no sessions,
  // and may take hours to get everywhere where nothing else changes.
  bool only_vector = false;
};

// Returns what each lacks of `wanted`, in the order of the list and of the origins. Vectors with a problem have none.
std::vector<Gap> gaps(const std::vector<ToldVector>& vectors, const ldup::UpdateVector& wanted);

// Tells gaps that are but an update vector, by what servers were told of the vectors of others (vectors_of()). A gap of
// which that is not certain stays one.
void mark_vectors(std::vector<Gap>& gaps, const std::vector<ToldVector>& told);

// Returns the newest change that the replica itself tells of its own and that no other holds; nothing when others have
// them, when there are no others, or when the replica does not tell. A change that is but its update vector does not
// count.
std::optional<ldup::Csn> unsent_of(const std::vector<ToldVector>& told, const std::string& replica);

// Whether something else is missing than update vectors.
bool any_missing(const std::vector<Gap>& gaps);

// How long changes have been waiting. Vectors name the newest change only, so that the first one missing may have been
// made any time after the one that is held.
struct Delay {
  std::chrono::microseconds least{0};             // since the newest change
  std::optional<std::chrono::microseconds> most;  // since what is held; nothing: it holds none
  std::chrono::microseconds ahead{0};             // by which the newest change is ahead of our clock: one is wrong
};
Delay delay_of(const Gap& gap, Instant now);

// Returns "4 s", "4 s to 2 min 3 s", "over 4 s", "clock ahead by 4 min 0 s".
std::string text_of(const Delay& delay);

}  // namespace replkit::tasks
