// What the bundled schema says, and what is asked about types and classes.
#include "tests/refserver/schema/schema.hpp"

#include <gmock/gmock.h>

#include "testing.hpp"

namespace replkit::refserver::schema {
namespace {

using testing::Contains;
using testing::IsSupersetOf;
using testing::Not;
using testing::UnorderedElementsAre;

std::vector<std::string> names(const std::vector<const model::AttributeType*>& types) {
  std::vector<std::string> all;
  for (const auto* type : types) all.push_back(type->names.front());
  return all;
}

const model::AttributeType& type(std::string_view name) {
  const auto* found = bundled().model().attribute(name);
  if (found == nullptr) throw std::runtime_error("there is no " + std::string(name));
  return *found;
}

// Every type and class that all of replkit knows is here as well, and compares the same: else a comparison of two
// servers would not see what they see.
TEST(BundledSchema, AgreesWithTheStandardOne) {
  const auto& standard = model::Schema::standard();
  const auto& mine = bundled().model();
  for (const auto& known : standard.attribute_types()) {
    if (known.oid.starts_with("1.3.6.1.4.1.42.2.27.8.1.") || known.key == "contextcsn" || known.key == "memberof") {
      continue;  // of password policies and OpenLDAP's own
    }
    const auto* found = mine.attribute(known.oid);
    ASSERT_NE(found, nullptr) << known.key;
    EXPECT_EQ(found->names, known.names);
    EXPECT_EQ(found->kind, known.kind) << known.key;
    EXPECT_EQ(found->syntax, known.syntax) << known.key;
    EXPECT_EQ(found->single_value, known.single_value) << known.key;
    EXPECT_EQ(found->operational, known.operational) << known.key;
    EXPECT_EQ(found->no_user_modification, known.no_user_modification) << known.key;
  }
  for (const auto* name :
       {"person", "inetOrgPerson", "domain", "posixAccount", "shadowAccount", "ipHost", "groupOfNames",
        "organizationalUnit", "residentialPerson", "dcObject", "document", "subentry", "alias"}) {
    const std::vector<std::string_view> classes{name};
    EXPECT_EQ(mine.required(classes), standard.required(classes)) << name;
    EXPECT_EQ(mine.object_class(name)->kind, standard.object_class(name)->kind) << name;
  }
}

TEST(BundledSchema, Ldup) {
  const auto& model = bundled().model();
  EXPECT_EQ(model.object_class("replicaSubentry"), model.object_class("2.16.840.1.113719.1.142.6.3.2"));
  EXPECT_EQ(model.object_class("replicationSubentry"), model.object_class("replicaSubentry-2"));
  EXPECT_EQ(model.object_class("replicaAgreement"), model.object_class("replicaAgreementSubentry-2"));
  EXPECT_EQ(model.attribute("replicationContexts"), model.attribute("replicaContextRoots"));
  EXPECT_EQ(model.attribute("attrs1"), model.attribute("attrReplicationGroup1"));
  EXPECT_EQ(type("supportedReplicationProtocols").oid, "2.25.181348535598521182392638709585471321732.1.4.1");
  EXPECT_EQ(type("scheduleLocalOrUtcTime").oid, "2.25.181348535598521182392638709585471321732.1.4.23");
  EXPECT_EQ(type("deletedEntryCSN").oid, "2.25.181348535598521182392638709585471321732.1.4.25");
  // The eight of draft-ietf-ldup-mrm 3.16.
  for (const auto* name : {"attributeExclusionFilter", "attributeInclusionFilter", "replicationStatus", "replicaType",
                           "updateVector", "secondsToWaitDefault", "secondsToWait1", "secondsToWait2"}) {
    EXPECT_TRUE(type(name).no_user_modification) << name;
    EXPECT_EQ(type(name).usage, model::AttributeUsage::dsa_operation) << name;
  }
  EXPECT_THAT(model.required({"replicaSubentry-2"}),
              UnorderedElementsAre("cn", "lostandfoundentrydn", "objectclass", "replicaonline", "replicatype",
                                   "replicauri", "subtreespecification"));
}

TEST(SchemaTypes, Subtypes) {
  EXPECT_THAT(names(bundled().subtypes(type("name"))),
              IsSupersetOf({"name", "cn", "sn", "ou", "c", "title", "ipServiceProtocol"}));
  EXPECT_THAT(names(bundled().subtypes(type("name"))), Not(Contains("description")));
  EXPECT_THAT(names(bundled().subtypes(type("cn"))), UnorderedElementsAre("cn"));
  EXPECT_TRUE(bundled().is_subtype(type("cn"), type("name")));
  EXPECT_TRUE(bundled().is_subtype(type("cn"), type("cn")));
  EXPECT_FALSE(bundled().is_subtype(type("name"), type("cn")));
  EXPECT_FALSE(bundled().is_subtype(type("cn"), type("sn")));
}

TEST(SchemaTypes, AttributesOfAClass) {
  const auto& model = bundled().model();
  EXPECT_THAT(
      names(bundled().attributes_of(*model.object_class("person"))),
      UnorderedElementsAre("objectClass", "sn", "cn", "userPassword", "telephoneNumber", "seeAlso", "description"));
  EXPECT_THAT(names(bundled().attributes_of(*model.object_class("inetOrgPerson"))),
              IsSupersetOf({"mail", "title", "sn"}));
}

TEST(SchemaTypes, ValidValues) {
  EXPECT_TRUE(bundled().is_valid(type("uidNumber"), "42"));
  EXPECT_FALSE(bundled().is_valid(type("uidNumber"), "x"));
  EXPECT_FALSE(bundled().is_valid(type("cn"), ""));
  EXPECT_TRUE(bundled().is_valid(*model::Schema::standard().attribute("uidNumber"), "42"))
      << "a type of another schema";
  EXPECT_FALSE(bundled().is_valid(*model::Schema::standard().attribute("uidNumber"), "x"));
  EXPECT_TRUE(bundled().is_valid(type("knowledgeInformation"), "x"));
  EXPECT_TRUE(bundled().is_valid(type("presentationAddress"), "")) << "nothing is known of its syntax";
}

}  // namespace
}  // namespace replkit::refserver::schema
