// Search (RFC 4511 4.5), with its controls.
#pragma once

#include <memory>

#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/operation.hpp"
#include "tests/refserver/directory/paged_searches.hpp"
#include "tests/refserver/directory/special_entries.hpp"

namespace replkit::refserver::directory {

// Returns the operation for a search request. What else it is given must outlive it. Does nothing yet: everything that
// can go wrong does so in its steps.
std::unique_ptr<Operation> start_search(Call call, PagedSearches& paged, const HeldEntry& subschema);

}  // namespace replkit::refserver::directory
