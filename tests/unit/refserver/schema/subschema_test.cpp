// The subschema subentry must be read by libldap and by our own schema reader.
#include <gmock/gmock.h>
#include <ldap.h>
#include <ldap_schema.h>

#include "testing.hpp"

namespace replkit::refserver::schema {
namespace {

const std::vector<std::string>& values(std::string_view name) {
  for (const auto& attribute : bundled().subschema()) {
    if (attribute.description == name) return attribute.values;
  }
  throw std::runtime_error("there is no " + std::string(name));
}

// Reads each value with one of libldap's ldap_str2...() at its strictest.
template <typename Read, typename Free>
void read_all(std::string_view name, Read read, Free release) {
  EXPECT_GT(values(name).size(), 10U);
  for (const auto& value : values(name)) {
    int code = 0;
    const char* error = nullptr;
    auto* item = read(value.c_str(), &code, &error, LDAP_SCHEMA_ALLOW_NONE);
    ASSERT_NE(item, nullptr) << value << ": " << ldap_scherr2str(code);
    release(item);
  }
}

TEST(Subschema, LibldapReadsIt) {
  read_all("attributeTypes", ldap_str2attributetype, ldap_attributetype_free);
  read_all("objectClasses", ldap_str2objectclass, ldap_objectclass_free);
  read_all("matchingRules", ldap_str2matchingrule, ldap_matchingrule_free);
  read_all("matchingRuleUse", ldap_str2matchingruleuse, ldap_matchingruleuse_free);
  read_all("ldapSyntaxes", ldap_str2syntax, ldap_syntax_free);
}

TEST(Subschema, OurOwnReaderSeesTheSameSchema) {
  const auto& model = bundled().model();
  const auto read = model::Schema::parse(values("attributeTypes"), values("objectClasses"));
  EXPECT_THAT(read.problems(), testing::IsEmpty());
  ASSERT_EQ(read.attribute_types().size(), model.attribute_types().size());
  for (const auto& type : model.attribute_types()) {
    const auto* other = read.attribute(type.oid);
    ASSERT_NE(other, nullptr);
    EXPECT_EQ(other->names, type.names);
    EXPECT_EQ(other->kind, type.kind) << type.key;
    EXPECT_EQ(other->syntax, type.syntax) << type.key;
    EXPECT_EQ(other->substring, type.substring) << type.key;
    EXPECT_EQ(other->no_user_modification, type.no_user_modification) << type.key;
  }
}

// What is not inherited stays as it was written, and macros are gone.
TEST(Subschema, IsInRfc4512Form) {
  using testing::Contains;
  EXPECT_THAT(values("attributeTypes"),
              Contains("( 2.5.4.6 NAME ( 'c' 'countryName' ) DESC 'RFC 4519: two letters of ISO "
                       "3166' SUP name SYNTAX 1.3.6.1.4.1.1466.115.121.1.11 SINGLE-VALUE )"));
  EXPECT_THAT(values("objectClasses"),
              Contains("( 2.5.6.2 NAME 'country' DESC 'RFC 4519' SUP top STRUCTURAL MUST c MAY ( searchGuide $ "
                       "description ) )"));
  EXPECT_THAT(values("matchingRules"),
              Contains("( 2.5.13.2 NAME 'caseIgnoreMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"));
  EXPECT_THAT(
      values("matchingRuleUse"),
      Contains("( 2.5.13.13 NAME 'booleanMatch' APPLIES ( hasSubordinates $ replicaOnline $ updateVectorTrigger "
               "$ ldupStartTLS ) )"));
  EXPECT_THAT(values("ldapSyntaxes"), Contains("( 1.3.6.1.4.1.1466.115.121.1.7 DESC 'Boolean' )"));
}

TEST(Subschema, EveryRuleAndSyntaxNamedIsListed) {
  std::string rules;
  for (const auto& value : values("matchingRules")) rules += value;
  std::string syntaxes;
  for (const auto& value : values("ldapSyntaxes")) syntaxes += value;
  for (const auto& type : bundled().model().attribute_types()) {
    for (const auto& rule : {type.equality, type.ordering, type.substring}) {
      if (rule.empty()) continue;
      EXPECT_THAT(rules, testing::HasSubstr("'" + rule + "'"));
    }
    EXPECT_THAT(syntaxes, testing::HasSubstr("( " + type.syntax + " "));
  }
}

TEST(Subschema, HasContentRulesWhenThereAreSome) {
  const TemporaryFile file("x.schema",
                           "ditcontentrule ( 2.5.6.6 NAME 'r' DESC 'd'\n AUX dcObject MAY ( uid $ mail ) )");
  const auto schema = Schema::load({"cosine", file.path()});
  const auto& last = schema.subschema().back();
  EXPECT_EQ(last.description, "dITContentRules");
  ASSERT_EQ(last.values, std::vector<std::string>{"( 2.5.6.6 NAME 'r' DESC 'd' AUX dcObject MAY ( uid $ mail ) )"});
  int code = 0;
  const char* error = nullptr;
  auto* rule = ldap_str2contentrule(last.values.front().c_str(), &code, &error, LDAP_SCHEMA_ALLOW_NONE);
  EXPECT_NE(rule, nullptr) << ldap_scherr2str(code);
  ldap_contentrule_free(rule);
}

}  // namespace
}  // namespace replkit::refserver::schema
