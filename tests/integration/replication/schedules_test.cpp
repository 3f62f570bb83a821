// Sessions that begin as the agreement's schedule says (RFC 3384 M1), and schedules that change while the server runs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/base/time.hpp"
#include "tests/integration/replication/group.hpp"

namespace replkit::replication_test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using support::Change;
using Reasons = std::vector<std::string>;

// Longer than any test: what waits for this never goes by itself.
const std::string never = "3600";

// "a" supplies "b" as a schedule says, which is told while both run; "b" supplies "a" at once.
class Schedules : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(group.settles());
    for (const auto& [at, to] : {std::pair("a", "b"), std::pair("b", "a")}) {
      ASSERT_TRUE(group.session(at, {{"direction", "sent"}, {"partner", to}, {"result", "success"}}));
    }
  }

  static std::string schedule_of(const std::string& supplier) { return "cn=schedule," + Group::replica_dn(supplier); }

  // Has the agreement of `supplier` go by a schedule with these attributes. From now on sent() counts.
  void put(const std::string& supplier, const std::string& object_class, support::Attributes attributes) {
    auto client = group.client(supplier);
    attributes["objectClass"] = {"subentry", object_class, "ldupScheduleLimits"};
    attributes["cn"] = {"schedule"};
    attributes["subtreeSpecification"] = {"{}"};
    ASSERT_EQ(client.add(schedule_of(supplier), attributes), 0);
    const auto other = supplier == "a" ? "b" : "a";
    ASSERT_TRUE(group.shows(other, schedule_of(supplier)));
    ASSERT_EQ(client.modify(fmt::format("cn=to-{},{}", other, Group::replica_dn(supplier)),
                            {{Change::replace, "replicationScheduleDN", {schedule_of(supplier)}}}),
              0);
    ASSERT_TRUE(group.session(supplier, {{"direction", "sent"}, {"result", "success"}}));
    ASSERT_EQ(group.trigger_when_free(supplier, other, "incremental").code, 0);
    ASSERT_TRUE(support::eventually(seconds(10), [&] { return all_sent(supplier).back() == "triggered"; }));
    before_ = all_sent(supplier).size();
  }
  void change(const std::string& supplier, const std::vector<support::AttributeChange>& changes) {
    ASSERT_EQ(group.client(supplier).modify(schedule_of(supplier), changes), 0);
  }

  Reasons all_sent(const std::string& at) {
    Reasons out;
    for (const auto& each : group.history(at)) {
      if (each["direction"] == "sent") out.push_back(each["reason"]);
    }
    return out;
  }
  // Why each session that `at` has sent since put() was begun.
  Reasons sent(const std::string& at = "a") {
    auto out = all_sent(at);
    out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(std::min(before_, out.size())));
    return out;
  }
  bool sends(const Reasons& reasons, const std::string& at = "a") {
    return support::eventually(seconds(10), [&] { return sent(at) == reasons; });
  }
  bool sends_last(const std::string& reason) {
    return support::eventually(seconds(10), [&] {
      const auto all = sent();
      return !all.empty() && all.back() == reason;
    });
  }

  static std::string of_day(Instant time) { return "T" + format_generalized_time(time).substr(8, 6); }
  static std::string window(Instant from, Instant to) { return of_day(from) + '/' + of_day(to); }

  Group group{{{"a"}, {"b"}}, {{"a", "b"}, {"b", "a"}}};
  support::Client a = group.client("a");
  support::Client b = group.client("b");

 private:
  std::size_t before_ = 0;
};

// M1 a and g.
TEST_F(Schedules, AWindowThatOpens) {
  const auto& clock = system_clock();
  const auto later = clock.now() + hours(12);
  put("a", "replicaTimeSchedule", {{"scheduleTimeOfDayMask", {window(later, later + hours(1))}}});
  ASSERT_EQ(add_unit(a, "triggered"), 0);
  ASSERT_EQ(group.trigger_when_free("a", "b", "incremental").code, 0) << "outside of windows that is the only way";
  ASSERT_TRUE(group.shows("b", unit_dn("triggered")));
  ASSERT_TRUE(sends({"triggered"}));

  const auto opening = std::chrono::ceil<seconds>(clock.now()) + seconds(1);
  change("a", {{Change::replace, "scheduleTimeOfDayMask", {window(opening, opening + hours(1))}}});
  ASSERT_EQ(group.trigger_when_free("a", "b", "incremental").code, 0);
  ASSERT_TRUE(sends({"triggered", "triggered"}));
  ASSERT_TRUE(sends({"triggered", "triggered", "scheduled time"})) << "though nothing has changed";
  EXPECT_GE(clock.now(), opening);
  ASSERT_EQ(add_unit(a, "inside"), 0);
  ASSERT_TRUE(sends({"triggered", "triggered", "scheduled time", "changes"})) << "at once";

  change("a", {{Change::replace, "scheduleTimeOfDayMask", {window(later, later + hours(1))}}});
  ASSERT_EQ(add_unit(a, "held"), 0);
  EXPECT_FALSE(b.read(unit_dn("held")));
  change("a", {{Change::replace, "scheduleTimeOfDayMask", {"T000000/T235959"}}});
  EXPECT_TRUE(group.shows("b", unit_dn("held")));
  const Reasons because_of_it{"triggered", "triggered", "scheduled time", "changes", "changes"};
  const Reasons with_the_window{"triggered", "triggered", "scheduled time", "changes", "scheduled time"};
  EXPECT_TRUE(support::eventually(seconds(10), [&] {
    const auto all = sent();
    return all == because_of_it || all == with_the_window;
  }));
}

// M1 e: the first timer that expires sends everything.
TEST_F(Schedules, CriticalChangesTakeTheOthersAlong) {
  put("a", "replicaEventSchedule",
      {{"secondsToWaitDefault", {never}},
       {"secondsToWait1", {"1"}},
       {"attrReplicationGroup1", {"telephoneNumber"}},
       {"secondsToWait2", {"2"}},
       {"attrReplicationGroup2", {"description", "street"}}});
  ASSERT_EQ(add_unit(a, "one"), 0);
  auto began = system_clock().now();
  ASSERT_EQ(a.modify(unit_dn("one"), {{Change::add, "telephoneNumber", {"+49 30 1"}}}), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("one")));
  EXPECT_GE(system_clock().now() - began, seconds(1));
  ASSERT_TRUE(sends({"critical change"}));
  began = system_clock().now();
  ASSERT_EQ(a.modify(unit_dn("one"), {{Change::add, "street", {"Unter den Linden"}}}), 0);
  ASSERT_EQ(add_unit(a, "two"), 0);
  ASSERT_EQ(a.modify(unit_dn("one"), {{Change::replace, "telephoneNumber", {"+49 30 2"}}}), 0);
  ASSERT_TRUE(sends({"critical change", "critical change"}));
  EXPECT_GE(system_clock().now() - began, seconds(1));
  const auto found = b.read(unit_dn("one"));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->attributes.contains("street"));
  EXPECT_EQ(found->attributes.at("telephoneNumber"), std::vector<std::string>{"+49 30 2"});
  EXPECT_TRUE(b.read(unit_dn("two")));
  // Without a schedule all goes at once.
  ASSERT_EQ(add_unit(a, "three"), 0);
  ASSERT_EQ(a.modify("cn=to-b," + Group::replica_dn("a"), {{Change::remove, "replicationScheduleDN", {}}}), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("three")));
  EXPECT_TRUE(sends({"critical change", "critical change", "changes"})) << "and nothing was left of group 2";
}

// M1 b, c and d: this project's limits.
TEST_F(Schedules, Limits) {
  put("a", "replicaEventSchedule", {{"secondsToWaitDefault", {never}}, {"ldupMaxPendingChanges", {"3"}}});
  for (const char* name : {"one", "two", "three"}) {
    ASSERT_EQ(sent(), Reasons());
    ASSERT_EQ(add_unit(a, name), 0);
  }
  ASSERT_TRUE(sends({"many changes"}));
  for (const char* name : {"one", "two", "three"}) EXPECT_TRUE(b.read(unit_dn(name))) << name;

  change("a", {{Change::remove, "ldupMaxPendingChanges", {}}, {Change::add, "ldupMaxSecondsBetweenCycles", {"1"}}});
  ASSERT_TRUE(sends_last("longest gap"));
  const auto gap = group.session("a", {{"reason", "longest gap"}});
  change("a", {{Change::remove, "ldupMaxSecondsBetweenCycles", {}}, {Change::add, "ldupSecondsBetweenCycles", {"1"}}});
  ASSERT_TRUE(sends_last("periodic"));
  const auto before = sent().size();
  EXPECT_TRUE(support::eventually(seconds(10), [&] { return sent().size() > before; })) << "with nothing to send";
  EXPECT_EQ(sent().back(), "periodic");
}

// What came from the partner, even if older than changes made here, does not wait to be sent to it.
TEST_F(Schedules, ReceivedChangesAreNotPending) {
  put("b", "replicaEventSchedule", {{"secondsToWaitDefault", {"2"}}});
  put("a", "replicaEventSchedule", {{"secondsToWaitDefault", {never}}, {"ldupMaxPendingChanges", {"2"}}});
  ASSERT_EQ(add_unit(b, "older"), 0);
  const auto second = std::chrono::ceil<seconds>(system_clock().now());  // CSNs count in seconds
  ASSERT_TRUE(support::eventually(seconds(2), [&] { return system_clock().now() > second; }));
  ASSERT_EQ(add_unit(a, "one"), 0);
  ASSERT_TRUE(group.shows("a", unit_dn("older")));
  ASSERT_TRUE(support::eventually(seconds(10), [&] {
    const auto last = group.history("b").back();
    // Or the cycle that put() has triggered took it along.
    return last["direction"] == "sent" && (last["reason"] == "changes" || last["reason"] == "the consumer asked");
  }));
  EXPECT_FALSE(b.read(unit_dn("one")));
  ASSERT_EQ(add_unit(a, "two"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("two")));
  EXPECT_TRUE(sends({"many changes"}));
}

// That only an update vector is news starts a session where the schedule says so.
TEST_F(Schedules, TheUpdateVectorAsAReason) {
  put("b", "replicaEventSchedule", {{"secondsToWaitDefault", {"1"}}});
  ASSERT_EQ(add_unit(a, "one"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("one")));
  ASSERT_EQ(add_unit(b, "two"), 0);
  ASSERT_TRUE(group.shows("a", unit_dn("two")));
  ASSERT_TRUE(sends({"changes"}, "b"));
  change("b", {{Change::replace, "updateVectorTrigger", {"TRUE"}}});
  ASSERT_TRUE(sends({"changes", "changes"}, "b"));
  ASSERT_EQ(add_unit(a, "three"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("three")));
  EXPECT_TRUE(sends({"changes", "changes", "update vector"}, "b"));
}

}  // namespace
}  // namespace replkit::replication_test
