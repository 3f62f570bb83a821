#include "common/compare/evidence.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace replkit::compare {
namespace {

using namespace std::chrono_literals;

// A change of replica `sid`, `second` seconds after noon.
ldup::Csn csn(unsigned second, const char* sid = "001") {
  return ldup::Csn::parse("202601011200" + std::string(second < 10 ? "0" : "") + std::to_string(second) +
                          ".000000Z#000000#" + sid + "#000000");
}

ldup::UpdateVector vector_of(std::initializer_list<ldup::Csn> csns) {
  ldup::UpdateVector vector;
  for (const auto& one : csns) vector.merge(one);
  return vector;
}

Version shown(std::uint64_t digest, std::optional<ldup::Csn> change) {
  return {.known = true, .present = true, .digest = digest, .csn = std::move(change)};
}

Version absent(std::optional<ldup::UpdateVector> since) {
  return {.known = true, .since = std::move(since)};
}

SourceEvidence holds(std::initializer_list<ldup::Csn> csns) {
  return {.vector = vector_of(csns)};
}

class EvidenceTest : public testing::Test {
 protected:
  Judgement weigh(std::vector<Version> versions, std::vector<SourceEvidence> sources,
                  Watched watched = Watched::unchanged) const {
    return judge(versions, sources, watched, now, max_lag);
  }

  Instant now = csn(50).time();
  std::chrono::microseconds max_lag = 30s;
};

TEST_F(EvidenceTest, AChangeTheOtherSideDoesNotCoverIsInFlight) {
  const auto found = weigh({shown(1, csn(40)), shown(2, csn(10))}, {holds({csn(40)}), holds({csn(30)})});
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.waits_for, WaitsFor::change);
  EXPECT_EQ(found.source, 1U);
  EXPECT_EQ(found.csn, csn(40));
  EXPECT_EQ(found.age, 10s);
  EXPECT_FALSE(found.stalled);
}

TEST_F(EvidenceTest, ItCountsFromEitherSide) {
  const auto found =
      weigh({shown(1, csn(10)), shown(2, csn(40, "002"))}, {holds({csn(49)}), holds({csn(49), csn(49, "002")})});
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.source, 0U);
  EXPECT_EQ(found.csn, csn(40, "002"));
}

TEST_F(EvidenceTest, AVectorCoversOnlyTheReplicasItNames) {
  const auto found = weigh({shown(1, csn(5, "003")), shown(2, csn(5))}, {holds({csn(9)}), holds({csn(49)})});
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.csn, csn(5, "003"));
}

TEST_F(EvidenceTest, CoveredOnBothSidesIsDiverged) {
  const std::vector<SourceEvidence> both{holds({csn(45)}), holds({csn(45)})};
  EXPECT_EQ(weigh({shown(1, csn(40)), shown(2, csn(10))}, both).verdict, Verdict::diverged);
  EXPECT_EQ(weigh({shown(1, csn(40)), shown(2, csn(40))}, both).verdict, Verdict::diverged)
      << "equal CSNs prove nothing";
}

TEST_F(EvidenceTest, AnAbsentEntryWaitsUntilTheOtherSideHoldsAllThatWasHeldWhenItWasFoundAbsent) {
  const std::vector<Version> versions{shown(1, csn(10)), absent(vector_of({csn(20), csn(44, "002"), csn(42, "003")}))};
  auto found = weigh(versions, {holds({csn(49), csn(41, "002"), csn(41, "003")}), holds({csn(49)})});
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.source, 0U) << "the side that has the entry is behind: the delete has not come";
  EXPECT_EQ(found.csn, csn(42, "003")) << "the oldest component that is not covered";
  EXPECT_EQ(found.age, 8s);
  found = weigh(versions, {holds({csn(49), csn(44, "002"), csn(42, "003")}), holds({csn(49)})});
  EXPECT_EQ(found.verdict, Verdict::diverged);
}

TEST_F(EvidenceTest, AnAddTheAbsentSideDoesNotCoverIsInFlight) {
  const auto found = weigh({shown(1, csn(40)), absent(vector_of({csn(30)}))}, {holds({csn(40)}), holds({csn(30)})});
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.source, 1U);
}

TEST_F(EvidenceTest, AMoveOfAnAncestorLeavesNoCsnAndIsWeighedAsADeleteIs) {
  auto here = shown(1, csn(5));
  auto there = shown(2, csn(5));
  here.parent = 7;
  there.parent = 8;
  here.since = vector_of({csn(30)});
  there.since = vector_of({csn(30), csn(44, "002")});
  auto found = weigh({here, there}, {holds({csn(30)}), holds({csn(30), csn(44, "002")})});
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.source, 0U);
  EXPECT_EQ(found.csn, csn(44, "002"));
  found = weigh({here, there}, {holds({csn(30), csn(44, "002")}), holds({csn(30), csn(44, "002")})});
  EXPECT_EQ(found.verdict, Verdict::diverged);
  here.since.reset();
  EXPECT_EQ(weigh({here, there}, {holds({csn(49), csn(49, "002")}), holds({csn(49), csn(49, "002")})}).verdict,
            Verdict::unknown);
}

TEST_F(EvidenceTest, ARefreshProvesNothing) {
  std::vector<SourceEvidence> sources{holds({csn(45)}), holds({csn(45)})};
  sources[1].refreshing = true;
  const auto found = weigh({shown(1, csn(40)), absent(vector_of({csn(45)}))}, sources);
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.waits_for, WaitsFor::refresh);
  EXPECT_EQ(found.source, 1U);
}

TEST_F(EvidenceTest, WhatChangesWhileItIsWatchedIsInFlight) {
  const auto found =
      weigh({shown(1, csn(40)), shown(2, csn(42))}, {holds({csn(45)}), holds({csn(45)})}, Watched::changing);
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.waits_for, WaitsFor::settle);
  EXPECT_EQ(found.csn, csn(42));
  EXPECT_EQ(found.age, 8s);
  EXPECT_FALSE(found.stalled);
}

TEST_F(EvidenceTest, StalledBeginsWhereMaxLagEnds) {
  const auto age = [&](unsigned second) {
    return weigh({shown(1, csn(second)), shown(2, csn(1))}, {holds({csn(49)}), holds({csn(1)})});
  };
  EXPECT_FALSE(age(20).stalled) << "exactly 30 s";
  EXPECT_TRUE(age(19).stalled);
  EXPECT_EQ(age(19).verdict, Verdict::in_flight);
}

TEST_F(EvidenceTest, AStalledChangeOutweighsAnOlderWaitForAFile) {
  std::vector<SourceEvidence> sources{holds({csn(19)}), holds({csn(2, "002")})};
  sources[1].live = false;
  const auto found = weigh({shown(1, csn(10)), shown(2, csn(12, "002"))}, sources);
  EXPECT_EQ(found.waits_for, WaitsFor::change);
  EXPECT_TRUE(found.stalled);
}

TEST_F(EvidenceTest, FilesNeverStall) {
  std::vector<SourceEvidence> sources{holds({csn(10)}), holds({csn(2)})};
  sources[1].live = false;
  auto found = weigh({shown(1, csn(3)), absent(vector_of({csn(2)}))}, sources);
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.waits_for, WaitsFor::file);
  EXPECT_EQ(found.source, 1U);
  EXPECT_FALSE(found.stalled);
  // Deleted on the server after the export.
  found = weigh({absent(vector_of({csn(10)})), shown(1, csn(1))}, sources);
  EXPECT_EQ(found.waits_for, WaitsFor::file);
  EXPECT_FALSE(found.stalled);
}

TEST_F(EvidenceTest, WithoutVectorsOrCsnsNobodyKnows) {
  const SourceEvidence none;
  EXPECT_EQ(weigh({shown(1, csn(3)), shown(2, csn(3))}, {none, none}).verdict, Verdict::unknown);
  EXPECT_EQ(weigh({shown(1, {}), shown(2, {})}, {holds({csn(9)}), holds({csn(9)})}).verdict, Verdict::unknown);
  EXPECT_EQ(weigh({shown(1, {}), absent({})}, {none, none}).verdict, Verdict::unknown);
}

TEST_F(EvidenceTest, MetadataOnOneSideOnlyIsUnknown) {
  const SourceEvidence none;
  EXPECT_EQ(weigh({shown(1, csn(3)), shown(2, {})}, {holds({csn(9)}), none}).verdict, Verdict::unknown);
  EXPECT_EQ(weigh({shown(1, {}), absent(vector_of({csn(9)}))}, {none, holds({csn(9)})}).verdict, Verdict::unknown);
  EXPECT_EQ(weigh({shown(1, csn(3)), absent({})}, {holds({csn(9)}), none}).verdict, Verdict::unknown);
}

TEST_F(EvidenceTest, AfterACrashAnEntryMayBeNewerThanEveryVector) {
  const auto found = weigh({shown(1, csn(40)), absent(vector_of({csn(30)}))}, {holds({csn(30)}), holds({csn(30)})});
  EXPECT_EQ(found.verdict, Verdict::in_flight) << "the next write on the crashed server brings it";
  const auto old = weigh({shown(1, csn(15)), absent(vector_of({csn(10)}))}, {holds({csn(10)}), holds({csn(10)})});
  EXPECT_TRUE(old.stalled);
}

TEST_F(EvidenceTest, OfThreeSourcesEveryPairThatDiffersCounts) {
  // The third lags; the first two agree.
  auto found = weigh({shown(1, csn(40)), shown(1, csn(40)), shown(2, csn(10))},
                     {holds({csn(45)}), holds({csn(45)}), holds({csn(30)})});
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.source, 2U);
  found = weigh({shown(1, csn(40)), shown(1, csn(40)), shown(2, csn(10))},
                {holds({csn(45)}), holds({csn(45)}), holds({csn(45)})});
  EXPECT_EQ(found.verdict, Verdict::diverged);
}

TEST_F(EvidenceTest, AThirdSourceThatIsBehindHidesNoDivergence) {
  std::vector<SourceEvidence> sources{holds({csn(45)}), holds({csn(45)}), holds({csn(5)})};
  sources[2].live = false;
  const std::vector<Version> versions{shown(1, csn(40)), shown(2, csn(40)), shown(3, csn(4))};
  EXPECT_EQ(weigh(versions, sources).verdict, Verdict::diverged);
  sources[2].live = true;
  sources[2].refreshing = true;
  EXPECT_EQ(weigh(versions, sources).verdict, Verdict::diverged);
  sources[1].refreshing = true;
  EXPECT_EQ(weigh(versions, sources).verdict, Verdict::in_flight);
}

TEST_F(EvidenceTest, AFileThatIsTooOldHidesNoDifferenceWithoutMetadata) {
  std::vector<SourceEvidence> sources{holds({csn(45)}), SourceEvidence{}, holds({csn(5)})};
  sources[2].live = false;
  EXPECT_EQ(weigh({shown(1, csn(40)), shown(2, {}), shown(3, csn(4))}, sources).verdict, Verdict::unknown);
}

TEST_F(EvidenceTest, SourcesThatCouldNotBeAskedDoNotCount) {
  const std::vector<Version> versions{shown(1, csn(40)), Version{}, shown(2, csn(10))};
  EXPECT_EQ(weigh(versions, {holds({csn(45)}), SourceEvidence{}, holds({csn(45)})}).verdict, Verdict::diverged);
  EXPECT_FALSE(agree(versions));
  const std::vector<Version> two{shown(1, csn(40)), Version{}, shown(1, csn(41))};
  EXPECT_TRUE(agree(two));
  const std::vector<Version> gone{absent({}), Version{}, absent({})};
  EXPECT_TRUE(agree(gone));
}

// --- Records ---

Version with_record(Version version, std::vector<ldup::Csn> csns) {
  version.record = directory::EntryRecord{.csns = std::move(csns), .alive = true};
  return version;
}
Version deleted(const ldup::Csn& csn) {
  auto version = absent({});
  version.record = directory::EntryRecord{.csns = {csn}, .tombstone = true, .deleted_csn = csn};
  return version;
}
Version never_there() {
  auto version = absent({});
  version.record = directory::EntryRecord{};
  return version;
}

TEST_F(EvidenceTest, AValueThatTheOtherSideNeitherHasNorCoversIsInFlight) {
  // The newest value has arrived; an older one of another replica has not.
  const std::vector versions{with_record(shown(1, csn(40)), {csn(20, "002"), csn(40)}),
                             with_record(shown(2, csn(40)), {csn(40)})};
  const auto found = weigh(versions, {holds({csn(40), csn(20, "002")}), holds({csn(40), csn(10, "002")})});
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.source, 1U);
  EXPECT_EQ(found.csn, csn(20, "002"));
  EXPECT_EQ(weigh(versions, {holds({csn(40), csn(20, "002")}), holds({csn(40), csn(20, "002")})}).verdict,
            Verdict::diverged);
}

TEST_F(EvidenceTest, WhatBothHaveIsNotWaitedFor) {
  // A session is under way: the vector does not cover yet what it brought.
  const auto found =
      weigh({with_record(shown(1, csn(40)), {csn(10), csn(40)}), with_record(shown(2, csn(40)), {csn(40)})},
            {holds({csn(40)}), holds({csn(30)})});
  EXPECT_EQ(found.verdict, Verdict::diverged);
}

TEST_F(EvidenceTest, ATombstoneWaitsForTheSideThatStillHasTheEntry) {
  const std::vector versions{deleted(csn(40)), with_record(shown(2, csn(10)), {csn(10)})};
  const auto found = weigh(versions, {holds({csn(40)}), holds({csn(30)})});
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.source, 1U);
  EXPECT_EQ(found.csn, csn(40));
  EXPECT_EQ(weigh(versions, {holds({csn(40)}), holds({csn(40)})}).verdict, Verdict::diverged);
}

TEST_F(EvidenceTest, WhatNeverWasThereWaitsForItsOwnCsnsOnly) {
  // The side that has the entry lacks other changes: they have nothing to do with it.
  const std::vector versions{with_record(shown(1, csn(10)), {csn(10)}), never_there()};
  EXPECT_EQ(weigh(versions, {holds({csn(10)}), holds({csn(10), csn(40, "002")})}).verdict, Verdict::diverged);
  const auto found = weigh(versions, {holds({csn(10)}), holds({csn(5), csn(40, "002")})});
  EXPECT_EQ(found.verdict, Verdict::in_flight);
  EXPECT_EQ(found.csn, csn(10));
}

TEST_F(EvidenceTest, RecordsWithoutAVectorTellNothing) {
  const auto found = weigh({with_record(shown(1, csn(10)), {csn(10)}), never_there()}, {holds({csn(10)}), {}});
  EXPECT_EQ(found.verdict, Verdict::unknown);
}

TEST_F(EvidenceTest, ARecordOfOneSideOnlyDoesNotCount) {
  auto one = with_record(shown(1, csn(40)), {csn(10), csn(40)});
  EXPECT_EQ(weigh({one, shown(2, csn(10))}, {holds({csn(40)}), holds({csn(30)})}).verdict, Verdict::in_flight);
  EXPECT_EQ(weigh({one, shown(2, csn(10))}, {holds({csn(40)}), holds({csn(40)})}).verdict, Verdict::diverged);
}

}  // namespace
}  // namespace replkit::compare
