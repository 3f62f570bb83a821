// Meta-data that no replica needs any more goes, on all of them (draft-ietf-ldup-model-09 12).
#include <gtest/gtest.h>

#include "tests/integration/replication/group.hpp"
#include "tests/support/process.hpp"

namespace replkit::replication_test {
namespace {

// What replmeta finds of deleted entries.
std::string tombstones(Group& group, const std::string& id) {
  return support::run_checked({REPLMETA, "search", "-x", "-H", group[id].uri(), "-D", group.root_dn(), "-w", "secret",
                               "-b", suffix, "--deleted", "(ou=gone*)", "1.1"});
}

TEST(Purging, OfWhatAllHaveSeen) {
  const std::string quickly = "purge_age = \"0s\"\npurge_interval = \"200ms\"\nvector_interval = \"1s\"\n";
  Group group({{"a", 2, {}, true, quickly}, {"b", 2, {}, true, quickly}, {"c", 2, {}, true, quickly}});
  auto a = group.client("a");
  auto c = group.client("c");
  ASSERT_EQ(add_unit(a, "gone1"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("gone1")));
  ASSERT_TRUE(group.shows("c", unit_dn("gone1")));
  group["b"].stop();
  ASSERT_EQ(a.remove(unit_dn("gone1")), 0);
  ASSERT_TRUE(group.lacks("c", unit_dn("gone1")));
  // Some rounds of purging pass with "b" not knowing.
  for (int i = 0; i < 10; ++i) {
    const auto name = "filler" + std::to_string(i);
    ASSERT_EQ(add_unit(c, name), 0);
    ASSERT_TRUE(group.shows("a", unit_dn(name)));
  }
  for (const char* id : {"a", "c"}) EXPECT_NE(tombstones(group, id).find("gone1"), std::string::npos) << id;
  group["b"].start();
  EXPECT_TRUE(group.lacks("b", unit_dn("gone1")));
  for (const auto& id : group.ids()) {
    EXPECT_TRUE(support::eventually(std::chrono::seconds(40), [&] {
      return tombstones(group, id).find("gone1") == std::string::npos;
    })) << id;
  }
  EXPECT_EQ(group.difference("a", "b"), "");
}

// A replica that supplies nobody cannot tell what it holds: its supplier does.
TEST(Purging, BelowAPrimaryThatAloneSupplies) {
  const std::string quickly = "purge_age = \"0s\"\npurge_interval = \"200ms\"\nvector_interval = \"1s\"\n";
  Group group({{"a", 1, {}, true, quickly}, {"b", 3, {}, true, quickly}, {"c", 3, {}, true, quickly}},
              {{"a", "b"}, {"a", "c"}});
  // What "a" tells of "b" and "c" is to be newer than their entries, which each server has made itself.
  const auto made = system_clock().now();
  ASSERT_TRUE(support::eventually(std::chrono::seconds(10),
                                  [&] { return system_clock().now() > made + std::chrono::seconds(1); }));
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "gone1"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("gone1")));
  ASSERT_EQ(a.remove(unit_dn("gone1")), 0);
  for (const auto& id : group.ids()) {
    EXPECT_TRUE(group.lacks(id, unit_dn("gone1"))) << id;
    EXPECT_TRUE(support::eventually(std::chrono::seconds(40), [&] {
      return tombstones(group, id).find("gone1") == std::string::npos;
    })) << id;
  }
}

}  // namespace
}  // namespace replkit::replication_test
