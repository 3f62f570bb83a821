#include "common/tasks/group_check.hpp"

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

TEST(GroupCheck, FailedSessionsOfTheSupplierItself) {
  Group group;
  for (auto& area : group.areas) {
    area.replicas[0].below[0].add("replicationStatus", "20261121100000Z # Failure # no such host");
  }
  EXPECT_THAT(group.codes(), ElementsAre("session-failed cn=to-s2,cn=s1,o=x a"));
}

}  // namespace
}  // namespace replkit::tasks
