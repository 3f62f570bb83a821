#include "common/ldup/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace replkit::ldup {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Schedule, WithoutEntryIsAtOnce) {
  const Schedule schedule;
  ASSERT_NE(schedule.event(), nullptr);
  EXPECT_EQ(schedule.event()->wait(ChangeKind::ordinary), seconds(0));
  EXPECT_FALSE(schedule.event()->wait(ChangeKind::update_vector));
  EXPECT_FALSE(schedule.limits.any());
}

TEST(Schedule, ExampleOfInfomod) {
  const model::Entry entry{"cn=schedule1, cn=replica1, ou=accounting, o=your company",
                           {{"objectclass", {"replicaEventSchedule"}},
                            {"cn", {"schedule1"}},
                            {"secondsToWaitDefault", {"60"}},
                            {"updateVectorTrigger", {"TRUE"}}}};
  Findings findings;
  const auto schedule = Schedule::read(entry, findings);
  EXPECT_THAT(findings, IsEmpty());
  ASSERT_NE(schedule.event(), nullptr);
  EXPECT_EQ(schedule.event()->wait(ChangeKind::ordinary), seconds(60));
  EXPECT_EQ(schedule.event()->wait(ChangeKind::update_vector), seconds(60));
  EXPECT_EQ(schedule.event()->wait(ChangeKind::group1), seconds(0)) << "absent is 0";
}

TEST(Schedule, SessionsDoNotChaseEachOther) {
  const model::Entry entry{"cn=s", {{"objectclass", {"replicaEventSchedule"}}, {"updateVectorTrigger", {"TRUE"}}}};
  Findings findings;
  const auto schedule = Schedule::read(entry, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "schedule-chase");
  EXPECT_EQ(findings[0].severity, Severity::warning);
  EXPECT_FALSE(schedule.event()->wait(ChangeKind::update_vector));
}

model::Entry event_entry() {
  return {"cn=s,cn=r1,o=x",
          {{"objectClass", {"top", "subentry", "replicaEventSchedule", "ldupScheduleLimits"}},
           {"cn", {"s"}},
           {"subtreeSpecification", {"{ }"}},
           {"secondsToWaitDefault", {"300"}},
           {"secondsToWait1", {"5"}},
           {"secondsToWait2", {"30"}},
           {"attrReplicationGroup1", {"userPassword", "pwdAccountLockedTime"}},
           {"attrReplicationGroup2", {"mail"}},
           {"updateVectorTrigger", {"TRUE"}},
           {"ldupSecondsBetweenCycles", {"3600"}},
           {"ldupMaxSecondsBetweenCycles", {"1800"}},
           {"ldupMaxPendingChanges", {"1000"}},
           {"description", {"soon"}}}};
}

TEST(Schedule, EventsWriteWhatTheyRead) {
  Findings findings;
  const auto schedule = Schedule::read(event_entry(), findings);
  EXPECT_THAT(findings, IsEmpty());
  EXPECT_EQ(schedule.to_entry(), event_entry());
  EXPECT_EQ(schedule.event()->wait(ChangeKind::group1), seconds(5));
  EXPECT_EQ(schedule.event()->wait(ChangeKind::group2), seconds(30));
  EXPECT_EQ(schedule.limits.between_cycles, seconds(3600));
  EXPECT_EQ(schedule.limits.max_between_cycles, seconds(1800));
  EXPECT_EQ(schedule.limits.max_pending_changes, 1000U);
}

TEST(Schedule, AttributesByTheNamesOfTheClasses) {
  auto entry = event_entry();
  entry.attributes[6].description = "attrs1";
  entry.attributes[7].description = "attrs2";
  Findings findings;
  EXPECT_EQ(Schedule::read(entry, findings).to_entry(), event_entry());
  EXPECT_THAT(findings, IsEmpty());
}

model::Entry time_entry() {
  return {"cn=s,cn=r1,o=x",
          {{"objectClass", {"top", "subentry", "replicaTimeSchedule"}},
           {"cn", {"s"}},
           {"subtreeSpecification", {"{ }"}},
           {"scheduleTimePeriod", {"20260101T000000/20261231T235959"}},
           {"scheduleMonthOfYearMask", {"'111111111110'B"}},
           {"scheduleDayOfMonthMask", {"'" + std::string(31, '1') + std::string(31, '0') + "'B"}},
           {"scheduleDayOfWeekMask", {"'0111110'B"}},
           {"scheduleTimeOfDayMask", {"T200000/T060000", "T120000/T130000"}},
           {"scheduleLocalOrUtcTime", {"1"}}}};
}

TEST(Schedule, TimesWriteWhatTheyRead) {
  Findings findings;
  const auto schedule = Schedule::read(time_entry(), findings);
  EXPECT_THAT(findings, IsEmpty());
  ASSERT_NE(schedule.time(), nullptr);
  EXPECT_TRUE(schedule.time()->local);
  EXPECT_FALSE(schedule.time()->months[11]) << "no December";
  EXPECT_FALSE(schedule.time()->weekdays[0]) << "no Sunday";
  EXPECT_TRUE(schedule.time()->weekdays[1]);
  EXPECT_EQ(schedule.to_entry(), time_entry());
}

TEST(Schedule, UtcIsTheDefault) {
  for (const auto* value : {"2", ""}) {
    auto entry = time_entry();
    entry.attributes.back().values = {value};
    if (*value == '\0') entry.attributes.pop_back();
    Findings findings;
    EXPECT_FALSE(Schedule::read(entry, findings).time()->local);
    EXPECT_THAT(findings, IsEmpty());
  }
}

TEST(Schedule, WrongMasksOpenNothing) {
  const auto noon = *parse_generalized_time("20260615123000Z");
  for (const auto* name : {"scheduleTimePeriod", "scheduleMonthOfYearMask", "scheduleDayOfMonthMask",
                           "scheduleDayOfWeekMask", "scheduleTimeOfDayMask"}) {
    for (const bool twice : {false, true}) {
      auto entry = time_entry();
      entry.attributes.back().values = {"2"};
      std::erase_if(entry.attributes, [&](const model::Attribute& a) { return a.description == name; });
      Findings findings;
      ASSERT_TRUE(Schedule::read(entry, findings).time()->is_open(noon) || entry.find(name) != nullptr);
      entry.add(name, "'01'B");
      if (twice) entry.add(name, "'10'B");
      const auto schedule = Schedule::read(entry, findings);
      EXPECT_TRUE(has_errors(findings)) << name;
      EXPECT_EQ(findings[0].attribute, name);
      EXPECT_FALSE(schedule.time()->next_open(noon)) << name;
    }
  }
}

TEST(Schedule, WrongValuesAreTold) {
  for (const auto* name : {"secondsToWaitDefault", "secondsToWait1", "secondsToWait2", "updateVectorTrigger",
                           "attrReplicationGroup1", "ldupMaxPendingChanges", "ldupSecondsBetweenCycles"}) {
    for (const auto* value : {"-1", "4294967296", "a b"}) {
      auto entry = event_entry();
      for (auto& attribute : entry.attributes) {
        if (attribute.description == name) attribute.values = {value};
      }
      Findings findings;
      Schedule::read(entry, findings);
      ASSERT_TRUE(has_errors(findings)) << name << ": " << value;
      EXPECT_EQ(findings[0].attribute, name);
      EXPECT_THAT(findings[0].text, HasSubstr("expected"));
    }
  }
  Findings findings;
  Schedule::read(model::Entry{"cn=s", {{"objectClass", {"device"}}}}, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].attribute, "objectClass");
}

TEST(ChangeGroups, KnowTheirAttributes) {
  EventSchedule schedule;
  schedule.group1 = {"userPassword", "name"};
  schedule.group2 = {"mail", "sn"};
  schedule.wait1 = seconds(10);
  schedule.wait2 = seconds(5);
  const ChangeGroups groups(schedule, model::Schema::standard());
  EXPECT_EQ(groups.kind_of("userpassword"), ChangeKind::group1);
  EXPECT_EQ(groups.kind_of("cn;lang-de"), ChangeKind::group1) << "a kind of name";
  EXPECT_EQ(groups.kind_of("mail"), ChangeKind::group2);
  EXPECT_EQ(groups.kind_of("sn"), ChangeKind::group2) << "in both, sooner in the second";
  EXPECT_EQ(groups.kind_of("description"), ChangeKind::ordinary);
  EXPECT_EQ(ChangeGroups({}, model::Schema::standard()).kind_of("cn"), ChangeKind::ordinary);
}

}  // namespace
}  // namespace replkit::ldup
