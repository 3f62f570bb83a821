// repctl cycle on groups that replicate.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <thread>

#include "common/ldup/oids.hpp"
#include "tests/integration/repctl/group_harness.hpp"
#include "tests/integration/repctl/open_session.hpp"

namespace replkit::replication_test {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class Cycle : public OnGroup {};

TEST_F(Cycle, AnIncrementalOneBeginsAtOnceWithoutAsking) {
  Group group({{"r1"}, {"r2"}}, {{"r1", "r2"}});
  ASSERT_TRUE(group.session("r1", {{"result", "success"}}));
  const auto result = repctl(group["r1"].uri(), {"cycle", "trigger", "r2"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("it has begun"), HasSubstr("cn=to-r2,cn=r1")));
  EXPECT_THAT(audit(), AllOf(HasSubstr("\"operation\":\"trigger\""), HasSubstr("\"state\":\"done\""),
                             HasSubstr("incremental, online")));
}

TEST_F(Cycle, AFullOneNeedsConsentAndSendsEverything) {
  // Suspended, so that nothing goes by itself.
  Group group({{.id = "r1", .online = false}, {"r2"}}, {{"r1", "r2"}});
  auto client = group.client("r1");
  ASSERT_EQ(add_unit(client, "one"), 0);
  EXPECT_EQ(repctl(group["r1"].uri(), {"cycle", "trigger", "--full", "r2"}).status, 3);
  const auto dry = repctl(group["r1"].uri(), {"--dry-run", "cycle", "trigger", "--full", "r2"});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_THAT(dry.out, AllOf(HasSubstr("TriggerReplication: full, online, target cn=r2,dc=example,dc=com"),
                             HasSubstr(": r2 loses all its entries of dc=example,dc=com, and gets those of r1")));
  EXPECT_THAT(dry.err, Not(HasSubstr("comes here")));
  const auto back = repctl(group["r2"].uri(), {"--dry-run", "cycle", "trigger", "--full", "r1"});
  EXPECT_THAT(back.out, HasSubstr(": r2 loses all its entries of dc=example,dc=com, and gets those of r1"));
  EXPECT_THAT(back.err, HasSubstr("it is this server's own replica r2 that loses all its entries"));
  EXPECT_EQ(audit(), "");
  const auto result = repctl(group["r1"].uri(), {"--yes", "--json", "cycle", "trigger", "--full", "r2"});
  EXPECT_EQ(result.status, 0) << result.out << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["servers"][0]["state"], "done");
  EXPECT_EQ(json["servers"][0]["agreement"], "cn=to-r2,cn=r1,dc=example,dc=com");
  // Until it is over the target refers to others.
  ASSERT_TRUE(group.session("r2", {{"kind", "full"}, {"result", "success"}}));
  EXPECT_TRUE(group.shows("r2", unit_dn("one")));
}

TEST_F(Cycle, AFullOneComesFromOneServer) {
  Group group({{"r1"}, {"r2"}, {"r3"}});
  const Words both{group["r1"].uri(), group["r3"].uri()};
  const auto result = repctl(both, {"--yes", "cycle", "trigger", "--full", "r2"});
  EXPECT_EQ(result.status, 3) << result.out;
  EXPECT_THAT(result.err, HasSubstr("several servers would send a full update"));
  EXPECT_EQ(repctl(both, {"cycle", "trigger", "r2", "--wait", "60s"}).status, 0) << "what is new comes from all";
}

TEST_F(Cycle, AFileCarriesAFullUpdate) {
  Group group({{.id = "r1", .online = false}, {.id = "r2", .online = false}}, {{"r1", "r2"}});
  auto client = group.client("r1");
  ASSERT_EQ(add_unit(client, "one"), 0);
  const auto written = repctl(group["r1"].uri(), {"cycle", "trigger", "r2", "--offline-write", "r2.ldup"});
  EXPECT_EQ(written.status, 0) << written.err;
  const auto from = group["r1"].directory() / "offline/r2.ldup";
  ASSERT_TRUE(group.session("r1", {{"result", "success"}})) << written.out;
  std::filesystem::copy_file(from, group["r2"].directory() / "offline/r2.ldup");
  const auto wrong = repctl(group["r2"].uri(), {"--yes", "cycle", "trigger", "r1", "--offline-read", "r2.ldup"});
  EXPECT_EQ(wrong.status, 6);
  EXPECT_THAT(wrong.err, HasSubstr("this server is r2"));
  const auto read = repctl(group["r2"].uri(), {"--yes", "cycle", "trigger", "r2", "--offline-read", "r2.ldup"});
  EXPECT_EQ(read.status, 0) << read.err;
  ASSERT_TRUE(group.session("r2", {{"result", "success"}})) << "until then it refers to others";
  EXPECT_TRUE(group.shows("r2", unit_dn("one")));
}

// It refers everybody else, but whoever manages it sees what it is, and ends that.
TEST_F(Cycle, AFileEndsAFullUpdateThatBrokeOff) {
  Group group({{.id = "r1", .online = false}, {.id = "r2", .online = false}}, {{"r1", "r2"}});
  const auto written = repctl(group["r1"].uri(), {"cycle", "trigger", "r2", "--offline-write", "r2.ldup"});
  EXPECT_EQ(written.status, 0) << written.err;
  ASSERT_TRUE(group.session("r1", {{"result", "success"}})) << written.out;
  std::filesystem::copy_file(group["r1"].directory() / "offline/r2.ldup", group["r2"].directory() / "offline/r2.ldup");
  {
    const OpenSession session(group, "r2", "r1", ldup::oid::full_update_protocol);
    ASSERT_TRUE(session.begun());
  }
  ASSERT_TRUE(group.session("r2", {{"kind", "full"}, {"result", "failure"}}));
  const auto& uri = group["r2"].uri();
  const auto areas = repctl(uri, {"area", "list"});
  EXPECT_EQ(areas.status, 0) << areas.err;
  const auto replicas = repctl(uri, {"replica", "list"});
  EXPECT_EQ(replicas.status, 0) << replicas.err;
  EXPECT_THAT(replicas.out, AllOf(HasSubstr("r1"), HasSubstr("r2")));
  const auto agreements = repctl(uri, {"agreement", "list"});
  EXPECT_EQ(agreements.status, 0) << agreements.err;
  EXPECT_THAT(agreements.out, HasSubstr("to-r2"));
  const auto read = repctl(uri, {"--yes", "cycle", "trigger", "r2", "--offline-read", "r2.ldup"});
  EXPECT_EQ(read.status, 0) << read.err;
  ASSERT_TRUE(group.session("r2", {{"kind", "offline"}, {"result", "success"}}));
  EXPECT_TRUE(group.client("r2").read(suffix));
}

TEST_F(Cycle, AWrongPasswordIsNothingToTryAgainLater) {
  Group group({{.id = "r1"}, {"r2"}}, {{"r1", "r2"}});
  const auto both = all(group);
  const support::TempDir folder;
  const auto file = folder / "wrong";
  support::write_file(file, "wrong");
  const Words add{"--yes",         "credentials",     "add",        "wrong", "--bind-dn",
                  group.root_dn(), "--password-file", file.string()};
  ASSERT_EQ(repctl(both, add).status, 0);
  ASSERT_EQ(repctl(both, {"--yes", "agreement", "modify", "r1", "to-r2", "--credentials", "wrong"}).status, 0);
  const auto refused = repctl(both, {"--yes", "cycle", "trigger", "r2", "--wait", "60s"});
  EXPECT_EQ(refused.status, 6) << refused.err;
  EXPECT_THAT(refused.err, Not(HasSubstr("try again later")));
  // A server that lets the answer to a wrong password wait is not always waited for.
  EXPECT_THAT(refused.err, AnyOf(HasSubstr("repctl credentials modify"), HasSubstr("wrong password wait")));
}

TEST_F(Cycle, RefusalsSayWhatToDo) {
  Group group({{.id = "r1", .online = false}, {"r2"}, {"r3"}}, {{"r1", "r2"}});
  const auto& uri = group["r1"].uri();
  const auto suspended = repctl(uri, {"cycle", "trigger", "r2"});
  EXPECT_EQ(suspended.status, 6);
  EXPECT_THAT(suspended.err, HasSubstr("r1 is suspended: repctl replica resume r1"));
  const auto stranger = repctl(uri, {"--yes", "cycle", "trigger", "--full", "r3"});
  EXPECT_EQ(stranger.status, 6);
  EXPECT_THAT(stranger.err, HasSubstr("repctl agreement add r1 r3"));
  const auto nobody = repctl(uri, {"cycle", "trigger", "r9"});
  EXPECT_EQ(nobody.status, 6);
  EXPECT_THAT(nobody.err, HasSubstr("r9"));
  const auto elsewhere = repctl(uri, {"cycle", "trigger", "r2", "--uri", "ldap://elsewhere.example.com"});
  EXPECT_EQ(elsewhere.status, 6);
  EXPECT_THAT(elsewhere.err, HasSubstr("is no URI of the replica r2"));
  const auto itself = repctl(uri, {"cycle", "trigger", "r1"});
  EXPECT_EQ(itself.status, 6);
  EXPECT_THAT(itself.err, HasSubstr("the server's own replica"));
  group["r2"].stop();
  const auto away = repctl(uri, {"--yes", "cycle", "trigger", "--full", "r2"});
  EXPECT_EQ(away.status, 6) << away.err;
  EXPECT_THAT(away.err, HasSubstr("could not connect to " + group["r2"].uri()));
  EXPECT_EQ(repctl(uri, {"cycle", "trigger", "r2", "--offline-read", "a", "--offline-write", "b"}).status, 3);
}

TEST_F(Cycle, TerminatingNothingIsNoError) {
  Group group({{"r1"}, {"r2"}}, {{"r1", "r2"}});
  ASSERT_TRUE(group.session("r1", {{"result", "success"}}));
  EXPECT_EQ(repctl(group["r1"].uri(), {"cycle", "terminate", "r2"}).status, 3) << "asks first";
  const auto result = repctl(group["r1"].uri(), {"--yes", "cycle", "terminate", "r2"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("nothing ran"));
}

TEST_F(Cycle, OneThatRunsKeepsOthersOutUntilItIsTerminated) {
  Group group({{"r1"}, {"r2"}}, {{"r1", "r2"}});
  ASSERT_TRUE(group.session("r2", {{"result", "success"}}));
  auto session = open_session(group, "r2", "r1");
  ASSERT_TRUE(session);
  for (const auto& at : {"r1", "r2"}) {
    const auto busy =
        repctl(group[at].uri(), {"--yes", "cycle", "trigger", "--full", at == std::string("r1") ? "r2" : "r1", "--wait",
                                 at == std::string("r1") ? "300ms" : "0s"});
    EXPECT_EQ(busy.status, 6) << at << busy.out;
    EXPECT_THAT(busy.err, AllOf(HasSubstr("51"), HasSubstr("repctl cycle terminate"))) << at;
    EXPECT_EQ(busy.err.find("it was tried for") != std::string::npos, at == std::string("r1")) << busy.err;
  }
  const auto ended = repctl(group["r2"].uri(), {"--yes", "--json", "cycle", "terminate", "r1"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(nlohmann::json::parse(ended.out)["servers"][0]["sessions"], 1) << ended.out;
  EXPECT_THAT(audit(), HasSubstr("\"operation\":\"terminate\""));
  session.reset();  // as a supplier does when it is told
  EXPECT_TRUE(group.session("r2", {{"result", "terminated"}}));
  EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] {
    return repctl(group["r1"].uri(), {"cycle", "trigger", "r2"}).status == 0;
  }));
}

TEST_F(Cycle, IsTriedAgainUntilTheOtherOneHasEnded) {
  Group group({{"r1"}, {"r2"}}, {{"r1", "r2"}});
  ASSERT_TRUE(group.session("r2", {{"result", "success"}}));
  auto session = open_session(group, "r2", "r1");
  ASSERT_TRUE(session);
  std::jthread ends([&] {
    ASSERT_TRUE(support::eventually(std::chrono::seconds(60),
                                    [&] { return audit().find("\"state\":\"sent\"") != std::string::npos; }));
    session.reset();
  });
  const auto result = repctl(group["r1"].uri(), {"--yes", "cycle", "trigger", "--full", "r2", "--wait", "60s"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("it has begun"));
}

// As when the supplier dies in the middle of a full update.
TEST_F(Cycle, WhatAReplicaThatWaitsForAFullUpdateSays) {
  Group group({{"r1"}, {"r2"}}, {{"r1", "r2"}}, "none", {}, "[[access]]\nwho = [\"users\"]\nrights = [\"read\"]\n");
  ASSERT_TRUE(group.session("r2", {{"result", "success"}}));
  group["r1"].stop();
  ASSERT_TRUE(support::eventually(std::chrono::seconds(60), [&] {
    return OpenSession(group, "r2", "r1", ldup::oid::full_update_protocol).begun();
  }));
  const auto& uri = group["r2"].uri();
  ASSERT_TRUE(support::eventually(std::chrono::seconds(60), [&] {
    return repctl(uri, {"status", "--json"}).out.find("waits for a full update") != std::string::npos;
  })) << repctl(uri, {"status"}).out;
  const auto status = repctl(uri, {"status", "--json"});
  EXPECT_EQ(status.status, 1) << status.out;
  const auto findings = nlohmann::json::parse(status.out)["findings"];
  const auto closed =
      std::find_if(findings.begin(), findings.end(), [](const auto& f) { return f["code"] == "closed"; });
  ASSERT_NE(closed, findings.end()) << status.out;
  EXPECT_THAT(
      (*closed)["text"].get<std::string>(),
      AllOf(HasSubstr("repctl cycle trigger --full r2 on the server of r1"), HasSubstr("--offline-read FILE r2")));
  const auto vector = repctl(uri, {"vector", "show"});
  EXPECT_EQ(vector.status, 2) << "it holds nothing that the vector says";
  const auto change = repctl(uri, {"--yes", "replica", "suspend", "r1"});
  EXPECT_EQ(change.status, 6);
  EXPECT_THAT(change.err, AllOf(HasSubstr("do it on a server it refers to"), Not(HasSubstr("read-only"))));
  const auto written = repctl(uri, {"--yes", "cycle", "trigger", "r1", "--offline-write", "none"});
  EXPECT_EQ(written.status, 6);
  EXPECT_THAT(written.err, HasSubstr("has nothing to send"));
  const auto none = repctl(uri, {"--yes", "cycle", "trigger", "r2", "--offline-read", "none"});
  EXPECT_THAT(none.err, HasSubstr("none: ")) << "so far the server goes";
}

// Whichever server has it first: replication may be faster than the command.
TEST_F(Cycle, ANewReplicaBeginsAlikeOnAllServersThatAreNamed) {
  Group group({{"r1"}, {"r2"}});
  for (int i = 3; i < 10; ++i) {
    const auto name = fmt::format("r{}", i);
    const auto result =
        repctl(all(group), {"--yes", "replica", "create", name, "--uri", fmt::format("ldap://{}.example.com", name)});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("begins suspended on the servers that are named"));
    for (const auto& id : group.ids()) {
      const auto entry = group.client(id).read(Group::replica_dn(name));
      ASSERT_TRUE(entry);
      EXPECT_THAT(entry->attributes.at("replicaOnline"), testing::ElementsAre("FALSE")) << name << " on " << id;
    }
  }
}

// A schedule of the other kind is another entry; replication carries it while the command goes on.
TEST_F(Cycle, AScheduleOfTheOtherKindIsOneOnAllServers) {
  Group group({{"r1"}, {"r2"}, {"r3"}}, {{"r1", "r2"}, {"r2", "r3"}, {"r3", "r1"}});
  const auto agreement = "cn=to-r2," + Group::replica_dn("r1");
  const auto set = [&](const Words& when) {
    Words words{"--yes", "schedule", "set", "r1", "to-r2"};
    words.insert(words.end(), when.begin(), when.end());
    const auto result = repctl(all(group), words);
    EXPECT_EQ(result.status, 0) << result.err << result.out;
  };
  for (int i = 0; i < 4; ++i) {
    set({"--wait", "1s"});
    set({"--hours", "00:00-24:00"});
  }
  ASSERT_TRUE(group.settles());
  std::set<std::string> ids;
  for (const auto& id : group.ids()) {
    auto client = group.client(id);
    const auto found = client.search(agreement, 1, "(objectClass=*)", {"entryUUID"});
    ASSERT_EQ(found.size(), 1U) << id;
    EXPECT_EQ(found.front().dn, "cn=schedule," + agreement) << id;
    ids.insert(found.front().attributes.at("entryUUID").front());
    EXPECT_THAT(client.read(agreement)->attributes.at("replicationScheduleDN"),
                testing::ElementsAre("cn=schedule," + agreement));
  }
  EXPECT_EQ(ids.size(), 1U);
}

// It refuses as if a right were missing.
TEST_F(Cycle, AServerWithoutTheAreaIsToldFromOneThatRefuses) {
  Group group({{"r1"}, {.id = "r2", .online = false}}, {{"r1", "r2"}, {"r2", "r1"}});
  const auto gone = repctl(group["r2"].uri(), {"--yes", "area", "delete", "--all"});
  ASSERT_EQ(gone.status, 0) << gone.err;
  const auto result = repctl(group["r1"].uri(), {"--yes", "cycle", "trigger", "--full", "r2"});
  EXPECT_EQ(result.status, 6) << result.out;
  EXPECT_THAT(result.err, AllOf(HasSubstr("it has no area " + suffix), HasSubstr("repctl area copy-base"),
                                Not(HasSubstr("do the credentials"))));
}

TEST_F(Cycle, WithoutTheRightItIsNotDone) {
  Group group({{"r1"}, {"r2"}}, {{"r1", "r2"}}, "none", {}, "[[access]]\nwho = [\"users\"]\nrights = [\"read\"]\n");
  auto client = group.client("r1");
  ASSERT_EQ(client.add("uid=ada," + suffix, {{"objectClass", {"inetOrgPerson"}},
                                             {"cn", {"Ada"}},
                                             {"sn", {"A"}},
                                             {"userPassword", {std::string(support::password)}}}),
            0);
  bind_dn_ = "uid=ada," + suffix;
  for (const Words& words : {Words{"cycle", "trigger", "r2"}, Words{"--yes", "cycle", "terminate", "r2"}}) {
    const auto result = repctl(group["r1"].uri(), words);
    EXPECT_EQ(result.status, 5) << result.out;
    EXPECT_THAT(result.err, HasSubstr("which dn:uid=ada," + suffix + " lacks"));
  }
}

TEST_F(Cycle, OpenLdapHasItsOwnMeans) {
  support::Slapd slapd;
  slapd.start();
  const auto result = repctl(slapd.uri(), {"cycle", "trigger", "r2"});
  EXPECT_EQ(result.status, 6);
  EXPECT_THAT(result.err, HasSubstr("OpenLDAP"));
}

}  // namespace
}  // namespace replkit::replication_test
