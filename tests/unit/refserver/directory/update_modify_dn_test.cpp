#include <gmock/gmock.h>

#include "tests/refserver/protocol/oids.hpp"
#include "tests/unit/refserver/directory/update_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;
using ::testing::ElementsAre;
namespace oid = protocol::oid;

class ModifyDnTest : public UpdateTest {
 protected:
  ModifyDnTest() {
    EXPECT_EQ(add("ou=staff," + base, {"objectClass: organizationalUnit"}).code, ResultCode::success);
    EXPECT_EQ(add("o=Other", {"objectClass: organization"}).code, ResultCode::success);
  }

  const std::string eve = "cn=Eve," + people;
};

TEST_F(ModifyDnTest, Renames) {
  const auto before = load(ann);
  clock_.time += std::chrono::hours(1);
  ASSERT_EQ(rename(ann, "cn=Eve").code, ResultCode::success);
  EXPECT_FALSE(exists(ann));
  const auto after = load(eve);
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.uuid, before.uuid);
  EXPECT_EQ(after.superior_csn, before.superior_csn);
  EXPECT_GT(after.rdn_csn, before.rdn_csn);
  EXPECT_THAT(values_of(after, "cn"), ElementsAre("Eve"));
  EXPECT_EQ(after.find("cn")->deleted_values.size(), 1U);
  EXPECT_THAT(values_of(after, "modifyTimestamp"), ElementsAre(format_generalized_time(clock_.time)));
}

TEST_F(ModifyDnTest, KeepsTheOldValueWhenToldTo) {
  ASSERT_EQ(rename(ann, "cn=Eve", false).code, ResultCode::success);
  EXPECT_THAT(values(eve, "cn"), ElementsAre("Ann", "Eve"));
  EXPECT_EQ(modify(eve, {directory::remove("cn", {"Ann"})}).code, ResultCode::success);
}

TEST_F(ModifyDnTest, MovesWithSubordinates) {
  ASSERT_EQ(add_person("cn=x," + ann).code, ResultCode::success);
  const auto before = load(ann);
  ASSERT_EQ(rename(ann, "cn=Ann", true, "OU=Staff," + base).code, ResultCode::success);
  const auto after = load("cn=ann,ou=staff," + base);
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.superior, load("ou=staff," + base).id);
  EXPECT_GT(after.superior_csn, before.superior_csn);
  EXPECT_EQ(after.rdn_csn, before.rdn_csn) << "its name stayed";
  EXPECT_TRUE(exists("cn=x,cn=Ann,ou=staff," + base));
  EXPECT_FALSE(exists("cn=x," + ann));
  EXPECT_EQ(store_->snapshot()->dn(after.id), "cn=Ann,ou=staff," + base);
}

TEST_F(ModifyDnTest, MovesAndRenames) {
  ASSERT_EQ(rename(ann, "cn=Eve+uid=eve", true, "ou=staff," + base).code, ResultCode::success);
  const auto after = load("uid=eve+cn=eve,ou=staff," + base);
  EXPECT_THAT(values_of(after, "cn"), ElementsAre("Eve"));
  EXPECT_THAT(values_of(after, "uid"), ElementsAre("eve"));
  EXPECT_LT(after.superior_csn, after.rdn_csn);
  EXPECT_EQ(after.superior_csn.with_modification(0), after.rdn_csn.with_modification(0));
}

TEST_F(ModifyDnTest, ChangesTheSpelling) {
  ASSERT_EQ(rename(ann, "CN=ANN").code, ResultCode::success);
  const auto after = load(ann);
  EXPECT_EQ(after.rdn, "CN=ANN");
  EXPECT_THAT(values_of(after, "cn"), ElementsAre("ANN"));
}

TEST_F(ModifyDnTest, DoesNothingWhenTheNameStays) {
  const auto before = load(ann);
  clock_.time += std::chrono::hours(1);
  EXPECT_EQ(rename(ann, "cn=Ann").code, ResultCode::success);
  EXPECT_EQ(rename(ann, "cn=Ann", true, people).code, ResultCode::success);
  EXPECT_EQ(load(ann), before);
}

TEST_F(ModifyDnTest, AnswersWithTheCodesOfTheRfc) {
  EXPECT_EQ(rename(ann, "cn=Bob").code, ResultCode::entry_already_exists);
  EXPECT_EQ(rename(ann, "cn=x,ou=y").code, ResultCode::invalid_dn_syntax);
  EXPECT_EQ(rename(ann, "").code, ResultCode::invalid_dn_syntax);
  EXPECT_EQ(rename(ann, "Eve").code, ResultCode::invalid_dn_syntax);
  EXPECT_EQ(rename(ann, "noSuchType=Eve").code, ResultCode::undefined_attribute_type);
  EXPECT_EQ(rename(ann, "entryUUID=886e751f-3e7b-4c03-98ed-7f16d487b684").code, ResultCode::naming_violation);
  EXPECT_EQ(rename(ann, "dc=eve").code, ResultCode::object_class_violation);
  EXPECT_EQ(rename(ann, "uid=eve").code, ResultCode::object_class_violation) << "cn is mandatory, and was the name";
  EXPECT_EQ(rename("cn=x," + people, "cn=y").code, ResultCode::no_such_object);
  EXPECT_EQ(rename("", "cn=y").code, ResultCode::unwilling_to_perform);
  EXPECT_EQ(rename(base, "dc=other").code, ResultCode::affects_multiple_dsas) << "in no context";
  EXPECT_EQ(rename(ann, "cn=Ann", true, "").code, ResultCode::affects_multiple_dsas) << "likewise";
  EXPECT_EQ(audit_.last().new_dn, "cn=Ann");
  EXPECT_EQ(rename("o=Other", "o=OTHER").code, ResultCode::unwilling_to_perform) << "the top of a context";
  EXPECT_EQ(rename("o=Other", "o=Other", true, people).code, ResultCode::unwilling_to_perform);
  EXPECT_THAT(values(ann, "cn"), ElementsAre("Ann"));
}

TEST_F(ModifyDnTest, MovesOnlyBelowWhatIsThere) {
  const auto missing = rename(ann, "cn=Ann", true, "ou=x,ou=y," + base);
  EXPECT_EQ(missing.code, ResultCode::no_such_object);
  EXPECT_EQ(missing.matched_dn, base);
  EXPECT_EQ(rename(people, "ou=people", true, ann).code, ResultCode::unwilling_to_perform) << "below itself";
  EXPECT_EQ(rename(people, "ou=people", true, people).code, ResultCode::unwilling_to_perform);
  EXPECT_EQ(rename(ann, "cn=Ann", true, "o=Other").code, ResultCode::affects_multiple_dsas);
  EXPECT_EQ(rename(ann, "cn=Ann", true, "o=Elsewhere").code, ResultCode::affects_multiple_dsas);
  EXPECT_EQ(rename(ann, "cn=Ann", true, "").code, ResultCode::affects_multiple_dsas);
  EXPECT_EQ(rename(ann, "cn=Ann", true, "cn=Subschema").code, ResultCode::affects_multiple_dsas);
  EXPECT_EQ(rename(ann, "cn=Ann", true, "x").code, ResultCode::invalid_dn_syntax);
  EXPECT_TRUE(exists(ann));
}

TEST_F(ModifyDnTest, MovesNotBelowAliasesAndReferrals) {
  ASSERT_EQ(
      add("cn=alias," + people, {"objectClass: alias", "objectClass: extensibleObject", "aliasedObjectName: " + ann})
          .code,
      ResultCode::success);
  ASSERT_EQ(add("cn=far," + people,
                {"objectClass: referral", "objectClass: extensibleObject", "ref: ldap://far.example.com/"})
                .code,
            ResultCode::success);
  EXPECT_EQ(rename(ann, "cn=Ann", true, "cn=alias," + people).code, ResultCode::alias_problem);
  EXPECT_EQ(rename(ann, "cn=Ann", true, "cn=far," + people).code, ResultCode::affects_multiple_dsas);
  EXPECT_EQ(rename("cn=far," + people, "cn=near").code, ResultCode::referral);
  EXPECT_EQ(rename("cn=far," + people, "cn=near", true, {}, {control(oid::manage_dsa_it)}).code, ResultCode::success);
}

TEST_F(ModifyDnTest, NeedsTheRightToRename) {
  caller_ = bound(ann);
  EXPECT_EQ(rename(ann, "cn=Eve").code, ResultCode::insufficient_access_rights);
  EXPECT_EQ(rename(bob, "cn=Eve").code, ResultCode::no_such_object);
}

TEST_F(ModifyDnTest, ReadsTheEntryBeforeAndAfter) {
  const std::vector<std::string> wanted{"cn"};
  const auto response = send(
      protocol::ModifyDnRequest{.dn = ann, .new_rdn = "cn=Eve", .delete_old_rdn = true, .new_superior = {}},
      {protocol::encode_read_request(oid::pre_read, wanted), protocol::encode_read_request(oid::post_read, wanted)});
  ASSERT_EQ(response.controls.size(), 2U);
  EXPECT_EQ(protocol::decode_read_response(response.controls[0]).dn, ann);
  EXPECT_EQ(protocol::decode_read_response(response.controls[1]).dn, eve);
  EXPECT_EQ(protocol::decode_read_response(response.controls[1]).first("cn"), "Eve");
}

TEST_F(ModifyDnTest, TellsTheAuditTrailTheNewName) {
  EXPECT_EQ(rename(ann, "cn=Eve", true, "ou=staff," + base).code, ResultCode::success);
  EXPECT_EQ(audit_.last().new_dn, "cn=Eve,ou=staff," + base);
  EXPECT_EQ(rename(bob, "cn=Rob").code, ResultCode::success);
  EXPECT_EQ(audit_.last().new_dn, "cn=Rob," + people);
}

}  // namespace
}  // namespace replkit::refserver::directory
