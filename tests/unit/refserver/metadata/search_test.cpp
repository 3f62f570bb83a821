// SearchWithMetaData (draft-ietf-ldup-mrm-02 3.14).
#include "common/ldup/oids.hpp"
#include "tests/unit/refserver/metadata/metadata_testing.hpp"

namespace replkit::refserver::metadata {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Scope = ldup::SearchWithMetaDataRequest::Scope;

TEST_F(MetaDataTest, SearchesAsSearchDoes) {
  EXPECT_THAT(search(search_of(people)).names(), UnorderedElementsAre(people, ann, bob));
  auto request = search_of(people);
  request.scope = Scope::one_level;
  request.filter = model::Filter::parse("(sn=roe)");
  EXPECT_THAT(search(request).names(), ElementsAre(bob));
  request.base = ann;
  request.scope = Scope::base;
  EXPECT_THAT(search(request).names(), IsEmpty()) << "the filter";
  request.base = "cn=Nobody," + people;
  EXPECT_EQ(search(request).result.code, ResultCode::no_such_object);
  EXPECT_EQ(search(request).result.matched_dn, people);
  request.base = "no dn";
  EXPECT_EQ(search(request).result.code, ResultCode::invalid_dn_syntax);
}

TEST_F(MetaDataTest, TellsPlainValuesUnlessAskedForMore) {
  const auto found = search(search_of(ann, {"sn", "entryUUID", "createdEntryCSN"}));
  ASSERT_EQ(found.entries.size(), 1U);
  EXPECT_FALSE(found.entries[0].state);
  ASSERT_EQ(found.entries[0].attributes.size(), 3U);
  EXPECT_THAT(find(found.entries[0], "sn")->values, ElementsAre(triple("Lee")));
  EXPECT_THAT(find(found.entries[0], "entryUUID")->values, ElementsAre(triple(load(ann).uuid.text())));
  EXPECT_THAT(find(found.entries[0], "createdEntryCSN")->values, ElementsAre(triple(load(ann).csn.ldup_text())));
}

TEST_F(MetaDataTest, TellsTheStateOfEveryValue) {
  plain(protocol::ModifyRequest{ann, {{model::ModifyKind::add, "description", {"old", "new"}}}});
  plain(protocol::ModifyRequest{ann, {{model::ModifyKind::remove, "description", {"old"}}}});
  plain(protocol::ModifyRequest{ann, {replacement("sn", {"Kay"}), replacement("seeAlso", {})}});
  auto request = search_of(ann, {"*"});
  request.attribute_change_state = true;
  const auto found = search(request);
  ASSERT_EQ(found.entries.size(), 1U);
  const auto& entry = found.entries[0];
  const auto stored = load(ann);
  const auto* description = find(entry, "description");
  ASSERT_NE(description, nullptr);
  EXPECT_THAT(description->values, ElementsAre(triple("new", stored.find("description")->values[0].csn),
                                               triple("old", stored.find("description")->deleted_values[0].csn, true)));
  EXPECT_FALSE(description->deletion_csn);
  EXPECT_EQ(find(entry, "sn")->deletion_csn, stored.find("sn")->deleted);
  ASSERT_NE(find(entry, "seeAlso"), nullptr) << "only a record";
  EXPECT_TRUE(find(entry, "seeAlso")->deletion_csn);
  EXPECT_TRUE(find(entry, "cn")->values[0].distinguished);
  ASSERT_TRUE(entry.state);
  EXPECT_EQ(entry.state->entry, stored.uuid);
  EXPECT_EQ(entry.state->created_csn, stored.csn);
  EXPECT_EQ(entry.state->rdn_csn, stored.rdn_csn);
  EXPECT_EQ(entry.state->superior, load(people).uuid);
  EXPECT_EQ(entry.state->superior_csn, stored.superior_csn);
  EXPECT_FALSE(entry.state->deleted_csn);
  EXPECT_FALSE(entry.state->glue);

  request.types_only = true;
  EXPECT_THAT(find(search(request).entries.at(0), "description")->values, IsEmpty());
}

TEST_F(MetaDataTest, FindsTombstonesByTheirLastDn) {
  const auto uuid = load(ann).uuid;
  plain(protocol::DeleteRequest{ann});
  auto request = search_of(people, {"sn"});
  EXPECT_THAT(search(request).names(), UnorderedElementsAre(people, bob));
  request.deleted_entries = true;
  EXPECT_THAT(search(request).names(), ElementsAre(people, bob, ann)) << "tombstones come last";
  request.filter = model::Filter::parse("(deletedEntryCSN=*)");
  request.attribute_change_state = true;
  const auto found = search(request);
  ASSERT_THAT(found.names(), ElementsAre(ann));
  EXPECT_EQ(find(found.entries[0], "sn")->values[0].value, "Lee");
  EXPECT_THAT(find(found.entries[0], "deletedEntryCSN")->values, ElementsAre(triple(load(uuid)->deleted->ldup_text())))
      << "without having been asked for";
  EXPECT_EQ(found.entries[0].state->deleted_csn, load(uuid)->deleted);
  EXPECT_EQ(found.entries[0].state->superior, load(people).uuid);

  request.base = ann;
  request.scope = Scope::base;
  EXPECT_THAT(search(request).names(), ElementsAre(ann)) << "as the base too";
  request.scope = Scope::one_level;
  EXPECT_EQ(search(request).result.code, ResultCode::no_such_object);
  request.base = people;
  EXPECT_THAT(search(request).names(), ElementsAre(ann));
  request.base = "dc=example,dc=com";
  EXPECT_THAT(search(request).names(), IsEmpty());
}

TEST_F(MetaDataTest, KeepsToTheLimits) {
  plain(protocol::DeleteRequest{ann});
  auto request = search_of(people);
  request.deleted_entries = true;
  request.size_limit = 2;
  EXPECT_EQ(search(request).result.code, ResultCode::size_limit_exceeded);
  EXPECT_EQ(search(request).entries.size(), 2U);
}

TEST_F(MetaDataTest, SearchesTheServersOwnEntries) {
  auto request = search_of("", {"+"});
  request.scope = Scope::base;
  const auto found = search(request);
  ASSERT_EQ(found.entries.size(), 1U);
  EXPECT_THAT(find(found.entries[0], "supportedExtension")->values,
              Contains(triple(std::string(ldup::oid::search_with_meta_data))));
}

TEST_F(MetaDataTest, ReturnsReferences) {
  plain(protocol::AddRequest{
      "ou=far,dc=example,dc=com",
      {{"objectClass", {"referral", "extensibleObject"}}, {"ou", {"far"}}, {"ref", {"ldap://x/"}}}});
  const auto found = search(search_of("dc=example,dc=com"));
  ASSERT_EQ(found.references.size(), 1U);
  EXPECT_EQ(found.references[0].uris.size(), 1U);
  EXPECT_THAT(search(search_of("dc=example,dc=com"), {directory::control(protocol::oid::manage_dsa_it)}).names(),
              Contains("ou=far,dc=example,dc=com"));
  EXPECT_EQ(search(search_of("ou=far,dc=example,dc=com")).result.code, ResultCode::referral);
}

TEST_F(MetaDataTest, WantsTheRightToMetaData) {
  caller_ = over_tls(TestDirectory::user("cn=helper"));
  EXPECT_THAT(search(search_of(people)).names(), UnorderedElementsAre(people, ann, bob));
  EXPECT_EQ(search(search_of("dc=example,dc=com")).result.code, ResultCode::insufficient_access_rights);
  caller_ = over_tls(TestDirectory::user("cn=looker"));
  EXPECT_THAT(search(search_of(people)).names(), UnorderedElementsAre(people, ann, bob));
  caller_ = over_tls(TestDirectory::user("cn=mender"));
  EXPECT_EQ(search(search_of(people)).result.code, ResultCode::insufficient_access_rights);
  caller_ = over_tls(TestDirectory::user("cn=other"));
  EXPECT_EQ(search(search_of(people)).result.code, ResultCode::insufficient_access_rights);
  EXPECT_EQ(search(search_of("cn=Nobody," + people)).result.code, ResultCode::insufficient_access_rights)
      << "nor are entries probed for so";
}

TEST_F(MetaDataTest, ShowsNoMoreValuesThanSearchDoes) {
  auto request = search_of(ann, {"userPassword", "sn"});
  request.attribute_change_state = true;
  EXPECT_NE(find(search(request).entries.at(0), "userPassword"), nullptr);
  caller_ = over_tls(TestDirectory::user("cn=helper"));
  EXPECT_EQ(find(search(request).entries.at(0), "userPassword"), nullptr);
  EXPECT_NE(find(search(request).entries.at(0), "sn"), nullptr);
  plain(protocol::DeleteRequest{ann});
  request.deleted_entries = true;
  EXPECT_EQ(find(search(request).entries.at(0), "userPassword"), nullptr) << "nor of what is deleted";
}

TEST_F(MetaDataTest, IsForConnectionsThatNobodyHears) {
  caller_.security = {};
  EXPECT_EQ(search(search_of(people)).result.code, ResultCode::confidentiality_required);
  EXPECT_EQ(delete_entry({ann, {}, false, {}}).code(), ResultCode::confidentiality_required);
  caller_.security.loopback = true;
  EXPECT_EQ(search(search_of(people)).result.code, ResultCode::success);
  caller_.security = {};
  caller_.security.local = true;
  EXPECT_EQ(search(search_of(people)).result.code, ResultCode::success);
}

TEST_F(MetaDataTest, IsPutOnRecord) {
  search(search_of(people));
  EXPECT_EQ(audit_.lines.back(), "cn=admin searchWithMetaData " + people + " [] 0");
  ask(ldup::oid::search_with_meta_data, "no BER");
  EXPECT_EQ(audit_.lines.back(), "cn=admin searchWithMetaData  [] 2");
  modify(ann, MetaDataChange::Kind::replace, {"sn", {triple("Kay")}, {}});
  EXPECT_EQ(audit_.lines.back(), "cn=admin modifyWithMetaData " + ann + " [sn] 0");
  add_entry({"no dn", {{"cn", {triple("x")}, {}}}});
  EXPECT_EQ(audit_.lines.back(), "cn=admin addWithMetaData no dn [cn] 34");
  delete_entry({"cn=Nobody," + people, {}, false, {}});
  EXPECT_EQ(audit_.lines.back(), "cn=admin deleteWithMetaData cn=Nobody," + people + " [] 32");
  {
    const auto stopped = server_.start(
        caller_, protocol::ExtendedRequest{std::string(ldup::oid::search_with_meta_data), encode(search_of(people))});
    EXPECT_TRUE(stopped->stop());
  }
  EXPECT_EQ(audit_.lines.back(), "cn=admin searchWithMetaData " + people + " [] 118");
  const auto count = audit_.lines.size();
  audit_.refusal = "the disk is full";
  EXPECT_EQ(search(search_of(people)).result.code, ResultCode::unavailable);
  EXPECT_EQ(delete_entry({ann, {}, false, {}}).code(), ResultCode::unavailable);
  EXPECT_EQ(audit_.lines.size(), count + 2);
}

}  // namespace
}  // namespace replkit::refserver::metadata
