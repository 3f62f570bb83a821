// Clocks that disagree, and requests that are refused whatever the state of replication.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/base/time.hpp"
#include "common/ldup/cycle.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/metadata.hpp"
#include "common/ldup/oids.hpp"
#include "tests/integration/replication/group.hpp"

namespace replkit::replication_test {
namespace {

using std::chrono::seconds;

constexpr int protocol_error = 2, invalid_syntax = 21, no_such_object = 32, denied = 50, unwilling = 53, skew = 200;

// Both histories say it, and the changes come when the clocks allow it.
TEST(Clocks, ThatAreFarAheadAreRefusedForThatLong) {
  Group group({{"a"}, {"b", 2, {}, true, "clock_skew = \"1s\"\n"}}, {{"a", "b"}, {"b", "a"}});
  ASSERT_TRUE(group.settles());
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "x"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("x")));
  // Its own CSNs go on after one that it is given.
  const auto ahead = std::chrono::floor<seconds>(system_clock().now()) + seconds(4);
  ldup::ModifyWithMetaDataRequest request;
  request.entry = unit_dn("x");
  auto& change = request.changes.emplace_back();
  change.attribute.type = "description";
  change.attribute.values.push_back({.value = "early", .csn = ldup::Csn(ahead, 0, "a", 0)});
  const auto answer = group.extended("a", std::string(ldup::oid::modify_with_meta_data), ldup::encode(request));
  ASSERT_EQ(answer.code, 0) << answer.diagnostic;
  ASSERT_EQ(add_unit(a, "y"), 0);
  const auto sent = group.session("a", {{"direction", "sent"}, {"code", skew}, {"result", "failure"}});
  ASSERT_TRUE(sent);
  EXPECT_NE((*sent)["text"].get<std::string>().find("too far in the future"), std::string::npos);
  const auto received = group.session("b", {{"direction", "received"}, {"result", "failure"}});
  ASSERT_TRUE(received);
  EXPECT_NE((*received)["text"].get<std::string>().find("too far in the future"), std::string::npos)
      << received->dump();
  EXPECT_TRUE(group.shows("b", unit_dn("y")));
  EXPECT_GE(system_clock().now(), ahead - seconds(1));
}

class RefusedRequests : public testing::Test {
 protected:
  Group group{{{"a", 2, {}, false}, {"b"}}, {{"a", "b"}}};
  const std::string user = "cn=user," + suffix;

  void SetUp() override {
    auto b = group.client("b");
    ASSERT_EQ(
        b.add(user, {{"objectClass", {"person"}}, {"cn", {"user"}}, {"sn", {"user"}}, {"userPassword", {"secret"}}}),
        0);
  }
  int ask(std::string_view oid, const std::string& value, const std::string& who = {}) {
    return group.extended("b", std::string(oid), value, who).code;
  }
};

TEST_F(RefusedRequests, Terminate) {
  const auto end = [&](const std::string& target, const std::string& uri, const std::string& who = {}) {
    return ask(ldup::oid::terminate_replication,
               ldup::encode(ldup::TerminateReplicationRequest{.target = target, .uri = uri}), who);
  };
  const auto uri = group["a"].uri();
  EXPECT_EQ(end(Group::replica_dn("a"), uri, user), denied);
  EXPECT_EQ(end("cn=x," + suffix, uri, user), denied) << "whether there is one is not for them";
  EXPECT_EQ(end("cn=x," + suffix, uri), no_such_object);
  EXPECT_EQ(end(suffix, uri), no_such_object);
  EXPECT_EQ(end(Group::replica_dn("a"), "nonsense"), invalid_syntax);
  EXPECT_EQ(end(Group::replica_dn("a"), "ldap://127.0.0.1:1"), unwilling);
  EXPECT_EQ(ask(ldup::oid::terminate_replication, "nonsense"), protocol_error);
  EXPECT_EQ(end(Group::replica_dn("a"), uri), 0);
}

TEST_F(RefusedRequests, MetaData) {
  EXPECT_EQ(ask(ldup::oid::add_with_meta_data, ldup::encode(ldup::AddWithMetaDataRequest{unit_dn("x"), {}}), user),
            denied);
  EXPECT_EQ(ask(ldup::oid::delete_with_meta_data,
                ldup::encode(ldup::DeleteWithMetaDataRequest{user, std::nullopt, false, std::nullopt}), user),
            denied);
  EXPECT_EQ(ask(ldup::oid::modify_with_meta_data, ldup::encode(ldup::ModifyWithMetaDataRequest{user, {}, std::nullopt}),
                user),
            denied);
  ldup::SearchWithMetaDataRequest search;
  search.base = user;
  search.filter = model::Filter::parse("(objectClass=*)");
  EXPECT_EQ(ask(ldup::oid::search_with_meta_data, ldup::encode(search), user), denied);
}

TEST_F(RefusedRequests, WhatCannotBeRead) {
  for (const auto oid : {ldup::oid::trigger_replication, ldup::oid::create_grouping, ldup::oid::end_grouping,
                         ldup::oid::replication_update, ldup::oid::add_with_meta_data, ldup::oid::modify_with_meta_data,
                         ldup::oid::delete_with_meta_data, ldup::oid::search_with_meta_data}) {
    EXPECT_EQ(ask(oid, "nonsense"), protocol_error) << oid;
    EXPECT_EQ(ask(oid, ""), protocol_error) << oid;
  }
  EXPECT_EQ(ask(ldup::oid::create_grouping, ldup::encode(ldup::CreateGroupingRequest{"1.2.3", "x"})), unwilling);
  EXPECT_EQ(ask(ldup::oid::create_grouping,
                ldup::encode(ldup::CreateGroupingRequest{std::string(ldup::oid::replication_grouping), std::nullopt})),
            protocol_error);
  EXPECT_EQ(ask(ldup::oid::create_grouping,
                ldup::encode(ldup::CreateGroupingRequest{std::string(ldup::oid::replication_grouping), "nonsense"})),
            protocol_error);
}

}  // namespace
}  // namespace replkit::replication_test
