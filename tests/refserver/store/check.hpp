// Whether tree, UUIDs and indexes agree with the entries.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/refserver/store/view.hpp"

namespace replkit::refserver::store {

// As Store::check(). Memory is one entry. Reads the entries once in order and looks up, for each, its superior, its
// place in the tree, its UUID and every index key; the other way round it only counts, and looks for what is too much
// where the counts differ.
std::vector<std::string> check_store(const View& view, std::size_t limit);

}  // namespace replkit::refserver::store
