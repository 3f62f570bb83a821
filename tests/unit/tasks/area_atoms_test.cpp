#include "common/tasks/area_atoms.hpp"

#include "tests/unit/tasks/testing.hpp"

namespace replkit::tasks {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(AreaAtoms, DeleteRemovesWhatIsBelowFirst) {
  auto area = area_of_two();
  auto& own = area.replicas[0];
  const auto agreement = agreement_of("to-s2", own, area.replicas[1]);
  own.below = {agreement, entry_of(child_dn("nightly", agreement.dn), {{"objectClass", "replicaTimeSchedule"}})};
  const auto plan = delete_area(ldup_server(), area, {});
  EXPECT_EQ(ldif_of(plan),
            "# s1: delete schedule nightly (mrm 3.2)\n"
            "dn: cn=nightly,cn=to-s2,cn=s1,o=x\nchangetype: delete\n\n"
            "# s1: delete agreement to-s2 (mrm 3.2)\ndn: cn=to-s2,cn=s1,o=x\nchangetype: delete\n\n"
            "# s1: delete replica s1 (mrm 3.2)\ndn: cn=s1,o=x\nchangetype: delete\n\n");
  EXPECT_THAT(texts_of(plan.notes), HasSubstr("the entries for s2 stay on this server"));
  // Superiors first: it is an LDIF to add.
  ASSERT_EQ(plan.removed.size(), 3U);
  EXPECT_EQ(plan.removed[0].entry.dn, "cn=s1,o=x");
  EXPECT_EQ(plan.removed[2].entry.dn, "cn=nightly,cn=to-s2,cn=s1,o=x");
}

TEST(AreaAtoms, DeleteOfAllEndsTheArea) {
  const auto plan = delete_area(ldup_server(), area_of_two(), {.replica = {}, .all = true});
  ASSERT_EQ(plan.steps.size(), 3U);
  EXPECT_EQ(plan.steps[1].change.dn, "cn=s2,o=x");
  EXPECT_THAT(ldif_of(plan), HasSubstr("dn: o=x\nchangetype: modify\ndelete: objectClass\nobjectClass: "
                                       "replicationContext\n"));
}

TEST(AreaAtoms, DeleteKnowsTheOwnReplicaByTheRootDse) {
  auto server = ldup_server();
  server.replica_subentries = {"CN=S2, O=x"};
  const auto plan = delete_area(server, area_of_two(), {});
  ASSERT_EQ(plan.steps.size(), 1U);
  EXPECT_EQ(plan.steps[0].change.dn, "cn=s2,o=x");
}

TEST(AreaAtoms, DeleteDoesNotGuess) {
  auto server = ldup_server();
  server.uri = "ldapi://%2Frun%2Fldapi";
  EXPECT_THAT(error_of([&] { delete_area(server, area_of_two(), {}); }),
              StartsWith("6 s1: o=x still has the replicas s1, s2"));
}

// As after the first run.
TEST(AreaAtoms, DeleteOfWhatIsGoneDoesNothing) {
  auto server = ldup_server();
  server.context_roots = {"O=X"};
  auto area = area_of_two();
  area.replicas.erase(area.replicas.begin());
  const auto plan = delete_area(server, area, {});
  EXPECT_TRUE(plan.empty());
  EXPECT_THAT(texts_of(plan.skipped), HasSubstr("none of the replicas of o=x is this server's own"));
  EXPECT_THAT(texts_of(plan.notes), HasSubstr("--all removes them"));
  area.replicas.clear();
  EXPECT_EQ(delete_area(server, area, {}).steps.size(), 1U) << "it ends the area";
}

TEST(AreaAtoms, DeleteRemovesWhatAnAreaEndedByHandLeft) {
  auto area = area_of_two();
  area.root = entry_of("o=x", {{"objectClass", "organization"}});
  const auto plan = delete_area(ldup_server(), area, {.replica = {}, .all = true});
  EXPECT_EQ(plan.steps.size(), 2U) << ldif_of(plan);
  EXPECT_THAT(error_of([&] { require_area(ldup_server(), area); }), HasSubstr("or remove the replicas it has"));
}

TEST(AreaAtoms, CopyBaseCarriesTheId) {
  AreaFacts target;
  target.dn = "o=x";
  auto other = ldup_server();
  other.name = "s2";
  const auto plan = copy_base(ldup_server(), area_of_two(), other, target);
  EXPECT_EQ(ldif_of(plan),
            "# s2: copy o=x from ldap://S1.example.com (mrm 3.3)\ndn: o=x\n"
            "control: 1.3.6.1.4.1.4203.666.5.12 true\nchangetype: add\nobjectClass: organization\n"
            "objectClass: replicationContext\no: x\nentryUUID: 5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2c01\n\n");
  EXPECT_EQ(copy_base(ldup_server(), area_of_two(), other, area_of_two()).steps.size(), 0U);
  other.controls.clear();
  EXPECT_THAT(error_of([&] { copy_base(ldup_server(), area_of_two(), other, target); }),
              HasSubstr("neither AddWithMetaData"));
}

TEST(AreaAtoms, TopsThatAreTwoEntriesAreTold) {
  auto first = ldup_server();
  auto second = ldup_server();
  second.name = "s2";
  auto other = area_of_two();
  EXPECT_EQ(texts_of(uuid_remarks({first, second}, {area_of_two(), other})), "");
  other.root = entry_of("o=x", {{"entryUUID", "00000000-0d2c-4cf4-9d37-6f2c2d5b2c01"}});
  const auto remarks = uuid_remarks({first, second}, {area_of_two(), other});
  ASSERT_EQ(remarks.size(), 1U);
  EXPECT_EQ(remarks[0].server, "s2");
  EXPECT_THAT(remarks[0].text, HasSubstr("another entryUUID here than on s1"));
}

TEST(AreaAtoms, PasswordsAreNotShown) {
  AreaFacts target;
  target.dn = "o=x";
  auto area = area_of_two();
  area.root->add("userPassword", "secret");
  const auto plan = copy_base(ldup_server(), area, ldup_server(), target);
  EXPECT_THAT(ldif_of(plan), HasSubstr("userPassword: (not shown)\n"));
  // It is sent all the same.
  EXPECT_THAT(std::get<model::AddChange>(plan.steps[0].change.change).attributes,
              testing::Contains(model::Attribute{"userPassword", {"secret"}}));
}

TEST(AreaAtoms, OtherKindsOfServersAreRefusedByName) {
  for (const auto& [kind, text] :
       {std::pair{Kind::openldap, "olcSyncrepl"}, std::pair{Kind::ds389, "cn=mapping tree"},
        std::pair{Kind::active_directory, "nTDSConnection"}, std::pair{Kind::other, "no LDUP server"}}) {
    auto server = ldup_server();
    server.kind = kind;
    EXPECT_THAT(error_of([&, wanted = &server] { add_area(*wanted, area_of_two()); }), HasSubstr(text));
  }
}

TEST(AreaAtoms, AddMayCreateTheEntry) {
  AreaFacts area;
  area.dn = "DC=Example,dc=com";
  const auto ldif = ldif_of(add_area(ldup_server(), area, true));
  EXPECT_THAT(ldif, HasSubstr("objectClass: domain\nobjectClass: replicationContext\ndc: Example\n"));
  EXPECT_THAT(error_of([&] { add_area(ldup_server(), area); }), HasSubstr("6 s1: there is no entry"));
  area.dn = "cn=x";
  EXPECT_THAT(error_of([&] { add_area(ldup_server(), area, true); }), HasSubstr("3 --create makes"));
}

}  // namespace
}  // namespace replkit::tasks
