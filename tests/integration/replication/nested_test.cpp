// Areas within areas: where not all servers know of them, and when they end.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "tests/integration/replication/group.hpp"

namespace replkit::replication_test {
namespace {

using support::Change;

int add_below(support::Client& client, const std::string& name, const std::string& superior) {
  return client.add("ou=" + name + "," + superior, {{"objectClass", {"organizationalUnit"}}, {"ou", {name}}});
}

void begin_area(support::Client& client, const std::string& dn) {
  const auto code = client.modify(dn, {{Change::add, "objectClass", {"replicationContext"}}});
  constexpr int exists = 20;  // another one's was sent before that knew what it had begun
  ASSERT_TRUE(code == 0 || code == exists) << code;
}

void end_area(support::Client& client, const std::string& dn) {
  ASSERT_EQ(client.modify(dn, {{Change::remove, "objectClass", {"replicationContext"}}}), 0);
}

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
  begin_area(a, inner);
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
  end_area(a, inner);
  EXPECT_TRUE(group.shows("a", "ou=mover," + inner));
  EXPECT_TRUE(group.settles());
  EXPECT_EQ(group.difference("a", "b"), "");
}

// A full update takes the supplier's vector over, and so cannot leave it to the next session.
TEST(NestedAreas, ThatOnlyTheConsumerKnowsWantAnotherFullUpdate) {
  Group group({{"a"}, {"b"}});
  auto a = group.client("a");
  auto b = group.client("b");
  const auto inner = unit_dn("inner");
  ASSERT_EQ(add_unit(a, "inner"), 0);
  ASSERT_TRUE(group.shows("b", inner));
  ASSERT_TRUE(group.settles());
  begin_area(b, inner);
  for (const auto* name : {"one", "two", "three"}) ASSERT_EQ(add_below(a, name, inner), 0);
  ASSERT_EQ(group.trigger_when_free("a", "b", "full").code, 0);
  const auto session = group.session("b", {{"direction", "received"}, {"kind", "full"}, {"result", "success"}});
  ASSERT_TRUE(session);
  EXPECT_NE(session->dump().find("another full update is needed when"), std::string::npos) << *session;
  end_area(b, inner);
  ASSERT_EQ(group.trigger_when_free("a", "b", "full").code, 0);
  EXPECT_TRUE(group.settles());
  EXPECT_EQ(group.difference("a", "b"), "");
}

// What the supplier alone took for another area is covered by the vector of its consumer, which never got it.
TEST(NestedAreas, ThatOnlyTheSupplierKnewAreSentWhenTheyEnd) {
  Group group({{"a"}, {"b"}});
  auto a = group.client("a");
  const auto inner = unit_dn("inner");
  ASSERT_EQ(add_unit(a, "inner"), 0);
  ASSERT_EQ(add_below(a, "doomed", inner), 0);
  ASSERT_EQ(add_below(a, "changed", inner), 0);
  ASSERT_TRUE(group.shows("b", "ou=changed," + inner));
  ASSERT_TRUE(group.settles());
  begin_area(a, inner);
  ASSERT_EQ(add_below(a, "made", inner), 0);
  ASSERT_EQ(add_below(a, "below", "ou=made," + inner), 0);
  ASSERT_EQ(a.remove("ou=doomed," + inner), 0);
  ASSERT_EQ(a.modify("ou=changed," + inner, {{Change::add, "street", {"1"}}}), 0);
  ASSERT_EQ(add_unit(a, "beside"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("beside")));
  ASSERT_TRUE(group.session("a", {{"direction", "sent"}, {"result", "success"}}));
  EXPECT_FALSE(group.client("b").read("ou=made," + inner));
  end_area(a, inner);
  EXPECT_TRUE(group.shows("b", "ou=below,ou=made," + inner)) << "without another change";
  EXPECT_TRUE(group.lacks("b", "ou=doomed," + inner));
  EXPECT_TRUE(group.settles());
  EXPECT_EQ(group.difference("a", "b"), "");
}

// What its own sessions had not sent yet comes with those of the outer area, whoever ends it first.
TEST(NestedAreas, ThatEndBeforeAllIsSentLoseNothing) {
  Group group({{"a"}, {"b"}, {"c"}});
  const auto inner = unit_dn("inner");
  {
    auto a = group.client("a");
    ASSERT_EQ(add_unit(a, "inner"), 0);
  }
  for (const auto& id : group.ids()) ASSERT_TRUE(group.shows(id, inner));
  ASSERT_TRUE(group.settles());
  for (const auto& id : group.ids()) {
    auto client = group.client(id);
    begin_area(client, inner);
    ASSERT_EQ(add_below(client, "of-" + id, inner), 0);
    ASSERT_EQ(add_unit(client, "beside-" + id), 0);
  }
  for (const auto& id : group.ids()) {
    for (const auto& other : group.ids()) ASSERT_TRUE(group.shows(id, unit_dn("beside-" + other)));
  }
  group["c"].stop();  // the others know until it has got it
  for (const auto* id : {"a", "b"}) {
    auto client = group.client(id);
    end_area(client, inner);
  }
  EXPECT_TRUE(group.shows("b", "ou=of-a," + inner));
  EXPECT_TRUE(group.shows("a", "ou=of-b," + inner));
  group["a"].stop();
  group["a"].start();
  group["c"].start();
  auto c = group.client("c");
  end_area(c, inner);
  for (const auto& id : group.ids()) {
    for (const auto& other : group.ids()) {
      EXPECT_TRUE(group.shows(id, "ou=of-" + other + "," + inner)) << other << " at " << id;
    }
  }
  EXPECT_TRUE(group.settles());
  EXPECT_EQ(group.difference("a", "b"), "");
  EXPECT_EQ(group.difference("a", "c"), "");
}

// What comes of an area that has ended is passed on, though the vector of the next has long covered it. Whether the one
// between knew the area, and has sent its own copy, or not.
TEST(NestedAreas, ThatEndedGoOnAlongChains) {
  Group group({{"a"}, {"b"}, {"c"}}, {{"a", "b"}, {"b", "c"}});
  auto a = group.client("a");
  auto b = group.client("b");
  for (const auto* name : {"one", "two"}) ASSERT_EQ(add_unit(a, name), 0);
  ASSERT_TRUE(group.shows("c", unit_dn("two")));
  for (const auto* name : {"one", "two"}) {
    const auto inner = unit_dn(name);
    const bool known = name == std::string("two");
    begin_area(a, inner);
    if (known) begin_area(b, inner);
    ASSERT_EQ(add_below(a, "made", inner), 0);
    ASSERT_EQ(add_below(a, "below", "ou=made," + inner), 0);
    const auto beside = std::string("beside-") + name;
    ASSERT_EQ(add_unit(a, beside), 0);
    ASSERT_TRUE(group.shows("c", unit_dn(beside)));
    if (known) {
      ASSERT_EQ(add_below(b, "early", inner), 0);
      end_area(b, inner);
      EXPECT_TRUE(group.shows("c", "ou=early," + inner)) << "the copy of the one between";
    }
    end_area(a, inner);
    EXPECT_TRUE(group.shows("b", "ou=below,ou=made," + inner));
    EXPECT_TRUE(group.shows("c", "ou=below,ou=made," + inner)) << "without another change";
  }
}

// What describes an area, and is removed in one transaction with what describes another one, is sent like that.
TEST(NestedAreas, SendWhatIsRemovedAtOnceFromSeveral) {
  Group group({{"a"}, {"b"}}, {}, "full");
  auto a = group.client("a");
  const auto inner = unit_dn("inner");
  ASSERT_EQ(add_unit(a, "inner"), 0);
  ASSERT_TRUE(group.shows("b", inner));
  begin_area(a, inner);
  constexpr int rounds = 15;
  const auto schedule = [](int number, const std::string& superior) {
    return "cn=schedule" + std::to_string(number) + "," + superior;
  };
  const auto supers = {inner, Group::replica_dn("a")};
  for (int i = 0; i < rounds; ++i) {
    for (const auto& superior : supers) {
      ASSERT_EQ(a.add(schedule(i, superior), {{"objectClass", {"subentry", "replicaEventSchedule"}},
                                              {"cn", {"schedule" + std::to_string(i)}}}),
                0);
    }
  }
  ASSERT_TRUE(group.shows("b", schedule(rounds - 1, Group::replica_dn("a"))));
  const auto change = [&](const auto& make) {
    return std::thread([&group, make] {
      auto client = group.client("a");
      EXPECT_EQ(make(client), 0);
    });
  };
  for (int i = 0; i < rounds && !HasFailure(); ++i) {
    std::vector<std::thread> threads;
    for (const auto* name : {"x", "y"}) {
      threads.push_back(
          change([&, name = name + std::to_string(i)](auto& client) { return add_below(client, name, inner); }));
    }
    for (const auto& superior : supers) {
      threads.push_back(change([dn = schedule(i, superior)](auto& client) { return client.remove(dn); }));
    }
    for (auto& each : threads) each.join();
    EXPECT_TRUE(group.lacks("b", schedule(i, Group::replica_dn("a")))) << i;
  }
}

}  // namespace
}  // namespace replkit::replication_test
