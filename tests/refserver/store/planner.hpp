// Finds the indexes that narrow a filter down.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "common/model/filter.hpp"
#include "tests/refserver/store/view.hpp"

namespace replkit::refserver::store {

// As Reader::candidates().
std::optional<std::vector<EntryId>> find_candidates(const View& view, const model::Filter& filter, std::size_t limit);

}  // namespace replkit::refserver::store
