// Copies of a store that is in use.
#pragma once

#include <filesystem>

#include "tests/refserver/store/environment.hpp"

namespace replkit::refserver::store {

// As Store::backup().
void back_up(const Environment& environment, const std::filesystem::path& folder);

}  // namespace replkit::refserver::store
