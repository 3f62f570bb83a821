// Replicas that hold a part of the area: what enters it and what leaves it (RFC 3672 2.1).
#include <gtest/gtest.h>

#include "tests/integration/replication/group.hpp"

namespace replkit::replication_test {
namespace {

class Partial : public testing::Test {
 protected:
  // "a" holds all, "b" what is below ou=people,ou=world but for ou=secret.
  Group group{
      {{"a"},
       {"b", 3, {}, true, {}, R"({ base "ou=people,ou=world", specificExclusions { chopBefore:"ou=secret" } })"}}};
  const std::string world = unit_dn("world");
  const std::string people = "ou=people," + world, secret = "ou=secret," + people, groups = "ou=groups," + world;
  support::Client a = group.client("a");
  int markers = 0;

  void SetUp() override {
    for (const auto* dn : {&world, &people, &secret, &groups}) add(*dn);
    for (const auto* dn : {&people, &secret, &groups}) {
      add("ou=team," + *dn);
      add("ou=member,ou=team," + *dn);
    }
    pass();
  }

  // Returns when all that was changed so far has been sent.
  void pass() {
    const auto marker = "ou=marker" + std::to_string(++markers) + "," + people;
    add(marker);
    ASSERT_TRUE(shows(marker));
  }
  void add(const std::string& dn) {
    const auto name = dn.substr(3, dn.find(',') - 3);
    ASSERT_EQ(a.add(dn, {{"objectClass", {"organizationalUnit"}}, {"ou", {name}}}), 0) << dn;
  }
  bool shows(const std::string& dn) { return group.shows("b", dn); }
  bool lacks(const std::string& dn) { return group.lacks("b", dn); }
};

TEST_F(Partial, HoldsItsPartAndWhatIsAboveIt) {
  EXPECT_TRUE(shows("ou=member,ou=team," + people));
  EXPECT_TRUE(shows(world)) << "else nothing had its place";
  for (const auto* dn : {&secret, &groups}) EXPECT_TRUE(lacks(*dn)) << *dn;
  auto b = group.client("b");
  EXPECT_TRUE(b.search(suffix, 2, "(objectClass=glueEntry)").empty());
}

TEST_F(Partial, WhatLeavesItsPartGoesWithAllBelow) {
  ASSERT_EQ(a.rename("ou=team," + people, "ou=moved", groups), 0);
  EXPECT_TRUE(lacks("ou=team," + people));
  pass();
  auto b = group.client("b");
  EXPECT_TRUE(b.search(suffix, 2, "(|(ou=member)(ou=team)(ou=moved)(objectClass=glueEntry))").empty());
  // And it comes back whole.
  ASSERT_EQ(a.rename("ou=moved," + groups, "ou=back", people), 0);
  EXPECT_TRUE(shows("ou=member,ou=back," + people));
}

TEST_F(Partial, WhatEntersItsPartComesWithAllBelow) {
  ASSERT_EQ(a.rename("ou=team," + groups, "ou=new", people), 0);
  EXPECT_TRUE(shows("ou=member,ou=new," + people));
  ASSERT_EQ(a.rename("ou=team," + secret, "ou=known", people), 0) << "from what was chopped off";
  EXPECT_TRUE(shows("ou=member,ou=known," + people));
}

TEST_F(Partial, ANewNameMayBeInOrOut) {
  ASSERT_EQ(a.remove("ou=member,ou=team," + secret), 0);
  ASSERT_EQ(a.remove("ou=team," + secret), 0);
  ASSERT_EQ(a.remove(secret), 0);
  ASSERT_EQ(a.rename("ou=team," + people, "ou=secret"), 0);
  EXPECT_TRUE(lacks("ou=team," + people));
  EXPECT_TRUE(lacks(secret));
  EXPECT_TRUE(lacks("ou=member," + secret));
  ASSERT_EQ(a.rename(secret, "ou=open"), 0);
  EXPECT_TRUE(shows("ou=member,ou=open," + people));
}

}  // namespace
}  // namespace replkit::replication_test
