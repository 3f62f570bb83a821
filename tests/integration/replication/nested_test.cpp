// Areas within areas, where not all servers know of them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/integration/replication/group.hpp"

namespace replkit::replication_test {
namespace {

using support::Change;

// For "b", the inner area is a part of the outer one: what it does there is nothing that "a" could take, and is not to
// be taken for what has come.
TEST(NestedAreas, ThatOnlyTheConsumerKnowsAreReported) {
  Group group({{"a"}, {"b"}});
  auto a = group.client("a");
  auto b = group.client("b");
  const auto inner = unit_dn("inner");
  ASSERT_EQ(add_unit(a, "inner"), 0);
  ASSERT_EQ(add_unit(a, "mover"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("mover")));
  ASSERT_TRUE(group.settles());
  ASSERT_EQ(a.modify(inner, {{Change::add, "objectClass", {"replicationContext"}}}), 0);
  ASSERT_EQ(b.rename(unit_dn("mover"), "ou=mover", inner), 0);
  ASSERT_EQ(add_unit(b, "beside"), 0);
  EXPECT_TRUE(group.shows("a", unit_dn("beside"))) << "nothing else is held up";
  const auto session = group.session("a", {{"direction", "received"}, {"result", "failure"}});
  ASSERT_TRUE(session);
  EXPECT_NE(session->dump().find("another area"), std::string::npos) << *session;
  EXPECT_NE(session->dump().find(unit_dn("mover")), std::string::npos) << *session;
  EXPECT_TRUE(group.session("b", {{"direction", "sent"}, {"result", "failure"}}));
  EXPECT_TRUE(a.read(unit_dn("mover")));
  // Once they agree, it comes.
  ASSERT_EQ(a.modify(inner, {{Change::remove, "objectClass", {"replicationContext"}}}), 0);
  EXPECT_TRUE(group.shows("a", "ou=mover," + inner));
  ASSERT_EQ(add_unit(a, "after"), 0);  // what ended the area goes with it
  EXPECT_TRUE(group.settles());
  EXPECT_EQ(group.difference("a", "b"), "");
}

}  // namespace
}  // namespace replkit::replication_test
