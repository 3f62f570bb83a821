#include <gmock/gmock.h>

#include "tests/refserver/protocol/oids.hpp"
#include "tests/unit/refserver/directory/update_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace oid = protocol::oid;

class ModifyTest : public UpdateTest {};

TEST_F(ModifyTest, ChangesTheEntryAndStampsIt) {
  const auto before = load(ann);
  clock_.time += std::chrono::hours(1);
  ASSERT_EQ(modify(ann, {directory::add("description", {"one"}), replace("sn", {"Kay"})}).code, ResultCode::success);
  const auto after = load(ann);
  EXPECT_THAT(values_of(after, "description"), ElementsAre("one"));
  EXPECT_THAT(values_of(after, "sn"), ElementsAre("Kay"));
  EXPECT_THAT(values_of(after, "modifyTimestamp"), ElementsAre(format_generalized_time(clock_.time)));
  EXPECT_THAT(values_of(after, "createTimestamp"), ElementsAre("20231114221320Z"));
  EXPECT_EQ(after.csn, before.csn);
  EXPECT_EQ(after.uuid, before.uuid);
  // add 0, replace 1 and 2, modifiersName 3 and 4, modifyTimestamp 5 and 6.
  const auto first = after.find("description")->values[0].csn;
  EXPECT_GT(first, before.csn);
  EXPECT_EQ(after.find("sn")->deleted, first.with_modification(1));
  EXPECT_EQ(after.find("sn")->values[0].csn, first.with_modification(2));
  EXPECT_EQ(after.find("modifiersName")->deleted, first.with_modification(3));
  EXPECT_EQ(after.find("modifyTimestamp")->values[0].csn, first.with_modification(6));
  EXPECT_EQ(audit_.last().csn, first.with_modification(6).text());
}

TEST_F(ModifyTest, ChangesAllOrNothing) {
  const auto before = load(ann);
  clock_.time += std::chrono::hours(1);
  EXPECT_EQ(modify(ann, {directory::add("description", {"one"}), replace("sn", {"Kay"}),
                         directory::remove("mail", {"none@example.com"})})
                .code,
            ResultCode::no_such_attribute);
  EXPECT_EQ(load(ann), before);
  EXPECT_EQ(modify(ann, {directory::add("description", {"one"}), directory::remove("sn")}).code,
            ResultCode::object_class_violation);
  EXPECT_EQ(load(ann), before);
}

TEST_F(ModifyTest, AnswersWithTheCodesOfTheRfc) {
  EXPECT_EQ(modify(ann, {directory::remove("description")}).code, ResultCode::no_such_attribute);
  EXPECT_EQ(modify(ann, {replace("noSuchType", {"x"})}).code, ResultCode::undefined_attribute_type);
  EXPECT_EQ(modify(ann, {replace("modifyTimestamp", {"20200101000000Z"})}).code, ResultCode::constraint_violation);
  EXPECT_EQ(modify(ann, {directory::add("displayName", {"a", "b"})}).code, ResultCode::constraint_violation);
  EXPECT_EQ(modify(ann, {directory::add("sn", {"LEE"})}).code, ResultCode::attribute_or_value_exists);
  EXPECT_EQ(modify(ann, {replace("manager", {"x"})}).code, ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(modify(ann, {directory::add("dc", {"x"})}).code, ResultCode::object_class_violation);
  EXPECT_EQ(modify(ann, {directory::remove("cn")}).code, ResultCode::not_allowed_on_rdn);
  EXPECT_EQ(modify(ann, {replace("objectClass", {"person"})}).code, ResultCode::object_class_mods_prohibited);
  EXPECT_EQ(modify(ann, {directory::add("description", {})}).code, ResultCode::protocol_error);
  EXPECT_EQ(modify("cn", {}).code, ResultCode::invalid_dn_syntax);
  EXPECT_EQ(modify("", {replace("description", {"x"})}).code, ResultCode::unwilling_to_perform);
  EXPECT_EQ(modify("CN=subschema", {replace("description", {"x"})}).code, ResultCode::unwilling_to_perform);
  const auto missing = modify("cn=x," + people, {replace("description", {"x"})});
  EXPECT_EQ(missing.code, ResultCode::no_such_object);
  EXPECT_EQ(missing.matched_dn, people);
}

TEST_F(ModifyTest, DoesNothingWithNothingToDo) {
  const auto before = load(ann);
  clock_.time += std::chrono::hours(1);
  EXPECT_EQ(modify(ann, {}).code, ResultCode::success);
  EXPECT_EQ(load(ann), before);
  EXPECT_EQ(modify("cn=x," + people, {}).code, ResultCode::no_such_object);
  EXPECT_EQ(audit_.last().csn, "");
}

TEST_F(ModifyTest, NeedsTheRightToWriteEachAttribute) {
  caller_ = bound(ann);
  EXPECT_EQ(modify(ann, {replace("description", {"x"})}).code, ResultCode::success);
  EXPECT_THAT(values(ann, "modifiersName"), ElementsAre(ann));
  EXPECT_EQ(modify(ann, {replace("description", {"y"}), replace("sn", {"z"})}).code,
            ResultCode::insufficient_access_rights);
  EXPECT_THAT(values(ann, "description"), ElementsAre("x"));
  EXPECT_EQ(modify("cn=x," + people, {replace("sn", {"z"})}).code, ResultCode::no_such_object);
  const auto hidden = modify(bob, {replace("sn", {"z"})});
  EXPECT_EQ(hidden.code, ResultCode::no_such_object) << "who may not know of it is not told";
  EXPECT_EQ(hidden.matched_dn, people);
  EXPECT_EQ(modify(bob, {}).code, ResultCode::no_such_object);
  caller_ = bound("");
  EXPECT_EQ(modify(ann, {replace("description", {"x"})}).code, ResultCode::no_such_object);
}

TEST_F(ModifyTest, ReadsTheEntryBeforeAndAfter) {
  const std::vector<std::string> wanted{"description", "sn"};
  const auto response = send(
      protocol::ModifyRequest{.dn = ann, .changes = {replace("sn", {"Kay"})}},
      {protocol::encode_read_request(oid::pre_read, wanted), protocol::encode_read_request(oid::post_read, wanted)});
  ASSERT_EQ(response.result.code, ResultCode::success);
  ASSERT_EQ(response.controls.size(), 2U);
  EXPECT_EQ(response.controls[0].oid, oid::pre_read);
  EXPECT_EQ(protocol::decode_read_response(response.controls[0]).first("sn"), "Lee");
  EXPECT_EQ(response.controls[1].oid, oid::post_read);
  EXPECT_EQ(protocol::decode_read_response(response.controls[1]).first("sn"), "Kay");
}

TEST_F(ModifyTest, ChangesUnderAnAssertion) {
  const auto kay = protocol::encode_assertion(model::Filter::parse("(sn=kay)"));
  EXPECT_EQ(modify(ann, {replace("sn", {"Roe"})}, {kay}).code, ResultCode::assertion_failed);
  EXPECT_THAT(values(ann, "sn"), ElementsAre("Lee"));
  EXPECT_EQ(modify(ann, {replace("sn", {"Kay"})}).code, ResultCode::success);
  EXPECT_EQ(modify(ann, {replace("sn", {"Roe"})}, {kay}).code, ResultCode::success);
}

TEST_F(ModifyTest, IncrementsForManyAtOnce) {
  ASSERT_EQ(add("cn=next," + people, {"objectClass: device", "objectClass: extensibleObject", "uidNumber: 100"}).code,
            ResultCode::success);
  std::vector<Pending> pending;
  for (int i = 0; i < 100; ++i) {
    pending.push_back(
        start(protocol::ModifyRequest{.dn = "cn=next," + people, .changes = {increment("uidNumber", "1")}}));
  }
  for (auto& one : pending) EXPECT_EQ(wait(one).result.code, ResultCode::success);
  EXPECT_THAT(values("cn=next," + people, "uidNumber"), ElementsAre("200"));
}

TEST_F(ModifyTest, ManagesReferralsOrRefers) {
  const auto far = "cn=far," + people;
  ASSERT_EQ(add(far, {"objectClass: referral", "objectClass: extensibleObject", "ref: ldap://far.example.com/"}).code,
            ResultCode::success);
  const auto result = modify(far, {replace("description", {"x"})});
  EXPECT_EQ(result.code, ResultCode::referral);
  EXPECT_EQ(result.referrals.size(), 1U);
  EXPECT_EQ(modify(far, {replace("description", {"x"})}, {control(oid::manage_dsa_it)}).code, ResultCode::success);
}

// --- Passwords ---

TEST_F(ModifyTest, KeepsPasswordsAndTheirVerifiersInStep) {
  ASSERT_EQ(modify(ann, {replace("userPassword", {"one"})}).code, ResultCode::success);
  ASSERT_EQ(values(ann, "authPassword").size(), 1U);
  EXPECT_TRUE(auth::password_fits(Secret("one"), values(ann, "userPassword").at(0)));

  ASSERT_EQ(modify(ann, {directory::add("userPassword", {"two"})}).code, ResultCode::success);
  EXPECT_EQ(values(ann, "userPassword").size(), 2U);
  EXPECT_EQ(values(ann, "authPassword").size(), 2U);
  EXPECT_EQ(modify(ann, {directory::add("userPassword", {"one"})}).code, ResultCode::attribute_or_value_exists);

  const auto second = values(ann, "authPassword").at(1);
  ASSERT_EQ(modify(ann, {directory::remove("userPassword", {"one"})}).code, ResultCode::success);
  EXPECT_TRUE(auth::password_fits(Secret("two"), values(ann, "userPassword").at(0)));
  EXPECT_THAT(values(ann, "authPassword"), ElementsAre(second));
  EXPECT_EQ(modify(ann, {directory::remove("userPassword", {"one"})}).code, ResultCode::no_such_attribute);

  ASSERT_EQ(modify(ann, {replace("userPassword", {"{SSHA}kept"})}).code, ResultCode::success);
  EXPECT_THAT(values(ann, "userPassword"), ElementsAre("{SSHA}kept"));
  EXPECT_THAT(values(ann, "authPassword"), IsEmpty());
}

TEST_F(ModifyTest, ChangesAPasswordByTheOldOne) {
  ASSERT_EQ(modify(ann, {replace("userPassword", {"old"})}).code, ResultCode::success);
  caller_ = bound(ann);
  EXPECT_EQ(modify(ann, {directory::remove("userPassword", {"wrong"}), directory::add("userPassword", {"new"})}).code,
            ResultCode::no_such_attribute);
  EXPECT_EQ(modify(ann, {directory::remove("userPassword", {"old"}), directory::add("userPassword", {"new"})}).code,
            ResultCode::success);
  ASSERT_EQ(values(ann, "userPassword").size(), 1U);
  EXPECT_TRUE(auth::password_fits(Secret("new"), values(ann, "userPassword").at(0)));
  EXPECT_EQ(values(ann, "authPassword").size(), 1U);
}

TEST_F(ModifyTest, DeletesVerifiersWithThePassword) {
  ASSERT_EQ(modify(ann, {replace("userPassword", {"one"})}).code, ResultCode::success);
  auto hash = values(ann, "userPassword").at(0);
  ASSERT_EQ(modify(ann, {directory::remove("userPassword", {hash})}).code, ResultCode::success);
  EXPECT_THAT(values(ann, "authPassword"), IsEmpty());
  ASSERT_EQ(modify(ann, {replace("userPassword", {"one"})}).code, ResultCode::success);
  ASSERT_EQ(modify(ann, {directory::remove("userPassword")}).code, ResultCode::success);
  EXPECT_THAT(values(ann, "authPassword"), IsEmpty());
  ASSERT_EQ(modify(ann, {replace("userPassword", {"one"})}).code, ResultCode::success);
  ASSERT_EQ(modify(ann, {replace("userPassword", {})}).code, ResultCode::success);
  EXPECT_THAT(values(ann, "authPassword"), IsEmpty());
}

// Of two who delete the same old password only one gets through, though both were looked at before.
TEST_F(ModifyTest, ChangesAPasswordOnceForTwoAtOnce) {
  for (int round = 0; round < 5; ++round) {
    ASSERT_EQ(modify(ann, {replace("userPassword", {"old"})}).code, ResultCode::success);
    const auto change = [&](const std::string& password) {
      return start(protocol::ModifyRequest{
          .dn = ann,
          .changes = {directory::remove("userPassword", {"old"}), directory::add("userPassword", {password})}});
    };
    auto first = change("a");
    auto second = change("b");
    const std::vector codes{wait(first).result.code, wait(second).result.code};
    EXPECT_THAT(codes, Contains(ResultCode::success));
    EXPECT_THAT(codes, Contains(ResultCode::no_such_attribute));
    EXPECT_EQ(values(ann, "userPassword").size(), 1U);
  }
}

}  // namespace
}  // namespace replkit::refserver::directory
