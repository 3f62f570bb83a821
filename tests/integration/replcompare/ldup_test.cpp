// Does replcompare judge by what LDUP knows: update vectors, the CSNs of values, tombstones, areas and filters?
#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <thread>

#include "common/metadata/operations.hpp"
#include "tests/integration/repctl/open_session.hpp"
#include "tests/integration/replcompare/cutting_proxy.hpp"
#include "tests/integration/replcompare/harness.hpp"
#include "tests/integration/replication/group.hpp"

namespace replkit::support {
namespace {

using namespace std::chrono_literals;
using replication_test::add_unit;
using replication_test::Group;
using replication_test::open_session;
using replication_test::OpenSession;
using replication_test::suffix;
using replication_test::unit_dn;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

ComparedJson compare(Group& group, const Words& words = {}, const std::string& as = {}) {
  Words all;
  for (const auto& id : group.ids()) all = std::move(all) + Words{"-H", group[id].uri()};
  all = std::move(all) + Words{"-b", suffix};
  return compare_json(all + bind_as(as.empty() ? group.root_dn() : as) + words);
}

// A connection for the operations with meta-data.
class MetaData {
 public:
  MetaData(Group& group, const std::string& id) : connection_(open(group, id)) {}

  void modify(const std::string& dn, const std::string& type, const std::string& value, const ldup::Csn& csn) {
    ldup::ModifyWithMetaDataRequest request;
    request.entry = dn;
    request.changes.push_back({ldup::MetaDataChange::Kind::replace, {type, {{.value = value, .csn = csn}}, {}}});
    const auto outcome = metadata::modify(connection_, request);
    ASSERT_TRUE(outcome.result.done()) << outcome.result.diagnostic;
  }
  void remove(const std::string& dn, const std::optional<ldup::Csn>& csn) {
    ldup::DeleteWithMetaDataRequest request;
    request.entry = dn;
    request.deleted_csn = csn;
    request.no_record = !csn;
    const auto outcome = metadata::remove(connection_, request);
    ASSERT_TRUE(outcome.result.done()) << outcome.result.diagnostic;
  }

 private:
  static ldap::Connection open(Group& group, const std::string& id) {
    static const CancelToken cancel;
    ldap::ConnectionOptions options;
    options.uri = group[id].uri();
    options.bind.method = ldap::BindMethod::simple;
    options.bind.dn = group.root_dn();
    options.bind.password = Secret("secret");
    return ldap::Connection::open(options, cancel);
  }

  ldap::Connection connection_;
};

int replace(Client& client, const std::string& dn, const std::string& name, const std::string& value) {
  return client.modify(dn, {{Change::replace, name, {value}}});
}

// The newest change of a replica that the entries of a server have.
ldup::Csn newest_of(Group& group, const std::string& at, const std::string& replica) {
  ldup::Csn newest;
  for (const auto& entry :
       group.client(at).search(suffix, 2, "(|(objectClass=*)(objectClass=replicaSubentry-2))", {"entryCSN"})) {
    if (!entry.attributes.contains("entryCSN")) continue;
    const auto csn = ldup::Csn::parse(entry.attributes.at("entryCSN").front());
    if (csn.replica_id() == replica) newest = std::max(newest, csn);
  }
  return newest;
}

TEST(LdupCompare, ABusyPairComparesClean) {
  Group group({{.id = "a"}, {.id = "b"}});
  {
    auto a = group.client("a");
    ASSERT_EQ(add_unit(a, "below"), 0);
    ASSERT_TRUE(group.shows("b", unit_dn("below")));
  }
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::vector<std::jthread> writers;
  for (const auto* id : {"a", "b"}) {
    writers.emplace_back([&, id = std::string(id)] {
      auto client = group.client(id);
      for (int i = 0; !stop; ++i) {
        // Each writes to its own entries: added, changed, moved, deleted, and again.
        const auto name = fmt::format("{}-{}", id, i % 50);
        const auto moved = fmt::format("ou={},{}", name, unit_dn("below"));
        switch (i / 50 % 4) {
          case 0:
            EXPECT_EQ(add_unit(client, name, fmt::format("round {}", i)), 0);
            break;
          case 1:
            EXPECT_EQ(replace(client, unit_dn(name), "description", fmt::format("round {}", i)), 0);
            break;
          case 2:
            EXPECT_EQ(client.rename(unit_dn(name), "ou=" + name, unit_dn("below")), 0);
            break;
          default:
            EXPECT_EQ(client.remove(moved), 0);
        }
        ++written;
      }
    });
  }
  EXPECT_TRUE(eventually(20s, [&] { return written > 100; }));
  for (int round = 0; round < 10; ++round) {
    const auto found = compare(group);
    EXPECT_EQ(found.status, 0) << found.out << found.err;
    EXPECT_EQ(found.summary().at("diverged"), 0);
    EXPECT_EQ(found.summary().at("unknown"), 0);
    EXPECT_EQ(found.document.at("sources")[0].at("kind"), "ldup");
  }
  stop = true;
  writers.clear();
  ASSERT_TRUE(group.settles());
  const auto found = compare(group);
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  EXPECT_THAT(found.differences(), SizeIs(0)) << found.out;
  // The root, its Lost & Found and the replicas themselves took part.
  EXPECT_GE(found.summary().at("matched"), 3);
}

TEST(LdupCompare, ASuspendedReplicaIsInFlightUntilItResumes) {
  Group group({{.id = "a"}, {.id = "b", .online = false}});
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "new"), 0);
  auto found = compare(group);
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  const auto difference = found.difference("ou=new");
  EXPECT_EQ(difference.at("kind"), "missing");
  EXPECT_EQ(difference.at("verdict"), "in_flight");
  EXPECT_EQ(difference.at("waits_for"), "change");
  EXPECT_EQ(difference.at("waits_for_source"), 1);
  EXPECT_THAT(difference.at("waits_for_csn").get<std::string>(), HasSubstr("#a#")) << "in LDUP's form";
  EXPECT_EQ(difference.at("entries")[1].value("never_existed", false), true);

  auto b = group.client("b");
  ASSERT_EQ(replace(b, Group::replica_dn("b"), "replicaOnline", "TRUE"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("new")));
  ASSERT_TRUE(group.settles());
  found = compare(group);
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  EXPECT_THAT(found.differences(), SizeIs(0)) << found.out;
}

TEST(LdupCompare, WhatBothSidesCoverAndStillDiffersDiverged) {
  Group group({{.id = "a"}, {.id = "b"}});
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "kept", "right"), 0);
  ASSERT_EQ(add_unit(a, "later"), 0);
  ASSERT_TRUE(group.settles());
  MetaData(group, "b").modify(unit_dn("kept"), "description", "wrong", newest_of(group, "b", "a"));
  const auto found = compare(group);
  EXPECT_EQ(found.status, 1) << found.out << found.err;
  const auto difference = found.difference("ou=kept");
  EXPECT_EQ(difference.at("kind"), "changed");
  EXPECT_EQ(difference.at("verdict"), "diverged");
  EXPECT_THAT(found.differences(), SizeIs(1)) << found.out;
}

TEST(LdupCompare, AChangeAheadOfTheClockHasNoAge) {
  Group group({{.id = "a"}, {.id = "b"}});
  auto a = group.client("a");
  auto b = group.client("b");
  ASSERT_EQ(add_unit(a, "kept"), 0);
  ASSERT_TRUE(group.settles());
  ASSERT_EQ(replace(b, Group::replica_dn("b"), "replicaOnline", "FALSE"), 0);
  // Its own CSNs go on after one that it is given.
  const auto ahead = std::chrono::floor<std::chrono::seconds>(system_clock().now()) + 4min;
  MetaData(group, "a").modify(unit_dn("kept"), "description", "early", ldup::Csn(ahead, 0, "a", 0));
  ASSERT_EQ(add_unit(a, "pending"), 0);
  const auto text =
      replcompare(sources({group["a"].uri(), group["b"].uri()}) + Words{"-b", suffix} + bind_as(group.root_dn()));
  EXPECT_EQ(text.status, 0) << text.out << text.err;
  EXPECT_THAT(text.out, testing::ContainsRegex("oldest change in flight: [0-9]+ min [0-9]+ s ahead of our clock"));
  EXPECT_THAT(text.out, Not(testing::ContainsRegex("-[0-9]+ (min|s)")));
}

// Damage is told from lag while the replica that has it is behind with something else.
TEST(LdupCompare, DamageIsSeenBesideWhatIsInFlight) {
  Group group({{.id = "a"}, {.id = "b"}});
  auto a = group.client("a");
  auto b = group.client("b");
  ASSERT_EQ(add_unit(a, "kept", "right"), 0);
  ASSERT_TRUE(group.settles());
  ASSERT_EQ(replace(b, Group::replica_dn("b"), "replicaOnline", "FALSE"), 0);
  ASSERT_EQ(add_unit(a, "pending"), 0);
  MetaData(group, "b").modify(unit_dn("kept"), "description", "wrong", newest_of(group, "b", "a"));
  const auto found = compare(group);
  EXPECT_EQ(found.status, 1) << found.out << found.err;
  EXPECT_EQ(found.difference("ou=kept").at("verdict"), "diverged");
  EXPECT_EQ(found.difference("ou=pending").at("verdict"), "in_flight");
}

TEST(LdupCompare, ATombstoneIsToldFromWhatNeverExisted) {
  Group group({{.id = "a"}, {.id = "b"}});
  auto a = group.client("a");
  for (const auto* name : {"deleted", "unknown", "last"}) ASSERT_EQ(add_unit(a, name), 0);
  ASSERT_TRUE(group.settles());
  const auto csn = newest_of(group, "b", "a");
  MetaData b(group, "b");
  b.remove(unit_dn("deleted"), csn);
  b.remove(unit_dn("unknown"), std::nullopt);
  const auto found = compare(group);
  EXPECT_EQ(found.status, 1) << found.out << found.err;
  const auto deleted = found.difference("ou=deleted");
  EXPECT_EQ(deleted.at("kind"), "missing");
  EXPECT_EQ(deleted.at("verdict"), "diverged");
  EXPECT_EQ(deleted.at("entries")[1].value("deleted", false), true);
  EXPECT_EQ(deleted.at("entries")[1].value("deleted_csn", ""), csn.ldup_text());
  EXPECT_EQ(deleted.at("entries")[1].value("deleted_by", ""), "a");
  const auto unknown = found.difference("ou=unknown");
  EXPECT_EQ(unknown.at("verdict"), "diverged");
  EXPECT_EQ(unknown.at("entries")[1].value("never_existed", false), true);

  const auto text =
      replcompare(sources({group["a"].uri(), group["b"].uri()}) + Words{"-b", suffix} + bind_as(group.root_dn()));
  EXPECT_THAT(text.out, HasSubstr("deleted there by " + csn.ldup_text() + " (on replica a)"));
  EXPECT_THAT(text.out, HasSubstr("never existed there"));
}

// A delete that has not arrived: the side that still shows the entry is the one that lacks the change.
TEST(LdupCompare, ADeleteOnItsWayIsNamed) {
  Group group({{.id = "a"}, {.id = "b"}});
  auto a = group.client("a");
  auto b = group.client("b");
  ASSERT_EQ(add_unit(a, "gone"), 0);
  ASSERT_TRUE(group.settles());
  ASSERT_EQ(replace(b, Group::replica_dn("b"), "replicaOnline", "FALSE"), 0);
  ASSERT_EQ(a.remove(unit_dn("gone")), 0);
  const auto found = compare(group);
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  const auto difference = found.difference("ou=gone");
  EXPECT_EQ(difference.at("verdict"), "in_flight");
  EXPECT_EQ(difference.at("waits_for_source"), 1);
  EXPECT_EQ(difference.at("waits_for_csn"), difference.at("entries")[0].value("deleted_csn", ""));
  EXPECT_EQ(difference.at("entries")[0].value("deleted_by", ""), "a");
}

// What moves along with an entry above has no CSN of its own to tell.
TEST(LdupCompare, ASubtreeOnItsWayIsInFlightAsAWhole) {
  Group group({{.id = "a"}, {.id = "b"}});
  auto a = group.client("a");
  auto b = group.client("b");
  for (const auto* name : {"old", "new", "top"}) ASSERT_EQ(add_unit(a, name), 0);
  const auto below = [](int i) { return fmt::format("ou=below{},{}", i, unit_dn("top")); };
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(a.add(below(i), {{"objectClass", {"organizationalUnit"}}, {"ou", {fmt::format("below{}", i)}}}), 0);
  }
  ASSERT_TRUE(group.shows("b", below(2)));
  ASSERT_TRUE(group.settles());
  ASSERT_EQ(replace(b, Group::replica_dn("b"), "replicaOnline", "FALSE"), 0);
  ASSERT_EQ(a.rename(unit_dn("top"), "ou=top", unit_dn("new")), 0);
  const auto found = compare(group, {"--max-wait", "500ms"});
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  EXPECT_THAT(found.differences(), SizeIs(1)) << found.out;
  const auto difference = found.difference("ou=top");
  EXPECT_EQ(difference.at("kind"), "renamed");
  EXPECT_EQ(difference.at("verdict"), "in_flight");
  EXPECT_EQ(difference.at("descendants"), 3);
}

TEST(LdupCompare, OtherAreasBelowAreLeftOutAndNamed) {
  Group group({{.id = "a"}, {.id = "b"}});
  auto a = group.client("a");
  ASSERT_EQ(a.add(unit_dn("sub"), {{"objectClass", {"organizationalUnit", "replicationContext"}}, {"ou", {"sub"}}}), 0);
  ASSERT_EQ(a.add("ou=below," + unit_dn("sub"), {{"objectClass", {"organizationalUnit"}}, {"ou", {"below"}}}), 0);
  ASSERT_TRUE(group.lacks("b", "ou=below," + unit_dn("sub"), 1s));
  const auto found = compare(group);
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  EXPECT_THAT(found.differences(), SizeIs(0)) << found.out;
  EXPECT_THAT(found.notes(), HasSubstr("another area of replication: " + unit_dn("sub")));
}

TEST(LdupCompare, WhatFractionalFiltersLeaveOutIsNotCompared) {
  Group group({{.id = "a"}, {.id = "b", .type = 3, .extra = "attributeExclusionFilter: description\n"}});
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "part", "for a only"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("part")));
  const auto found = compare(group);
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  EXPECT_THAT(found.differences(), SizeIs(0)) << found.out;
  EXPECT_THAT(found.notes(), HasSubstr("the filter of the replica b leaves out description"));
}

// What lies outside of a replica's part is no difference, and no repair writes it there; what lies inside is compared.
TEST(LdupCompare, APartialReplicaIsComparedInItsPart) {
  Group group({{.id = "a"}, {.id = "b"}, {.id = "part", .type = 1, .subtree = "{ base \"ou=in\" }"}});
  auto a = group.client("a");
  const auto inside = [](const std::string& name) { return "ou=" + name + "," + unit_dn("in"); };
  for (const auto* name : {"in", "out"}) ASSERT_EQ(add_unit(a, name), 0);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(add_unit(a, fmt::format("out{}", i)), 0);
  for (const auto* name : {"kept", "goes"}) {
    ASSERT_EQ(a.add(inside(name), {{"objectClass", {"organizationalUnit"}}, {"ou", {name}}}), 0);
  }
  ASSERT_TRUE(group.shows("part", inside("goes")));
  ASSERT_EQ(a.rename(inside("goes"), "ou=goes", unit_dn("out")), 0);
  ASSERT_TRUE(group.lacks("part", inside("goes")));
  ASSERT_TRUE(group.shows("b", "ou=goes," + unit_dn("out")));
  const auto two = sources({group["a"].uri(), group["part"].uri()}) + bind_as(group.root_dn());
  const auto pair = [&](const Words& words) { return replcompare(two + Words{"-b", suffix} + words); };

  auto found = compare(group);
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  EXPECT_THAT(found.differences(), SizeIs(0)) << found.out;
  EXPECT_GE(found.document.at("sources")[2].at("outside"), 22);
  EXPECT_FALSE(found.document.at("sources")[1].contains("outside"));
  EXPECT_GE(found.summary().at("matched"), 25) << "a and b are compared whole";
  const auto text = pair({});
  EXPECT_EQ(text.status, 0) << text.out << text.err;
  EXPECT_THAT(text.out, HasSubstr("its replica holds a part of the area only"));
  const auto nothing = compare_json(two + Words{"-b", unit_dn("out")});
  EXPECT_EQ(nothing.status, 2) << nothing.out << nothing.err;
  EXPECT_THAT(nothing.reasons(), HasSubstr("its replica holds nothing of " + unit_dn("out")));

  MetaData(group, "part").remove(inside("kept"), std::nullopt);
  found = compare(group);
  EXPECT_EQ(found.status, 1) << found.out << found.err;
  EXPECT_THAT(found.differences(), SizeIs(1)) << found.out;
  EXPECT_EQ(found.difference("ou=kept").at("verdict"), "diverged");
  const auto repair = pair({"--format", "ldif"});
  EXPECT_EQ(repair.status, 1) << repair.out << repair.err;
  EXPECT_THAT(repair.out, HasSubstr("dn: " + inside("kept")));
  EXPECT_THAT(repair.out, Not(HasSubstr("ou=out")));
  EXPECT_THAT(repair.out, HasSubstr("outside of what the replica of"));
}

// The entries of replication are subentries; they replicate, and are compared.
TEST(LdupCompare, ReplicasAndAgreementsAreCompared) {
  Group group({{.id = "a"}, {.id = "b"}});
  auto a = group.client("a");
  ASSERT_TRUE(group.settles()) << "so that CSNs to come are newer than all there are";
  ASSERT_EQ(replace(a, Group::replica_dn("a"), "description", "right"), 0);
  ASSERT_TRUE(group.settles());
  EXPECT_EQ(compare(group).status, 0);
  MetaData(group, "b").modify(Group::replica_dn("a"), "description", "wrong", newest_of(group, "b", "a"));
  const auto found = compare(group);
  EXPECT_EQ(found.status, 1) << found.out << found.err;
  EXPECT_EQ(found.difference("cn=a,").at("verdict"), "diverged");
}

TEST(LdupCompare, WhoMayNotSeeMetaDataIsToldSo) {
  Group group({{.id = "a"}, {.id = "b"}});
  auto a = group.client("a");
  const auto reader = "cn=reader," + suffix;
  ASSERT_EQ(
      a.add(
          reader,
          {{"objectClass", {"person"}}, {"cn", {"reader"}}, {"sn", {"r"}}, {"userPassword", {std::string(password)}}}),
      0);
  ASSERT_EQ(add_unit(a, "kept", "right"), 0);
  ASSERT_TRUE(group.settles());
  auto found = compare(group, {}, reader);
  EXPECT_EQ(found.status, 0) << found.out << found.err;

  auto b = group.client("b");
  ASSERT_EQ(replace(b, Group::replica_dn("b"), "replicaOnline", "FALSE"), 0);
  ASSERT_EQ(add_unit(a, "pending"), 0);
  found = compare(group, {}, reader);
  const auto difference = found.difference("ou=pending");
  EXPECT_EQ(difference.at("verdict"), "in_flight") << found.out;
  EXPECT_FALSE(difference.at("entries")[1].contains("never_existed"));
  EXPECT_THAT(found.notes(), HasSubstr("meta-data are not told to this identity"));
  EXPECT_THAT(found.notes(), HasSubstr("verdicts rest on entryCSN"));

  // Who may is told.
  found = compare(group);
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  EXPECT_EQ(found.difference("ou=pending").at("verdict"), "in_flight");
}

// What it shows to those who manage replication is not the area.
TEST(LdupCompare, AReplicaThatWaitsForAFullUpdateIsIncomplete) {
  Group group({{.id = "a"}, {.id = "b", .online = false}});
  auto a = group.client("a");
  for (const auto* name : {"one", "two"}) ASSERT_EQ(add_unit(a, name), 0);
  auto session = open_session(group, "b", "a", ldup::oid::full_update_protocol);
  ASSERT_TRUE(session);
  for (const bool over : {false, true}) {
    if (over) {
      session.reset();
      ASSERT_TRUE(group.session("b", {{"kind", "full"}, {"result", "failure"}}));
    }
    const auto found = compare(group);
    EXPECT_EQ(found.status, 2) << found.out << found.err;
    EXPECT_THAT(found.differences(), SizeIs(0)) << found.out;
    EXPECT_EQ(found.document.at("sources")[0].at("complete"), true);
    EXPECT_EQ(found.document.at("sources")[1].at("complete"), false);
    EXPECT_THAT(found.reasons(), HasSubstr(over ? "waits for a full update" : "is under way"));
    EXPECT_THAT(found.reasons(), HasSubstr("repctl status tells who can send a full update"));
  }
}

TEST(LdupCompare, OneThatBeginsToWaitInTheMiddleIsIncomplete) {
  Group group({{.id = "a"}, {.id = "b"}});
  auto a = group.client("a");
  auto b = group.client("b");
  for (int i = 0; i < 50; ++i) ASSERT_EQ(add_unit(a, fmt::format("long{}", i), std::string(20'000, 'x')), 0);
  ASSERT_TRUE(group.settles());
  ASSERT_EQ(replace(b, Group::replica_dn("b"), "replicaOnline", "FALSE"), 0);
  ASSERT_EQ(add_unit(a, "new"), 0);
  const auto& uri = group["b"].uri();
  CuttingProxy proxy(std::stoi(uri.substr(uri.rfind(':') + 1)));
  std::unique_ptr<OpenSession> session;
  proxy.hold_after(500'000);  // in the middle of the entries
  std::jthread begins([&] {
    EXPECT_TRUE(eventually(30s, [&] { return proxy.holding(); }));
    session = open_session(group, "b", "a", ldup::oid::full_update_protocol);
    proxy.release();
  });
  const auto found = compare_json(sources({group["a"].uri(), proxy.uri()}) + Words{"-b", suffix} +
                                  Words{"--max-wait", "2s"} + bind_as(group.root_dn()));
  begins.join();
  EXPECT_TRUE(session);
  EXPECT_EQ(found.status, 2) << found.out << found.err;
  EXPECT_THAT(found.differences(), SizeIs(0)) << found.out;
  EXPECT_THAT(found.reasons(), HasSubstr("is under way"));
}

TEST(LdupCompare, WhatClassesDemandIsHiddenFromSomeOnly) {
  Group group({{.id = "a"}, {.id = "b"}}, {}, "none", {},
              "[[access]]\nwho = [\"users\"]\nattributes = [\"sn\"]\nrights = []\n\n");
  auto a = group.client("a");
  const auto reader = "cn=reader," + suffix;
  const std::string secret(password);
  ASSERT_EQ(a.add(reader, {{"objectClass", {"person"}}, {"cn", {"reader"}}, {"sn", {"r"}}, {"userPassword", {secret}}}),
            0);
  ASSERT_EQ(a.add("cn=account," + suffix, {{"objectClass", {"applicationProcess", "simpleSecurityObject"}},
                                           {"cn", {"account"}},
                                           {"userPassword", {secret}}}),
            0);
  ASSERT_TRUE(group.settles());
  auto found = compare(group);
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  EXPECT_THAT(found.notes(), HasSubstr("no source shows userPassword"));
  found = compare(group, {}, reader);
  EXPECT_EQ(found.status, 2) << found.out << found.err;
  EXPECT_THAT(found.reasons(), HasSubstr("lacks sn): hidden from this identity, or damage"));
}

TEST(LdupCompare, WhatIsNotThereIsNotTakenForHidden) {
  Group group({{.id = "a"}, {.id = "b"}});
  auto a = group.client("a");
  auto b = group.client("b");
  const auto dn = "cn=user," + suffix;
  ASSERT_EQ(a.add(dn, {{"objectClass", {"device", "ipHost"}}, {"cn", {"user"}}, {"ipHostNumber", {"127.0.0.1"}}}), 0);
  ASSERT_TRUE(group.shows("b", dn));
  ASSERT_EQ(replace(b, Group::replica_dn("b"), "replicaOnline", "FALSE"), 0);
  // One takes the class away with what it demands, the other writes the class again: what is left lacks that.
  ASSERT_EQ(a.modify(dn, {{Change::remove, "objectClass", {"ipHost"}}, {Change::remove, "ipHostNumber", {}}}), 0);
  ASSERT_EQ(b.modify(dn, {{Change::replace, "objectClass", {"device", "ipHost"}}}), 0);
  ASSERT_EQ(replace(b, Group::replica_dn("b"), "replicaOnline", "TRUE"), 0);
  ASSERT_TRUE(group.settles());
  const auto found = compare(group);
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  EXPECT_THAT(found.notes(), HasSubstr("it is not hidden, it is not there"));
}

TEST(LdupCompare, QuickComparesWhatHasCsns) {
  Group group({{.id = "a"}, {.id = "b"}});
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "one"), 0);
  ASSERT_TRUE(group.settles());
  // What is each server's own gives its replica's entry a CSN that the others do not have.
  ASSERT_EQ(replace(a, Group::replica_dn("a"), "replicaOnline", "FALSE"), 0);
  auto found = compare(group, {"--quick"});
  EXPECT_EQ(found.status, 0) << found.out << found.err;
  ASSERT_EQ(add_unit(a, "two"), 0);
  found = compare(group, {"--quick"});
  EXPECT_EQ(found.difference("ou=two").at("verdict"), "in_flight") << found.out;
}

}  // namespace
}  // namespace replkit::support
