#include "common/ldup/replica.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "common/base/error.hpp"

namespace replkit::ldup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

model::Entry infomod_example() {
  return {"cn=replica1, ou=accounting, o=your company",
          {{"objectclass", {"subentry", "replicaSubentry-2"}},
           {"cn", {"replica1"}},
           {"subtreeSpecification", {"{}"}},
           {"description", {"replica in location 1"}},
           {"replicaURI", {"ldap://sys1.yourcompany.com"}},
           {"replicaType", {"2"}},
           {"lostAndFoundEntryDN", {"cn=lostAndFound1, o=your company"}},
           {"replicaOnline", {"TRUE"}}}};
}

TEST(Replica, ExampleOfInfomod) {
  Findings findings;
  const auto replica = Replica::read(infomod_example(), findings);
  EXPECT_THAT(findings, IsEmpty());
  EXPECT_EQ(replica.id, "replica1");
  EXPECT_EQ(replica.context_dn(), "ou=accounting,o=your company");
  EXPECT_EQ(replica.type, ReplicaType::updateable);
  EXPECT_TRUE(replica.can_originate());
  EXPECT_TRUE(replica.online);
  EXPECT_TRUE(replica.filter.is_full());
  EXPECT_EQ(replica.lost_and_found_dn, "cn=lostAndFound1, o=your company");
  EXPECT_FALSE(replica.uuid);
  EXPECT_EQ(replica.description, "replica in location 1");
  EXPECT_THAT(replica.servers(), ElementsAre("ldap://sys1.yourcompany.com"));
}

TEST(Replica, EverythingThatIsOptional) {
  auto entry = infomod_example();
  entry.add("entryUUID", "886e751f-3e7b-4c03-98ed-7f16d487b684");
  entry.add("replicaSecondaryURI", "ldaps://backup.yourcompany.com:1636");
  entry.add("replicaSecondaryURI", "ldap://SYS1.yourcompany.com:389/o=x??base");
  entry.add("updateVector", "20260101000000Z#000001#replica1#000000");
  entry.add("attributeExclusionFilter", "mail");
  entry.attributes[5].values = {"3"};
  Findings findings;
  const auto replica = Replica::read(entry, findings);
  EXPECT_THAT(findings, IsEmpty());
  ASSERT_TRUE(replica.uuid);
  EXPECT_EQ(replica.uuid->text(), "886e751f-3e7b-4c03-98ed-7f16d487b684");
  EXPECT_THAT(replica.update_vector, ElementsAre("20260101000000Z#000001#replica1#000000"));
  EXPECT_FALSE(replica.can_originate());
  EXPECT_FALSE(replica.filter.is_full());
  EXPECT_EQ(replica.secondary_uris.size(), 2U);
}

TEST(Replica, MissingOnesAreToldAndHaveDefaults) {
  Findings findings;
  const auto replica = Replica::read(model::Entry{"cn=R1,o=x", {}}, findings);
  EXPECT_EQ(replica.id, "r1");
  EXPECT_EQ(replica.type, ReplicaType::read_only);
  EXPECT_FALSE(replica.online);
  EXPECT_EQ(replica.lost_and_found_dn, "cn=lostAndFound,o=x");
  std::vector<std::string> told;
  for (const auto& finding : findings) told.push_back(describe(finding));
  EXPECT_THAT(
      told, ElementsAre("cn=R1,o=x: replicaURI: is missing, an LDAP URL is expected",
                        "cn=R1,o=x: replicaType: is missing, 1 (primary), 2 (updateable) or 3 (read-only) is expected",
                        "cn=R1,o=x: replicaOnline: is missing, FALSE is taken",
                        "cn=R1,o=x: lostAndFoundEntryDN: is missing, cn=lostAndFound,o=x is taken",
                        "cn=R1,o=x: subtreeSpecification: is missing, {} (the whole area) is taken"));
  EXPECT_TRUE(has_errors(findings));
  EXPECT_THROW(throw_errors(findings), UsageError);
}

struct Wrong {
  const char* attribute;
  std::vector<std::string> values;
  const char* told;
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.attribute << ": " << wrong.told;
}

class ReplicaWrong : public testing::TestWithParam<Wrong> {};

TEST_P(ReplicaWrong, SaysWhichAttributeOfWhichEntryAndWhatIsExpected) {
  auto entry = infomod_example();
  std::erase_if(entry.attributes, [](const model::Attribute& a) { return a.description == GetParam().attribute; });
  entry.attributes.push_back({GetParam().attribute, GetParam().values});
  Findings findings;
  Replica::read(entry, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].dn, entry.dn);
  EXPECT_EQ(findings[0].attribute, GetParam().attribute);
  EXPECT_THAT(findings[0].text, HasSubstr(GetParam().told));
  EXPECT_EQ(findings[0].severity, Severity::error);
}

INSTANTIATE_TEST_SUITE_P(
    All, ReplicaWrong,
    testing::Values(Wrong{"replicaType", {"0"}, "is \"0\", a number from 1 to 3 is expected"},
                    Wrong{"replicaType", {"4"}, "from 1 to 3"}, Wrong{"replicaType", {"two"}, "from 1 to 3"},
                    Wrong{"replicaType", {"2", "3"}, "has 2 values, one is expected"},
                    Wrong{"replicaOnline", {"yes"}, "TRUE or FALSE is expected"},
                    Wrong{"replicaURI", {"http://x"}, "an LDAP URL is expected"},
                    Wrong{"replicaURI", {"ldap:///o=x"}, "a host is expected"},
                    Wrong{"replicaSecondaryURI", {"ldap://h:99999"}, "an LDAP URL is expected"},
                    Wrong{"lostAndFoundEntryDN", {"lost"}, "a DN is expected"},
                    Wrong{"lostAndFoundEntryDN", {""}, "the DN of an entry is expected"},
                    Wrong{"entryUUID", {"4711"}, "a UUID is expected"},
                    Wrong{"subtreeSpecification", {"{ base"}, "a subtree specification is expected"},
                    Wrong{"attributeInclusionFilter", {"c!n"}, "\"c!n\" is no attribute"}),
    [](const auto& test) { return "n" + std::to_string(test.index); });

TEST(Replica, RefinementsAreNotForReplication) {
  auto entry = infomod_example();
  entry.attributes[2].values = {"{ specificationFilter item:person }"};
  Findings findings;
  Replica::read(entry, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].text, HasSubstr("only base and chops"));
}

TEST(Replica, MustBeNamedById) {
  for (const auto* dn : {"ou=r1,o=x", "cn=r1+entryUUID=886e751f-3e7b-4c03-98ed-7f16d487b684,o=x", "cn=a b,o=x",
                         "cn=a\\23b,o=x", "no dn", ""}) {
    auto entry = infomod_example();
    entry.dn = dn;
    Findings findings;
    const auto replica = Replica::read(entry, findings);
    EXPECT_EQ(replica.id, "") << dn;
    EXPECT_TRUE(has_errors(findings)) << dn;
  }
}

TEST(Replica, OnlyReadOnlyOnesAreFractional) {
  auto entry = infomod_example();
  entry.add("attributeInclusionFilter", "cn");
  Findings findings;
  Replica::read(entry, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "fractional-type");
  findings.clear();
  entry.attributes.back().values = {"*"};
  Replica::read(entry, findings);
  EXPECT_THAT(findings, IsEmpty()) << "all attributes make it full";
}

TEST(Replica, BothFiltersAreOneTooMany) {
  auto entry = infomod_example();
  entry.attributes[5].values = {"3"};
  entry.add("attributeInclusionFilter", "cn,mail");
  entry.add("attributeExclusionFilter", "mail");
  Findings findings;
  Replica::read(entry, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::warning);
  EXPECT_FALSE(has_errors(findings));
  EXPECT_NO_THROW(throw_errors(findings));
}

TEST(Replica, AliasesOfAttributes) {
  auto entry = infomod_example();
  entry.attributes[4].description = "replicaURL";
  entry.add("replicaSecondaryURL", "ldap://two");
  Findings findings;
  const auto replica = Replica::read(entry, findings);
  EXPECT_THAT(findings, IsEmpty());
  EXPECT_THAT(replica.servers(), ElementsAre("ldap://sys1.yourcompany.com", "ldap://two"));
}

TEST(Replica, AnyLookupWillDo) {
  Findings findings;
  const EntryReader reader(
      "cn=r1,o=x",
      [](std::string_view type) -> std::vector<std::string> {
        if (type == "replicaURI") return {"ldap://one"};
        if (type == "replicaType") return {"1"};
        return {};
      },
      findings);
  const auto replica = Replica::read(reader, findings);
  EXPECT_EQ(replica.type, ReplicaType::primary);
  EXPECT_FALSE(has_errors(findings));
}

TEST(Replica, WritesWhatItReads) {
  Replica replica;
  replica.dn = "cn=r1,ou=a\\,b,o=x";
  replica.id = "r1";
  replica.uris = {"ldap://one", "ldaps://one"};
  replica.secondary_uris = {"ldap://two:1389"};
  replica.type = ReplicaType::read_only;
  replica.online = true;
  replica.filter.exclusion = AttributeList::parse("mail,cn;lang-de");
  replica.subtree = model::SubtreeSpecification::parse("{ base \"ou=people\" }");
  replica.description = "far away";
  Findings findings;
  const auto entry = replica.to_entry();
  const auto again = Replica::read(entry, findings);
  EXPECT_THAT(findings, IsEmpty());
  EXPECT_EQ(again.to_entry(), entry);
  EXPECT_EQ(again.filter, replica.filter);
  EXPECT_EQ(again.subtree.text(), replica.subtree.text());
  EXPECT_EQ(again.lost_and_found_dn, "cn=lostAndFound,ou=a\\,b,o=x");
  EXPECT_THAT(entry.find("objectClass")->values, ElementsAre("top", "subentry", "replicaSubentry-2"));
}

TEST(Replica, IsReachedByItsUrisOnly) {
  Replica replica;
  replica.uris = {"ldap://One.example"};
  replica.secondary_uris = {"ldaps://two.example:1636"};
  for (const auto* yes : {"ldap://one.example", "ldap://ONE.example:389/o=x??sub?(cn=*)", "ldaps://two.example:1636"})
    EXPECT_TRUE(replica.is_reached_by(model::LdapUrl::parse(yes))) << yes;
  for (const auto* no : {"ldap://one.example:390", "ldaps://one.example", "ldap://two.example:1636",
                         "ldaps://two.example", "ldap://three.example"})
    EXPECT_FALSE(replica.is_reached_by(model::LdapUrl::parse(no))) << no;
}

TEST(Replica, NamesItsEntry) {
  EXPECT_EQ(replica_dn("r1", model::Dn::parse("ou=a, o=x")), "cn=r1,ou=a,o=x");
  EXPECT_EQ(replica_dn("r1", model::Dn()), "cn=r1");
}

}  // namespace
}  // namespace replkit::ldup
