#include "common/compare/watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/compare/fake_source.hpp"

namespace replkit::compare {
namespace {

using namespace std::chrono_literals;

class WatchTest : public testing::Test {
 protected:
  WatchTest() {
    area.base = "dc=x";
    options.delay = 1ms;
    options.max_wait = 30ms;
    options.max_lag = 30s;
    callbacks.decided = [this](std::vector<Watch> watches) {
      for (auto& watch : watches) decided.push_back(std::move(watch));
      return !stop_after_first;
    };
    callbacks.progress = [this](unsigned pass, std::size_t open) {
      last_pass = pass;
      open_in_pass.push_back(open);
    };
  }

  FakeSource& source(std::vector<FakeState> states) {
    fakes.push_back(std::make_unique<FakeSource>("s" + std::to_string(fakes.size()), std::move(states)));
    return *fakes.back();
  }

  WatchResult run(const std::vector<unsigned>& ids, bool content_differs = true) {
    std::vector<Candidate> candidates;
    for (const auto id : ids) candidates.push_back({key_of_id(uuid_of(id)), 3, content_differs, false});
    return run_candidates(candidates);
  }

  WatchResult run_candidates(const std::vector<Candidate>& candidates) {
    watched.clear();
    for (const auto& fake : fakes) {
      watched.emplace_back();
      watched.back().source = fake.get();
      watched.back().evidence.live = fake->live;
    }
    return watch(watched, area, rules, candidates, options, clock, cancel, callbacks);
  }

  Area area;
  FingerprintRules rules = fake_rules();
  WatchOptions options;
  WatchCallbacks callbacks;
  StoppedClock clock{csn_at(50).time()};
  CancelToken cancel;
  std::vector<std::unique_ptr<FakeSource>> fakes;
  std::vector<WatchedSource> watched;
  std::vector<Watch> decided;
  std::vector<std::size_t> open_in_pass;
  unsigned last_pass = 0;
  bool stop_after_first = false;
};

const auto late = vector_at({csn_at(40)});
const auto early = vector_at({csn_at(10)});

TEST_F(WatchTest, WhatAgreesWhenReadAgainHasSettled) {
  source({{{person(1, "new", csn_at(20))}, late}});
  source({{{person(1, "new", csn_at(20))}, late}});
  const auto result = run({1});
  EXPECT_EQ(result.settled, 1U);
  EXPECT_TRUE(decided.empty());
  EXPECT_EQ(last_pass, 1U);
}

TEST_F(WatchTest, AChangeThatArrivesInTheThirdPassSettles) {
  source({{{person(1, "new", csn_at(20))}, late}});
  source({{{person(1, "old")}, early}, {{person(1, "old")}, early}, {{person(1, "new", csn_at(20))}, late}});
  const auto result = run({1});
  EXPECT_EQ(result.settled, 1U);
  EXPECT_TRUE(decided.empty());
  EXPECT_EQ(last_pass, 3U);
}

TEST_F(WatchTest, WhatIsGoneFromEverywhereHasSettled) {
  source({{{person(1, "new", csn_at(20))}, late}, {{}, late}});
  source({{{}, late}});
  EXPECT_EQ(run({1}).settled, 1U);
  EXPECT_TRUE(decided.empty());
}

TEST_F(WatchTest, UnchangedOverThePassesAndCoveredIsDiverged) {
  source({{{person(1, "a", csn_at(20)), person(2, "a")}, late}});
  source({{{person(1, "b", csn_at(20)), person(2, "a")}, late}});
  const auto result = run({1, 2});
  EXPECT_EQ(result.settled, 1U);
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::diverged);
  EXPECT_EQ(decided[0].unchanged, 3U);
  EXPECT_EQ(decided[0].dn, "cn=p1,dc=x");
  EXPECT_EQ(last_pass, 3U);
  EXPECT_THAT(open_in_pass, testing::ElementsAre(2, 1, 1));
}

TEST_F(WatchTest, APassIsEnoughWhenOneIsAskedFor) {
  options.passes = 1;
  source({{{person(1, "a", csn_at(20))}, late}});
  source({{{}, late}});
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::diverged);
  EXPECT_EQ(last_pass, 1U);
}

TEST_F(WatchTest, WhatKeepsChangingIsInFlight) {
  std::vector<FakeState> moving;
  for (unsigned i = 0; i < 49; ++i) moving.push_back({{person(1, "v" + std::to_string(i), csn_at(i))}, late});
  options.max_wait = 10ms;
  source(moving);
  source({{{person(1, "other", csn_at(1))}, late}});
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::in_flight);
  EXPECT_EQ(decided[0].judgement.waits_for, WaitsFor::settle);
}

TEST_F(WatchTest, EqualContentUnderANewCsnHasChangedToo) {
  // The content comes and goes; only the CSN tells that somebody writes.
  options.max_wait = 0ms;
  source({{{person(1, "a", csn_at(20))}, late},
          {{person(1, "a", csn_at(21))}, late},
          {{person(1, "a", csn_at(22))}, late}});
  source({{{person(1, "b", csn_at(2))}, late}});
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::in_flight);
}

TEST_F(WatchTest, AnOldUncoveredChangeHasStalled) {
  options.max_lag = 5s;
  source({{{person(1, "new", csn_at(20))}, late}});
  source({{{person(1, "old")}, early}});
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::in_flight);
  EXPECT_TRUE(decided[0].judgement.stalled);
  EXPECT_EQ(decided[0].judgement.source, 1U);
  EXPECT_GE(last_pass, 3U);
}

TEST_F(WatchTest, AVectorReadAfterTheEntriesProvesNothingForThem) {
  // In each pass the change arrives between the reading of the entry and that of the vector.
  options.passes = 2;
  options.max_wait = 0ms;
  source({{{person(1, "new", csn_at(20))}, late}});
  source({{{person(1, "old")}, early}, {{person(1, "old")}, early}, {{person(1, "old")}, late}});
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::in_flight);
}

TEST_F(WatchTest, AnAbsenceCountsFromWhenItWasFirstSeen) {
  // The side without the entry goes on writing; the delete itself was covered long ago.
  const auto state = [](unsigned second) { return FakeState{{}, vector_at({csn_at(second, "002")})}; };
  source({{{person(1, "a", csn_at(1, "002"))}, vector_at({csn_at(11, "002")})}});
  source({state(9), state(10), state(20), state(30), state(40)});
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::diverged);
}

TEST_F(WatchTest, AMovedAncestorIsInFlightUntilItsMoveIsCovered) {
  // Its children carry old CSNs, covered everywhere.
  options.max_wait = 1h;
  const auto moved = person(1, "a", csn_at(1), "ou=new,dc=x");
  const auto still = person(1, "a", csn_at(1), "ou=old,dc=x");
  source({{{moved}, late}});
  source({{{still}, early}, {{still}, early}, {{still}, early}, {{still}, early}, {{moved}, late}});
  const auto result = run({1}, false);
  EXPECT_EQ(result.settled, 1U);
  EXPECT_TRUE(decided.empty());
}

TEST_F(WatchTest, AMovedAncestorThatNeverMovesDiverged) {
  source({{{person(1, "a", csn_at(1), "ou=new,dc=x")}, late}});
  source({{{person(1, "a", csn_at(1), "ou=old,dc=x")}, late}});
  run({1}, false);
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::diverged);
}

TEST_F(WatchTest, ARefreshThatBeganDuringThePassCounts) {
  options.passes = 1;
  options.max_wait = 0ms;
  source({{{person(1, "new", csn_at(20))}, late}});
  source({{{person(1, "old")}, late}, {{person(1, "old")}, late, true}});
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.waits_for, WaitsFor::refresh);
}

TEST_F(WatchTest, NobodyWaitsForAFile) {
  options.max_wait = 1h;
  source({{{person(1, "new", csn_at(20))}, late}});
  source({{{person(1, "old")}, early}}).live = false;
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::in_flight);
  EXPECT_EQ(decided[0].judgement.waits_for, WaitsFor::file);
  EXPECT_EQ(last_pass, 3U);
}

TEST_F(WatchTest, WithoutMetadataItPersistsAndIsUnknown) {
  source({{{person(1, "a", std::nullopt)}, std::nullopt}});
  source({{{person(1, "b", std::nullopt)}, std::nullopt}});
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::unknown);
  EXPECT_EQ(last_pass, 3U);
}

TEST_F(WatchTest, ASourceThatFailsHalfWayIsNoWitness) {
  source({{{person(1, "a", csn_at(20))}, late}});
  source({{{}, late}, {{}, late, false, true}});
  const auto result = run({1});
  EXPECT_TRUE(decided.empty());
  EXPECT_EQ(result.undecidable, 1U);
  EXPECT_EQ(result.settled, 0U);
  EXPECT_TRUE(watched[1].lost);
  EXPECT_THAT(watched[1].reasons, testing::ElementsAre("s1 failed"));
  EXPECT_EQ(fakes[1]->reads, 2);
}

TEST_F(WatchTest, TheOtherTwoOfThreeGoOn) {
  source({{{person(1, "a", csn_at(20))}, late}});
  source({{{person(1, "a", csn_at(20))}, late, false, true}});
  source({{{person(1, "b", csn_at(20))}, late}});
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::diverged);
  EXPECT_FALSE(decided[0].versions[1].known);
}

TEST_F(WatchTest, TheCallerMayEndItEarly) {
  stop_after_first = true;
  options.max_wait = 1h;
  source({{{person(1, "a", csn_at(20)), person(2, "a", csn_at(20))}, vector_at({csn_at(25)})}});
  source({{{person(1, "b", csn_at(20)), person(2, "b", csn_at(30))}, vector_at({csn_at(40)})}});
  run({1, 2});
  EXPECT_EQ(decided.size(), 1U) << "the other one is in flight and would be waited for";
}

TEST_F(WatchTest, AnInterruptedRunHasFoundNoDamageYet) {
  options.max_wait = 1h;
  source({{{person(1, "a", csn_at(20)), person(2, "a", csn_at(20))}, late}});
  source({{{person(1, "b", csn_at(20)), person(2, "a", csn_at(20))}, late}});
  fakes[0]->on_read = [this] {
    if (fakes[0]->reads == 1) cancel.request();
  };
  const auto result = run({1, 2});
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.settled, 1U);
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::in_flight);
  EXPECT_EQ(decided[0].judgement.waits_for, WaitsFor::settle);
}

TEST_F(WatchTest, AReadThatIsInterruptedLeavesItsEntriesOpen) {
  source({{{person(1, "a", csn_at(20))}, late}});
  source({{{}, late}});
  fakes[0]->on_read = [this] {
    cancel.request();
    cancel.check();
  };
  const auto result = run({1});
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.undecidable, 1U);
  EXPECT_EQ(result.settled, 0U);
  EXPECT_TRUE(decided.empty());
}

TEST_F(WatchTest, BeyondTheCapOnDetailsOnlyCsnsAreRead) {
  options.max_details = 1;
  source({{{person(1, "a", csn_at(20)), person(2, "a", csn_at(20)), person(3, "a", csn_at(20)),
            person(4, "a", csn_at(20))},
           late}});
  source({{{person(1, "b", csn_at(20)), person(2, "b", csn_at(19)), person(3, "b", csn_at(20))}, late}});
  const auto result = run({1, 2, 3, 4});
  ASSERT_EQ(decided.size(), 4U);
  EXPECT_EQ(result.settled, 0U);
  EXPECT_TRUE(decided[0].detailed);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::diverged);
  EXPECT_FALSE(decided[1].detailed);
  EXPECT_EQ(decided[1].judgement.verdict, Verdict::diverged) << "the CSNs differ";
  EXPECT_EQ(decided[2].judgement.verdict, Verdict::unknown) << "differed once, and has equal CSNs";
  EXPECT_EQ(decided[3].judgement.verdict, Verdict::diverged) << "absent";
}

TEST_F(WatchTest, BeyondTheCapAnEntryThatWasOnlyLateSettlesByItsCsn) {
  options.max_details = 0;
  source({{{person(1, "a", csn_at(20))}, late}});
  source({{{person(1, "a", csn_at(20))}, late}});
  EXPECT_EQ(run({1}, false).settled, 1U);
}

TEST_F(WatchTest, BeyondTheCapNothingSettlesWithoutCsns) {
  options.max_details = 0;
  rules.csn_attribute.clear();
  source({{{person(1, "a", std::nullopt)}, std::nullopt}});
  source({{{person(1, "b", std::nullopt)}, std::nullopt}});
  EXPECT_EQ(run({1}, false).settled, 0U);
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::unknown);
}

TEST_F(WatchTest, AnEntryThatLeftTheAreaIsAbsent) {
  source({{{person(1, "a", csn_at(20))}, late}});
  source({{{person(1, "a", csn_at(20), "dc=elsewhere")}, late}});
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_TRUE(decided[0].versions[1].known);
  EXPECT_FALSE(decided[0].versions[1].present);
}

TEST_F(WatchTest, WithoutIdsEntriesAreReadByName) {
  rules.id_attribute.clear();
  rules.csn_attribute.clear();
  source({{{person(1, "a", std::nullopt), person(2, "a", std::nullopt)}, std::nullopt}}).ids = false;
  source({{{person(1, "b", std::nullopt), person(2, "b", std::nullopt)}, std::nullopt}}).ids = false;
  Fingerprinter fingerprinter(rules);
  const auto key = fingerprinter.take(person(2, "a"))->key;
  const auto result = run_candidates({{key, 3, true, false}, {EntryKey{{1, 2}}, 1, false, false}});
  EXPECT_EQ(result.settled, 1U) << "the second is nowhere any more";
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].dn, "cn=p2,dc=x");
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::unknown);
  EXPECT_EQ(fakes[0]->wanted_names.front(), "cn=p2,dc=x");
}

TEST_F(WatchTest, NamesThatALostSourceKnewAreNotSettled) {
  rules.id_attribute.clear();
  source({{{}, late}});
  source({{{person(1, "b")}, late, false, true}});
  Fingerprinter fingerprinter(rules);
  const auto result = run_candidates({{fingerprinter.take(person(1, "b"))->key, 2, false, false}});
  EXPECT_EQ(result.settled, 0U);
  EXPECT_EQ(result.undecidable, 1U);
}

TEST_F(WatchTest, ADuplicateInAFileMakesItIncomplete) {
  options.passes = 1;
  source({{{person(1, "a"), person(1, "a")}, late}}).live = false;
  source({{{person(1, "a")}, late}}).live = false;
  run({1});
  EXPECT_THAT(watched[0].reasons, testing::ElementsAre("the entry cn=p1,dc=x appears more than once"));
}

TEST_F(WatchTest, RecordsAreReadOfWhatDiffersOnly) {
  const auto here = vector_at({csn_at(40)});
  auto& a = source({{{person(1, "x", {}), person(2, "same", {})}, here}});
  auto& b = source({{{person(1, "y", {}), person(2, "same", {})}, vector_at({csn_at(30)})}});
  a.records = {{uuid_of(1), {.csns = {csn_at(10), csn_at(40)}, .alive = true}}};
  b.records = {{uuid_of(1), {.csns = {csn_at(10)}, .alive = true}}};
  rules.csn_attribute.clear();
  run({1, 2});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::in_flight);
  EXPECT_EQ(decided[0].judgement.csn, csn_at(40));
  EXPECT_EQ(decided[0].judgement.source, 1U);
  EXPECT_EQ(decided[0].versions[0].csn, csn_at(40));
  EXPECT_EQ(a.records_asked, static_cast<std::size_t>(a.record_reads)) << "one entry each time";
}

TEST_F(WatchTest, ARecordThatDoesNotFitWhatWasReadIsPassedOver) {
  // Deleted between the two.
  auto& a = source({{{person(1, "x")}, vector_at({csn_at(40)})}});
  source({{{person(1, "y")}, vector_at({csn_at(40)})}}).records = {{uuid_of(1), {.csns = {csn_at(1)}, .alive = true}}};
  a.records = {{uuid_of(1), {.csns = {csn_at(50)}, .tombstone = true, .deleted_csn = csn_at(50)}}};
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_FALSE(decided[0].versions[0].record);
  EXPECT_TRUE(decided[0].versions[1].record);
}

TEST_F(WatchTest, NoRecordOfAnAbsentEntryMeansThatItNeverWasThere) {
  source({{{person(1, "x")}, vector_at({csn_at(40)})}}).records = {{uuid_of(1), {.csns = {csn_at(1)}, .alive = true}}};
  source({{{}, vector_at({csn_at(40)})}}).records.emplace();
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::diverged);
  ASSERT_TRUE(decided[0].versions[1].record);
  EXPECT_FALSE(decided[0].versions[1].record->tombstone);
  EXPECT_FALSE(decided[0].versions[1].record->alive);
}

TEST_F(WatchTest, WhatMovedAlongIsJudgedByWhatMoved) {
  // The vector that the first shows is older than the move.
  auto& a = source(
      {{{person(2, "top", {}, "ou=new,dc=x"), person(1, "below", {}, "cn=p2,ou=new,dc=x")}, vector_at({csn_at(30)})}});
  auto& b = source(
      {{{person(2, "top", {}, "ou=old,dc=x"), person(1, "below", {}, "cn=p2,ou=old,dc=x")}, vector_at({csn_at(30)})}});
  const directory::EntryRecord same{.csns = {csn_at(1)}, .alive = true};
  a.records = {{uuid_of(1), same}, {uuid_of(2), {.csns = {csn_at(1), csn_at(40)}, .alive = true}}};
  b.records = {{uuid_of(1), same}, {uuid_of(2), same}};
  rules.csn_attribute.clear();
  run({1, 2});
  ASSERT_EQ(decided.size(), 2U);
  for (const auto& watch : decided) {
    EXPECT_EQ(watch.judgement.verdict, Verdict::in_flight) << watch.dn;
    EXPECT_EQ(watch.judgement.csn, csn_at(40)) << watch.dn;
    EXPECT_EQ(watch.judgement.source, 1U) << watch.dn;
  }
}

model::Entry nameless(unsigned n, const std::string& title) {
  auto entry = person(n, title);
  std::erase_if(entry.attributes, [](const auto& attribute) { return attribute.description == "sn"; });
  return entry;
}

TEST_F(WatchTest, WhatMayBeHiddenIsNoDifference) {
  source({{{person(1, "a")}, late}});
  source({{{nameless(1, "a")}, late}});
  const auto result = run({1});
  EXPECT_EQ(result.undecidable, 1U);
  EXPECT_TRUE(decided.empty());
}

TEST_F(WatchTest, WhatIsNotThereIsOne) {
  source({{{person(1, "a")}, late}});
  source({{{nameless(1, "a")}, late}}).surely_lacking = {{uuid_of(1), "sn"}};
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::diverged);
  EXPECT_TRUE(decided[0].lacking[1].empty());
}

TEST_F(WatchTest, BesidesWhatMayBeHiddenTheRestCounts) {
  source({{{person(1, "a")}, late}});
  source({{{nameless(1, "b")}, late}});
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::diverged);
  EXPECT_THAT(decided[0].lacking[1], testing::ElementsAre("sn"));
}

TEST_F(WatchTest, WhatOneMayHideTheOthersCanDifferIn) {
  auto married = person(1, "a");
  married.attributes[2].values = {"other"};
  source({{{person(1, "a")}, late}});
  source({{{nameless(1, "a")}, late}});
  source({{{married}, late}});
  run({1});
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_EQ(decided[0].judgement.verdict, Verdict::diverged);
}

}  // namespace
}  // namespace replkit::compare
