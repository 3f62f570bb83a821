// The model test of update reconciliation: whatever clients do on several replicas, and however updates travel between
// them, all end up with the same entries and the same meta-data, and nothing that was written is lost without a trace.
//   REPLKIT_ROUNDS      how many histories (1500)
//   REPLKIT_FIRST_SEED  the first one's (1)
//   REPLKIT_TEST_SEED   play just this one, and tell its story
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/refserver/replication/history.hpp"

namespace replkit::refserver::replication {
namespace {

// Leaves out what is not needed for something to go wrong: the end, then single steps.
std::vector<std::uint64_t> shrink(Player& player, const HistoryShape& shape, std::vector<std::uint64_t> steps) {
  for (std::size_t i = steps.size(); i-- > 0;) {
    auto fewer = steps;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (!player.play(shape, fewer).empty()) steps = std::move(fewer);
  }
  return steps;
}

void play(Player& player, std::uint64_t seed, bool tell) {
  const auto shape = shape_of(seed);
  auto steps = steps_of(seed, shape);
  const auto problem = player.play(shape, steps);
  if (problem.empty() && !tell) return;
  if (!problem.empty()) steps = shrink(player, shape, shrink(player, shape, steps));
  const auto shrunk = player.play(shape, steps, true);
  if (!problem.empty()) {
    ADD_FAILURE() << "seed " << seed << ", in " << steps.size() << " of " << shape.steps << " steps: " << shrunk;
  }
}

TEST(ConvergenceTest, AllReplicasEndUpTheSame) {
  Player player;
  if (const char* seed = std::getenv("REPLKIT_TEST_SEED")) {
    play(player, std::strtoull(seed, nullptr, 10), true);
    return;
  }
  const char* setting = std::getenv("REPLKIT_ROUNDS");
  const std::uint64_t rounds = setting != nullptr ? std::strtoull(setting, nullptr, 10) : 1500;
  const char* first = std::getenv("REPLKIT_FIRST_SEED");
  const std::uint64_t begin = first != nullptr ? std::strtoull(first, nullptr, 10) : 1;
  auto seed = begin;
  for (; seed < begin + rounds && !HasFailure(); ++seed) play(player, seed, false);
  fmt::print("{} histories, {} operations, {} updates\n", seed - begin, player.operations, player.updates_applied);
  for (std::size_t kind = 0; kind < std::size(player.events); ++kind) {
    fmt::print("  {:<24}{}\n", text_of(static_cast<Event::Kind>(kind)), player.events[kind]);
  }
}

}  // namespace
}  // namespace replkit::refserver::replication
