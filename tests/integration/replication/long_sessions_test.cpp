// Sessions that are caught in the middle: by others, by administrators, by the network.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/ldup/cycle.hpp"
#include "common/ldup/oids.hpp"
#include "tests/integration/replcompare/cutting_proxy.hpp"
#include "tests/integration/replication/group.hpp"

namespace replkit::replication_test {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using support::Change;

constexpr int busy = 51, unwilling = 53;
constexpr int many = 1000;  // more than a supplier sends ahead of its answers and of those that come at once
constexpr std::size_t some_answers = 4000;  // bytes of the consumer's, in the middle of that

int port_of(const std::string& uri) {
  return std::stoi(uri.substr(uri.rfind(':') + 1));
}

// "a" and "c" supply "b", through a proxy.
class LongSessions : public testing::Test {
 protected:
  Group group{{{"a"}, {"b", 2, {}, true, "busy_wait = \"50ms\"\n"}, {"c"}},
              {{"a", "b"}, {"b", "a"}, {"c", "b"}, {"b", "c"}}};
  support::CuttingProxy proxy{port_of(group["b"].uri())};
  support::Client a = group.client("a");
  support::Client b = group.client("b");

  void SetUp() override {
    ASSERT_EQ(add_unit(a, "first"), 0);
    ASSERT_TRUE(group.shows("c", unit_dn("first")));
    // Each was made with the entries of all as changes of its own, of which the last may come after those below.
    ASSERT_TRUE(group.settles());
    reach_b_by(proxy.uri());
  }
  void reach_b_by(const std::string& uri) {
    ASSERT_EQ(a.modify(Group::replica_dn("b"), {{Change::replace, "replicaURI", {uri}}}), 0);
    ASSERT_TRUE(group.session("a", {{"peer", uri}, {"result", "success"}}));
  }
  void set_online(const std::string& at, const std::string& of, bool online) {
    ASSERT_EQ(group.client(at).modify(Group::replica_dn(of),
                                      {{Change::replace, "replicaOnline", {online ? "TRUE" : "FALSE"}}}),
              0);
  }
  // Has "a" make more changes than fit ahead, which wait.
  void fill() {
    set_online("a", "b", false);
    for (int i = 0; i < many; ++i) ASSERT_EQ(add_unit(a, "x" + std::to_string(i)), 0);
  }
  // Begins the session that sends them, and holds it in the middle.
  void begin_long() {
    fill();
    proxy.hold_after(some_answers);
    set_online("a", "b", true);
    ASSERT_TRUE(support::eventually(seconds(10), [&] { return proxy.holding(); }));
  }
  int terminated(const std::string& at, const std::string& target, const std::string& uri) {
    const ldup::TerminateReplicationRequest request{.target = Group::replica_dn(target), .uri = uri};
    const auto answer = group.extended(at, std::string(ldup::oid::terminate_replication), ldup::encode(request));
    EXPECT_EQ(answer.code, 0) << answer.diagnostic;
    return ldup::decode_terminate_replication_response(answer.value.value()).sessions;
  }
  void expect_all() {
    for (const int i : {0, many / 2, many - 1}) EXPECT_TRUE(group.shows("b", unit_dn("x" + std::to_string(i))));
    EXPECT_TRUE(support::eventually(seconds(20), [&] { return group.difference("a", "b").empty(); }));
  }
};

// mrm 3.13: between two updates; by itself it then goes on with what is left.
TEST_F(LongSessions, TheSupplierStopsOne) {
  begin_long();
  EXPECT_EQ(terminated("a", "b", proxy.uri()), 1);
  proxy.release();
  const auto stopped = group.session("a", {{"direction", "sent"}, {"result", "terminated"}});
  ASSERT_TRUE(stopped);
  EXPECT_LT((*stopped)["updates"], many);
  expect_all();
  EXPECT_TRUE(group.session("a", {{"reason", "changes, again"}, {"result", "success"}}));
}

// Long before the silence itself would end it.
TEST_F(LongSessions, TheSupplierStopsOneWhoseConsumerIsSilent) {
  begin_long();
  EXPECT_EQ(terminated("a", "b", proxy.uri()), 1);
  EXPECT_TRUE(group.session("a", {{"direction", "sent"}, {"result", "terminated"}}));
  proxy.release();
  expect_all();
}

TEST_F(LongSessions, TheConsumerStopsOne) {
  begin_long();
  EXPECT_EQ(terminated("b", "a", group["a"].uri()), 1);
  proxy.release();
  EXPECT_TRUE(group.session("b", {{"direction", "received"}, {"result", "terminated"}}));
  const auto stopped = group.session("a", {{"direction", "sent"}, {"result", "terminated"}});
  ASSERT_TRUE(stopped);
  EXPECT_EQ((*stopped)["text"], "the consumer stopped the session");
  expect_all();
}

// mrm 3.10: new incremental sessions are stopped, the one that runs is not.
TEST_F(LongSessions, ReplicasThatAreTakenOfflineFinishFirst) {
  begin_long();
  set_online("a", "a", false);
  set_online("b", "b", false);
  ASSERT_EQ(add_unit(a, "later"), 0);
  proxy.release();
  const auto session = group.session("a", {{"direction", "sent"}, {"result", "success"}, {"reason", "changes"}});
  ASSERT_TRUE(session);
  EXPECT_TRUE(group.shows("b", unit_dn("x" + std::to_string(many - 1))));
  EXPECT_FALSE(b.read(unit_dn("later")));
  EXPECT_EQ(group.trigger("a", "b", "incremental", proxy.uri()).code, unwilling);
  EXPECT_EQ(group.trigger("b", "a", "incremental").code, unwilling);
  set_online("b", "b", true);
  EXPECT_EQ(group.trigger("b", "a", "incremental").code, busy) << "the other one is not";
  ASSERT_EQ(add_unit(b, "from b"), 0);
  EXPECT_TRUE(group.session("b", {{"direction", "sent"}, {"partner", "a"}, {"result", "busy"}}));
  EXPECT_TRUE(group.shows("c", unit_dn("from b"))) << "that is only between those two";
  set_online("a", "a", true);
  EXPECT_TRUE(group.shows("b", unit_dn("later")));
  EXPECT_TRUE(group.shows("a", unit_dn("from b")));
}

// One session of an area at a time: who comes meanwhile waits longer each time, and gets its turn.
TEST_F(LongSessions, OthersAreToldToComeBack) {
  begin_long();
  auto c = group.client("c");
  ASSERT_EQ(add_unit(c, "from c"), 0);
  const auto tries = [&] {
    const auto all = group.history("c");
    return std::count_if(all.begin(), all.end(), [](const json& each) {
      return each["result"] == "busy" && each["code"] == busy && each["direction"] == "sent";
    });
  };
  ASSERT_TRUE(support::eventually(seconds(10), [&] { return tries() >= 2; }));
  EXPECT_EQ(group.trigger("b", "a", "incremental").code, busy) << "at the consumer";
  EXPECT_EQ(group.trigger("a", "b", "full", proxy.uri()).code, busy) << "at the supplier";
  const auto status = c.read("cn=to-b," + Group::replica_dn("c"), {"replicationStatus"});
  ASSERT_TRUE(status);
  EXPECT_NE(status->attributes.at("replicationStatus").at(0).find("# Failure #"), std::string::npos);
  proxy.release();
  EXPECT_TRUE(group.shows("b", unit_dn("from c")));
  EXPECT_TRUE(group.session("c", {{"reason", "changes, again"}, {"result", "success"}}));
  expect_all();
}

TEST_F(LongSessions, ALinkThatBreaksIsTriedAgain) {
  fill();
  support::CuttingProxy cutting(port_of(group["b"].uri()), some_answers, 2);
  ASSERT_EQ(a.modify(Group::replica_dn("b"), {{Change::replace, "replicaURI", {cutting.uri()}}}), 0);
  set_online("a", "b", true);
  expect_all();
  EXPECT_GE(cutting.cuts(), 1);
  const auto all = group.history("a");
  EXPECT_GE(std::count_if(all.begin(), all.end(),
                          [](const json& each) {
                            return each["result"] == "failure" && each["updates"] > 0 && each.contains("text");
                          }),
            1);
  EXPECT_TRUE(group.session("b", {{"direction", "received"}, {"result", "failure"}}));
}

}  // namespace
}  // namespace replkit::replication_test
