#include <gmock/gmock.h>

#include "tests/refserver/protocol/oids.hpp"
#include "tests/unit/refserver/directory/update_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;
using ::testing::ElementsAre;

class AddTest : public UpdateTest {};

TEST_F(AddTest, StoresTheEntryWithWhatTheServerMaintains) {
  clock_.time = Instant{std::chrono::seconds{1'800'000'000}};
  const std::string dn = "CN=Eve \\2C Kay,ou=People,dc=example,dc=com";
  ASSERT_EQ(add_person(dn, {"description: hers"}).code, ResultCode::success);
  const auto entry = load(dn);
  EXPECT_EQ(entry.rdn, "CN=Eve \\, Kay");
  EXPECT_EQ(store_->snapshot()->dn(entry.id), "CN=Eve \\, Kay,ou=people,dc=example,dc=com");
  EXPECT_EQ(entry.superior, load(people).id);
  EXPECT_THAT(values_of(entry, "cn"), ElementsAre("Eve , Kay"));
  EXPECT_THAT(values_of(entry, "structuralObjectClass"), ElementsAre("inetOrgPerson"));
  EXPECT_THAT(values_of(entry, "creatorsName"), ElementsAre("cn=root"));
  EXPECT_THAT(values_of(entry, "modifiersName"), ElementsAre("cn=root"));
  EXPECT_THAT(values_of(entry, "createTimestamp"), ElementsAre("20270115080000Z"));
  EXPECT_THAT(values_of(entry, "modifyTimestamp"), ElementsAre("20270115080000Z"));
  EXPECT_NE(entry.uuid, load(ann).uuid);
  EXPECT_EQ(entry.csn, entry.rdn_csn);
  EXPECT_EQ(entry.csn, entry.superior_csn);
  EXPECT_GT(entry.csn, load(ann).csn);
  for (const auto& attribute : entry.attributes) {
    for (const auto& value : attribute.values) EXPECT_EQ(value.csn, entry.csn) << attribute.description;
  }
}

TEST_F(AddTest, RefusesANameThatIsTaken) {
  EXPECT_EQ(add_person("cn=ANN , ou=people,dc=EXAMPLE,dc=com").code, ResultCode::entry_already_exists);
  EXPECT_EQ(add_person("").code, ResultCode::entry_already_exists);
  EXPECT_EQ(add_person("cn=Subschema").code, ResultCode::entry_already_exists);
}

TEST_F(AddTest, WantsASuperior) {
  const auto result = add_person("cn=x,ou=a,ou=b," + people);
  EXPECT_EQ(result.code, ResultCode::no_such_object);
  EXPECT_EQ(result.matched_dn, people);
  EXPECT_EQ(add_person("cn=x,o=Other").code, ResultCode::no_such_object);
  EXPECT_EQ(add_person("cn=x,o=Elsewhere").code, ResultCode::no_such_object);
}

TEST_F(AddTest, AddsTheTopOfAContext) {
  ASSERT_EQ(add("O=OTHER", {"objectClass: organization"}).code, ResultCode::success);
  EXPECT_EQ(load("o=other").superior, store::no_entry);
  EXPECT_EQ(add("cn=x,o=other", {"objectClass: device"}).code, ResultCode::success);
  EXPECT_EQ(add("o=Third", {"objectClass: organization"}).code, ResultCode::no_such_object);
}

TEST_F(AddTest, AddsTheTopOfAContextWithSeveralRdns) {
  EXPECT_EQ(load(base).rdn, base);
  EXPECT_EQ(add("dc=com", {"objectClass: domain"}).code, ResultCode::no_such_object);
}

TEST_F(AddTest, RefusesAMalformedDn) {
  EXPECT_EQ(add_person("no DN").code, ResultCode::invalid_dn_syntax);
  EXPECT_EQ(add_person("cn=a,,dc=com").code, ResultCode::invalid_dn_syntax);
}

TEST_F(AddTest, RefusesWhatTheServerMaintains) {
  for (const std::string line : {"createTimestamp: 20200101000000Z", "creatorsName: cn=x", "modifiersName: cn=x",
                                 "entryUUID: 886e751f-3e7b-4c03-98ed-7f16d487b684", "structuralObjectClass: person"}) {
    EXPECT_EQ(add_person("cn=x," + people, {line}).code, ResultCode::constraint_violation) << line;
  }
}

// An administrator restores an entry as it was (draft-zeilenga-ldap-relax).
TEST_F(AddTest, RelaxedTakesWhatTheServerMaintains) {
  const std::string id = "entryUUID: 886e751f-3e7b-4c03-98ed-7f16d487b684";
  const std::vector<std::string> lines = {"objectClass: device",  "createTimestamp: 20200101000000Z",
                                          "creatorsName: cn=x",   "modifyTimestamp: 20200102000000Z",
                                          "modifiersName: cn=x2", id};
  const std::vector<protocol::Control> relax = {control(protocol::oid::relax_rules)};
  const std::string dn = "cn=x," + people;
  ASSERT_EQ(add(dn, lines, relax).code, ResultCode::success);
  const auto entry = load(dn);
  EXPECT_EQ(entry.uuid.text(), "886e751f-3e7b-4c03-98ed-7f16d487b684");
  EXPECT_THAT(values_of(entry, "createTimestamp"), ElementsAre("20200101000000Z"));
  EXPECT_THAT(values_of(entry, "creatorsName"), ElementsAre("cn=x"));
  EXPECT_THAT(values_of(entry, "modifyTimestamp"), ElementsAre("20200102000000Z"));
  EXPECT_THAT(values_of(entry, "modifiersName"), ElementsAre("cn=x2"));
  EXPECT_EQ(entry.find("entryUUID"), nullptr);

  EXPECT_EQ(add("cn=y," + people, {"objectClass: device", id}, relax).code, ResultCode::entry_already_exists);
  ASSERT_EQ(remove(dn).code, ResultCode::success);
  ASSERT_EQ(add("cn=y," + people, {"objectClass: device", id}, relax).code, ResultCode::success);
  EXPECT_FALSE(exists(dn));
  EXPECT_EQ(load("cn=y," + people).id, entry.id);
  EXPECT_FALSE(load("cn=y," + people).deleted);
  EXPECT_GT(load("cn=y," + people).csn, entry.csn);
}

TEST_F(AddTest, RelaxedStillHasRules) {
  const std::vector<protocol::Control> relax = {control(protocol::oid::relax_rules)};
  const auto add_with = [&](const std::string& line) {
    return add("cn=x," + people, {"objectClass: device", line}, relax).code;
  };
  EXPECT_EQ(add_with("structuralObjectClass: device"), ResultCode::constraint_violation);
  EXPECT_EQ(add_with("createTimestamp;x-a: 20200101000000Z"), ResultCode::constraint_violation);
  EXPECT_EQ(add_with("entryUUID: x"), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(add_with("createTimestamp: yesterday"), ResultCode::invalid_attribute_syntax);
  caller_ = bound(ann);
  EXPECT_EQ(add_with("createTimestamp: 20200101000000Z"), ResultCode::insufficient_access_rights);
}

TEST_F(AddTest, RefusesWhatTheSchemaDoes) {
  EXPECT_EQ(add_person("cn=x," + people, {"noSuchType: 1"}).code, ResultCode::undefined_attribute_type);
  EXPECT_EQ(add_person("cn=x," + people, {"dc: x"}).code, ResultCode::object_class_violation);
  EXPECT_EQ(add("cn=x," + people, {"objectClass: person"}).code, ResultCode::object_class_violation);
  EXPECT_EQ(add("cn=x," + people, {"objectClass: top"}).code, ResultCode::object_class_violation);
  EXPECT_EQ(add_person("cn=x," + people, {"manager: nobody"}).code, ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(add_person("noSuchType=x," + people).code, ResultCode::undefined_attribute_type);
  EXPECT_EQ(entries(), 4U);
}

TEST_F(AddTest, RefusesSubordinatesOfAliasesAndReferrals) {
  ASSERT_EQ(add("cn=alias," + people,
                {"objectClass: alias", "objectClass: extensibleObject", "cn: alias", "aliasedObjectName: " + ann})
                .code,
            ResultCode::success);
  EXPECT_EQ(add_person("cn=x,cn=alias," + people).code, ResultCode::alias_problem);
  ASSERT_EQ(add("cn=far," + people, {"objectClass: referral", "objectClass: extensibleObject", "cn: far",
                                     "ref: ldap://far.example.com/cn=far,o=x"})
                .code,
            ResultCode::success);
  const auto result = add_person("cn=x,cn=far," + people);
  EXPECT_EQ(result.code, ResultCode::referral);
  EXPECT_THAT(result.referrals, ElementsAre("ldap://far.example.com/cn=x,cn=far,o=x"));
}

TEST_F(AddTest, NeedsTheRightToCreate) {
  caller_ = bound(ann);
  EXPECT_EQ(add_person("cn=x," + people).code, ResultCode::insufficient_access_rights);
  EXPECT_EQ(add_person(ann).code, ResultCode::insufficient_access_rights) << "existing or not";
  EXPECT_EQ(add_person("cn=x," + bob).code, ResultCode::no_such_object);
  const auto result = add_person("cn=x," + base);
  EXPECT_EQ(result.code, ResultCode::no_such_object);
  EXPECT_EQ(result.matched_dn, "");
  EXPECT_EQ(entries(), 4U);
}

TEST_F(AddTest, HashesPasswords) {
  ASSERT_EQ(add_person("cn=x," + people, {"userPassword: secret", "userPassword: {SSHA}kept"}).code,
            ResultCode::success);
  const auto passwords = values("cn=x," + people, "userPassword");
  ASSERT_EQ(passwords.size(), 2U);
  EXPECT_TRUE(passwords[0].starts_with("{ARGON2}$argon2id$")) << passwords[0];
  EXPECT_TRUE(auth::password_fits(Secret("secret"), passwords[0]));
  EXPECT_EQ(passwords[1], "{SSHA}kept");
  const auto verifiers = values("cn=x," + people, "authPassword");
  ASSERT_EQ(verifiers.size(), 1U);
  EXPECT_TRUE(verifiers[0].starts_with("SCRAM-SHA-256$4096:"));
  EXPECT_EQ(add_person("cn=y," + people, {"userPassword: same", "userPassword: same"}).code,
            ResultCode::attribute_or_value_exists);
  EXPECT_EQ(add_person("cn=y," + people, {"userPassword: " + std::string(5000, 'x')}).code,
            ResultCode::constraint_violation);
}

TEST_F(AddTest, ReadsTheNewEntry) {
  const std::vector<std::string> wanted{"cn", "structuralObjectClass"};
  const auto response = send(
      protocol::AddRequest{.dn = "cn=x," + people, .attributes = attributes_of({"objectClass: person", "sn: Lee"})},
      {protocol::encode_read_request(protocol::oid::post_read, wanted)});
  ASSERT_EQ(response.result.code, ResultCode::success);
  ASSERT_EQ(response.controls.size(), 1U);
  const auto entry = protocol::decode_read_response(response.controls[0]);
  EXPECT_EQ(entry.dn, "cn=x," + people);
  EXPECT_EQ(entry.first("cn"), "x");
  EXPECT_EQ(entry.first("structuralObjectClass"), "person");
  EXPECT_EQ(entry.find("sn"), nullptr);
}

TEST_F(AddTest, AddsUnderAnAssertionAboutTheNewEntry) {
  const auto yes = protocol::encode_assertion(model::Filter::parse("(sn=lee)"));
  const auto no = protocol::encode_assertion(model::Filter::parse("(sn=kay)"));
  EXPECT_EQ(add("cn=x," + people, {"objectClass: person", "sn: Lee"}, {no}).code, ResultCode::assertion_failed);
  EXPECT_FALSE(exists("cn=x," + people));
  EXPECT_EQ(add("cn=x," + people, {"objectClass: person", "sn: Lee"}, {yes}).code, ResultCode::success);
}

TEST_F(AddTest, GivesANameToOneOfManyWhoWantIt) {
  constexpr int rounds = 20;
  for (int round = 0; round < rounds; ++round) {
    const auto dn = "cn=x" + std::to_string(round) + "," + people;
    std::vector<Pending> pending;
    for (int i = 0; i < 8; ++i) {
      pending.push_back(start(protocol::AddRequest{
          .dn = dn, .attributes = attributes_of({"objectClass: person", "sn: " + std::to_string(i)})}));
    }
    std::map<ResultCode, int> counts;
    for (auto& one : pending) ++counts[wait(one).result.code];
    EXPECT_EQ(counts[ResultCode::success], 1);
    EXPECT_EQ(counts[ResultCode::entry_already_exists], 7);
  }
  EXPECT_EQ(entries(), 4U + rounds);
}

}  // namespace
}  // namespace replkit::refserver::directory
