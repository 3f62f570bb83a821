#include "common/tasks/schedule_atoms.hpp"

#include "tests/unit/tasks/testing.hpp"

namespace replkit::tasks {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const ScheduleTarget target{.supplier = "s1", .agreement = "to-s2"};
const std::string own_dn = "cn=schedule,cn=to-s2,cn=s1,o=x";

ldup::Schedule waiting(int seconds) {
  ldup::EventSchedule event;
  event.wait_default = std::chrono::seconds(seconds);
  ldup::Schedule schedule;
  schedule.when = event;
  return schedule;
}

// s1 has an agreement with s2, and there is a schedule with a wait of 5 s at this DN; empty: none.
AreaFacts area_with(const std::string& dn) {
  auto area = area_of_two();
  auto& below = area.replicas[0].below;
  below = {agreement_of("to-s2", area.replicas[0], area.replicas[1])};
  if (dn.empty()) return area;
  below[0].add("replicationScheduleDN", dn);
  below.push_back(entry_of(dn, {{"objectClass", "replicaEventSchedule"}, {"cn", "x"}, {"secondsToWaitDefault", "5"}}));
  return area;
}

TEST(ScheduleAtoms, SetAddsAnEntryAndNamesIt) {
  const auto ldif = ldif_of(set_schedule(ldup_server(), area_with(""), target, waiting(60)));
  EXPECT_THAT(ldif, HasSubstr("dn: " + own_dn + "\nchangetype: add\n"));
  EXPECT_THAT(ldif, HasSubstr("secondsToWaitDefault: 60\n"));
  EXPECT_THAT(ldif, HasSubstr("replace: replicationScheduleDN\nreplicationScheduleDN: " + own_dn));
  auto shared = target;
  shared.name = "night";
  EXPECT_THAT(ldif_of(set_schedule(ldup_server(), area_with(""), shared, waiting(60))),
              HasSubstr("dn: cn=night,cn=s1,o=x\nchangetype: add\n"));
}

TEST(ScheduleAtoms, SetChangesWhatIsThere) {
  const auto area = area_with("cn=s,cn=s1,o=x");
  EXPECT_THAT(texts_of(set_schedule(ldup_server(), area, target, waiting(5)).skipped), HasSubstr("so already"));
  auto schedule = waiting(0);
  schedule.limits.max_pending_changes = 7;
  const auto plan = set_schedule(ldup_server(), area, target, schedule);
  ASSERT_EQ(plan.steps.size(), 1U);
  EXPECT_THAT(ldif_of(plan), HasSubstr("replace: secondsToWaitDefault\n-\n")) << "and no value";
  EXPECT_THAT(ldif_of(plan), HasSubstr("add: objectClass\nobjectClass: ldupScheduleLimits\n"));
  EXPECT_THAT(ldif_of(plan), HasSubstr("control: " + std::string(oid::write_unwriteable) + " true"));
}

// The structural class of an entry cannot change.
TEST(ScheduleAtoms, SetReplacesOneOfTheOtherKind) {
  ldup::Schedule schedule;
  schedule.when = ldup::TimeSchedule();
  const auto plan = set_schedule(ldup_server(), area_with(own_dn), target, schedule);
  ASSERT_EQ(plan.steps.size(), 2U);
  EXPECT_THAT(ldif_of(plan), HasSubstr("changetype: delete\n"));
  EXPECT_THAT(ldif_of(plan), HasSubstr("objectClass: replicaTimeSchedule\n"));
  EXPECT_EQ(plan.removed.size(), 1U);
}

TEST(ScheduleAtoms, OneThatNeverOpensIsTold) {
  ldup::TimeSchedule time;
  time.until = std::chrono::local_days(std::chrono::year(2020) / 1 / 1);
  ldup::Schedule schedule;
  schedule.when = time;
  EXPECT_THAT(texts_of(set_schedule(ldup_server(), area_with(""), target, schedule).notes), HasSubstr("no time"));
}

TEST(ScheduleAtoms, ClearRemovesWhatNobodyElseFollows) {
  const auto plan = clear_schedule(ldup_server(), area_with(own_dn), target);
  EXPECT_THAT(ldif_of(plan), HasSubstr("delete: replicationScheduleDN\n"));
  EXPECT_THAT(ldif_of(plan), HasSubstr("dn: " + own_dn + "\nchangetype: delete\n"));
  auto area = area_with("cn=s,cn=s1,o=x");
  area.replicas[1].below = {agreement_of("to-s1", area.replicas[1], area.replicas[0])};
  area.replicas[1].below[0].add("replicationScheduleDN", "CN=s,cn=s1,o=x");
  const auto kept = clear_schedule(ldup_server(), area, target);
  EXPECT_EQ(kept.steps.size(), 1U);
  EXPECT_THAT(texts_of(kept.notes), HasSubstr("stays"));
  EXPECT_THAT(clear_schedule(ldup_server(), area_with(""), target).steps, IsEmpty());
}

TEST(ScheduleAtoms, TheAgreementMustBeThere) {
  EXPECT_THAT(error_of([] { set_schedule(ldup_server(), area_of_two(), target, waiting(1)); }),
              HasSubstr("has no agreement to-s2"));
  auto area = area_with("");
  area.replicas[0].below.push_back(entry_of(own_dn, {{"objectClass", "person"}}));
  EXPECT_THAT(error_of([&] { set_schedule(ldup_server(), area, target, waiting(1)); }), HasSubstr("no schedule"));
}

}  // namespace
}  // namespace replkit::tasks
