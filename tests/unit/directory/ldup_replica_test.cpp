#include "common/directory/ldup/ldup_replica.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/ldup/metadata.hpp"
#include "common/ldup/oids.hpp"

namespace replkit::directory {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

ldup::Csn csn(unsigned count) {
  return ldup::Csn::parse("20260101120000Z#00000" + std::to_string(count) + "#berlin#000000");
}

TEST(LdupReplicaTest, IsKnownByProtocolsOrAreas) {
  EXPECT_EQ(detect({}), ServerKind::ldap);
  RootDse root;
  root.replication_protocols = {"1.2.3"};
  EXPECT_EQ(detect(root), ServerKind::ldap);
  root.replication_protocols.emplace_back(ldup::oid::incremental_update_protocol);
  EXPECT_EQ(detect(root), ServerKind::ldup);
  root = {};
  root.replica_context_roots = {"dc=x"};
  EXPECT_EQ(detect(root), ServerKind::ldup);
  root.object_classes = {"OpenLDAProotDSE"};
  EXPECT_EQ(detect(root), ServerKind::openldap);
  EXPECT_EQ(name_of(ServerKind::ldup), "ldup");
}

TEST(LdupReplicaTest, TheDeepestAreaHoldsTheBase) {
  const std::vector<std::string> roots{"dc=x", "ou=a, dc=x", "ou=aa,dc=x"};
  EXPECT_EQ(deepest_above(roots, "cn=1,OU=a,dc=x"), "ou=a, dc=x");
  EXPECT_EQ(deepest_above(roots, "ou=b,dc=x"), "dc=x");
  EXPECT_EQ(deepest_above(roots, "dc=y"), "");
  EXPECT_EQ(deepest_above({""}, "dc=y"), "");
}

class FractionalTest : public testing::Test {
 protected:
  Unreplicated of(const std::string& own) const {
    Unreplicated out;
    add_fractional(area, own, out);
    return out;
  }
  static ldup::Replica replica(const std::string& id) {
    ldup::Replica out;
    out.id = id;
    out.dn = "cn=" + id + ",dc=x";
    return out;
  }
  ldup::Area area{"dc=x", model::Schema::standard()};
};

TEST_F(FractionalTest, AFullReplicaLeavesNothingOut) {
  area.add(replica("a"));
  const auto found = of("cn=a,dc=x");
  EXPECT_THAT(found.excluded, IsEmpty());
  EXPECT_FALSE(found.only);
  EXPECT_THAT(found.notes, IsEmpty());
}

TEST_F(FractionalTest, FiltersOfTheReplicaAndOfAgreementsThatSupplyItCount) {
  auto fractional = replica("b");
  fractional.filter.inclusion.attributes = {"cn", "sn", "mail"};
  fractional.filter.exclusion.attributes = {"mail"};
  area.add(replica("a"));
  area.add(std::move(fractional));
  ldup::Agreement agreement;
  agreement.dn = "cn=to-b,cn=a,dc=x";
  agreement.replica_dn = "CN=b,dc=x";
  agreement.exclusion.attributes = {"title"};
  area.add(agreement);
  const auto found = of("cn=b,dc=x");
  EXPECT_THAT(found.excluded, UnorderedElementsAre("mail", "title"));
  ASSERT_TRUE(found.only);
  EXPECT_THAT(*found.only, ElementsAre("cn", "sn", "mail", "objectClass"));
  EXPECT_THAT(found.notes, testing::SizeIs(3));
  EXPECT_THAT(of("cn=a,dc=x").excluded, IsEmpty()) << "who sends it has it all";
}

TEST_F(FractionalTest, APartHoldsWhatItNeedsAndTheReplicas) {
  auto part = replica("b");
  part.subtree = model::SubtreeSpecification::parse("{ base \"ou=part\" }");
  area.add(std::move(part));
  const auto own = part_of(std::make_shared<const ldup::Area>(area), "cn=b,dc=x");
  ASSERT_TRUE(own);
  for (const auto* dn : {"dc=x", "ou=part,dc=x", "cn=e,ou=part,dc=x", "cn=b,dc=x", "cn=to-a,cn=b,dc=x"}) {
    EXPECT_TRUE(own(dn)) << dn;
  }
  for (const auto* dn : {"ou=other,dc=x", "cn=e,ou=other,dc=x"}) EXPECT_FALSE(own(dn)) << dn;
  area.add(replica("c"));
  EXPECT_FALSE(part_of(std::make_shared<const ldup::Area>(area), "cn=c,dc=x")) << "it holds all";
}

TEST(LdupRecordTest, HoldsAllCsnsButThoseOfTheServersOwnAffairs) {
  ldup::SearchMetaDataEntry entry;
  entry.attributes.push_back(
      {"sn", {{.value = "x", .csn = csn(3)}, {.value = "y", .deleted = true, .csn = csn(2)}}, {}});
  entry.attributes.push_back({"mail", {}, csn(4)});
  entry.attributes.push_back({"updateVector", {{.value = "z", .csn = csn(9)}}, {}});
  entry.attributes.push_back({"title", {{.value = "t", .csn = ldup::Csn()}, {.value = "u", .csn = {}}}, {}});
  entry.state.emplace();
  entry.state->created_csn = csn(1);
  entry.state->rdn_csn = csn(1);
  const auto record = record_of(entry);
  EXPECT_THAT(record.csns, ElementsAre(csn(1), csn(2), csn(3), csn(4)));
  EXPECT_TRUE(record.alive);
  EXPECT_FALSE(record.tombstone);
}

TEST(LdupRecordTest, KnowsATombstone) {
  ldup::SearchMetaDataEntry entry;
  entry.state.emplace();
  entry.state->deleted_csn = csn(5);
  const auto record = record_of(entry);
  EXPECT_TRUE(record.tombstone);
  EXPECT_FALSE(record.alive);
  EXPECT_EQ(record.deleted_csn, csn(5));
  EXPECT_THAT(record.csns, ElementsAre(csn(5)));
}

}  // namespace
}  // namespace replkit::directory
