// Changes that go from one server to others.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/integration/replication/group.hpp"

namespace replkit::replication_test {
namespace {

using nlohmann::json;

TEST(Sessions, ChangesFlowBothWays) {
  Group group({{"a"}, {"b"}});
  auto a = group.client("a");
  auto b = group.client("b");
  ASSERT_EQ(add_unit(a, "from a"), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("from a")));
  ASSERT_EQ(add_unit(b, "from b"), 0);
  EXPECT_TRUE(group.shows("a", unit_dn("from b")));
  ASSERT_EQ(b.rename(unit_dn("from a"), "ou=renamed"), 0);
  EXPECT_TRUE(group.shows("a", unit_dn("renamed")));
  ASSERT_EQ(a.remove(unit_dn("from b")), 0);
  EXPECT_TRUE(group.lacks("b", unit_dn("from b")));
  EXPECT_TRUE(group.settles());
  EXPECT_EQ(group.difference("a", "b"), "");
}

// The count is that of the entries that were changed: nothing is sent twice.
TEST(Sessions, WhatTheConsumerHasIsNotSentAgain) {
  Group group({{"a"}, {"b"}});
  ASSERT_TRUE(group.settles());
  const auto sent = [&] {
    std::uint64_t out = 0;
    for (const auto& each : group.history("a")) {
      if (each["direction"] == "sent") out += each["updates"].get<std::uint64_t>();
    }
    return out;
  };
  const auto before = sent();
  auto a = group.client("a");
  constexpr int count = 20;
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(add_unit(a, "unit " + std::to_string(i)), 0);
    ASSERT_TRUE(group.shows("b", unit_dn("unit " + std::to_string(i))));
  }
  ASSERT_TRUE(group.settles());
  EXPECT_LE(sent() - before, count + 2) << "and perhaps the update vector";
  EXPECT_GE(sent() - before, count);
}

TEST(Sessions, ChangesAreHandedOnAlongAChain) {
  Group group({{"a"}, {"b"}, {"c"}}, {{"a", "b"}, {"b", "a"}, {"b", "c"}, {"c", "b"}});
  auto a = group.client("a");
  auto c = group.client("c");
  ASSERT_EQ(add_unit(a, "from a"), 0);
  EXPECT_TRUE(group.shows("c", unit_dn("from a")));
  ASSERT_EQ(add_unit(c, "from c"), 0);
  EXPECT_TRUE(group.shows("a", unit_dn("from c")));
  for (const auto& each : group.history("a")) EXPECT_EQ(each["partner"], "b");
}

TEST(Sessions, AFullUpdateReplacesTheContent) {
  Group group({{"a"}, {"b", 2, {}, false}});
  auto a = group.client("a");
  auto b = group.client("b");
  ASSERT_EQ(add_unit(b, "goes away"), 0);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(add_unit(a, "unit " + std::to_string(i)), 0);
  const auto answer = group.trigger_when_free("a", "b", "full");
  ASSERT_EQ(answer.code, 0) << answer.diagnostic;
  EXPECT_TRUE(group.session("b", {{"kind", "full"}, {"result", "success"}}));
  EXPECT_TRUE(group.shows("b", unit_dn("unit 49")));
  EXPECT_FALSE(b.read(unit_dn("goes away")));
  EXPECT_EQ(group.difference("a", "b"), "");
  const auto own = b.read(Group::replica_dn("b"), {"replicaOnline"});
  ASSERT_TRUE(own);
  EXPECT_EQ(own->attributes.at("replicaOnline"), std::vector<std::string>{"FALSE"}) << "it is each server's own affair";
}

TEST(Sessions, TheConsumerAsksForAFullUpdate) {
  Group group({{"a"}, {"b"}}, {{"a", "b"}});
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "one"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("one")));
  const auto answer = group.trigger_when_free("b", "a", "full");
  ASSERT_EQ(answer.code, 0) << answer.diagnostic;
  EXPECT_TRUE(group.session("a", {{"kind", "full"}, {"result", "success"}, {"reason", "the consumer asked"}}));
  EXPECT_TRUE(group.shows("b", unit_dn("one")));
}

TEST(Sessions, ATriggeredIncrementalOneGoesBothWays) {
  Group group({{"a"}, {"b"}});
  ASSERT_TRUE(group.settles());
  ASSERT_EQ(group.trigger_when_free("a", "b", "incremental").code, 0);
  EXPECT_TRUE(group.session("a", {{"direction", "sent"}, {"reason", "triggered"}, {"result", "success"}}));
  // A session of b's own may be under way: then it is busy when it is asked.
  EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] {
    const nlohmann::json asked{{"direction", "sent"}, {"reason", "the consumer asked"}, {"result", "success"}};
    if (group.session("b", asked, std::chrono::milliseconds(500))) return true;
    EXPECT_EQ(group.trigger_when_free("a", "b", "incremental").code, 0);
    return false;
  }));
  EXPECT_TRUE(group.session("b", {{"direction", "sent"}, {"reason", "the consumer asked"}, {"result", "success"}}));
}

TEST(Sessions, AReadOnlyReplicaRefersWriters) {
  Group group({{"a"}, {"b", 3}});
  auto a = group.client("a");
  auto b = group.client("b");
  constexpr int referral = 10;
  EXPECT_EQ(add_unit(b, "no"), referral);
  ASSERT_EQ(add_unit(a, "yes"), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("yes")));
}

TEST(Sessions, AFractionalReplicaGetsWhatItHolds) {
  Group group({{"a"}, {"b", 3, "attributeExclusionFilter: description,telephoneNumber\n"}});
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "one", "not for b"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("one")));
  const auto found = group.client("b").read(unit_dn("one"));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->attributes.contains("description"));
  EXPECT_EQ(found->attributes.at("ou"), std::vector<std::string>{"one"});
}

TEST(Sessions, NothingIsSentToAReplicaThatIsNotOnline) {
  Group group({{"a"}, {"b", 2, {}, false}});
  auto a = group.client("a");
  auto b = group.client("b");
  ASSERT_EQ(add_unit(a, "one"), 0);
  ASSERT_TRUE(group.session("a", {{"partner", "b"}, {"result", "busy"}}));
  EXPECT_FALSE(b.read(unit_dn("one")));
  ASSERT_EQ(b.modify(Group::replica_dn("b"), {{support::Change::replace, "replicaOnline", {"TRUE"}}}), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("one")));
}

TEST(Sessions, FollowEachOtherOnOneConnection) {
  Group group({{"a"}, {"b"}}, {{"a", "b"}});
  auto a = group.client("a");
  std::set<std::string> peers;
  for (int i = 0; i < 5; ++i) {
    const auto name = "unit " + std::to_string(i);
    ASSERT_EQ(add_unit(a, name), 0);
    ASSERT_TRUE(group.shows("b", unit_dn(name)));
  }
  for (const auto& each : group.history("b")) peers.insert(each.at("peer").get<std::string>());
  EXPECT_EQ(peers.size(), 1U) << "address and port of the supplier";
  // One that was closed is no failure.
  group["b"].stop();
  group["b"].start();
  const auto before = group.history("a").size();
  ASSERT_EQ(add_unit(a, "after"), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("after")));
  const auto history = group.history("a");
  for (auto at = before; at < history.size(); ++at) EXPECT_EQ(history[at].at("result"), "success") << history[at];
}

// Each session raises a vector; told to all at once, that would be the next session.
TEST(Sessions, EndWhenThereIsNothingToTell) {
  Group group({{"a"}, {"b"}, {"c"}});
  for (const auto& id : group.ids()) {
    auto client = group.client(id);
    ASSERT_EQ(add_unit(client, "from " + id), 0);
  }
  for (const auto& id : group.ids()) {
    for (const auto& from : group.ids()) EXPECT_TRUE(group.shows(id, unit_dn("from " + from)));
  }
  std::size_t sessions = 0;
  auto since = std::chrono::steady_clock::now();
  EXPECT_TRUE(support::eventually(std::chrono::seconds(30), [&] {
    std::size_t now = 0;
    for (const auto& id : group.ids()) now += group.history(id).size();
    if (now != std::exchange(sessions, now)) since = std::chrono::steady_clock::now();
    return std::chrono::steady_clock::now() - since > std::chrono::seconds(1);
  }));
}

TEST(Places, OfAreasAndLostAndFoundAreKept) {
  constexpr int unwilling = 53, affects_several = 71;
  Group group({{"a"}, {"b"}});
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "plain"), 0);
  ASSERT_EQ(add_unit(a, "inner"), 0);
  const auto inner = unit_dn("inner");
  ASSERT_EQ(a.modify(inner, {{support::Change::add, "objectClass", {"replicationContext"}}}), 0);
  ASSERT_EQ(a.add("ou=child," + inner, {{"objectClass", {"organizationalUnit"}}, {"ou", {"child"}}}), 0);
  EXPECT_EQ(a.rename(unit_dn("plain"), "ou=plain", inner), affects_several);
  EXPECT_EQ(a.rename("ou=child," + inner, "ou=child", suffix), affects_several);
  EXPECT_EQ(a.rename("ou=child," + inner, "ou=kid"), 0);
  const auto lost = "cn=lostAndFound," + suffix;
  ASSERT_TRUE(a.read(lost));
  EXPECT_EQ(a.remove(lost), unwilling);
  EXPECT_EQ(a.rename(lost, "cn=other"), unwilling);
}

}  // namespace
}  // namespace replkit::replication_test
