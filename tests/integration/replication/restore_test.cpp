// A replica that is put back from a backup (draft-ietf-ldup-mrm-02 4.11.1): what it has done since comes back from the
// others, and no CSN is used twice.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/base/cancel.hpp"
#include "common/base/time.hpp"
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

constexpr int referral = 10;

class Restore : public testing::Test {
 protected:
  fs::path copy(const std::string& id) { return group[id].directory() / "copy"; }

  void back_up(const std::string& id) {
    support::run_checked({support::replserver_program(), "backup", "-f", group[id].config_file(), copy(id)});
  }
  // Puts the copy in the place of what the server has, and starts nothing.
  void put_back(const std::string& id) {
    group[id].kill9();
    fs::remove_all(group[id].data_directory());
    fs::copy(copy(id), group[id].data_directory());
  }
  // Has "a" make changes that only "b" gets, each of another kind.
  void change_after_backup() {
    auto a = group.client("a");
    ASSERT_EQ(add_unit(a, "after"), 0);
    ASSERT_EQ(a.modify(unit_dn("before"), {{Change::replace, "description", {"changed"}}}), 0);
    ASSERT_EQ(a.remove(unit_dn("goes")), 0);
    ASSERT_EQ(add_unit(a, "last"), 0);
    ASSERT_TRUE(group.shows("b", unit_dn("last")));
    newest_ = csn_of("last");
  }
  // The same after a copy of its files, and "b" is away then.
  void copy_and_change() {
    group["a"].stop();
    fs::copy(group["a"].data_directory(), copy("a"));
    group["a"].start();
    change_after_backup();
    group["b"].stop();
  }
  ldup::Csn csn_of(const std::string& unit) {
    const auto entry = group.client("b").read(unit_dn(unit), {"entryCSN"});
    return ldup::Csn::parse(entry.value().attributes.at("entryCSN").front());
  }
  void expect_whole() {
    EXPECT_TRUE(group.shows("a", unit_dn("last")));
    EXPECT_TRUE(group.shows("a", unit_dn("after")));
    EXPECT_TRUE(group.lacks("a", unit_dn("goes")));
    auto a = group.client("a");
    EXPECT_TRUE(support::eventually(seconds(20), [&] { return add_unit(a, "new") == 0; })) << "it takes changes again";
    EXPECT_TRUE(group.shows("b", unit_dn("new")));
    EXPECT_TRUE(group.settles());
    EXPECT_EQ(group.difference("a", "b"), "");
    EXPECT_GT(csn_of("new"), newest_);
  }

  void SetUp() override { add_units(group, {"before", "goes"}); }

  Group group{{{"a"}, {"b"}}};
  ldup::Csn newest_;
};

TEST_F(Restore, GetsItsOwnChangesBackFirst) {
  back_up("a");
  change_after_backup();
  put_back("a");
  group["b"].stop();
  group["a"].start();
  for (const bool again : {false, true}) {
    auto a = group.client("a");
    EXPECT_EQ(add_unit(a, "too early"), referral) << "its vector could not tell what is missing";
    EXPECT_TRUE(a.read(unit_dn("before"))) << "reading is not stopped";
    if (!again) group["a"].restart();
  }
  group["b"].start();
  expect_whole();
}

// Nobody said that it is a copy.
TEST_F(Restore, ACopyOfTheFilesIsFoundOut) {
  copy_and_change();
  put_back("a");
  group["a"].start();
  auto a = group.client("a");
  EXPECT_EQ(add_unit(a, "too early"), referral);
  group["b"].start();
  expect_whole();
}

// As a snapshot of the disk does. A write that comes before its partner is met is kept as well.
TEST_F(Restore, WhatWentBackInItsPlaceIsFoundOut) {
  copy_and_change();
  group["a"].kill9();
  fs::copy(copy("a"), group["a"].data_directory(), fs::copy_options::overwrite_existing);
  group["a"].start();
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "early"), 0);
  group["b"].start();
  expect_whole();
  EXPECT_TRUE(group.shows("b", unit_dn("early")));
  EXPECT_TRUE(group.session("a", {{"result", "failure"}, {"direction", "sent"}, {"partner", "b"}}));
}

// What the schedule says is not waited for.
TEST(RestoreOnSchedule, MeetsItsPartnersAtOnce) {
  Group group({{"a"}, {"b"}},
              {{"a", "b", "replicationScheduleDN: cn=schedule," + Group::replica_dn("a") + '\n'}, {"b", "a"}});
  auto a = std::make_optional<support::Client>(group["a"].uri(), group.root_dn(), "secret");
  ASSERT_EQ(a->add("cn=schedule," + Group::replica_dn("a"), {{"objectClass", {"subentry", "replicaEventSchedule"}},
                                                             {"cn", {"schedule"}},
                                                             {"subtreeSpecification", {"{}"}},
                                                             {"secondsToWaitDefault", {"3600"}}}),
            0);
  const auto copy = group["a"].directory() / "copy";
  support::run_checked({support::replserver_program(), "backup", "-f", group["a"].config_file(), copy});
  a.reset();
  group["a"].kill9();
  fs::remove_all(group["a"].data_directory());
  fs::copy(copy, group["a"].data_directory());
  group["a"].start();
  a.emplace(group["a"].uri(), group.root_dn(), "secret");
  ASSERT_TRUE(support::eventually(seconds(20), [&] { return add_unit(*a, "waits") == 0; }));
  ASSERT_EQ(group.trigger_when_free("a", "b", "incremental").code, 0) << "then it counts again";
  EXPECT_TRUE(group.shows("b", unit_dn("waits")));
}

// Who is not there for long holds it up; the administrator decides.
TEST_F(Restore, WithoutAPartnerThatIsGone) {
  back_up("a");
  put_back("a");
  group["b"].stop();
  group["a"].start();
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "x"), referral);
  ASSERT_EQ(a.modify(Group::replica_dn("b"), {{Change::replace, "replicaOnline", {"FALSE"}}}), 0);
  EXPECT_TRUE(support::eventually(seconds(20), [&] { return add_unit(a, "x") == 0; }));
}

// Starts "b" and has it send "a" a full update: what it has, because "a" cannot have sent it anything before. "a" keeps
// its own changes.
void fill_from_b(Group& group, support::Client& a) {
  ASSERT_EQ(a.modify(Group::replica_dn("b"), {{Change::replace, "replicaOnline", {"FALSE"}}}), 0);
  group["b"].start();
  ASSERT_EQ(group.trigger_when_free("b", "a", "full").code, 0);
  const auto session = group.session("a", {{"kind", "full"}, {"direction", "received"}, {"result", "success"}});
  ASSERT_TRUE(session);
  EXPECT_NE(session->dump().find("changes were kept"), std::string::npos) << session->dump();
}

// It is filled by a replica that lacks what it has made and a third one has.
TEST(FullUpdates, DoNotLoseWhatOthersHaveGot) {
  Group group({{"a"}, {"b"}, {"c"}});
  const auto set_online = [&](const char* value) {
    for (const auto& id : group.ids()) {
      EXPECT_EQ(group.client(id).modify(Group::replica_dn("b"), {{Change::replace, "replicaOnline", {value}}}), 0);
    }
  };
  auto a = std::make_optional<support::Client>(group["a"].uri(), group.root_dn(), "secret");
  ASSERT_EQ(add_unit(*a, "first"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("first")));
  set_online("FALSE");
  ASSERT_EQ(add_unit(*a, "mine"), 0);
  ASSERT_TRUE(group.shows("c", unit_dn("mine")));
  ASSERT_EQ(group.trigger_when_free("b", "a", "full").code, 0);
  ASSERT_TRUE(group.session("a", {{"kind", "full"}, {"direction", "received"}, {"result", "success"}}));
  set_online("TRUE");
  EXPECT_TRUE(support::eventually(seconds(20), [&] { return add_unit(*a, "next") == 0; }));
  for (const auto& id : group.ids()) {
    EXPECT_TRUE(group.shows(id, unit_dn("mine"))) << id;
    EXPECT_TRUE(group.shows(id, unit_dn("next"))) << id;
  }
}

// It is no restore: the replica goes on at once.
TEST(Compacting, GivesBackWhatDeletedEntriesTook) {
  Group group({{"a"}, {"b"}});
  std::optional<support::Client> a(std::in_place, group["a"].uri(), group.root_dn(), "secret");
  constexpr int count = 100;
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(add_unit(*a, "x" + std::to_string(i), std::string(20'000, static_cast<char>('a' + i % 26))), 0);
  }
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(a->modify(unit_dn("x" + std::to_string(i)), {{Change::remove, "description", {}}}), 0);
  }
  const std::vector<std::string> compact{support::replserver_program(), "compact", "-f", group["a"].config_file()};
  EXPECT_EQ(support::run(compact).status, 7) << "it is in use";
  EXPECT_EQ(add_unit(*a, "y"), 0) << "and still works";
  a.reset();
  ASSERT_EQ(group["a"].stop(), 0);
  const auto file = group["a"].data_directory() / "data.mdb";
  const auto before = fs::file_size(file);
  support::run_checked(compact);
  EXPECT_LT(fs::file_size(file), before / 2);
  EXPECT_EQ(group["a"].check(), "");
  group["a"].start();
  a.emplace(group["a"].uri(), group.root_dn(), "secret");
  EXPECT_EQ(add_unit(*a, "z"), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("z")));
  EXPECT_TRUE(group.settles());
}

// Nobody else has got them: they are kept while the content is replaced, and sent then.
TEST(FullUpdates, KeepWhatWasNotSentYet) {
  Group group({{"a"}, {"b"}});
  auto a = std::make_optional<support::Client>(group["a"].uri(), group.root_dn(), "secret");
  auto b = group.client("b");
  ASSERT_EQ(add_unit(*a, "goes"), 0);
  ASSERT_EQ(add_unit(*a, "changes"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("changes")));
  ASSERT_TRUE(group.session("a", {{"direction", "sent"}, {"result", "success"}}));
  group["b"].stop();
  ASSERT_EQ(add_unit(*a, "new"), 0);
  ASSERT_EQ(a->rename(unit_dn("new"), "ou=renamed"), 0);
  ASSERT_EQ(a->modify(unit_dn("changes"), {{Change::replace, "description", {"mine"}}}), 0);
  ASSERT_EQ(a->remove(unit_dn("goes")), 0);
  fill_from_b(group, *a);
  a.emplace(group["a"].uri(), group.root_dn(), "secret");
  EXPECT_EQ(add_unit(*a, "next"), 0) << "nothing is missing";
  EXPECT_TRUE(a->read(unit_dn("renamed")));
  EXPECT_FALSE(a->read(unit_dn("goes")));
  ASSERT_EQ(a->modify(Group::replica_dn("b"), {{Change::replace, "replicaOnline", {"TRUE"}}}), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("renamed")));
  EXPECT_TRUE(group.lacks("b", unit_dn("goes")));
  EXPECT_TRUE(group.settles());
  EXPECT_EQ(group.difference("a", "b"), "");
  EXPECT_EQ(group.client("b").read(unit_dn("changes"))->attributes["description"], std::vector<std::string>{"mine"});
}

// Of an entry that its supplier has still to get from somebody else, too: it is glue until that one sends it.
TEST(FullUpdates, KeepChangesOfEntriesThatTheSupplierLacks) {
  Group group({{"a"}, {"b"}, {"c"}});
  auto a = std::make_optional<support::Client>(group["a"].uri(), group.root_dn(), "secret");
  ASSERT_EQ(add_unit(*a, "first"), 0);
  for (const auto* id : {"b", "c"}) ASSERT_TRUE(group.shows(id, unit_dn("first")));
  ASSERT_TRUE(group.settles());
  group["b"].stop();
  {
    auto c = group.client("c");
    ASSERT_EQ(add_unit(c, "of-c"), 0);
  }
  ASSERT_TRUE(group.shows("a", unit_dn("of-c")));
  group["c"].stop();
  ASSERT_EQ(a->modify(unit_dn("of-c"), {{Change::replace, "description", {"mine"}}}), 0);
  fill_from_b(group, *a);
  a.emplace(group["a"].uri(), group.root_dn(), "secret");
  EXPECT_FALSE(a->read(unit_dn("of-c")));
  ASSERT_EQ(a->modify(Group::replica_dn("b"), {{Change::replace, "replicaOnline", {"TRUE"}}}), 0);
  group["c"].start();
  for (const auto& id : group.ids()) EXPECT_TRUE(group.shows(id, unit_dn("of-c"))) << id;
  EXPECT_TRUE(group.settles());
  for (const auto& id : group.ids()) {
    EXPECT_EQ(group.client(id).read(unit_dn("of-c"))->attributes["description"], std::vector<std::string>{"mine"})
        << id;
  }
}

// Though the first one breaks off when the old content is gone, and the server is killed before the second.
TEST(FullUpdates, KeepWhatWasNotSentYetUntilOneIsWhole) {
  Group group({{"a"}, {"b"}});
  auto a = std::make_optional<support::Client>(group["a"].uri(), group.root_dn(), "secret");
  ASSERT_EQ(add_unit(*a, "first"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("first")));
  ASSERT_TRUE(group.settles());
  group["b"].stop();
  ASSERT_EQ(add_unit(*a, "mine"), 0);
  ASSERT_EQ(a->modify(Group::replica_dn("b"), {{Change::replace, "replicaOnline", {"FALSE"}}}), 0);
  {
    const CancelToken cancel;
    ldap::ConnectionOptions options;
    options.uri = group["a"].uri();
    options.bind.method = ldap::BindMethod::simple;
    options.bind.dn = group.root_dn();
    options.bind.password = Secret("secret");
    auto connection = ldap::Connection::open(options, cancel);
    const ldup::CreateReplGroupRequest session{suffix, "b", std::string(ldup::oid::full_update_protocol),
                                               ldup::Initiator::supplier, std::nullopt};
    const ldup::CreateGroupingRequest grouping{std::string(ldup::oid::replication_grouping), ldup::encode(session)};
    const auto answer =
        ldap::ExtendedCalls(connection).call({std::string(ldup::oid::create_grouping), ldup::encode(grouping), {}});
    ASSERT_EQ(static_cast<int>(answer.code), 0) << answer.diagnostic;
  }
  ASSERT_TRUE(group.session("a", {{"kind", "full"}, {"direction", "received"}, {"result", "failure"}}));
  group["a"].kill9();
  group["a"].start();
  group["b"].start();
  ASSERT_EQ(group.trigger_when_free("b", "a", "full").code, 0);
  ASSERT_TRUE(group.session("a", {{"kind", "full"}, {"direction", "received"}, {"result", "success"}}));
  a.emplace(group["a"].uri(), group.root_dn(), "secret");
  EXPECT_TRUE(a->read(unit_dn("first")));
  EXPECT_TRUE(a->read(unit_dn("mine")));
  ASSERT_EQ(a->modify(Group::replica_dn("b"), {{Change::replace, "replicaOnline", {"TRUE"}}}), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("mine")));
}

// One that never was of the group gives up what it has, and says so.
TEST(FullUpdates, OfANewcomerNameWhatGoes) {
  Group group({{"a"}, {"b", 2, {}, false}}, {{"a", "b"}});
  {
    auto b = group.client("b");
    ASSERT_EQ(add_unit(b, "old"), 0);
  }
  ASSERT_EQ(group.trigger_when_free("a", "b", "full").code, 0);
  const auto session = group.session("b", {{"kind", "full"}, {"direction", "received"}, {"result", "success"}});
  ASSERT_TRUE(session);
  EXPECT_NE(session->dump().find("gave way: " + unit_dn("old")), std::string::npos) << session->dump();
  EXPECT_FALSE(group.client("b").read(unit_dn("old")));
}

// Its supplier has nothing to send, and would not find out.
TEST(WhatIsLost, ComesBackFromASupplierThatHasNothingNew) {
  Group group({{"a"}, {"b", 3}}, {{"a", "b"}});
  ASSERT_TRUE(group.session("b", {{"result", "success"}}));
  const auto copy = group["b"].directory() / "copy";
  support::run_checked({support::replserver_program(), "backup", "-f", group["b"].config_file(), copy});
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "after"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("after")));
  group["b"].stop();
  fs::remove_all(group["b"].data_directory());
  fs::copy(copy, group["b"].data_directory());
  group["b"].start();
  EXPECT_TRUE(group.shows("b", unit_dn("after")));
  const auto asked = group.session("a", {{"reason", "the consumer asked"}, {"result", "success"}});
  EXPECT_TRUE(asked);
}

}  // namespace
}  // namespace replkit::replication_test
