// AddWithMetaData (draft-ietf-ldup-mrm-02 3.15.1).
#include "tests/unit/refserver/metadata/metadata_testing.hpp"

namespace replkit::refserver::metadata {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const std::string cid = "cn=Cid,ou=people,dc=example,dc=com";
const auto uuid = *model::Uuid::parse("6a1dc2a6-8a8e-4f6e-9d53-3b8ff6a3d0aa");

// A person named so whose values all come from the replica "berlin".
ldup::AddWithMetaDataRequest person(const std::string& dn = cid) {
  return {dn,
          {{"objectClass", {triple("person", berlin(2)), triple("top", berlin(2))}, {}},
           {"cn", {triple("Cid", berlin(2))}, {}},
           {"sn", {triple("Doe", berlin(5))}, {}}}};
}

TEST_F(MetaDataTest, AddsAnEntryAsItWas) {
  auto request = person();
  request.attributes.push_back({"entryUUID", {triple(uuid.text())}, {}});
  request.attributes.push_back({"createdEntryCSN", {triple(berlin(1).ldup_text())}, {}});
  request.attributes.push_back({"description", {triple("now", berlin(4)), triple("once", berlin(4), true)}, berlin(3)});
  request.attributes.push_back({"structuralObjectClass", {triple("person", berlin(2))}, {}});
  request.attributes.push_back({"modifiersName", {triple("cn=far", berlin(5))}, {}});
  const auto answer = add_entry(request);
  ASSERT_EQ(answer.code(), ResultCode::success) << answer.response.result.diagnostic;
  EXPECT_EQ(answer.value.uuid, uuid);
  EXPECT_FALSE(answer.value.csn) << "no change of this replica";
  const auto stored = load(cid);
  EXPECT_EQ(stored.uuid, uuid);
  EXPECT_EQ(stored.csn, berlin(1));
  EXPECT_EQ(stored.superior_csn, berlin(1));
  EXPECT_EQ(stored.find("sn")->values[0].csn, berlin(5));
  EXPECT_TRUE(stored.find("cn")->values[0].distinguished);
  EXPECT_EQ(stored.find("description")->deleted, berlin(3));
  EXPECT_THAT(stored.find("description")->deleted_values, ElementsAre(store::DeletedValue{"once", berlin(4)}));
  EXPECT_EQ(stored.find("structuralObjectClass")->values[0].csn, berlin(2));
  EXPECT_EQ(stored.find("modifiersName")->values[0].bytes, "cn=far");
  EXPECT_EQ(stored.find("createTimestamp")->values[0].bytes, "20200126005320Z") << "when it was created";
  EXPECT_EQ(stored.find("createTimestamp")->values[0].csn, berlin(1));
  ASSERT_EQ(listener_->told.size(), 1U);
  EXPECT_EQ(listener_->told[0].csn, ldup::Csn()) << "no change of this replica";
  EXPECT_TRUE(listener_->forced) << "on a read-only replica too";
}

TEST_F(MetaDataTest, GivesNewCsnsWhereThereAreNone) {
  auto request = person();
  request.attributes[2].values[0].csn.reset();
  request.attributes[0].values[0].csn.reset();
  request.attributes[0].values[1].csn.reset();
  request.attributes[1].values[0].csn.reset();
  const auto answer = add_entry(request);
  ASSERT_EQ(answer.code(), ResultCode::success) << answer.response.result.diagnostic;
  const auto stored = load(cid);
  EXPECT_EQ(answer.value.csn, stored.csn);
  EXPECT_EQ(stored.csn.replica_id(), "001");
  EXPECT_EQ(stored.find("sn")->values[0].csn, stored.csn);
  EXPECT_EQ(listener_->told.at(0).csn, stored.csn);
  EXPECT_EQ(answer.value.uuid, stored.uuid);
}

TEST_F(MetaDataTest, TakesTheOldestValueForTheEntrysAge) {
  ASSERT_EQ(add_entry(person()).code(), ResultCode::success);
  EXPECT_EQ(load(cid).csn, berlin(2));
}

TEST_F(MetaDataTest, RefusesValuesOlderThanTheirEntry) {
  auto request = person();
  request.attributes.push_back({"createdEntryCSN", {triple(berlin(3).ldup_text())}, {}});
  EXPECT_EQ(add_entry(request).code(), ResultCode::constraint_violation);
  request = person();
  request.attributes[2].deletion_csn = berlin(6);
  EXPECT_EQ(add_entry(request).code(), ResultCode::constraint_violation);
  request = person();
  request.attributes[1].values[0].csn.reset();  // and so the entry is new
  EXPECT_EQ(add_entry(request).code(), ResultCode::constraint_violation);
  EXPECT_TRUE(listener_->told.empty());
}

TEST_F(MetaDataTest, RevivesTombstones) {
  const auto its_uuid = load(ann).uuid;
  plain(protocol::DeleteRequest{ann});
  auto request = person();
  request.attributes.push_back({"entryUUID", {triple(its_uuid.text())}, {}});
  ASSERT_EQ(add_entry(request).code(), ResultCode::success);
  EXPECT_FALSE(load(its_uuid)->deleted);
  EXPECT_EQ(load(cid).uuid, its_uuid);
  request.entry = "cn=Cid,dc=example,dc=com";
  EXPECT_EQ(add_entry(request).code(), ResultCode::entry_already_exists) << "it lives";
}

TEST_F(MetaDataTest, AddsNothingThatIsThere) {
  EXPECT_EQ(add_entry(person(ann)).code(), ResultCode::entry_already_exists);
  EXPECT_EQ(add_entry(person("cn=Cid,ou=nowhere,dc=example,dc=com")).code(), ResultCode::no_such_object);
  EXPECT_EQ(add_entry(person("cn=Cid,o=elsewhere")).code(), ResultCode::no_such_object);
  EXPECT_EQ(add_entry(person("")).code(), ResultCode::unwilling_to_perform);
}

TEST_F(MetaDataTest, ChecksWhatIsAdded) {
  const auto with = [&](MetaDataAttribute attribute) {
    auto request = person();
    request.attributes.push_back(std::move(attribute));
    return add_entry(request).code();
  };
  EXPECT_EQ(with({"nonsense", {triple("x")}, {}}), ResultCode::undefined_attribute_type);
  EXPECT_EQ(with({"uid", {triple("x", berlin(3))}, {}}), ResultCode::object_class_violation);
  EXPECT_EQ(with({"seeAlso", {triple("x", berlin(3))}, {}}), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(with({"createdEntryCSN", {triple("x")}, {}}), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(with({"entryUUID", {triple("x")}, {}}), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(with({"entryUUID", {triple(uuid.text()), triple(uuid.text())}, {}}), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(with({"deletedEntryCSN", {triple(berlin(9).ldup_text())}, {}}), ResultCode::constraint_violation);
  EXPECT_EQ(with({"hasSubordinates", {triple("FALSE")}, {}}), ResultCode::constraint_violation);
  EXPECT_EQ(with({"structuralObjectClass", {triple("country")}, {}}), ResultCode::constraint_violation);
  EXPECT_EQ(with({"description", {triple("x", berlin(3)), triple("X", berlin(3), true)}, {}}),
            ResultCode::attribute_or_value_exists);
  EXPECT_EQ(with({"userPassword", {triple("secret", berlin(3))}, {}}), ResultCode::unwilling_to_perform);
  EXPECT_EQ(with({"userPassword", {triple("secret", berlin(3), true)}, {}}), ResultCode::unwilling_to_perform);
  EXPECT_EQ(with({"cn", {triple("y", berlin(3))}, {}}), ResultCode::attribute_or_value_exists) << "it comes twice";
  EXPECT_EQ(with({"CN", {triple("y", berlin(3), true)}, {}}), ResultCode::attribute_or_value_exists);
  EXPECT_EQ(
      with({"createTimestamp", {triple("20200101000000Z", berlin(3)), triple("20200102000000Z", berlin(4), true)}, {}}),
      ResultCode::attribute_or_value_exists)
      << "a single-valued type";
  auto future = berlin(1);
  future = {server_.clock().now() + std::chrono::minutes(6), 0, "berlin", 0};
  EXPECT_EQ(with({"description", {triple("x", future)}, {}}), ResultCode::constraint_violation);
  EXPECT_EQ(with({"createdEntryCSN", {triple(future.ldup_text())}, {}}), ResultCode::constraint_violation);
}

TEST_F(MetaDataTest, MovesOnWithItsOwnCsns) {
  const ldup::Csn own{server_.clock().now() + std::chrono::minutes(1), 0, "001", 0};
  auto request = person();
  request.attributes.push_back({"description", {triple("x", own)}, {}});
  ASSERT_EQ(add_entry(request).code(), ResultCode::success);
  plain(protocol::ModifyRequest{bob, {replacement("sn", {"Kay"})}});
  EXPECT_GT(load(bob).find("sn")->values[0].csn, own);
}

TEST_F(MetaDataTest, AddsOnlyWhereItIsAllowed) {
  caller_ = over_tls(TestDirectory::user("cn=helper"));
  EXPECT_EQ(add_entry(person("cn=Cid,dc=example,dc=com")).code(), ResultCode::insufficient_access_rights);
  EXPECT_EQ(add_entry(person()).code(), ResultCode::success);
}

TEST_F(MetaDataTest, AddsTheTopOfAContext) {
  TestDirectory empty;
  EXPECT_EQ(add_entry(person("cn=Cid,o=top")).code(), ResultCode::no_such_object);
  plain(protocol::DeleteRequest{ann});
  plain(protocol::DeleteRequest{bob});
  plain(protocol::DeleteRequest{people});
  plain(protocol::DeleteRequest{"dc=example,dc=com"});
  const auto answer = add_entry({"dc=example,dc=com",
                                 {{"objectClass", {triple("domain")}, {}},
                                  {"dc", {triple("example")}, {}},
                                  {"entryUUID", {triple(uuid.text())}, {}}}});
  ASSERT_EQ(answer.code(), ResultCode::success) << answer.response.result.diagnostic;
  EXPECT_EQ(load("dc=example,dc=com").uuid, uuid);
  EXPECT_THAT(load("dc=example,dc=com").find("objectClass")->values.size(), 2U) << "top too";
}

// mrm 3.7: agreements with the same entryUUID on all servers.
TEST_F(MetaDataTest, AddsEntriesOfReplication) {
  const std::string top = "dc=example,dc=com";
  plain(protocol::ModifyRequest{top, {{model::ModifyKind::add, "objectClass", {"replicationContext"}}}});
  const ldup::AddWithMetaDataRequest replica{"cn=r1," + top,
                                             {{"objectClass", {triple("top"), triple("replicaSubentry-2")}, {}},
                                              {"cn", {triple("r1")}, {}},
                                              {"replicaURI", {triple("ldap://r1")}, {}},
                                              {"replicaType", {triple("2")}, {}}}};
  const ldup::AddWithMetaDataRequest agreement{
      "cn=x,cn=r1," + top,
      {{"objectClass", {triple("replicaAgreementSubentry-2")}, {}}, {"entryUUID", {triple(uuid.text())}, {}}}};
  EXPECT_EQ(add_entry(agreement).code(), ResultCode::no_such_object);
  const auto answer = add_entry(replica);
  ASSERT_EQ(answer.code(), ResultCode::success) << answer.response.result.diagnostic;
  EXPECT_EQ(load("cn=r1," + top).find("replicaOnline")->values.at(0).bytes, "FALSE");
  ASSERT_EQ(add_entry(agreement).code(), ResultCode::success);
  EXPECT_EQ(load(agreement.entry).find("subtreeSpecification")->values.at(0).bytes, "{ }");
  EXPECT_EQ(load(agreement.entry).uuid, uuid);
  EXPECT_EQ(modify("cn=r1," + top, MetaDataChange::Kind::replace, {"replicaType", {triple("7")}, {}}).code(),
            ResultCode::constraint_violation);
  EXPECT_EQ(modify("cn=r1," + top, MetaDataChange::Kind::replace, {"replicaType", {triple("3")}, {}}).code(),
            ResultCode::success);

  // They are for those who manage replication, here below ou=people too.
  plain(protocol::ModifyRequest{people, {{model::ModifyKind::add, "objectClass", {"replicationContext"}}}});
  auto inner = replica;
  inner.entry = "cn=r1," + people;
  ASSERT_EQ(add_entry(inner).code(), ResultCode::success);
  caller_ = over_tls(TestDirectory::user("cn=helper"));
  inner.entry = "cn=r2," + people;
  inner.attributes[1].values[0].value = "r2";
  constexpr auto refused = ResultCode::insufficient_access_rights;
  EXPECT_EQ(add_entry(inner).code(), refused);
  EXPECT_EQ(delete_entry({"cn=r1," + people, {}, false, {}}).code(), refused);
  EXPECT_EQ(modify("cn=r1," + people, MetaDataChange::Kind::replace, {"description", {triple("x")}, {}}).code(),
            refused);
  EXPECT_EQ(modify(people, MetaDataChange::Kind::remove, {"objectClass", {triple("replicationContext")}, {}}).code(),
            refused);
  EXPECT_EQ(modify(people, MetaDataChange::Kind::replace, {"description", {triple("x")}, {}}).code(),
            ResultCode::success);
}

}  // namespace
}  // namespace replkit::refserver::metadata
