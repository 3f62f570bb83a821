// Searches that are answered from a few entries in memory, in place of the store's.
#pragma once

#include <memory>
#include <span>

#include "common/model/entry.hpp"
#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/operation.hpp"

namespace replkit::refserver::directory {

// Answers the call's search request as if there were nothing but these entries, in their order: with the caller's
// rights, filter, selection, subentries and size limit; sorted never, and on one page.
std::unique_ptr<Operation> search_held(const Call& call, std::span<const model::Entry> entries);

}  // namespace replkit::refserver::directory
