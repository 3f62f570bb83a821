// repctl vector on groups that replicate.
#include <algorithm>
#include <chrono>

#include "common/base/time.hpp"
#include "common/ldup/metadata.hpp"
#include "common/ldup/oids.hpp"
#include "tests/integration/repctl/group_harness.hpp"
#include "tests/integration/repctl/open_session.hpp"

namespace replkit::replication_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Vector : public OnGroup {};

TEST_F(Vector, DiffWaitsUntilAChangeIsEverywhere) {
  Group group({{"r1"}, {"r2"}, {"r3"}}, {{"r1", "r2"}, {"r2", "r3"}, {"r2", "r1"}, {"r3", "r2"}});
  auto client = group.client("r1");
  ASSERT_EQ(add_unit(client, "one"), 0);
  const auto result = repctl(all(group), {"vector", "diff", "--wait", "25s"});
  EXPECT_EQ(result.status, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("3 servers hold the same changes"));
  auto last = group.client("r3");
  EXPECT_TRUE(last.read(unit_dn("one")));
}

TEST_F(Vector, DiffNamesWhatASuspendedReplicaLacks) {
  Group group({{"r1"}, {"r2"}}, {{"r1", "r2"}, {"r2", "r1"}});
  auto client = group.client("r1");
  ASSERT_EQ(add_unit(client, "one"), 0);
  ASSERT_EQ(repctl(all(group), {"vector", "diff", "--wait", "25s"}).status, 0);
  ASSERT_EQ(repctl(all(group), {"--yes", "replica", "suspend", "r2"}).status, 0);
  ASSERT_EQ(add_unit(client, "two"), 0);
  const auto text = repctl(all(group), {"vector", "diff", "--wait", "1s"});
  EXPECT_EQ(text.status, 1) << text.out << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("Lacks changes of"), HasSubstr(group["r2"].uri())));
  const auto result = repctl(all(group), {"vector", "diff", "--json"});
  EXPECT_EQ(result.status, 1);
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["schema"], "repctl/1");
  EXPECT_EQ(json["complete"], true);
  const auto gap = std::find_if(json["gaps"].begin(), json["gaps"].end(), [&](const auto& each) {
    return each["server"] == group["r2"].uri() && each["origin"] == "r1";
  });
  ASSERT_NE(gap, json["gaps"].end()) << result.out;
  EXPECT_EQ((*gap)["held_by"], nlohmann::json::array({group["r1"].uri()}));
  EXPECT_LE((*gap)["waiting_seconds_least"], (*gap)["waiting_seconds_most"]);
  ASSERT_EQ(repctl(all(group), {"--yes", "replica", "resume", "r2"}).status, 0);
  EXPECT_EQ(repctl(all(group), {"vector", "diff", "--wait", "25s"}).status, 0);
}

// However it comes about: here somebody else holds the consumer's session.
TEST_F(Vector, StatusTellsWhoIsBehind) {
  Group group({{"r1"}, {"r2"}});
  auto client = group.client("r1");
  ASSERT_EQ(add_unit(client, "one"), 0);
  ASSERT_TRUE(group.shows("r2", unit_dn("one")));
  ASSERT_TRUE(group.settles());
  const auto behind = [&](const Words& words) {
    Words all_words{"status", "--json"};
    all_words.insert(all_words.end(), words.begin(), words.end());
    const auto json = nlohmann::json::parse(repctl(all(group), all_words).out);
    std::vector<std::string> out;
    for (const auto& each : json["findings"]) {
      if (each["code"] == "behind")
        out.push_back(each["severity"].get<std::string>() + " " + each["dn"].get<std::string>());
    }
    return out;
  };
  EXPECT_THAT(behind({"--max-lag", "0s"}), testing::IsEmpty()) << "what is but a vector is nothing";
  const auto held = open_session(group, "r2", "r1");
  ASSERT_TRUE(held);
  ASSERT_EQ(add_unit(client, "two"), 0);
  EXPECT_THAT(behind({}), testing::IsEmpty()) << "it has ten minutes";
  EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] {
    return behind({"--max-lag", "1s"}) == std::vector{"warning " + Group::replica_dn("r2")};
  }));
  // Whoever makes changes all the time has made others before.
  ASSERT_EQ(add_unit(client, "three"), 0);
  EXPECT_THAT(behind({"--max-lag", "1s"}), testing::ElementsAre("warning " + Group::replica_dn("r2")));
  ASSERT_EQ(repctl(all(group), {"--yes", "replica", "suspend", "r2"}).status, 0);
  EXPECT_THAT(behind({"--max-lag", "0s"}), testing::IsEmpty()) << "that is said already";
}

// The entry itself was last changed before what the other replica holds.
TEST_F(Vector, ADeletionAloneIsAGap) {
  Group group({{"r1"}, {"r2"}}, {{"r1", "r2"}, {"r2", "r1"}});
  auto client = group.client("r1");
  const auto second = [] { return std::chrono::floor<std::chrono::seconds>(system_clock().now()); };
  ASSERT_EQ(add_unit(client, "one"), 0);
  const auto added = second();
  for (int i = 0; i == 0 || second() == added; ++i) ASSERT_EQ(add_unit(client, "other" + std::to_string(i)), 0);
  ASSERT_EQ(add_unit(client, "last"), 0);
  ASSERT_EQ(repctl(all(group), {"vector", "diff", "--wait", "25s"}).status, 0);
  ASSERT_EQ(repctl(all(group), {"--yes", "replica", "suspend", "r2"}).status, 0);
  ASSERT_EQ(client.remove(unit_dn("one")), 0);
  const auto diff = repctl(all(group), {"vector", "diff"});
  EXPECT_EQ(diff.status, 1) << diff.out << diff.err;
  EXPECT_THAT(diff.out, HasSubstr(group["r2"].uri()));
}

// What CSNs say of the time is not what modifyTimestamp says then.
TEST_F(Vector, AChangeAheadOfTheClockIsAGap) {
  Group group({{"r1"}, {"r2"}}, {{"r1", "r2"}, {"r2", "r1"}});
  auto client = group.client("r1");
  ASSERT_EQ(add_unit(client, "one"), 0);
  // Its own CSNs go on after one that it is given.
  const auto ahead = std::chrono::floor<std::chrono::seconds>(system_clock().now()) + std::chrono::minutes(4);
  ldup::ModifyWithMetaDataRequest request;
  request.entry = unit_dn("one");
  auto& attribute = request.changes.emplace_back().attribute;
  attribute.type = "description";
  attribute.values.push_back({.value = "early", .csn = ldup::Csn(ahead, 0, "r1", 0)});
  const auto answer = group.extended("r1", std::string(ldup::oid::modify_with_meta_data), ldup::encode(request));
  ASSERT_EQ(answer.code, 0) << answer.diagnostic;
  ASSERT_EQ(add_unit(client, "two"), 0);
  ASSERT_TRUE(group.shows("r2", unit_dn("two")));
  ASSERT_EQ(repctl(all(group), {"vector", "diff", "--wait", "25s"}).status, 0);
  ASSERT_EQ(repctl(all(group), {"--yes", "replica", "suspend", "r2"}).status, 0);
  ASSERT_EQ(add_unit(client, "three"), 0);
  const auto diff = repctl(all(group), {"vector", "diff"});
  EXPECT_EQ(diff.status, 1) << diff.out << diff.err;
  EXPECT_THAT(diff.out, HasSubstr("clock ahead"));
  const auto show = repctl(all(group), {"vector", "show", "r2"});
  EXPECT_THAT(show.out, HasSubstr("clock ahead"));
}

// What an update vector counts, but no entry has for others: replicaOnline does not replicate.
TEST_F(Vector, WhatDoesNotReplicateIsNoGap) {
  Group group({{"r1"}, {"r2"}}, {{"r1", "r2"}, {"r2", "r1"}});
  auto client = group.client("r1");
  ASSERT_EQ(add_unit(client, "one"), 0);
  ASSERT_EQ(repctl(all(group), {"vector", "diff", "--wait", "25s"}).status, 0);
  ASSERT_EQ(repctl(group["r2"].uri(), {"--yes", "replica", "suspend", "r2"}).status, 0);
  const auto diff = repctl(all(group), {"vector", "diff", "--wait", "5s"});
  EXPECT_EQ(diff.status, 0) << diff.out << diff.err;
}

TEST_F(Vector, ADeadServerLeavesItUndecided) {
  Group group({{"r1"}, {"r2"}, {"r3"}}, {{"r1", "r2"}, {"r2", "r3"}, {"r2", "r1"}, {"r3", "r2"}});
  auto client = group.client("r1");
  ASSERT_EQ(add_unit(client, "one"), 0);
  ASSERT_EQ(repctl(all(group), {"vector", "diff", "--wait", "25s"}).status, 0);
  group["r3"].stop();
  // Undecided, or with findings: the others may miss an update vector that r3 alone was sent.
  const auto diff = repctl(all(group), {"vector", "diff"});
  EXPECT_THAT(diff.status, testing::AnyOf(1, 2)) << diff.out;
  EXPECT_THAT(diff.err, HasSubstr(group["r3"].uri()));
  // What it told the others is known still.
  const auto text = repctl(all(group), {"vector", "show"}).out;
  EXPECT_THAT(text, testing::ContainsRegex("  \\(told 2[^\n]*Z\\)\n")) << "in a line of its own";
  const auto show = repctl(all(group), {"vector", "show", "--json"});
  EXPECT_EQ(show.status, 2);
  const auto json = nlohmann::json::parse(show.out);
  EXPECT_EQ(json["complete"], false);
  ASSERT_EQ(json["vectors"].size(), 3U);
  EXPECT_EQ(json["vectors"][0]["own"], true);
  EXPECT_EQ(json["vectors"][2]["replica"], "r3");
  EXPECT_EQ(json["vectors"][2]["own"], false);
}

TEST_F(Vector, ShowHasARowForEachOrigin) {
  Group group({{"r1"}, {"r2"}}, {{"r1", "r2"}, {"r2", "r1"}});
  auto client = group.client("r1");
  ASSERT_EQ(add_unit(client, "one"), 0);
  ASSERT_EQ(repctl(all(group), {"vector", "diff", "--wait", "25s"}).status, 0);
  const auto show = repctl(all(group), {"vector", "show"});
  EXPECT_EQ(show.status, 0) << show.err;
  EXPECT_THAT(show.out, AllOf(HasSubstr("As told by"), HasSubstr("#r1#"), HasSubstr("#r2#")));
  const auto one = repctl(all(group), {"vector", "show", "r2", "--copies", "--json"});
  EXPECT_EQ(one.status, 0) << one.err;
  const auto json = nlohmann::json::parse(one.out);
  ASSERT_EQ(json["vectors"].size(), 2U) << "its own and what r1 was told";
  EXPECT_EQ(json["vectors"][0]["own"].get<bool>() ? 1 : 0, 1 - (json["vectors"][1]["own"].get<bool>() ? 1 : 0));
  const auto nobody = repctl(all(group), {"vector", "show", "r9"});
  EXPECT_EQ(nobody.status, 6);
  EXPECT_THAT(nobody.err, HasSubstr("has no replica r9"));
  EXPECT_EQ(repctl(group["r1"].uri(), {"vector", "diff"}).status, 3) << "with nothing to compare";
}

}  // namespace
}  // namespace replkit::replication_test
