// Damage for a lab: a copy of a server's entries that nobody could have got by replication.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/model/entry.hpp"

namespace replkit::tools::lab {

// What was done to one entry, in words for people.
struct Damage {
  std::string dn;
  std::string what;
};

// Takes `each` entries away, and changes a value of as many, renames as many, and adds as many that are nowhere else:
// entries without children, spread over the whole, and as they were in ids, times and change numbers. Those that lend
// themselves to nothing are passed over; so there may be less.
std::vector<Damage> diverge(std::vector<model::Entry>& entries, std::size_t each = 1);

// Adds `count` entries, or fewer where nothing lends itself to a copy, as a server has them that was away for longer
// than the others remember what they deleted: last changed at `since`.
std::vector<Damage> linger(std::vector<model::Entry>& entries, std::size_t count, Instant since);

}  // namespace replkit::tools::lab
