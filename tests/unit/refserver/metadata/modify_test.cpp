// ModifyWithMetaData (draft-ietf-ldup-mrm-02 3.15.3).
#include "tests/unit/refserver/metadata/metadata_testing.hpp"

namespace replkit::refserver::metadata {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using enum MetaDataChange::Kind;
using store::DeletedValue;

class ModifyWithMetaDataTest : public MetaDataTest {
 protected:
  // A CSN of another replica, newer than all that is there.
  ldup::Csn other(unsigned n) { return {server_.clock().now() + std::chrono::minutes(1), n, "berlin", 0}; }
  ResultCode code(MetaDataChange::Kind kind, MetaDataAttribute attribute) {
    return modify(ann, kind, std::move(attribute)).code();
  }
  const store::StoredAttribute attribute(const std::string& type) {
    const auto entry = load(ann);
    const auto* found = entry.find(type);
    return found == nullptr ? store::StoredAttribute() : *found;
  }
};

TEST_F(ModifyWithMetaDataTest, PutsTriplesIn) {
  const auto before = load(ann);
  const auto answer = modify(ann, add, {"description", {triple("here", other(1)), triple("gone", other(2), true)}, {}});
  ASSERT_EQ(answer.code(), ResultCode::success) << answer.response.result.diagnostic;
  EXPECT_FALSE(answer.value.csn);
  EXPECT_EQ(answer.value.uuid, before.uuid);
  EXPECT_THAT(attribute("description").values, ElementsAre(store::StoredValue{"here", other(1), false}));
  EXPECT_THAT(attribute("description").deleted_values, ElementsAre(DeletedValue{"gone", other(2)}));
  EXPECT_EQ(*load(ann).find("modifyTimestamp"), *before.find("modifyTimestamp")) << "nobody changed it here";
  EXPECT_EQ(listener_->told.at(0).csn, ldup::Csn());

  ASSERT_EQ(code(add, {"description", {triple("HERE", other(3), true), triple("gone", other(4))}, {}}),
            ResultCode::success)
      << "the other way round";
  EXPECT_THAT(attribute("description").values, ElementsAre(store::StoredValue{"gone", other(4), false}));
  EXPECT_THAT(attribute("description").deleted_values, ElementsAre(DeletedValue{"HERE", other(3)}));
}

TEST_F(ModifyWithMetaDataTest, KeepsWhatNamesTheEntry) {
  ASSERT_EQ(code(add, {"cn", {triple("ANN", other(1))}, {}}), ResultCode::success);
  EXPECT_THAT(attribute("cn").values, ElementsAre(store::StoredValue{"ANN", other(1), true}));
  EXPECT_EQ(code(add, {"cn", {triple("Ann", other(1), true)}, {}}), ResultCode::not_allowed_on_rdn);
  EXPECT_EQ(code(remove, {"cn", {triple("Ann")}, {}}), ResultCode::not_allowed_on_rdn);
  EXPECT_EQ(code(remove, {"cn", {}, {}}), ResultCode::not_allowed_on_rdn);
  EXPECT_EQ(code(replace, {"cn", {triple("x", other(1))}, {}}), ResultCode::not_allowed_on_rdn);
  EXPECT_EQ(code(replace, {"cn", {triple("Ann", other(2)), triple("x", other(1))}, {}}), ResultCode::success);
}

TEST_F(ModifyWithMetaDataTest, DropsTriples) {
  ASSERT_EQ(code(add, {"description", {triple("a", other(1)), triple("b", other(1)), triple("c", other(1), true)}, {}}),
            ResultCode::success);
  ASSERT_EQ(code(add, {"description", {}, other(1)}), ResultCode::success);
  EXPECT_EQ(code(remove, {"description", {triple("a"), triple("x")}, {}}), ResultCode::no_such_attribute);
  EXPECT_EQ(code(remove, {"description", {triple("a", {}, true)}, {}}), ResultCode::no_such_attribute) << "it lives";
  ASSERT_EQ(code(remove, {"description", {triple("a"), triple("c")}, {}}), ResultCode::success);
  EXPECT_THAT(attribute("description").values, ElementsAre(store::StoredValue{"b", other(1), false}));
  EXPECT_THAT(attribute("description").deleted_values, IsEmpty()) << "without a trace";
  EXPECT_EQ(attribute("description").deleted, other(1));
  ASSERT_EQ(code(remove, {"description", {}, other(1)}), ResultCode::success);
  EXPECT_FALSE(attribute("description").deleted);
  EXPECT_EQ(attribute("description").values.size(), 1U);
  EXPECT_EQ(code(remove, {"description", {}, other(1)}), ResultCode::no_such_attribute);
  ASSERT_EQ(code(remove, {"description", {}, {}}), ResultCode::success);
  EXPECT_EQ(load(ann).find("description"), nullptr);
  EXPECT_EQ(code(remove, {"description", {}, {}}), ResultCode::no_such_attribute);
}

TEST_F(ModifyWithMetaDataTest, ReplacesAllThatIsThere) {
  ASSERT_EQ(code(add, {"description", {triple("a", other(1)), triple("b", other(1), true)}, {}}), ResultCode::success);
  ASSERT_EQ(code(replace, {"description", {triple("c", other(5)), triple("d", other(6), true)}, other(4)}),
            ResultCode::success);
  EXPECT_THAT(attribute("description").values, ElementsAre(store::StoredValue{"c", other(5), false}));
  EXPECT_THAT(attribute("description").deleted_values, ElementsAre(DeletedValue{"d", other(6)}));
  EXPECT_EQ(attribute("description").deleted, other(4));
}

TEST_F(ModifyWithMetaDataTest, MakesANormalChangeWithoutCsns) {
  const auto answer = modify(ann, replace, {"sn", {triple("Kay")}, {}});
  ASSERT_EQ(answer.code(), ResultCode::success);
  const auto sn = attribute("sn");
  EXPECT_EQ(sn.values.at(0).csn.replica_id(), "001");
  EXPECT_LT(*sn.deleted, sn.values[0].csn);
  EXPECT_LE(sn.values[0].csn, *answer.value.csn);
  EXPECT_EQ(load(ann).find("modifiersName")->values.at(0).bytes, "cn=admin");
  EXPECT_EQ(listener_->told.at(0).csn, answer.value.csn);
  EXPECT_EQ(listener_->told.at(0).key, "cn=ann,ou=people,dc=example,dc=com");
  EXPECT_THAT(listener_->told.at(0).attributes, ElementsAre("sn"));

  ASSERT_EQ(code(add, {"sn", {triple("Kay", {}, true), triple("Lee")}, {}}), ResultCode::success);
  EXPECT_THAT(attribute("sn").deleted_values.size(), 1U);
  EXPECT_EQ(attribute("sn").deleted_values[0].csn, attribute("sn").values[0].csn);
}

TEST_F(ModifyWithMetaDataTest, KnowsOneValueOfSingleValuedTypes) {
  const auto created = attribute("createTimestamp");
  ASSERT_EQ(code(add, {"createTimestamp", {triple("20200101000000Z", other(1))}, {}}), ResultCode::success);
  EXPECT_THAT(attribute("createTimestamp").values, ElementsAre(store::StoredValue{"20200101000000Z", other(1), false}));
  EXPECT_EQ(code(add, {"createTimestamp", {triple("20200101000000Z"), triple("20200102000000Z")}, {}}),
            ResultCode::attribute_or_value_exists);
}

TEST_F(ModifyWithMetaDataTest, RefusesWhatReconciliationWouldUndo) {
  EXPECT_EQ(code(add, {"description", {triple("x", berlin(1))}, {}}), ResultCode::constraint_violation)
      << "older than the entry";
  EXPECT_EQ(code(add, {"description", {triple("x", other(1))}, other(2)}), ResultCode::constraint_violation);
  EXPECT_EQ(code(replace, {"createdEntryCSN", {triple(other(1).ldup_text())}, {}}), ResultCode::constraint_violation);
}

TEST_F(ModifyWithMetaDataTest, ChecksTheEntry) {
  EXPECT_EQ(code(remove, {"sn", {}, {}}), ResultCode::object_class_violation);
  EXPECT_EQ(code(add, {"uid", {triple("x", other(1))}, {}}), ResultCode::object_class_violation);
  EXPECT_EQ(code(add, {"seeAlso", {triple("x", other(1))}, {}}), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(code(add, {"nonsense", {triple("x", other(1))}, {}}), ResultCode::undefined_attribute_type);
  EXPECT_EQ(code(add, {"objectClass", {triple("organizationalPerson", other(1))}, {}}),
            ResultCode::object_class_mods_prohibited);
  EXPECT_EQ(code(add, {"objectClass", {triple("nonsense", other(1))}, {}}), ResultCode::object_class_violation);
  EXPECT_EQ(code(add, {"structuralObjectClass", {triple("person", other(1))}, {}}), ResultCode::constraint_violation);
  EXPECT_EQ(code(add, {"description", {}, {}}), ResultCode::protocol_error);
  EXPECT_EQ(code(add, {"userPassword", {triple("secret", other(1))}, {}}), ResultCode::unwilling_to_perform);
  EXPECT_EQ(
      code(add,
           {"description", {triple("x", ldup::Csn(server_.clock().now() + std::chrono::hours(25), 0, "b", 0))}, {}}),
      ResultCode::constraint_violation);
  EXPECT_EQ(modify({"cn=Nobody," + people, {}, {}}).code(), ResultCode::no_such_object);
  EXPECT_EQ(modify({"cn=Subschema", {}, {}}).code(), ResultCode::unwilling_to_perform);
  EXPECT_TRUE(listener_->told.empty());
}

TEST_F(ModifyWithMetaDataTest, ChangesTheTimeOfTheAdd) {
  ASSERT_EQ(code(replace, {"createdEntryCSN", {triple(berlin(3).ldup_text())}, {}}), ResultCode::success);
  EXPECT_EQ(load(ann).csn, berlin(3));
  EXPECT_EQ(code(add, {"createdEntryCSN", {triple(berlin(3).ldup_text())}, {}}), ResultCode::constraint_violation);
  EXPECT_EQ(code(replace, {"createdEntryCSN", {}, {}}), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(code(replace, {"deletedEntryCSN", {triple(berlin(3).ldup_text())}, {}}), ResultCode::constraint_violation);
}

TEST_F(ModifyWithMetaDataTest, ChangesUuids) {
  const auto uuid = *model::Uuid::parse("6a1dc2a6-8a8e-4f6e-9d53-3b8ff6a3d0aa");
  const auto old = load(people).uuid;
  const auto answer = modify(people, replace, {"entryUUID", {triple(uuid.text())}, {}});
  ASSERT_EQ(answer.code(), ResultCode::success);
  EXPECT_EQ(answer.value.uuid, uuid);
  EXPECT_EQ(load(people).uuid, uuid);
  EXPECT_FALSE(load(old)) << "without a trace";
  EXPECT_EQ(load(ann).superior, load(people).id) << "what is below went along";
  EXPECT_EQ(modify(ann, replace, {"entryUUID", {triple(uuid.text())}, {}}).code(), ResultCode::entry_already_exists);
  const auto gone = load(bob).uuid;
  plain(protocol::DeleteRequest{bob});
  EXPECT_EQ(modify(ann, replace, {"entryUUID", {triple(gone.text())}, {}}).code(), ResultCode::entry_already_exists);
  EXPECT_TRUE(server_.store().check(10).empty());
}

TEST_F(ModifyWithMetaDataTest, ChangesTombstones) {
  const auto uuid = load(ann).uuid;
  plain(protocol::DeleteRequest{ann});
  const auto change = [&](MetaDataAttribute attribute) {
    return modify(ldup::ModifyWithMetaDataRequest{ann, {{replace, std::move(attribute)}}, uuid}).code();
  };
  EXPECT_EQ(change({"deletedEntryCSN", {triple(other(1).ldup_text())}, {}}), ResultCode::success);
  EXPECT_EQ(load(uuid)->deleted, other(1));
  EXPECT_EQ(change({"createdEntryCSN", {triple(berlin(1).ldup_text())}, {}}), ResultCode::success);
  EXPECT_EQ(load(uuid)->csn, berlin(1));
  EXPECT_EQ(change({"sn", {triple("x", other(2))}, {}}), ResultCode::unwilling_to_perform);
  EXPECT_EQ(code(replace, {"sn", {triple("x", other(2))}, {}}), ResultCode::no_such_object) << "by its name alone";
}

TEST_F(ModifyWithMetaDataTest, ChangesOnlyWhereItIsAllowed) {
  for (const auto* refused : {"cn=other", "cn=looker"}) {
    caller_ = over_tls(TestDirectory::user(refused));
    EXPECT_EQ(code(replace, {"sn", {triple("x")}, {}}), ResultCode::insufficient_access_rights) << refused;
    EXPECT_EQ(delete_entry({ann, {}, false, {}}).code(), ResultCode::insufficient_access_rights) << refused;
  }
  for (const auto* allowed : {"cn=helper", "cn=mender"}) {
    caller_ = over_tls(TestDirectory::user(allowed));
    EXPECT_EQ(code(replace, {"sn", {triple(allowed)}, {}}), ResultCode::success);
  }
}

}  // namespace
}  // namespace replkit::refserver::metadata
