#include "common/tasks/replica_atoms.hpp"

#include "tests/unit/tasks/testing.hpp"

namespace replkit::tasks {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(ReplicaAtoms, NamesAreEscaped) {
  auto area = area_of_two();
  area.dn = "o=a\\, b+c=d";
  area.root->dn = area.dn;
  area.replicas.clear();
  const auto plan = create_replica(ldup_server(), area, {.id = "r.1_x-2", .uris = {"ldap://h:1389"}});
  ASSERT_EQ(plan.steps.size(), 1U);
  EXPECT_EQ(plan.steps[0].change.dn, "cn=r.1_x-2,o=a\\, b+c=d");
  EXPECT_THAT(ldif_of(plan), HasSubstr("lostAndFoundEntryDN: cn=lostAndFound,o=a\\, b+c=d\n"));
}

TEST(ReplicaAtoms, OneThatIsThereIsSuspendedOrNotAsAsked) {
  const NewReplica wanted{.id = "s3", .uris = {"ldap://h"}};
  auto area = area_of_two();
  auto plan = create_replica(ldup_server(), area, wanted);
  ASSERT_EQ(plan.steps.size(), 1U);
  EXPECT_THAT(texts_of(plan.notes), HasSubstr("s3 begins suspended"));
  ASSERT_EQ(plan.steps[0].if_there.size(), 1U);
  EXPECT_EQ(plan.steps[0].if_there[0].values, std::vector<std::string>{"FALSE"});
  auto& there = area.replicas.emplace_back();
  there.id = "s3";
  there.entry.dn = plan.steps[0].change.dn;
  there.entry.attributes = std::get<model::AddChange>(plan.steps[0].change.change).attributes;
  EXPECT_TRUE(create_replica(ldup_server(), area, wanted).empty());
  auto online = wanted;
  online.online = true;
  EXPECT_THAT(ldif_of(create_replica(ldup_server(), area, online)), HasSubstr("replicaOnline: TRUE\n"));
  for (auto& attribute : there.entry.attributes) {
    if (attribute.description == "replicaOnline") attribute.values = {"TRUE"};
  }
  plan = create_replica(ldup_server(), area, wanted);
  EXPECT_TRUE(plan.empty()) << "somebody may have resumed it";
  EXPECT_THAT(texts_of(plan.notes), HasSubstr("repctl replica suspend s3"));
}

TEST(ReplicaAtoms, UrisNameServersOnly) {
  EXPECT_EQ(error_of([] { check_replica_uri("ldap://h"); }), "nothing");
  EXPECT_EQ(error_of([] { check_replica_uri("ldaps://[::1]:636"); }), "nothing");
  for (const auto* uri : {"ldapi://x", "ldap://", "h", "ldap://h/o=x", "ldap://h??sub", "", "ldap://h:99999"}) {
    EXPECT_THAT(error_of([&] { check_replica_uri(uri); }), StartsWith("3 ")) << uri;
  }
}

TEST(ReplicaAtoms, AServerHasOneReplicaOfAnArea) {
  EXPECT_THAT(error_of([] {
                create_replica(ldup_server(), area_of_two(), {.id = "s3", .uris = {"ldap://S2.EXAMPLE.com:389"}});
              }),
              HasSubstr("is the replica s2 of o=x already"));
}

TEST(ReplicaAtoms, PartsCountFromTheArea) {
  auto area = area_of_two();
  NewReplica wanted{.id = "s3", .uris = {"ldap://s3"}, .type = ReplicaType::read_only};
  wanted.subtree_specification = "{ base \"ou=people\" }";
  EXPECT_EQ(base_of_part(area, wanted.subtree_specification), "ou=people,o=x");
  EXPECT_THAT(ldif_of(create_replica(ldup_server(), area, wanted)), HasSubstr("ou=people"));
  for (const auto* outside :
       {"{ base \"OU=people, O=X\" }", "{ base \"o=x\" }", "{ specificExclusions { chopBefore:\"ou=people,o=x\" } }"}) {
    wanted.subtree_specification = outside;
    EXPECT_THAT([&] { create_replica(ldup_server(), area, wanted); },
                testing::ThrowsMessage<UsageError>(HasSubstr("lies outside of o=x: base counts from the area")))
        << outside;
  }
}

TEST(ReplicaAtoms, AnAreaHasOnePrimary) {
  auto area = area_of_two();
  area.replicas[0] = replica_of("s1", area.dn, "1");
  EXPECT_THAT(error_of([&] { set_replica_type(ldup_server(), area, "s2", ReplicaType::primary); }),
              HasSubstr("s1 is the primary replica"));
  EXPECT_TRUE(set_replica_type(ldup_server(), area, "s1", ReplicaType::primary).empty());
}

TEST(ReplicaAtoms, TypesNeedTheControl) {
  auto server = ldup_server();
  const auto plan = set_replica_type(server, area_of_two(), "S2", ReplicaType::read_only);
  EXPECT_EQ(ldif_of(plan),
            "# s1: make replica s2 read-only (mrm 3.6.1)\ndn: cn=s2,o=x\n"
            "control: 2.25.181348535598521182392638709585471321732.2.3.1 true\nchangetype: modify\n"
            "replace: replicaType\nreplicaType: 3\n-\n\n");
  server.controls.clear();
  const auto without = set_replica_type(server, area_of_two(), "s2", ReplicaType::read_only);
  EXPECT_THAT(without.steps[0].change.controls, IsEmpty());
  EXPECT_THAT(texts_of(without.notes), HasSubstr("tried without it"));
}

TEST(ReplicaAtoms, FiltersAreRemovedOneByOne) {
  auto area = area_of_two();
  area.replicas[1] = replica_of("s2", area.dn, "3");
  area.replicas[1].entry.add("attributeInclusionFilter", "cn, sn");
  const auto plan = set_replica_filter(ldup_server(), area, "s2", {}, {});
  // Deleting an attribute that is not there, any more, would spoil the whole modify (noSuchAttribute).
  EXPECT_THAT(ldif_of(plan), HasSubstr("changetype: modify\nreplace: attributeInclusionFilter\n-\n\n"));
  EXPECT_TRUE(set_replica_filter(ldup_server(), area, "s2", {}, "SN $ cn").empty());
  EXPECT_THAT(ldif_of(set_replica_filter(ldup_server(), area, "s2", "mail", "cn sn")),
              HasSubstr("replace: attributeExclusionFilter\nattributeExclusionFilter: mail\n-\n\n"));
  EXPECT_THAT(error_of([&] { set_replica_filter(ldup_server(), area, "s2", "a=b", {}); }), StartsWith("3 "));
  EXPECT_THAT(error_of([&] { set_replica_filter(ldup_server(), area, "s2", "", {}); }), StartsWith("3 "));
}

TEST(ReplicaAtoms, FiltersThatCannotBeAreRefused) {
  auto area = area_of_two();
  area.replicas[1] = replica_of("s2", area.dn, "3");
  const auto set = [&](const std::optional<std::string>& exclude, const std::optional<std::string>& include) {
    return set_replica_filter(ldup_server(), area, "s2", exclude, include);
  };
  EXPECT_THAT(error_of([&] { set("cn,OBJECTCLASS", {}); }), HasSubstr("without objectClass there is no entry"));
  EXPECT_THAT(error_of([&] { set("1.3.6.1.1.16.4", {}); }), HasSubstr("without entryUUID there is no entry"));
  EXPECT_THAT(error_of([&] {
                create_replica(
                    ldup_server(), area,
                    {.id = "s3", .uris = {"ldap://s3"}, .type = ReplicaType::read_only, .exclude = "2.5.4.0"});
              }),
              StartsWith("3 attributes to exclude: without objectClass"));
  EXPECT_THAT(texts_of(set("mail", "cn,sn,mail").notes), HasSubstr("the same is --include cn,sn\n"));
  EXPECT_THAT(texts_of(set("name", "cn,sn").notes), HasSubstr("this leaves nothing"));
  EXPECT_THAT(texts_of(set({}, "cn,sn").notes), testing::Not(HasSubstr("infomod-08")));
}

TEST(ReplicaAtoms, DeletesBothOfTwoOfAName) {
  auto area = area_of_two();
  auto other = area.replicas[1];
  area.replicas[1].entry.dn = "cn=s2+entryUUID=5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2c12,o=x";
  other.entry.dn = "cn=s2+entryUUID=5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2c13,o=x";
  area.replicas.push_back(other);
  EXPECT_EQ(delete_replica(ldup_server(), area, "s2").steps.size(), 2U);
}

TEST(ReplicaAtoms, NobodyIsToldNothing) {
  AreaFacts area;
  area.dn = "o=x";
  auto server = ldup_server();
  EXPECT_EQ(texts_of(delete_replica(server, area, "s2").skipped), "o=x has no replica s2\n");
  server.anonymous = true;
  for (const auto& error : {error_of([&] { delete_replica(server, area, "s2"); }),
                            error_of([&] { set_replica_online(server, area, "s2", true); }),
                            error_of([&] { require_area(server, area); })}) {
    EXPECT_THAT(error, StartsWith("5 s1: shows o=x to nobody, and we are bound as nobody there"));
  }
}

TEST(ReplicaAtoms, UrisAreExchangedInOneStep) {
  const auto plan = set_replica_uri(ldup_server(), area_of_two(), "s2", {.add = "ldap://new", .remove = {}});
  EXPECT_THAT(ldif_of(plan), HasSubstr("delete: replicaURI\nreplicaURI: ldap://s2.example.com\n-\n"
                                       "add: replicaURI\nreplicaURI: ldap://new\n-\n"));
  auto area = area_of_two();
  area.replicas[1].entry.add("replicaURL", "ldap://second");  // by the name of another draft
  EXPECT_THAT(error_of([&] { set_replica_uri(ldup_server(), area, "s2", {.add = "ldap://new", .remove = {}}); }),
              HasSubstr("which one goes"));
  EXPECT_THAT(error_of([&] {
                set_replica_uri(ldup_server(), area_of_two(), "s2", {.add = {}, .remove = "ldap://s2.example.com"});
              }),
              HasSubstr("is the only URI"));
}

TEST(ReplicaAtoms, WriteUnwriteableGoesOnEveryStep) {
  const auto plan = set_replica_online(ldup_server(), area_of_two(), "s2", true, {.write_unwriteable = true});
  ASSERT_EQ(plan.steps[0].change.controls.size(), 1U);
  EXPECT_EQ(plan.steps[0].change.controls[0].oid, oid::write_unwriteable);
  EXPECT_THAT(set_replica_online(ldup_server(), area_of_two(), "s2", true).steps[0].change.controls, IsEmpty());
}

}  // namespace
}  // namespace replkit::tasks
