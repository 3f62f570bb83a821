// What replication costs: figures for people, with bounds that only something broken exceeds.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/integration/replication/group.hpp"

namespace replkit::replication_test {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration length) {
  return std::chrono::duration<double, std::milli>(length).count();
}

class Cost : public testing::TestWithParam<const char*> {};

TEST_P(Cost, OfOneChange) {
  Group group({{"a"}, {"b"}}, {}, GetParam());
  ASSERT_TRUE(group.settles());
  auto a = group.client("a");
  auto b = group.client("b");
  std::vector<double> lags;
  for (int i = 0; i < 50; ++i) {
    const auto name = "lag" + std::to_string(i);
    ASSERT_EQ(add_unit(a, name), 0);
    const auto start = Clock::now();
    while (!b.read(unit_dn(name), {"1.1"}) && Clock::now() - start < std::chrono::seconds(20)) {
    }
    lags.push_back(milliseconds(Clock::now() - start));
  }
  std::sort(lags.begin(), lags.end());
  fmt::print("durability {}: lag of one change: median {:.1f} ms, worst {:.1f} ms\n", GetParam(), lags[lags.size() / 2],
             lags.back());
  EXPECT_LT(lags[lags.size() / 2], 2000);
}

TEST_P(Cost, OfManyChanges) {
  constexpr int writers = 8, each = 500;
  Group group({{"a"}, {"b"}}, {}, GetParam());
  ASSERT_TRUE(group.settles());
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (int w = 0; w < writers; ++w) {
    threads.emplace_back([&group, w] {
      auto a = group.client("a");
      for (int i = 0; i < each; ++i) add_unit(a, fmt::format("w{}-{}", w, i));
    });
  }
  for (auto& thread : threads) thread.join();
  const auto written = Clock::now();
  auto b = group.client("b");
  for (int w = 0; w < writers; ++w) ASSERT_TRUE(group.shows("b", unit_dn(fmt::format("w{}-{}", w, each - 1))));
  const auto arrived = Clock::now();
  fmt::print("durability {}: {} adds by {} clients in {:.0f} ms, all on the other server {:.0f} ms later: {:.0f}/s\n",
             GetParam(), writers * each, writers, milliseconds(written - start), milliseconds(arrived - written),
             writers * each * 1000 / milliseconds(arrived - start));
  EXPECT_LT(milliseconds(arrived - written), 20'000);
}

TEST_P(Cost, OfWhatWaits) {
  constexpr int count = 5000;
  Group group({{"a"}, {"b"}}, {}, GetParam());
  ASSERT_TRUE(group.settles());
  group["b"].stop();
  std::vector<std::thread> threads;
  for (int w = 0; w < 8; ++w) {
    threads.emplace_back([&group, w] {
      auto a = group.client("a");
      for (int i = w; i < count; i += 8) add_unit(a, fmt::format("x{}", i));
    });
  }
  for (auto& thread : threads) thread.join();
  group["b"].start();
  const auto found = support::eventually(std::chrono::seconds(60), [&] {
    for (const auto& each : group.history("b")) {
      if (each["direction"] == "received" && each["updates"] >= count) return true;
    }
    return false;
  });
  ASSERT_TRUE(found);
  for (const auto& each : group.history("b")) {
    if (each["updates"] >= count) fmt::print("durability {}: {}\n", GetParam(), each.dump());
  }
  group.client("b").modify(Group::replica_dn("b"), {{support::Change::replace, "replicaOnline", {"FALSE"}}});
  ASSERT_TRUE(support::eventually(std::chrono::seconds(20), [&] {  // another session may be just ending
    return group.trigger("a", "b", "full").code == 0;
  }));
  const auto full = group.session("b", {{"kind", "full"}, {"result", "success"}}, std::chrono::seconds(60));
  ASSERT_TRUE(full);
  fmt::print("durability {}: {}\n", GetParam(), full->dump());
}

INSTANTIATE_TEST_SUITE_P(Durability, Cost, testing::Values("none", "full"));

}  // namespace
}  // namespace replkit::replication_test
