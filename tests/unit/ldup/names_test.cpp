#include "common/ldup/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace replkit::ldup {
namespace {

using Classes = std::vector<std::string>;

TEST(Names, EverySpellingOfAClassMeansIt) {
  const std::vector<std::pair<const char*, ManagementClass>> spellings = {
      {"replicationContext", ManagementClass::context},
      {"2.16.840.1.113719.1.142.6.2.2", ManagementClass::context},
      {"replicaSubentry-2", ManagementClass::replica},
      {"replicaSubentry", ManagementClass::replica},
      {"replicationSubentry", ManagementClass::replica},
      {"REPLICASUBENTRY", ManagementClass::replica},
      {"2.16.840.1.113719.1.142.6.3.2", ManagementClass::replica},
      {"2.16.840.1.113719.1.142.6.3.1", ManagementClass::replica},
      {"replicaAgreementSubentry-2", ManagementClass::agreement},
      {"replicaAgreementSubentry", ManagementClass::agreement},
      {"replicationAgreementSubentry-2", ManagementClass::agreement},
      {"replicaAgreement", ManagementClass::agreement},
      {"replicaEventSchedule", ManagementClass::event_schedule},
      {"replicaTimeSchedule", ManagementClass::time_schedule},
      {"ldupSimpleCredentials", ManagementClass::credentials},
      {"person", ManagementClass::none},
      {"replica", ManagementClass::none},
  };
  for (const auto& [name, which] : spellings) EXPECT_EQ(class_of(Classes{"top", name}), which) << name;
  EXPECT_EQ(class_of({}), ManagementClass::none);
}

TEST(Names, AContextIsOneWhateverElseItIs) {
  const Classes both = {"organization", "replicationContext", "replicaSubentry-2"};
  EXPECT_EQ(class_of(both), ManagementClass::replica);
  EXPECT_TRUE(is_context(both));
  EXPECT_FALSE(is_context(Classes{"organization"}));
}

TEST(Names, FilterFindsEverySpelling) {
  EXPECT_EQ(class_filter(ManagementClass::context),
            "(|(objectClass=replicationContext)(objectClass=2.16.840.1.113719.1.142.6.2.2))");
  EXPECT_THAT(class_filter(ManagementClass::agreement), testing::HasSubstr("(objectClass=replicaAgreement)"));
}

TEST(Names, AttributesHaveAliases) {
  using testing::ElementsAre;
  EXPECT_THAT(attribute_names("replicaURI"), ElementsAre("replicaURI", "replicaURL"));
  EXPECT_THAT(attribute_names("replicaSecondaryURI"), ElementsAre("replicaSecondaryURI", "replicaSecondaryURL"));
  EXPECT_THAT(attribute_names("replicationScheduleDN"), ElementsAre("replicationScheduleDN", "scheduleDN"));
  EXPECT_THAT(attribute_names("attrReplicationGroup1"), ElementsAre("attrReplicationGroup1", "attrs1"));
  EXPECT_THAT(attribute_names("attrReplicationGroup2"), ElementsAre("attrReplicationGroup2", "attrs2"));
  EXPECT_THAT(attribute_names("replicaContextRoots"),
              ElementsAre("replicaContextRoots", "replicationContexts", "replicaRoot"));
  EXPECT_THAT(attribute_names("replicaSubentries"), ElementsAre("replicaSubentries", "replicationSubentries"));
  EXPECT_THAT(attribute_names("cn"), ElementsAre("cn"));
}

TEST(Names, ReplicaIds) {
  EXPECT_EQ(replica_id("R1"), "r1");
  EXPECT_EQ(replica_id("a.b_c-9"), "a.b_c-9");
  EXPECT_EQ(replica_id(std::string(64, 'x')), std::string(64, 'x'));
  for (const auto& wrong : {std::string(), std::string(65, 'x'), std::string("a b"), std::string("a#b"),
                            std::string("\xC3\xA4"), std::string("a\0b", 3)})
    EXPECT_EQ(replica_id(wrong), "") << wrong;
}

}  // namespace
}  // namespace replkit::ldup
