#include "tests/refserver/directory/entry_rules.hpp"

#include <gmock/gmock.h>

#include "tests/refserver/directory/attribute_key.hpp"
#include "tests/unit/refserver/directory/entry_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const model::Schema& model_schema() {
  return test_schema().model();
}

TEST(AttributeKey, IsEqualForDescriptionsOfOneAttribute) {
  EXPECT_EQ(attribute_key(model_schema(), "CommonName"), "cn");
  EXPECT_EQ(attribute_key(model_schema(), "2.5.4.3"), "cn");
  EXPECT_EQ(attribute_key(model_schema(), "cn;X-b;lang-DE"), "cn;lang-de;x-b");
  EXPECT_EQ(attribute_key(model_schema(), "cn;x-b;x-b"), "cn;x-b");
  EXPECT_EQ(attribute_key(model_schema(), "userCertificate;binary"), "usercertificate");
  EXPECT_EQ(attribute_key(model_schema(), "NoSuchType;a"), "nosuchtype;a");
  EXPECT_NE(attribute_key(model_schema(), "cn"), attribute_key(model_schema(), "name"));
}

ResultCode add_code(const std::string& rdn, const std::vector<std::string>& lines) {
  return code_of([&] { make_test_entry(rdn, lines, test_csn(1)); });
}

TEST(MakeEntry, PutsOneCsnOnEverything) {
  const auto entry = make_person({"description: one", "description: two"});
  EXPECT_EQ(entry.csn, test_csn(1));
  EXPECT_EQ(entry.rdn_csn, test_csn(1));
  EXPECT_EQ(entry.superior_csn, test_csn(1));
  for (const auto& attribute : entry.attributes) {
    EXPECT_FALSE(attribute.deleted);
    EXPECT_THAT(attribute.deleted_values, IsEmpty());
    for (const auto& value : attribute.values) EXPECT_EQ(value.csn, test_csn(1)) << attribute.description;
  }
}

TEST(MakeEntry, AddsTheValuesOfTheRdnWhereTheyAreMissing) {
  auto entry = make_test_entry("cn=Ann+UID=ann", {"objectClass: inetOrgPerson", "sn: Lee", "cn: Anne"}, test_csn(1));
  EXPECT_THAT(values_of(entry, "cn"), ElementsAre("Anne", "Ann"));
  EXPECT_THAT(values_of(entry, "uid"), ElementsAre("ann"));
  EXPECT_FALSE(entry.find("cn")->values[0].distinguished);
  EXPECT_TRUE(entry.find("cn")->values[1].distinguished);
  entry = make_test_entry("cn=ANN", {"objectClass: person", "sn: Lee", "commonName: Ann"}, test_csn(1));
  EXPECT_THAT(values_of(entry, "commonName"), ElementsAre("Ann")) << "equal: as the attribute spells it";
  EXPECT_TRUE(entry.find("commonName")->values[0].distinguished);
}

TEST(MakeEntry, AddsSuperclasses) {
  EXPECT_THAT(values_of(make_person(), "objectClass"),
              ElementsAre("inetOrgPerson", "organizationalPerson", "person", "top"));
  EXPECT_THAT(missing_superclasses(model_schema(), {"TOP", "2.5.6.6"}), IsEmpty());
  EXPECT_THAT(missing_superclasses(model_schema(), {"noSuchClass"}), IsEmpty());
}

TEST(MakeEntry, RefusesWithTheCodesOfTheRfc) {
  EXPECT_EQ(add_code("cn=Ann", {"objectClass: person", "sn: Lee", "sn;x: a", "noSuchType: a"}),
            ResultCode::undefined_attribute_type);
  EXPECT_EQ(add_code("cn=Ann", {"objectClass: person", "sn: Lee", "sn: LEE"}), ResultCode::attribute_or_value_exists);
  EXPECT_EQ(add_code("cn=Ann", {"objectClass: person", "sn: Lee", "surname: Kay"}),
            ResultCode::attribute_or_value_exists);
  EXPECT_EQ(add_code("cn=Ann", {"objectClass: person", "sn: Lee", "seeAlso: x"}), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(add_code("cn=Ann", {"objectClass: person"}), ResultCode::object_class_violation);
  EXPECT_EQ(add_code("cn=Ann", {"sn: Lee"}), ResultCode::object_class_violation);
  EXPECT_EQ(add_code("cn=Ann", {"objectClass: top", "sn: Lee"}), ResultCode::object_class_violation);
  EXPECT_EQ(add_code("cn=Ann", {"objectClass: noSuchClass"}), ResultCode::object_class_violation);
  EXPECT_EQ(add_code("cn=Ann", {"objectClass: inetOrgPerson", "sn: Lee", "displayName: a", "displayName: b"}),
            ResultCode::constraint_violation);
  EXPECT_EQ(add_code("noSuchType=Ann", {"objectClass: person", "cn: Ann", "sn: Lee"}),
            ResultCode::undefined_attribute_type);
  EXPECT_EQ(add_code("c=DE", {"objectClass: country", "c: US"}), ResultCode::naming_violation);
}

TEST(CheckEntry, AllowsVerifiersBesideAPassword) {
  auto entry = make_person({"userPassword: {SSHA}x"});
  auto& verifier = entry.attributes.emplace_back();
  verifier.description = "authPassword";
  verifier.values.push_back({.bytes = "SCRAM-SHA-256$4096:eA==$eA==:eA==", .csn = test_csn(1)});
  EXPECT_EQ(code_of([&] { check_entry(entry, test_schema()); }), ResultCode::success);
  std::erase_if(entry.attributes, [](const auto& attribute) { return attribute.description == "userPassword"; });
  EXPECT_EQ(code_of([&] { check_entry(entry, test_schema()); }), ResultCode::object_class_violation);
}

}  // namespace
}  // namespace replkit::refserver::directory
