// Areas that wait for a full update: copies that were imported, which say nothing of what was deleted and how each
// value came to be, and the way out when nobody can send one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/base/cancel.hpp"
#include "common/ldap/extended.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/oids.hpp"
#include "common/ldup/session.hpp"
#include "tests/integration/replication/group.hpp"
#include "tests/support/process.hpp"

namespace replkit::replication_test {
namespace {

using std::chrono::seconds;
using support::Change;
namespace fs = std::filesystem;

constexpr int referral = 10, no_such_object = 32;

class Import : public testing::Test {
 protected:
  void SetUp() override { add_units(group, {"stays", "goes"}); }

  // All that a running server has, as LDIF.
  std::string dump(const std::string& id) {
    const auto copy = group[id].directory() / "copy";
    fs::remove_all(copy);
    run(id, "backup", {copy.string()});
    return run(id, "export", {"--directory", copy.string()});
  }
  std::string run(const std::string& id, const std::string& verb, std::vector<std::string> words) {
    words.insert(words.begin(), {support::replserver_program().string(), verb, "-f", group[id].config_file().string()});
    return support::run_checked(words);
  }
  support::RunResult import(const std::string& id, const std::string& ldif, std::vector<std::string> words = {"-"}) {
    words.insert(words.begin(),
                 {support::replserver_program().string(), "import", "-f", group[id].config_file().string()});
    return support::run(words, {.input = ldif});
  }
  // Has the server start with what the LDIF says, and nothing else.
  void replace(const std::string& id, const std::string& ldif) {
    group[id].kill9();
    fs::remove_all(group[id].data_directory());
    const auto done = import(id, ldif);
    ASSERT_EQ(done.status, 0) << done.err;
    EXPECT_THAT(done.err, testing::HasSubstr(suffix + " has other replicas"));
    group[id].start();
  }

  Group group{{{"a"}, {"b"}}, {{"a", "b"}, {"b", "a"}}};
};

TEST_F(Import, ACopyWaitsForAFullUpdate) {
  const auto copy = dump("a");
  {
    auto b = group.client("b");
    ASSERT_EQ(b.remove(unit_dn("goes")), 0);
    ASSERT_EQ(add_unit(b, "new"), 0);
  }
  ASSERT_TRUE(group.shows("a", unit_dn("new")));
  ASSERT_TRUE(group.lacks("a", unit_dn("goes")));
  replace("a", copy);
  for (const bool again : {false, true}) {
    auto a = group.client("a");
    EXPECT_THROW(a.read(unit_dn("stays")), std::runtime_error) << "referred";
    EXPECT_EQ(add_unit(a, "early"), referral);
    if (!again) group["a"].restart();
  }
  const auto answer = group.trigger_when_free("b", "a", "full");
  ASSERT_EQ(answer.code, 0) << answer.diagnostic;
  ASSERT_TRUE(group.session("a", {{"kind", "full"}, {"result", "success"}}));
  auto a = group.client("a");
  EXPECT_TRUE(a.read(unit_dn("new")));
  EXPECT_FALSE(a.read(unit_dn("goes"))) << "it was deleted";
  EXPECT_TRUE(support::eventually(seconds(20), [&] { return add_unit(a, "again") == 0; })) << "it takes changes";
  EXPECT_TRUE(group.shows("b", unit_dn("again")));
  EXPECT_TRUE(group.settles()) << group.difference("a", "b");
}

TEST_F(Import, WhatAServerExportsIsExportedAgain) {
  // Two of one name, and one below an entry that is deleted: what only servers make.
  const auto online = [&](const char* value) {
    for (const auto& id : group.ids()) {
      for (const auto& each : group.ids()) {
        ASSERT_EQ(group.client(id).modify(Group::replica_dn(each), {{Change::replace, "replicaOnline", {value}}}), 0);
      }
    }
  };
  online("FALSE");
  auto a = group.client("a");
  auto b = group.client("b");
  ASSERT_EQ(add_unit(a, "twin"), 0);
  ASSERT_EQ(add_unit(b, "twin"), 0);
  ASSERT_EQ(a.remove(unit_dn("goes")), 0);
  ASSERT_EQ(b.add("ou=child," + unit_dn("goes"), {{"objectClass", {"organizationalUnit"}}, {"ou", {"child"}}}), 0);
  online("TRUE");
  ASSERT_TRUE(support::eventually(seconds(20), [&] {
    return b.search("cn=lostAndFound," + suffix, 2, "(ou=child)").size() == 1 &&
           b.search(suffix, 2, "(ou=twin)").size() == 2;
  }));
  ASSERT_TRUE(group.settles());
  group["b"].stop();
  const auto before = group["b"].dump();
  EXPECT_THAT(before, testing::HasSubstr("glueEntry"));
  replace("b", before);
  group["b"].stop();
  EXPECT_EQ(group["b"].check(), "");
  const auto lines = [](const std::string& ldif) {
    std::multiset<std::string> out;
    std::istringstream in(ldif);
    for (std::string line; std::getline(in, line);) out.insert(line);
    return out;
  };
  EXPECT_EQ(lines(group["b"].dump()), lines(before));
}

TEST_F(Import, EntriesOfASharedAreaAreRefused) {
  const auto entry = [](const std::string& dn) {
    return fmt::format("dn: {}\nobjectClass: organizationalUnit\n\n", dn);
  };
  group["a"].stop();
  const auto before = group["a"].dump();
  for (const auto& words : {std::vector<std::string>{"-"}, {"-c", "-"}}) {
    const auto done = import("a", entry(unit_dn("x")), words);
    EXPECT_EQ(done.status, words.size() == 1 ? 6 : 1);
    EXPECT_THAT(done.err, testing::HasSubstr("is shared with other replicas"));
    EXPECT_EQ(group["a"].dump(), before);
  }
}

class Leaving : public Import {
 protected:
  // Takes this server's replica out of the area that waits.
  void leave(const std::string& id, const std::string& other) {
    auto at = group.client(id);
    EXPECT_EQ(at.remove(Group::replica_dn(other)), referral) << "only its own";
    support::Client nobody(group[id].uri());
    EXPECT_NE(nobody.remove(Group::replica_dn(id)), 0);
    EXPECT_EQ(at.remove("cn=to-" + other + ',' + Group::replica_dn(id)), 0);
    EXPECT_THROW(at.read(unit_dn("stays")), std::runtime_error) << "it still waits";
    ASSERT_EQ(at.remove(Group::replica_dn(id)), 0);
    EXPECT_TRUE(at.read(suffix));
    EXPECT_EQ(at.remove("cn=to-" + id + ',' + Group::replica_dn(other)), 0);
    EXPECT_EQ(at.remove(Group::replica_dn(other)), 0);
  }
  int join(const std::string& id) { return join(id, id); }
  int join(const std::string& at, const std::string& id) {
    return group.client(at).add(Group::replica_dn(id), {{"objectClass", {"subentry", "replicaSubentry-2"}},
                                                        {"cn", {id}},
                                                        {"replicaType", {"2"}},
                                                        {"replicaOnline", {"TRUE"}},
                                                        {"replicaURI", {group[id].uri()}}});
  }
  // Has "b" begin a full update of "a", and no more.
  void break_off_full_update() {
    ldap::ConnectionOptions options;
    options.uri = group["a"].uri();
    options.bind.method = ldap::BindMethod::simple;
    options.bind.dn = group.root_dn();
    options.bind.password = Secret("secret");
    const ldup::CreateReplGroupRequest request{suffix, "b", std::string(ldup::oid::full_update_protocol),
                                               ldup::Initiator::supplier, std::nullopt};
    group["b"].stop();
    {
      CancelToken cancel;
      auto connection = ldap::Connection::open(options, cancel);
      ldap::ExtendedCalls calls(connection);
      const auto begun = calls.call({std::string(ldup::oid::create_grouping),
                                     ldup::encode(ldup::CreateGroupingRequest{
                                         std::string(ldup::oid::replication_grouping), ldup::encode(request)}),
                                     {}});
      ASSERT_EQ(static_cast<int>(begun.code), 0);
    }
    ASSERT_TRUE(group.session("a", {{"kind", "full"}, {"result", "failure"}}));
  }
};

TEST_F(Leaving, TheOnlyCopyThatIsLeftIsTheArea) {
  const auto copy = dump("a");
  group["b"].stop();
  replace("a", copy);
  leave("a", "b");
  auto a = group.client("a");
  EXPECT_TRUE(a.read(unit_dn("stays")));
  EXPECT_EQ(join("a"), 0);
  EXPECT_TRUE(support::eventually(seconds(20), [&] { return add_unit(a, "x") == 0; }));
  group["a"].restart();
  auto again = group.client("a");
  EXPECT_EQ(add_unit(again, "y"), 0);
  EXPECT_EQ(again.add(Group::replica_dn("b"), {{"objectClass", {"subentry", "replicaSubentry-2"}},
                                               {"cn", {"b"}},
                                               {"replicaType", {"2"}},
                                               {"replicaURI", {group["b"].uri()}}}),
            0);
  EXPECT_EQ(add_unit(again, "z"), 0) << "it waits for nothing any more";
}

TEST_F(Leaving, AFullUpdateThatNobodyCanSendAgain) {
  break_off_full_update();
  leave("a", "b");
  auto a = group.client("a");
  EXPECT_FALSE(a.read(unit_dn("stays"))) << "the full update had begun";
  EXPECT_EQ(a.remove("cn=lostAndFound," + suffix), no_such_object);
  EXPECT_EQ(a.remove(suffix), 0);
  EXPECT_EQ(a.add(suffix, {{"objectClass", {"dcObject", "organization"}}, {"dc", {"example"}}, {"o", {"x"}}}), 0);
  EXPECT_EQ(add_unit(a, "x"), 0);
  group["a"].stop();
  EXPECT_EQ(group["a"].check(), "");
}

// Another replica that is made then is supplied: this one waits for nothing, also before it is started again.
TEST_F(Leaving, WhoIsLeftSuppliesTheNextReplica) {
  break_off_full_update();
  leave("a", "b");
  ASSERT_EQ(join("a"), 0);
  auto a = group.client("a");
  EXPECT_TRUE(support::eventually(seconds(20), [&] { return add_unit(a, "x") == 0; }));
  ASSERT_EQ(join("a", "b"), 0);
  EXPECT_EQ(add_unit(a, "y"), 0);
  EXPECT_TRUE(a.read(unit_dn("x")));
  group["b"].start();  // has "a" as its replica and more than "a" has
  const auto answer = group.trigger_when_free("a", "b", "full");
  EXPECT_EQ(answer.code, 0) << answer.diagnostic;
  ASSERT_TRUE(group.session("b", {{"kind", "full"}, {"result", "success"}}));
  EXPECT_TRUE(group.lacks("b", unit_dn("stays")));
  EXPECT_TRUE(group.shows("b", unit_dn("y")));
  EXPECT_EQ(add_unit(a, "z"), 0);
  EXPECT_TRUE(a.read(unit_dn("x")));
}

// Above an inner area there is something left, but not what makes it an area.
TEST_F(Leaving, AFullUpdateAroundAnInnerArea) {
  auto a = group.client("a");
  ASSERT_EQ(a.add("ou=inner," + unit_dn("stays"), {{"objectClass", {"organizationalUnit"}}, {"ou", {"inner"}}}), 0);
  ASSERT_TRUE(group.settles());
  ASSERT_EQ(a.modify("ou=inner," + unit_dn("stays"), {{Change::add, "objectClass", {"replicationContext"}}}), 0);
  break_off_full_update();
  leave("a", "b");
  EXPECT_EQ(a.search(suffix, 0, "(objectClass=replicationContext)").size(), 1);
  EXPECT_TRUE(a.read("ou=inner," + unit_dn("stays")));
  ASSERT_EQ(join("a"), 0);
  EXPECT_TRUE(support::eventually(seconds(20), [&] { return add_unit(a, "x") == 0; }));
  group["a"].stop();
  EXPECT_EQ(group["a"].check(), "");
}

}  // namespace
}  // namespace replkit::replication_test
