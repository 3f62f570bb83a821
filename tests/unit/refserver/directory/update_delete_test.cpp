#include <gmock/gmock.h>

#include "tests/refserver/protocol/oids.hpp"
#include "tests/unit/refserver/directory/update_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;
namespace oid = protocol::oid;

class DeleteTest : public UpdateTest {};

TEST_F(DeleteTest, LeavesATombstone) {
  const auto before = load(ann);
  ASSERT_EQ(remove("CN=ann,ou=people,dc=example,dc=com").code, ResultCode::success);
  EXPECT_FALSE(exists(ann));
  EXPECT_EQ(entries(), 3U);
  const auto snapshot = store_->snapshot();
  EXPECT_EQ(snapshot->find(before.uuid), before.id);
  const auto tombstone = snapshot->load(before.id);
  ASSERT_TRUE(tombstone);
  ASSERT_TRUE(tombstone->deleted);
  EXPECT_GT(*tombstone->deleted, before.csn);
  EXPECT_EQ(tombstone->last_dn, ann);
  EXPECT_EQ(tombstone->superior, before.superior);
  EXPECT_EQ(tombstone->attributes, before.attributes);
  EXPECT_EQ(audit_.last().csn, tombstone->deleted->text());
}

TEST_F(DeleteTest, FreesTheNameForAnother) {
  const auto before = load(ann);
  ASSERT_EQ(remove(ann).code, ResultCode::success);
  ASSERT_EQ(add_person(ann).code, ResultCode::success);
  EXPECT_NE(load(ann).uuid, before.uuid);
  EXPECT_NE(load(ann).id, before.id);
}

TEST_F(DeleteTest, AnswersWithTheCodesOfTheRfc) {
  EXPECT_EQ(remove(people).code, ResultCode::not_allowed_on_non_leaf);
  const auto missing = remove("cn=x,cn=y," + people);
  EXPECT_EQ(missing.code, ResultCode::no_such_object);
  EXPECT_EQ(missing.matched_dn, people);
  EXPECT_EQ(remove("no dn").code, ResultCode::invalid_dn_syntax);
  EXPECT_EQ(remove("").code, ResultCode::unwilling_to_perform);
  EXPECT_EQ(remove("cn=Subschema").code, ResultCode::unwilling_to_perform);
  caller_ = bound(ann);
  EXPECT_EQ(remove(ann).code, ResultCode::insufficient_access_rights);
  EXPECT_EQ(remove(bob).code, ResultCode::no_such_object);
  EXPECT_EQ(entries(), 4U);
}

TEST_F(DeleteTest, DeletesTheTopOfAContext) {
  ASSERT_EQ(add("o=Other", {"objectClass: organization"}).code, ResultCode::success);
  EXPECT_EQ(remove("o=Other").code, ResultCode::success);
  EXPECT_EQ(add("o=Other", {"objectClass: organization"}).code, ResultCode::success);
}

TEST_F(DeleteTest, DeletesATree) {
  ASSERT_EQ(add_person("cn=x," + ann).code, ResultCode::success);
  ASSERT_EQ(add_person("cn=y,cn=x," + ann).code, ResultCode::success);
  const auto deep = load("cn=y,cn=x," + ann);
  const auto top = load(people);
  ASSERT_EQ(remove(people, {control(oid::tree_delete)}).code, ResultCode::success);
  EXPECT_EQ(entries(), 1U);
  const auto snapshot = store_->snapshot();
  const auto lowest = snapshot->load(deep.id);
  const auto highest = snapshot->load(top.id);
  EXPECT_EQ(lowest->last_dn, "cn=y,cn=x," + ann);
  EXPECT_EQ(highest->last_dn, people);
  EXPECT_LT(*lowest->deleted, *highest->deleted) << "subordinates first";
  EXPECT_EQ(lowest->deleted->with_modification(0), highest->deleted->with_modification(0)) << "as one update";
}

TEST_F(DeleteTest, DeletesNothingOfATreeThatIsTooBig) {
  for (int i = 0; i < 60; ++i) ASSERT_EQ(add_person("cn=p" + std::to_string(i) + "," + ann).code, ResultCode::success);
  EXPECT_EQ(remove(base, {control(oid::tree_delete)}).code, ResultCode::admin_limit_exceeded);
  EXPECT_EQ(entries(), 64U);
}

TEST_F(DeleteTest, DeletesALeafAsATree) {
  EXPECT_EQ(remove(ann, {control(oid::tree_delete)}).code, ResultCode::success);
  EXPECT_EQ(entries(), 3U);
}

TEST_F(DeleteTest, ReadsAndAssertsWhatItDeletes) {
  const std::vector<std::string> wanted{"sn"};
  const auto no = protocol::encode_assertion(model::Filter::parse("(sn=kay)"));
  EXPECT_EQ(remove(ann, {no}).code, ResultCode::assertion_failed);
  const auto response =
      send(protocol::DeleteRequest{.dn = ann}, {protocol::encode_read_request(oid::pre_read, wanted)});
  ASSERT_EQ(response.result.code, ResultCode::success);
  ASSERT_EQ(response.controls.size(), 1U);
  EXPECT_EQ(protocol::decode_read_response(response.controls[0]).first("sn"), "Lee");
}

TEST_F(DeleteTest, DeletesReferralsOnlyWhenToldTo) {
  const auto far = "cn=far," + people;
  ASSERT_EQ(add(far, {"objectClass: referral", "objectClass: extensibleObject", "ref: ldap://far.example.com/"}).code,
            ResultCode::success);
  EXPECT_EQ(remove(far).code, ResultCode::referral);
  EXPECT_EQ(remove(far, {control(oid::manage_dsa_it)}).code, ResultCode::success);
}

}  // namespace
}  // namespace replkit::refserver::directory
