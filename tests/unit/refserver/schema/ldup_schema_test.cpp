// The bundled LDUP schema against the drafts' definitions, and the entries that the information model makes against it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/ldup/agreement.hpp"
#include "common/ldup/names.hpp"
#include "common/ldup/oids.hpp"
#include "common/ldup/replica.hpp"
#include "common/ldup/schedule.hpp"
#include "testing.hpp"

namespace replkit::refserver::schema {
namespace {

namespace oid = ldup::oid;

// Flags of an attribute type in infomod.
constexpr unsigned single = 1;
constexpr unsigned no_modification = 2;
constexpr unsigned dsa = 4;

struct Type {
  std::string_view oid;
  std::vector<std::string> names;
  std::string_view syntax;  // the last arc of 1.3.6.1.4.1.1466.115.121.1, or an OID
  std::string_view equality;
  unsigned flags = 0;
};

std::vector<Type> types() {
  return {
      {oid::supported_replication_protocols, {"supportedReplicationProtocols"}, "26", "caseIgnoreIA5Match"},
      {oid::replica_context_roots,
       {"replicaContextRoots", "replicationContexts", "replicaRoot"},
       "12",
       "distinguishedNameMatch"},
      {oid::replica_subentries, {"replicaSubentries", "replicationSubentries"}, "12", "distinguishedNameMatch"},
      {oid::attribute_exclusion_filter, {"attributeExclusionFilter"}, "40", "", single | no_modification | dsa},
      {oid::attribute_inclusion_filter, {"attributeInclusionFilter"}, "40", "", single | no_modification | dsa},
      {oid::replication_status, {"replicationStatus"}, "15", "", single | no_modification | dsa},
      {oid::replica_type, {"replicaType"}, "27", "integerMatch", single | no_modification | dsa},
      {oid::update_vector, {"updateVector"}, oid::csn_syntax, "ldupCSNMatch", no_modification | dsa},
      {oid::replica_uri, {"replicaURI", "replicaURL"}, "15", "caseExactMatch", dsa},
      {oid::replica_secondary_uri, {"replicaSecondaryURI", "replicaSecondaryURL"}, "15", "caseExactMatch", dsa},
      {oid::lost_and_found_entry_dn, {"lostAndFoundEntryDN"}, "12", "distinguishedNameMatch", single},
      {oid::replica_online, {"replicaOnline"}, "7", "booleanMatch", single},
      {oid::replica_dn, {"replicaDN"}, "12", "distinguishedNameMatch", single},
      {oid::replication_mechanism_oid, {"replicationMechanismOID"}, "26", "caseIgnoreIA5Match", single},
      {oid::replication_credentials_dn, {"replicationCredentialsDN"}, "12", "distinguishedNameMatch", single},
      {oid::replication_schedule_dn, {"replicationScheduleDN", "scheduleDN"}, "12", "distinguishedNameMatch", single},
      {oid::update_vector_trigger, {"updateVectorTrigger"}, "7", "booleanMatch", single},
      {oid::seconds_to_wait_default, {"secondsToWaitDefault"}, "27", "integerMatch", single | no_modification | dsa},
      {oid::seconds_to_wait1, {"secondsToWait1"}, "27", "integerMatch", single | no_modification | dsa},
      {oid::seconds_to_wait2, {"secondsToWait2"}, "27", "integerMatch", single | no_modification | dsa},
      {oid::attr_replication_group1, {"attrReplicationGroup1", "attrs1"}, "26", "caseIgnoreIA5Match"},
      {oid::attr_replication_group2, {"attrReplicationGroup2", "attrs2"}, "26", "caseIgnoreIA5Match"},
      {oid::schedule_time_period, {"scheduleTimePeriod"}, "44", "caseIgnoreMatch", single},
      {oid::schedule_month_of_year_mask, {"scheduleMonthOfYearMask"}, "6", "", single},
      {oid::schedule_day_of_month_mask, {"scheduleDayOfMonthMask"}, "6", "", single},
      {oid::schedule_day_of_week_mask, {"scheduleDayOfWeekMask"}, "6", "", single},
      {oid::schedule_time_of_day_mask, {"scheduleTimeOfDayMask"}, "44", "caseIgnoreMatch"},
      {oid::schedule_local_or_utc_time, {"scheduleLocalOrUtcTime"}, "27", "integerMatch", single},
      {oid::created_entry_csn, {"createdEntryCSN"}, oid::csn_syntax, "ldupCSNMatch", single | no_modification},
      {oid::deleted_entry_csn, {"deletedEntryCSN"}, oid::csn_syntax, "ldupCSNMatch", single | no_modification},
      {oid::seconds_between_cycles, {"ldupSecondsBetweenCycles"}, "27", "integerMatch", single},
      {oid::max_seconds_between_cycles, {"ldupMaxSecondsBetweenCycles"}, "27", "integerMatch", single},
      {oid::max_pending_changes, {"ldupMaxPendingChanges"}, "27", "integerMatch", single},
      {oid::bind_dn, {"ldupBindDN"}, "12", "distinguishedNameMatch", single},
      {oid::bind_password, {"ldupBindPassword"}, "40", "octetStringMatch", single},
      {oid::bind_mechanism, {"ldupBindMechanism"}, "26", "caseIgnoreIA5Match", single},
      {oid::start_tls, {"ldupStartTLS"}, "7", "booleanMatch", single},
      {oid::supported_grouping_types, {"supportedGroupingTypes"}, "38", "objectIdentifierMatch", dsa},
      {"1.3.6.1.1.16.4", {"entryUUID"}, "1.3.6.1.1.16.1", "UUIDMatch", single | no_modification},
      {"2.5.18.6", {"subtreeSpecification"}, "45", "", single},
  };
}

TEST(LdupSchema, AttributesAreThoseOfTheDrafts) {
  for (const auto& wanted : types()) {
    const auto* type = bundled().model().attribute(wanted.oid);
    ASSERT_NE(type, nullptr) << wanted.names.front();
    EXPECT_EQ(type->names, wanted.names);
    const auto syntax = wanted.syntax.size() > 2 ? std::string(wanted.syntax)
                                                 : "1.3.6.1.4.1.1466.115.121.1." + std::string(wanted.syntax);
    EXPECT_EQ(type->syntax, syntax) << wanted.names.front();
    EXPECT_EQ(type->equality, wanted.equality) << wanted.names.front();
    EXPECT_EQ(type->single_value, (wanted.flags & single) != 0) << wanted.names.front();
    EXPECT_EQ(type->no_user_modification, (wanted.flags & no_modification) != 0) << wanted.names.front();
    EXPECT_EQ(type->usage == model::AttributeUsage::dsa_operation, (wanted.flags & dsa) != 0) << wanted.names.front();
  }
}

TEST(LdupSchema, EveryNameTheModelReadsIsKnown) {
  for (const auto& type : types()) {
    for (const auto alias : ldup::attribute_names(type.names.front()))
      EXPECT_EQ(bundled().model().attribute(alias), bundled().model().attribute(type.oid)) << alias;
  }
}

struct Class {
  std::string_view oid;
  std::vector<std::string> names;
  model::ClassKind kind;
  std::string superior;
  std::vector<std::string> must;
  std::vector<std::string> may;
};

std::vector<Class> classes() {
  using enum model::ClassKind;
  return {
      {oid::replication_context, {"replicationContext"}, auxiliary, "top", {}, {}},
      {oid::replica_subentry,
       {"replicaSubentry-2", "replicaSubentry", "replicationSubentry"},
       structural,
       "subentry",
       {"cn", "replicaURI", "replicaType", "lostAndFoundEntryDN", "replicaOnline"},
       {"attributeExclusionFilter", "attributeInclusionFilter", "replicaSecondaryURI", "description", "updateVector"}},
      {oid::replica_agreement_subentry,
       {"replicaAgreementSubentry-2", "replicaAgreementSubentry", "replicationAgreementSubentry-2", "replicaAgreement"},
       structural,
       "subentry",
       {"cn"},
       {"attributeExclusionFilter", "description", "replicaDN", "replicationMechanismOID", "replicationStatus",
        "replicationCredentialsDN", "replicationScheduleDN"}},
      {oid::replica_event_schedule,
       {"replicaEventSchedule"},
       structural,
       "subentry",
       {"cn"},
       {"description", "updateVectorTrigger", "secondsToWaitDefault", "secondsToWait1", "attrReplicationGroup1",
        "secondsToWait2", "attrReplicationGroup2"}},
      {oid::replica_time_schedule,
       {"replicaTimeSchedule"},
       structural,
       "subentry",
       {"cn"},
       {"description", "scheduleTimePeriod", "scheduleMonthOfYearMask", "scheduleDayOfMonthMask",
        "scheduleDayOfWeekMask", "scheduleTimeOfDayMask", "scheduleLocalOrUtcTime"}},
      {oid::schedule_limits,
       {"ldupScheduleLimits"},
       auxiliary,
       "top",
       {},
       {"ldupSecondsBetweenCycles", "ldupMaxSecondsBetweenCycles", "ldupMaxPendingChanges"}},
      {oid::simple_credentials,
       {"ldupSimpleCredentials"},
       structural,
       "top",
       {"cn"},
       {"ldupBindDN", "ldupBindPassword", "ldupBindMechanism", "ldupStartTLS", "description"}},
      {"2.5.17.0", {"subentry"}, structural, "top", {"cn", "subtreeSpecification"}, {}},
      {"2.16.840.1.113719.2.142.6.1.1", {"ldapSubEntry"}, structural, "top", {}, {"cn"}},
  };
}

TEST(LdupSchema, ClassesAreThoseOfTheDrafts) {
  for (const auto& wanted : classes()) {
    const auto* found = bundled().model().object_class(wanted.oid);
    ASSERT_NE(found, nullptr) << wanted.names.front();
    EXPECT_EQ(found->names, wanted.names);
    EXPECT_EQ(found->kind, wanted.kind) << wanted.names.front();
    EXPECT_THAT(found->superiors, testing::ElementsAre(wanted.superior)) << wanted.names.front();
    EXPECT_THAT(found->must, testing::UnorderedElementsAreArray(wanted.must)) << wanted.names.front();
    EXPECT_THAT(found->may, testing::UnorderedElementsAreArray(wanted.may)) << wanted.names.front();
  }
  for (const auto other : {oid::glue_entry, oid::deleted_entry})
    EXPECT_NE(bundled().model().object_class(other), nullptr) << other;
}

TEST(LdupSchema, EveryClassNameTheModelReadsIsKnown) {
  using enum ldup::ManagementClass;
  for (const auto which : {context, replica, agreement, event_schedule, time_schedule, credentials}) {
    const auto* canonical = bundled().model().object_class(ldup::class_names(which).front());
    ASSERT_NE(canonical, nullptr);
    for (const auto name : ldup::class_names(which)) {
      const bool obsolete = name.ends_with(".6.3.1") || name.ends_with(".6.4.1");
      EXPECT_EQ(bundled().model().object_class(name), obsolete ? nullptr : canonical) << name;
    }
  }
}

void expect_taken(const model::Entry& entry) {
  std::vector<std::vector<std::string_view>> values;
  std::vector<model::AttributeView> views;
  for (const auto& attribute : entry.attributes) values.emplace_back(attribute.values.begin(), attribute.values.end());
  for (std::size_t i = 0; i < values.size(); ++i) views.push_back({entry.attributes[i].description, values[i]});
  EXPECT_NO_THROW(bundled().check_entry(views, model::rdn_text(model::Dn::parse(entry.dn).rdns().front()))) << entry.dn;
}

TEST(LdupSchema, TakesTheEntriesOfTheModel) {
  ldup::Replica replica;
  replica.dn = "cn=r1,o=x";
  replica.id = "r1";
  replica.uris = {"ldap://h"};
  replica.secondary_uris = {"ldaps://h"};
  replica.filter = {ldup::AttributeList::parse("cn"), ldup::AttributeList::parse("sn")};
  replica.description = "one";
  expect_taken(replica.to_entry());
  ldup::Agreement agreement;
  agreement.dn = "cn=to2,cn=r1,o=x";
  agreement.replica_dn = "cn=r2,o=x";
  agreement.schedule_dn = "cn=s,cn=r1,o=x";
  agreement.credentials_dn = "cn=c,cn=replkit";
  agreement.mechanism = oid::incremental_update_protocol;
  agreement.exclusion = ldup::AttributeList::parse("mail");
  expect_taken(agreement.to_entry());
  ldup::Schedule events;
  events.dn = "cn=s,cn=r1,o=x";
  events.limits = {std::chrono::seconds(1), std::chrono::seconds(2), 3};
  events.when = ldup::EventSchedule{
      std::chrono::seconds(1), std::chrono::seconds(2), std::chrono::seconds(3), {"cn", "sn"}, {"mail"}, true};
  expect_taken(events.to_entry());
  ldup::TimeSchedule time;
  ldup::parse_period("20260101T000000/THISANDFUTURE", time);
  time.months.reset(0);
  time.days_of_month.reset(0);
  time.weekdays.reset(0);
  time.times = {ldup::parse_range("T210000/T080000"), ldup::parse_range("T120000/T130000")};
  time.local = true;
  events.when = time;
  expect_taken(events.to_entry());
  ldup::Credentials credentials;
  credentials.dn = "cn=c,cn=replkit";
  credentials.bind_dn = "cn=r1,o=x";
  credentials.password = Secret("hush");
  expect_taken(credentials.to_entry());
}

}  // namespace
}  // namespace replkit::refserver::schema
