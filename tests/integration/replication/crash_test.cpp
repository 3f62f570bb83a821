// Sessions that break off in the middle: nothing is lost, and they go on.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/integration/replication/group.hpp"

namespace replkit::replication_test {
namespace {

using nlohmann::json;

constexpr int many = 3000;

// Fills "a", while "b" is down, with more than a session sends at once.
void fill(Group& group, const std::string& prefix, int count = many) {
  auto a = group.client("a");
  for (int i = 0; i < count; ++i) ASSERT_EQ(add_unit(a, prefix + std::to_string(i), std::string(500, 'x')), 0);
}

// Waits until some of what was filled in, but not all, is at "b".
bool is_under_way(Group& group, const std::string& prefix) {
  return support::eventually(std::chrono::seconds(20), [&] {
    try {
      return group.client("b").read(unit_dn(prefix + "20")).has_value();
    } catch (const std::runtime_error&) {
      return false;  // it is just starting, or its content is being replaced
    }
  });
}

void expect_equal(Group& group) {
  EXPECT_TRUE(group.shows("b", unit_dn("x" + std::to_string(many - 1)), std::chrono::seconds(60)));
  EXPECT_TRUE(group.settles());
  EXPECT_EQ(group.difference("a", "b"), "");
}

TEST(Crashes, TheConsumerIsKilledInTheMiddle) {
  Group group({{"a"}, {"b"}});
  ASSERT_TRUE(group.settles());
  group["b"].stop();
  fill(group, "x");
  for (int round = 0; round < 3; ++round) {
    group["b"].start();
    ASSERT_TRUE(is_under_way(group, "x"));
    group["b"].kill9();
  }
  group["b"].start();
  expect_equal(group);
}

TEST(Crashes, TheSupplierIsKilledInTheMiddle) {
  Group group({{"a"}, {"b"}});
  ASSERT_TRUE(group.settles());
  group["b"].stop();
  fill(group, "x");
  group["b"].start();
  ASSERT_TRUE(is_under_way(group, "x"));
  group["a"].kill9();
  group["a"].start();
  expect_equal(group);
}

TEST(Crashes, EitherIsKilledInAFullUpdate) {
  Group group({{"a"}, {"b", 2, {}, false}}, {{"a", "b"}});
  fill(group, "x");
  const auto begin = [&] {  // as soon as the session before is known to be dead
    return support::eventually(std::chrono::seconds(20), [&] { return group.trigger("a", "b", "full").code == 0; });
  };
  for (const char* victim : {"a", "b"}) {
    ASSERT_TRUE(begin());
    group[victim].kill9();
    group[victim].start();
  }
  ASSERT_TRUE(begin());
  ASSERT_TRUE(group.session("b", {{"kind", "full"}, {"result", "success"}}, std::chrono::seconds(60)));
  EXPECT_EQ(group.difference("a", "b"), "");
}

// SIGTERM in the middle ends the session between two updates.
TEST(Crashes, TheSupplierIsEndedInTheMiddle) {
  Group group({{"a"}, {"b"}});
  ASSERT_TRUE(group.settles());
  group["b"].stop();
  fill(group, "x");
  group["b"].start();
  ASSERT_TRUE(is_under_way(group, "x"));
  EXPECT_EQ(group["a"].stop(), 0);
  group["a"].start();
  expect_equal(group);
}

}  // namespace
}  // namespace replkit::replication_test
