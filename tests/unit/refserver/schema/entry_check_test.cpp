// Whole entries against the schema, and the result code of each refusal.
#include <gmock/gmock.h>

#include <optional>

#include "testing.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::schema {
namespace {

using protocol::ResultCode;
using testing::HasSubstr;

using Attributes = std::vector<std::pair<std::string, std::vector<std::string>>>;

struct Outcome {
  ResultCode code = ResultCode::success;
  std::string diagnostic;
};

Outcome check(const Attributes& attributes, std::string_view rdn = "cn=Ada", const Schema& schema = bundled()) {
  std::vector<std::vector<std::string_view>> values;
  std::vector<model::AttributeView> views;
  for (const auto& attribute : attributes) values.emplace_back(attribute.second.begin(), attribute.second.end());
  for (std::size_t i = 0; i < attributes.size(); ++i) views.push_back({attributes[i].first, values[i]});
  try {
    schema.check_entry(views, rdn);
    return {};
  } catch (const protocol::Refusal& refusal) {
    return {refusal.result().code, refusal.result().diagnostic};
  }
}

Attributes person() {
  return {{"objectClass", {"inetOrgPerson"}}, {"cn", {"Ada"}}, {"sn", {"Lovelace"}}};
}

// A person with one more attribute.
Outcome with(const std::string& description, const std::vector<std::string>& values) {
  auto attributes = person();
  attributes.emplace_back(description, values);
  return check(attributes);
}

Outcome with_classes(const std::vector<std::string>& classes) {
  auto attributes = person();
  attributes.front().second = classes;
  return check(attributes);
}

// The bundled schemas and a DIT content rule. 2.5.6.6 is person.
Schema with_rule(const std::string& rule) {
  const TemporaryFile file("rule.schema", "ditcontentrule ( " + rule + " )\n");
  return Schema::load({"inetorgperson", "nis", file.path()});
}

#define EXPECT_REFUSED(outcome, wanted, text)                  \
  do {                                                         \
    const auto got = outcome;                                  \
    EXPECT_EQ(got.code, ResultCode::wanted) << got.diagnostic; \
    EXPECT_THAT(got.diagnostic, HasSubstr(text));              \
  } while (false)
#define EXPECT_TAKEN(outcome)                                   \
  do {                                                          \
    const auto got = outcome;                                   \
    EXPECT_EQ(got.code, ResultCode::success) << got.diagnostic; \
  } while (false)

TEST(EntryCheck, Good) {
  EXPECT_TAKEN(check(person()));
  EXPECT_TAKEN(with("entryUUID", {"597ae2f6-16a6-1027-98f4-d28b5365dc14"}));
  EXPECT_TAKEN(with("mail", {"a@b", "c@d"}));
  EXPECT_TAKEN(with_classes({"top", "person", "organizationalPerson", "inetOrgPerson"}));
  EXPECT_TAKEN(with_classes({"2.5.6.0", "2.5.6.6", "INETORGPERSON", "labeledURIObject"}));
  EXPECT_TAKEN(check(
      {{"objectClass", {"top", "alias", "extensibleObject"}}, {"aliasedObjectName", {"cn=x"}}, {"cn", {"a"}}}, "cn=a"));
  EXPECT_TAKEN(
      check({{"objectClass", {"referral", "extensibleObject"}}, {"ref", {"ldap://h/"}}, {"cn", {"a"}}}, "cn=a"));
}

TEST(EntryCheck, UndefinedAttributeType) {
  EXPECT_REFUSED(with("nosuch", {"x"}), undefined_attribute_type, "nosuch");
  EXPECT_REFUSED(with("1.2.3.4", {"x"}), undefined_attribute_type, "1.2.3.4");
  EXPECT_REFUSED(with("", {"x"}), undefined_attribute_type, "");
  EXPECT_REFUSED(with("description;foo", {"x"}), undefined_attribute_type, "unknown option");
  EXPECT_REFUSED(with("description;", {"x"}), undefined_attribute_type, "malformed option");
  EXPECT_REFUSED(with("description;lang-de;x_y", {"x"}), undefined_attribute_type, "malformed option");
  EXPECT_REFUSED(with("description;binary", {"x"}), undefined_attribute_type, "binary");
  EXPECT_REFUSED(with("objectClass;lang-de", {"person"}), undefined_attribute_type, "objectClass");
}

TEST(EntryCheck, Options) {
  EXPECT_TAKEN(with("sn;lang-de", {"x"}));
  EXPECT_REFUSED(with("sn;lang-de-", {"x"}), undefined_attribute_type, "range");
  EXPECT_REFUSED(with("sn;lang-", {"x"}), undefined_attribute_type, "range");
  EXPECT_TAKEN(with("sn;x-mine;LANG-de-AT", {"x"}));
  const std::string certificate("\x30\x00", 2);
  EXPECT_TAKEN(with("userCertificate;binary", {certificate}));
  EXPECT_TAKEN(with("userCertificate", {certificate}));
  EXPECT_REFUSED(with("userCertificate;binary", {"x"}), invalid_attribute_syntax, "Certificate");
  EXPECT_REFUSED(with("SN", {"x"}), attribute_or_value_exists, "SN");
  EXPECT_REFUSED(with("surname", {"x"}), attribute_or_value_exists, "same attribute");
  auto twice = person();
  twice.emplace_back("description;lang-de;x-a", std::vector<std::string>{"x"});
  twice.emplace_back("description;X-A;lang-de", std::vector<std::string>{"y"});
  EXPECT_REFUSED(check(twice), attribute_or_value_exists, "same attribute");
  twice.back().first = "description;lang-en";
  EXPECT_TAKEN(check(twice));
}

TEST(EntryCheck, Values) {
  EXPECT_REFUSED(with("seeAlso", {"cn=a", "not a dn"}), invalid_attribute_syntax, "value 2 is no DN");
  EXPECT_REFUSED(with("description", {""}), invalid_attribute_syntax, "description");
  EXPECT_REFUSED(with("preferredLanguage", {"de", "en"}), constraint_violation, "one value");
  EXPECT_REFUSED(with("description", {}), constraint_violation, "no value");
  EXPECT_REFUSED(with("description", {"a  b", "x", "A b"}), attribute_or_value_exists, "two equal values");
  EXPECT_REFUSED(with("seeAlso", {"cn=a,o=b", "CN=A, O=B"}), attribute_or_value_exists, "two equal values");
  EXPECT_REFUSED(with("audio", {"x", "y", "x"}), attribute_or_value_exists, "two equal values");
  EXPECT_TAKEN(with("audio", {"x", "X"}));
  EXPECT_REFUSED(with_classes({"person", "2.5.6.6"}), attribute_or_value_exists, "objectClass");
  EXPECT_REFUSED(with_classes({"inetOrgPerson", "a b"}), invalid_attribute_syntax, "objectClass");
}

TEST(EntryCheck, ManyValues) {
  std::vector<std::string> members;
  for (int i = 0; i < 5000; ++i) members.push_back("cn=" + std::to_string(i) + ",o=x");
  Attributes group{{"objectClass", {"groupOfNames"}}, {"cn", {"Ada"}}, {"member", members}};
  EXPECT_TAKEN(check(group));
  group.back().second.push_back("CN=4711,O=X");
  EXPECT_REFUSED(check(group), attribute_or_value_exists, "member");
}

TEST(EntryCheck, ManyDescriptions) {
  auto attributes = person();
  for (int i = 0; i < 50'000; ++i) {
    attributes.emplace_back("description;x-" + std::to_string(i), std::vector<std::string>{"x"});
  }
  EXPECT_TAKEN(check(attributes));
  attributes.emplace_back("DESCRIPTION;X-4711", std::vector<std::string>{"x"});
  EXPECT_REFUSED(check(attributes), attribute_or_value_exists, "X-4711");
}

TEST(EntryCheck, ObjectClasses) {
  EXPECT_REFUSED(check({{"cn", {"Ada"}}}), object_class_violation, "no objectClass");
  EXPECT_REFUSED(with_classes({"inetOrgPerson", "nosuch"}), object_class_violation, "nosuch");
  EXPECT_REFUSED(with_classes({"top"}), object_class_violation, "no structural");
  EXPECT_REFUSED(with_classes({"pkiUser", "top"}), object_class_violation, "no structural");
  EXPECT_REFUSED(with_classes({"person", "device"}), object_class_violation, "not of one chain");
  EXPECT_REFUSED(with_classes({"inetOrgPerson", "residentialPerson"}), object_class_violation, "not of one chain");
  EXPECT_REFUSED(with("dc", {"x"}), object_class_violation, "no object class allows the attribute 'dc'");
  EXPECT_REFUSED(with_classes({"inetOrgPerson", "dcObject"}), object_class_violation,
                 "'dcObject' requires the attribute 'dc'");
  EXPECT_REFUSED(check({{"objectClass", {"person"}}, {"cn", {"Ada"}}}), object_class_violation,
                 "requires the attribute 'sn'");
  EXPECT_REFUSED(check({{"objectClass", {"inetOrgPerson"}}, {"cn", {"Ada"}}}), object_class_violation,
                 "requires the attribute 'sn'");
}

TEST(EntryCheck, ExtensibleObject) {
  auto attributes = person();
  attributes.front().second.push_back("extensibleObject");
  attributes.emplace_back("dc", std::vector<std::string>{"x"});
  EXPECT_TAKEN(check(attributes));
  attributes.emplace_back("nosuch", std::vector<std::string>{"x"});
  EXPECT_REFUSED(check(attributes), undefined_attribute_type, "nosuch");
}

TEST(EntryCheck, CollectiveAttributesStayOut) {
  const auto schema = Schema::load({"core", "/etc/ldap/schema/collective.schema"});
  EXPECT_REFUSED(
      check({{"objectClass", {"person", "extensibleObject"}}, {"cn", {"Ada"}}, {"sn", {"x"}}, {"c-l", {"here"}}},
            "cn=Ada", schema),
      object_class_violation, "c-l");
}

TEST(EntryCheck, ClassesWithTwoSuperiors) {
  const auto schema = Schema::load({"core", "cosine", "inetorgperson", "/etc/ldap/schema/openldap.schema"});
  const std::vector<std::vector<std::string_view>> lists{{"OpenLDAPperson"},
                                                         {"pilotPerson", "inetOrgPerson", "OpenLDAPperson"},
                                                         {"OpenLDAPperson", "inetOrgPerson", "top", "pilotPerson"}};
  for (const auto& list : lists) EXPECT_EQ(schema.structural_class(list), "OpenLDAPperson");
  EXPECT_THROW(schema.structural_class(std::vector<std::string_view>{"pilotPerson", "inetOrgPerson"}),
               protocol::Refusal);
}

TEST(EntryCheck, AbstractClasses) {
  const TemporaryFile file("x.schema",
                           "objectclass ( 1.2.3.1 NAME 'idea' SUP top ABSTRACT MAY cn )\n"
                           "objectclass ( 1.2.3.2 NAME 'thing' SUP idea STRUCTURAL )\n"
                           "objectclass ( 1.2.3.3 NAME 'trait' SUP idea AUXILIARY )\n");
  const auto schema = Schema::load({"core", file.path()});
  const auto structural = [&](const std::vector<std::string_view>& classes) {
    return schema.structural_class(classes);
  };
  EXPECT_EQ(structural({"idea", "thing"}), "thing");
  EXPECT_EQ(structural({"idea", "person", "trait"}), "person");
  EXPECT_THROW(structural({"idea", "person"}), protocol::Refusal);
  EXPECT_THROW(structural({"idea"}), protocol::Refusal);
}

TEST(EntryCheck, Rdn) {
  EXPECT_TAKEN(check(person(), "CN=ada"));
  EXPECT_TAKEN(check(person(), "2.5.4.3=Ada"));
  EXPECT_TAKEN(check(person(), "cn=\\41da+surname=lovelace"));
  EXPECT_TAKEN(check(person(), "cn=Ada,dc=example,dc=com"));  // the whole DN of a context's top
  EXPECT_TAKEN(check(person(), ""));
  EXPECT_REFUSED(check(person(), "cn=Bob"), naming_violation, "'cn' is not in the entry");
  EXPECT_REFUSED(check(person(), "cn=Ada+l=x"), naming_violation, "'l'");
  EXPECT_REFUSED(check(person(), "nosuch=x"), undefined_attribute_type, "nosuch");
  EXPECT_REFUSED(check(person(), "cn="), naming_violation, "");
  EXPECT_REFUSED(check(person(), "cn"), invalid_dn_syntax, "");
  EXPECT_REFUSED(check({{"objectClass", {"inetOrgPerson"}}, {"cn", {"a"}}, {"sn", {"a"}}, {"audio", {"x"}}}, "audio=x"),
                 naming_violation, "no equality rule");
  EXPECT_REFUSED(check({{"objectClass", {"person"}}, {"sn", {"a"}}, {"cn", {"x"}}, {"cn;lang-de", {"Ada"}}}),
                 naming_violation, "cn");
}

// RFC 4512 4.1.6.
TEST(EntryCheck, ContentRulesGovernTheirStructuralClass) {
  const auto schema = with_rule(
      "2.5.6.6 NAME 'people' AUX ( strongAuthenticationUser $ simpleSecurityObject ) MUST description MAY uid "
      "NOT ( telephoneNumber $ seeAlso )");
  const Attributes plain{{"objectClass", {"person"}}, {"cn", {"Ada"}}, {"sn", {"x"}}, {"description", {"y"}}};
  const auto and_with = [&](const std::string& description, const std::string& value) {
    auto attributes = plain;
    attributes.emplace_back(description, std::vector{value});
    return check(attributes, "cn=Ada", schema);
  };
  const auto with_class = [&](const std::string& name) {
    auto attributes = plain;
    attributes.front().second.push_back(name);
    attributes.emplace_back("userPassword", std::vector<std::string>{"z"});
    return check(attributes, "cn=Ada", schema);
  };
  EXPECT_TAKEN(check(plain, "cn=Ada", schema));
  EXPECT_TAKEN(and_with("uid", "ada"));
  EXPECT_TAKEN(with_class("simpleSecurityObject"));
  EXPECT_REFUSED(with_class("labeledURIObject"), object_class_violation, "does not allow the object class 'labeledURI");
  EXPECT_REFUSED(with_class("extensibleObject"), object_class_violation, "does not allow the object class");
  EXPECT_REFUSED(and_with("telephoneNumber", "1"), object_class_violation, "precludes the attribute 'telephoneNumber'");
  EXPECT_REFUSED(and_with("seeAlso;lang-en", "cn=x"), object_class_violation, "precludes the attribute 'seeAlso;lang");
  EXPECT_REFUSED(and_with("mail", "a@b"), object_class_violation, "no object class allows");
  EXPECT_REFUSED(check({{"objectClass", {"person"}}, {"cn", {"Ada"}}, {"sn", {"x"}}}, "cn=Ada", schema),
                 object_class_violation, "the content rule requires the attribute 'description'");
  // Neither a superior class's rule counts nor that of another.
  EXPECT_TAKEN(check({{"objectClass", {"organizationalPerson"}}, {"cn", {"Ada"}}, {"sn", {"x"}}}, "cn=Ada", schema));
  EXPECT_TAKEN(check(person(), "cn=Ada", with_rule("2.5.6.6 OBSOLETE MUST description")));
  EXPECT_TAKEN(check({{"objectClass", {"person"}}, {"cn", {"Ada"}}, {"sn", {"x"}}}, "cn=Ada",
                     with_rule("2.5.6.6 OBSOLETE MUST description")));
}

}  // namespace
}  // namespace replkit::refserver::schema
