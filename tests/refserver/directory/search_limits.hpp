// How much a search may return, take and look at.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/time.hpp"
#include "tests/refserver/directory/call.hpp"

namespace replkit::refserver::directory {

// 0: no limit.
struct SearchLimits {
  std::uint64_t entries = 0;
  std::uint64_t examined = 0;
  std::optional<Instant> deadline;
};

// Returns the client's limits, or the server's where those are lower and bind the caller; time counts from now.
SearchLimits search_limits(const Call& call, const protocol::SearchRequest& request);

}  // namespace replkit::refserver::directory
