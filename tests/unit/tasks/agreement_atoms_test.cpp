#include "common/tasks/agreement_atoms.hpp"

#include "tests/unit/tasks/testing.hpp"

namespace replkit::tasks {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(AgreementAtoms, AddSaysExactlyWhatIsAsked) {
  AgreementValues values;
  values.consumer = "cn=S2,o=X";  // by its DN
  values.mechanism = "ietf-ldup-full-update";
  values.schedule = "cn=nightly,cn=s1,o=x";
  values.exclude = "mail $ cn";
  const auto plan = add_agreement(ldup_server(), area_of_two(), "s1", "", values, {"cn=nightly,cn=s1,o=x"});
  EXPECT_EQ(ldif_of(plan),
            "# s1: add agreement to-s2: s1 supplies s2 (mrm 3.7)\ndn: cn=to-s2,cn=s1,o=x\nchangetype: add\n"
            "objectClass: top\nobjectClass: subentry\nobjectClass: replicaAgreementSubentry-2\ncn: to-s2\n"
            "subtreeSpecification: { }\nreplicaDN: cn=s2,o=x\n"
            "replicationMechanismOID: 2.25.181348535598521182392638709585471321732.3.2.1\n"
            "replicationScheduleDN: cn=nightly,cn=s1,o=x\nattributeExclusionFilter: mail,cn\n\n");
  EXPECT_THAT(texts_of(plan.notes), HasSubstr("shows no entry cn=nightly"));
}

TEST(AgreementAtoms, ASupplierMustHoldWhatItsConsumerDoes) {
  auto area = area_of_two();
  area.replicas[0] = replica_of("s1", area.dn, "3");
  area.replicas[0].entry.add("attributeExclusionFilter", "mail");
  AgreementValues values;
  values.consumer = "s2";
  EXPECT_THAT(texts_of(add_agreement(ldup_server(), area, "s1", "", values, {}).notes),
              HasSubstr("s1 cannot supply s2 (mrm 4.2.2"));
  values.consumer = "s1";
  EXPECT_THAT(add_agreement(ldup_server(), area, "s2", "", values, {}).notes, IsEmpty());
}

TEST(AgreementAtoms, ModifySendsWhatDiffers) {
  auto area = area_of_two();
  area.replicas[0].below = {agreement_of("a", area.replicas[0], area.replicas[1])};
  area.replicas[0].below[0].add("scheduleDN", "cn=x");
  AgreementValues values;
  values.consumer = "s2";
  values.schedule = "CN=x";
  EXPECT_TRUE(modify_agreement(ldup_server(), area, "s1", "A", values, {}).empty());
  values.schedule = "";
  EXPECT_THAT(ldif_of(modify_agreement(ldup_server(), area, "s1", "a", values, {})),
              HasSubstr("changetype: modify\nreplace: replicationScheduleDN\n-\n\n"));
}

TEST(AgreementAtoms, DeleteTellsWhomItCutsOff) {
  auto area = area_of_two();
  area.replicas.push_back(replica_of("s3", area.dn));
  auto& s1 = area.replicas[0];
  auto& s2 = area.replicas[1];
  const auto& s3 = area.replicas[2];
  s1.below = {agreement_of("to-s2", s1, s2)};
  s2.below = {agreement_of("to-s3", s2, s3)};
  const auto plan = delete_agreement(ldup_server(), area, "s1", "to-s2");
  EXPECT_EQ(plan.steps.size(), 1U);
  EXPECT_THAT(texts_of(plan.notes), HasSubstr("s2 gets changes from nobody then"));
  EXPECT_THAT(texts_of(plan.notes), HasSubstr("changes made on s1 reach nobody then"));
  s2.below.clear();
  EXPECT_THAT(texts_of(delete_agreement(ldup_server(), area, "s1", "to-s2").notes), HasSubstr("last agreement"));
}

TEST(AgreementAtoms, Mechanisms) {
  EXPECT_EQ(mechanism_text(mechanism_oid("Full")), "full");
  EXPECT_EQ(mechanism_text(mechanism_oid("ietf-ldup-incremental-update")), "incremental");
  EXPECT_EQ(mechanism_oid("1.2.840.0.1"), "1.2.840.0.1");
  for (const auto* text : {"", "1", "1.", ".1", "1..2", "1.02", "fast"}) {
    EXPECT_THAT(error_of([&] { mechanism_oid(text); }), StartsWith("3 ")) << text;
  }
}

}  // namespace
}  // namespace replkit::tasks
