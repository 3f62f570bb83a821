#include "tests/refserver/directory/search_limits.hpp"

#include <algorithm>

namespace replkit::refserver::directory {

namespace {

// The lower of two limits, of which 0 is none.
std::uint64_t lower(std::uint64_t a, std::uint64_t b) {
  return a == 0 ? b : b == 0 ? a : std::min(a, b);
}

}  // namespace

SearchLimits search_limits(const Call& call, const protocol::SearchRequest& request) {
  const auto& options = call.context.options;
  const bool bound = !call.caller.administrator || options.limits_bind_administrators;
  const auto of_server = [&](auto value) { return bound ? static_cast<std::uint64_t>(value) : 0; };
  SearchLimits limits;
  limits.entries = lower(static_cast<std::uint64_t>(request.size_limit), of_server(options.size_limit));
  limits.examined = of_server(options.lookthrough_limit);
  const auto seconds = lower(static_cast<std::uint64_t>(request.time_limit), of_server(options.time_limit.count()));
  if (seconds != 0) limits.deadline = call.context.clock.now() + std::chrono::seconds(seconds);
  return limits;
}

}  // namespace replkit::refserver::directory
