#include "common/tasks/group_check.hpp"

#include <set>

#include "tests/unit/tasks/testing.hpp"

namespace replkit::tasks {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Two servers, s1 and s2, with the same area, whose replicas supply each other.
struct Group {
  Group() {
    areas = {area_of_two(), area_of_two()};
    for (std::size_t i = 0; i < 2; ++i) {
      auto& server = servers.emplace_back(ldup_server());
      server.name = i == 0 ? "a" : "b";
      server.replica_subentries = {i == 0 ? "cn=s1,o=x" : "cn=s2,o=x"};
      auto& replicas = areas[i].replicas;
      for (auto& replica : replicas) {
        std::erase_if(replica.entry.attributes, [](const auto& each) { return each.description == "replicaOnline"; });
        replica.entry.add("entryUUID", replica.id == "s1" ? "5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2c11"
                                                          : "5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2c12");
      }
      replicas[i].entry.add("replicaOnline", "TRUE");
      replicas[0].below = {agreement_of("to-s2", replicas[0], replicas[1])};
      replicas[1].below = {agreement_of("to-s1", replicas[1], replicas[0])};
    }
  }

  std::vector<GroupFinding> check() const { return check_group({{&servers[0], &areas[0]}, {&servers[1], &areas[1]}}); }
  // "CODE DN SERVERS"
  std::vector<std::string> codes() const {
    std::vector<std::string> out;
    for (const auto& each : check()) {
      std::string line = each.finding.code + ' ' + each.finding.dn;
      for (const auto& server : each.servers) line += ' ' + server;
      out.push_back(line);
    }
    return out;
  }

  std::vector<ServerFacts> servers;
  std::vector<AreaFacts> areas;
};

TEST(GroupCheck, AHealthyGroupHasNoFindings) {
  EXPECT_THAT(Group().codes(), IsEmpty());
}

TEST(GroupCheck, OneWayAgreementsLeaveChangesBehind) {
  Group group;
  for (auto& area : group.areas) area.replicas[1].below.clear();
  EXPECT_THAT(group.codes(), ElementsAre("unreachable cn=s2,o=x a b"));
  EXPECT_TRUE(any_wrong(group.check()));
}

TEST(GroupCheck, CopiesThatDiffer) {
  Group group;
  group.areas[1].replicas[0].below.clear();
  EXPECT_THAT(group.codes(), ElementsAre("unreachable cn=s1,o=x b", "agreement-list cn=to-s2,cn=s1,o=x b"));
  group = Group();
  group.areas[0].replicas.pop_back();
  group.areas[0].replicas[0].below.clear();
  EXPECT_THAT(group.codes(),
              testing::UnorderedElementsAre("replica-list cn=s2,o=x a", "agreement-list cn=to-s2,cn=s1,o=x a",
                                            "agreement-list cn=to-s1,cn=s2,o=x a"));
}

TEST(GroupCheck, EntriesOfTheSameName) {
  Group group;
  auto& uuids = group.areas[1].replicas[0].entry.attributes;
  std::erase_if(uuids, [](const auto& each) { return each.description == "entryUUID"; });
  group.areas[1].replicas[0].entry.add("entryUUID", "5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2cff");
  EXPECT_THAT(group.codes(), ElementsAre("two-entries cn=s1,o=x a b"));
  EXPECT_THAT(group.check()[0].finding.text,
              testing::AllOf(testing::HasSubstr("it is one entry on a, and another on b"),
                             testing::HasSubstr("repctl cycle trigger --full s2; what is only on b is lost")));
}

TEST(GroupCheck, WhoTheServersAre) {
  Group group;
  group.servers[1].replica_subentries = {"cn=s1,o=x"};
  EXPECT_THAT(group.codes(), testing::Contains("same-own cn=s1,o=x a b"));
  group = Group();
  group.servers[1].replica_subentries.clear();
  group.servers[1].uri = "ldap://elsewhere";
  EXPECT_THAT(group.codes(), ElementsAre("no-own-replica o=x b"));
}

// Its configuration has another ID than the one it was given here.
TEST(GroupCheck, AServerThatDoesNotTakeTheReplicaForItsOwn) {
  Group group;
  auto& server = group.servers[1];
  server.context_roots = {"o=x", "o=y"};
  EXPECT_THAT(group.codes(), IsEmpty());
  server.replica_subentries = {"cn=other,o=y"};
  server.uri = first_of(group.areas[1].replicas[1].entry, name::replica_uri);
  EXPECT_THAT(group.codes(), ElementsAre("not-its-own cn=s2,o=x b"));
  EXPECT_THAT(group.check()[0].finding.text,
              testing::AllOf(testing::HasSubstr("is another, other in other areas"),
                             testing::HasSubstr("repctl replica delete s2, then repctl replica create")));
}

TEST(GroupCheck, SuspendedReplicasAreNamed) {
  Group group;
  group.areas[0].replicas[1].entry.add("replicaOnline", "FALSE");
  EXPECT_THAT(group.codes(), ElementsAre("suspended cn=s2,o=x a")) << "and not what follows from it";
  EXPECT_THAT(group.check()[0].finding.text, testing::HasSubstr("repctl replica resume s2"));
}

// As urp names entries of one name.
TEST(GroupCheck, ReplicasOfOneNameAreTold) {
  Group group;
  for (auto& area : group.areas) {
    auto other = area.replicas[1];
    other.entry.dn = "cn=s3+entryUUID=5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2c14,o=x";
    other.id = "s3";
    other.below.clear();
    area.replicas.push_back(other);
    other.entry.dn = "cn=s3+entryUUID=5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2c15,o=x";
    area.replicas.push_back(other);
  }
  EXPECT_THAT(group.codes(), ElementsAre("name-conflict cn=s3+entryUUID=5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2c14,o=x a b"));
}

TEST(GroupCheck, AreasEndedByHandAndThoseThatWait) {
  Group group;
  group.areas[0].root = entry_of("o=x", {{"entryUUID", std::string(group.areas[0].root->first("entryUUID"))}});
  EXPECT_THAT(group.codes(), ElementsAre("not-marked o=x a"));
  group = Group();
  group.areas[1].root.reset();
  group.areas[1].closed = "it waits";
  EXPECT_THAT(group.codes(), ElementsAre("closed o=x b"));
  EXPECT_THAT(group.check()[0].finding.text, testing::HasSubstr("repctl cycle trigger --full s2 on the server of s1"));
  // What is resumed before that has nothing to send.
  group.areas[1].replicas[1].entry.attributes.push_back({"replicaOnline", {"FALSE"}});
  std::erase_if(group.areas[1].replicas[1].entry.attributes,
                [](const auto& each) { return each.values == std::vector<std::string>{"TRUE"}; });
  ASSERT_THAT(group.codes(), testing::UnorderedElementsAre("closed o=x b", "suspended cn=s2,o=x b"));
  for (const auto& each : group.check()) {
    if (each.finding.code != "suspended") continue;
    EXPECT_THAT(each.finding.text, testing::HasSubstr("when it has got its full update, repctl replica resume s2"));
  }
}

TEST(GroupCheck, WhoWaitsForAFullUpdateThatNobodySends) {
  Group group;
  group.areas[1].closed = "it waits";
  group.areas[1].replicas[0].below.clear();
  const auto text_of_closed = [&] {
    const auto found = group.check();
    const auto closed =
        std::find_if(found.begin(), found.end(), [](const auto& each) { return each.finding.code == "closed"; });
    return closed == found.end() ? std::string() : closed->finding.text;
  };
  EXPECT_THAT(text_of_closed(), testing::HasSubstr("on the server of s1")) << "which knows of an agreement";
  group.areas[0].replicas[0].below.clear();
  EXPECT_THAT(text_of_closed(), testing::AllOf(testing::HasSubstr("no agreement to supply s2 is known"),
                                               testing::HasSubstr("repctl agreement add ITS-ID s2")));
  group.areas[0].replicas[1].below.clear();
  group.areas[1].replicas[1].below.clear();
  EXPECT_THAT(text_of_closed(), testing::HasSubstr("on the server of s1")) << "without any, all supply all";
  group.areas[0].closed = "it waits, too";
  EXPECT_THAT(text_of_closed(), testing::HasSubstr("no agreement to supply"));
}

TEST(GroupCheck, AReplicaWhoseServerHasNoSuchArea) {
  Group group;
  ASSERT_FALSE(values_of(group.areas[0].replicas[1].entry, "replicaURI").empty());
  group.servers[1].uri = values_of(group.areas[0].replicas[1].entry, "replicaURI").front();
  const auto found = check_group({{&group.servers[0], &group.areas[0]}}, {&group.servers[1]});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].finding.code, "no-area");
  EXPECT_EQ(found[0].finding.dn, "cn=s2,o=x");
  EXPECT_THAT(found[0].finding.text, testing::HasSubstr("the server of s2, b, has no area o=x"));
  group.servers[1].uri = "ldap://elsewhere";
  EXPECT_THAT(check_group({{&group.servers[0], &group.areas[0]}}, {&group.servers[1]}), IsEmpty());
}

TEST(GroupCheck, AreasWithinThatNotAllServersKnow) {
  Group group;
  for (auto& server : group.servers) server.context_roots = {"o=x"};
  group.servers[0].context_roots.push_back("ou=inner,o=x");
  group.servers[0].context_roots.push_back("ou=deeper,ou=inner,o=x");
  EXPECT_THAT(group.codes(), ElementsAre("nested-area ou=inner,o=x b"));
  EXPECT_THAT(group.check()[0].finding.text, testing::HasSubstr("an area of its own on a, but a part of o=x there"));
  auto& subtree = group.areas[1].replicas[1].entry.attributes;
  std::erase_if(subtree, [](const auto& each) { return each.description == "subtreeSpecification"; });
  subtree.push_back({"subtreeSpecification", {"{ specificExclusions { chopBefore:\"ou=inner\" } }"}});
  EXPECT_THAT(group.codes(), testing::Not(testing::Contains("nested-area ou=inner,o=x b"))) << "chopped off there";
  subtree.back().values = {"{ }"};
  group.servers[1].context_roots.push_back("OU=inner, O=x");
  EXPECT_THAT(group.codes(), IsEmpty());
}

// What to do next stands in every text.
TEST(GroupCheck, AllFindingsNameTheNextCommand) {
  Group group;
  auto& area = group.areas[0];
  area.replicas.push_back(replica_of("s3", "o=x", "1"));
  area.replicas.push_back(replica_of("s4", "o=x", "1"));
  auto& one = area.replicas[0];
  one.below.push_back(agreement_of("again", one, area.replicas[1]));
  one.below.push_back(agreement_of("self", one, one));
  one.below.push_back(agreement_of("full", one, area.replicas[2]));
  one.below.back().attributes.push_back({"replicationMechanismOID", {std::string(oid::full_update)}});
  one.entry.add("attributeExclusionFilter", "cn");
  std::erase_if(area.replicas[3].entry.attributes, [](const auto& each) { return each.description == "replicaURI"; });
  const auto found = group.check();
  std::set<std::string> codes;
  for (const auto& each : found) {
    codes.insert(each.finding.code);
    EXPECT_THAT(each.finding.text, testing::HasSubstr("repctl ")) << each.finding.code;
  }
  EXPECT_THAT(codes, testing::IsSupersetOf({"agreement-double", "agreement-consumer", "agreement-full-only", "filter-1",
                                            "fractional-type", "two-primaries", "unreachable", "entry", "replica-list",
                                            "agreement-list"}));
}

TEST(GroupCheck, CommandsAreForTheShell) {
  Group group;
  auto& one = group.areas[0].replicas[0];
  one.below.push_back(agreement_of("it's me", one, one));
  const auto found = group.check();
  EXPECT_THAT(found[0].finding.text, testing::HasSubstr("repctl agreement modify s1 'it'\\''s me' --consumer"));
}

TEST(GroupCheck, AgreementsThatNameWhatIsNotThere) {
  Group group;
  for (auto& area : group.areas) {
    area.replicas[0].below[0].add("replicationScheduleDN", "cn=gone,cn=s1,o=x");
    area.replicas[1].below.push_back(agreement_of("other", area.replicas[1], area.replicas[0]));
    area.replicas[1].below[1].add("replicationMechanismOID", "1.2.3.4");
  }
  EXPECT_THAT(group.codes(),
              ElementsAre("agreement-schedule cn=to-s2,cn=s1,o=x a b", "agreement-mechanism cn=other,cn=s2,o=x a b"));
  const auto found = group.check();
  EXPECT_THAT(found[0].finding.text, testing::HasSubstr("repctl schedule set s1 to-s2 makes one"));
  EXPECT_THAT(found[1].finding.text, testing::HasSubstr("repctl agreement modify s2 other --mechanism incremental"));
}

TEST(GroupCheck, AStoreThatFailsIsToBeLookedAt) {
  Group group;
  group.areas[0].replicas[0].below[0].add(
      "replicationStatus", "20261121100000Z # Failure # the server could not read or write its store (80)");
  ASSERT_EQ(group.check().size(), 1U);
  EXPECT_THAT(group.check()[0].finding.text, testing::HasSubstr("disk space of that server, and at its log"));
}

TEST(GroupCheck, FailedSessionsOfTheSupplierItself) {
  Group group;
  for (auto& area : group.areas) {
    area.replicas[0].below[0].add("replicationStatus", "20261121100000Z # Failure # no such host");
  }
  EXPECT_THAT(group.codes(), ElementsAre("session-failed cn=to-s2,cn=s1,o=x a"));
  EXPECT_THAT(group.check()[0].finding.text, testing::EndsWith("repctl cycle trigger s2 begins the next at once"));
}

TEST(GroupCheck, ASessionThatCouldNotBind) {
  Group group;
  auto& agreement = group.areas[0].replicas[0].below[0];
  agreement.add("replicationCredentialsDN", "cn=peer,cn=replkit");
  agreement.add("replicationStatus", "20261121100000Z # Failure # ldap://b: bind as cn=x: Invalid credentials (49)");
  EXPECT_THAT(group.check()[0].finding.text, testing::HasSubstr("repctl credentials modify peer with -H for a"));
}

}  // namespace
}  // namespace replkit::tasks
