#include "common/compare/details.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/compare/fake_source.hpp"

namespace replkit::compare {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Describes entries that two or more sources show differently.
class DetailsTest : public testing::Test {
 protected:
  DetailsTest() { area.base = "dc=x"; }

  FakeSource& source(std::vector<model::Entry> entries) {
    fakes.push_back(
        std::make_unique<FakeSource>("s" + std::to_string(fakes.size()), std::vector<FakeState>{{entries}}));
    shown.push_back(std::move(entries));
    watched.emplace_back();
    watched.back().source = fakes.back().get();
    return *fakes.back();
  }

  Watch watch_of(unsigned id, Verdict verdict = Verdict::diverged) const {
    Watch watch;
    watch.candidate.key = key_of_id(uuid_of(id));
    watch.judgement.verdict = verdict;
    Fingerprinter fingerprinter(rules);
    for (const auto& entries : shown) {
      auto& version = watch.versions.emplace_back();
      watch.dns.emplace_back();
      version.known = true;
      for (const auto& entry : entries) {
        if (entry.first("entryUUID") != uuid_of(id)) continue;
        const auto found = fingerprinter.take(entry);
        version.present = true;
        version.digest = found->content * 31 + found->dn;
        watch.dns.back() = entry.dn;
        if (watch.dn.empty()) watch.dn = entry.dn;
      }
    }
    return watch;
  }

  std::vector<Difference> describe(std::vector<Watch> watches, std::size_t reference = 0) {
    Describer describer(watched, area, rules, reference, cancel);
    std::vector<Difference> out;
    describer.describe(std::move(watches), [&](std::vector<Difference> found) {
      std::move(found.begin(), found.end(), std::back_inserter(out));
      return true;
    });
    settled = describer.settled();
    undecidable = describer.undecidable();
    return out;
  }
  std::vector<Difference> describe(std::initializer_list<unsigned> ids, std::size_t reference = 0) {
    std::vector<Watch> watches;
    for (const auto id : ids) watches.push_back(watch_of(id));
    return describe(std::move(watches), reference);
  }

  static model::Entry unit(unsigned n, const std::string& dn) {
    const auto name = model::Dn::parse(dn).rdns().front().front().value;
    return {dn, {{"objectClass", {"organizationalUnit"}}, {"ou", {name}}, {"entryUUID", {uuid_of(n)}}}};
  }

  Area area;
  FingerprintRules rules = fake_rules();
  CancelToken cancel;
  std::vector<std::unique_ptr<FakeSource>> fakes;
  std::vector<std::vector<model::Entry>> shown;
  std::vector<WatchedSource> watched;
  std::uint64_t settled = 0;
  std::uint64_t undecidable = 0;
};

TEST_F(DetailsTest, AttributesThatDifferAndTheirValues) {
  auto a = person(1, "boss");
  auto b = person(1, "BOSS");
  a.add("mail", "one@x");
  a.add("mail", "two@x");
  b.add("mail", "TWO@x");
  b.add("description;lang-de", "nur hier");
  b.add("createTimestamp", "20260101000000Z");
  source({a});
  source({b});
  const auto found = describe({1});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, DifferenceKind::changed);
  EXPECT_EQ(found[0].dn, "cn=p1,dc=x");
  ASSERT_EQ(found[0].attributes.size(), 2U);
  EXPECT_EQ(found[0].attributes[0].name, "description;lang-de");
  EXPECT_THAT(found[0].attributes[0].only, ElementsAre(IsEmpty(), ElementsAre("nur hier")));
  EXPECT_EQ(found[0].attributes[1].name, "mail");
  EXPECT_THAT(found[0].attributes[1].only, ElementsAre(ElementsAre("one@x"), IsEmpty()));
  EXPECT_EQ(found[0].entries[1].csn, csn_at(1).text());
  EXPECT_EQ(found[0].entries[1].id, uuid_of(1));
}

TEST_F(DetailsTest, MissingGoesBeforeRenamedGoesBeforeChanged) {
  source({person(1, "a"), person(2, "a"), person(3, "a")});
  source({person(1, "b", csn_at(1), "ou=y,dc=x"), person(3, "b")});
  source({person(2, "b", csn_at(1), "ou=y,dc=x"), person(1, "a"), person(3, "a")});
  const auto found = describe({1, 2, 3});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].kind, DifferenceKind::renamed);
  ASSERT_EQ(found[0].attributes.size(), 1U) << "a renamed entry carries its attribute differences too";
  EXPECT_EQ(found[0].attributes[0].name, "title");
  EXPECT_THAT(found[0].odd, ElementsAre(1));
  EXPECT_EQ(found[1].kind, DifferenceKind::missing);
  EXPECT_THAT(found[1].odd, IsEmpty()) << "three states, no majority";
  EXPECT_EQ(found[2].kind, DifferenceKind::changed);
  EXPECT_THAT(found[2].odd, ElementsAre(1));
}

TEST_F(DetailsTest, TheNameIsThatOfTheReference) {
  source({person(1, "a"), person(2, "a")});
  source({person(1, "a", csn_at(1), "ou=y,dc=x")});
  const auto found = describe({1, 2}, 1);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].dn, "cn=p2,dc=x") << "the reference has none";
  EXPECT_EQ(found[1].dn, "cn=p1,ou=y,dc=x");
}

TEST_F(DetailsTest, AMovedSubtreeIsOneRow) {
  source({unit(1, "ou=old,dc=x"), person(2, "a", csn_at(1), "ou=old,dc=x"), unit(3, "ou=sub,ou=old,dc=x"),
          person(4, "a", csn_at(1), "ou=sub,ou=old,dc=x"), person(5, "a", csn_at(1), "ou=old,dc=x")});
  source({unit(1, "ou=new,dc=x"), person(2, "a", csn_at(1), "ou=new,dc=x"), unit(3, "ou=sub,ou=new,dc=x"),
          person(4, "b", csn_at(1), "ou=sub,ou=new,dc=x"), person(5, "a", csn_at(1), "ou=old2,dc=x")});
  const auto found = describe({5, 4, 3, 2, 1});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].kind, DifferenceKind::renamed);
  EXPECT_EQ(found[0].dn, "ou=old,dc=x");
  EXPECT_EQ(found[0].descendants, 3U);
  EXPECT_EQ(found[1].dn, "cn=p5,ou=old,dc=x") << "went elsewhere";
  EXPECT_EQ(found[1].kind, DifferenceKind::renamed);
  EXPECT_EQ(found[2].dn, "cn=p4,ou=sub,ou=old,dc=x") << "content differences get rows of their own";
  EXPECT_EQ(found[2].kind, DifferenceKind::changed);
  ASSERT_EQ(found[2].attributes.size(), 1U);
  EXPECT_EQ(found[2].attributes[0].name, "title");
}

TEST_F(DetailsTest, AMoveWithinAMoveIsARowOfItsOwn) {
  source({unit(1, "ou=old,dc=x"), unit(2, "ou=a,ou=old,dc=x"), person(3, "a", csn_at(1), "ou=a,ou=old,dc=x")});
  source({unit(1, "ou=new,dc=x"), unit(2, "ou=b,ou=new,dc=x"), person(3, "a", csn_at(1), "ou=b,ou=new,dc=x")});
  const auto found = describe({1, 2, 3});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].descendants, 0U);
  EXPECT_EQ(found[1].dn, "ou=a,ou=old,dc=x");
  EXPECT_EQ(found[1].descendants, 1U);
}

TEST_F(DetailsTest, OneNameWithTwoIds) {
  auto other = person(2, "b");
  other.dn = "CN=P1,dc=x";
  other.attributes[1].values = {"p1"};
  source({person(1, "a")});
  source({other});
  const auto found = describe({1, 2});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, DifferenceKind::changed);
  EXPECT_TRUE(found[0].identity_differs);
  EXPECT_EQ(found[0].entries[0].id, uuid_of(1));
  EXPECT_EQ(found[0].entries[1].id, uuid_of(2));
  ASSERT_EQ(found[0].attributes.size(), 1U);
  EXPECT_EQ(found[0].attributes[0].name, "title");
}

TEST_F(DetailsTest, OneNameWithTwoIdsAndNothingElse) {
  auto other = person(2, "a");
  other.dn = "cn=p1,dc=x";
  other.attributes[1].values = {"p1"};
  source({person(1, "a")});
  source({other});
  const auto found = describe({1, 2});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].identity_differs);
  EXPECT_THAT(found[0].attributes, IsEmpty());
}

TEST_F(DetailsTest, OfThreeSourcesOneHasAnotherId) {
  auto other = person(2, "a");
  other.dn = "cn=p1,dc=x";
  other.attributes[1].values = {"p1"};
  source({person(1, "a")});
  source({other});
  source({person(1, "a")});
  const auto found = describe({1, 2});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, DifferenceKind::changed);
  EXPECT_TRUE(found[0].identity_differs);
  EXPECT_THAT(found[0].odd, ElementsAre(1));
}

TEST_F(DetailsTest, WhatAgreesInTheLastReadHasSettled) {
  source({person(1, "a"), person(2, "a")});
  source({person(1, "A"), person(2, "b")});
  EXPECT_EQ(describe({1, 2}).size(), 1U);
  EXPECT_EQ(settled, 1U);
}

TEST_F(DetailsTest, QuickSettlesByTheCsn) {
  rules.quick = true;
  source({person(1, "a"), person(2, "a", csn_at(3))});
  source({person(1, "b"), person(2, "a", csn_at(4))});
  const auto found = describe({1, 2});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].dn, "cn=p2,dc=x");
  EXPECT_EQ(settled, 1U);
}

TEST_F(DetailsTest, ASourceLostInTheLastReadSettlesNothing) {
  source({person(1, "a")});
  auto& bad = source({person(1, "b")});
  bad.on_read = [] { throw LocalError("gone"); };
  EXPECT_THAT(describe({1}), IsEmpty());
  EXPECT_EQ(settled, 0U);
  EXPECT_EQ(undecidable, 1U);
  EXPECT_TRUE(watched[1].lost);
}

TEST_F(DetailsTest, ALostSourceDoesNotCountAsAbsent) {
  source({person(1, "a")});
  auto& bad = source({person(1, "a")});
  source({person(1, "b")});
  bad.on_read = [] { throw LocalError("gone"); };
  const auto found = describe({1});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, DifferenceKind::changed);
  EXPECT_FALSE(found[0].entries[1].known);
  EXPECT_FALSE(found[0].entries[1].present);
}

TEST_F(DetailsTest, AnInterruptedRunCallsNothingTheSame) {
  source({person(1, "a")});
  source({person(1, "b")});
  fakes[0]->on_read = [this] {
    cancel.request();
    cancel.check();
  };
  describe({1});
  EXPECT_EQ(settled, 0U);
  EXPECT_FALSE(watched[0].lost);
}

TEST_F(DetailsTest, ParentsComeBeforeTheirChildren) {
  source({unit(1, "ou=z,dc=x"), unit(2, "ou=a,ou=z,dc=x"), person(3, "a", csn_at(1), "ou=a,ou=z,dc=x")});
  source({});
  const auto found = describe({3, 2, 1});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].dn, "ou=z,dc=x");
  EXPECT_EQ(found[2].dn, "cn=p3,ou=a,ou=z,dc=x");
}

TEST_F(DetailsTest, HiddenChildrenAreNotMissing) {
  source({person(1, "a", csn_at(1), "ou=secret,dc=x"), person(2, "a")});
  source({}).hidden_below = "ou=secret,dc=x";
  const auto found = describe({1, 2});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].dn, "cn=p2,dc=x");
  EXPECT_EQ(undecidable, 1U);
  ASSERT_EQ(watched[1].reasons.size(), 1U);
}

TEST_F(DetailsTest, BeyondTheCapThereAreNamesOnly) {
  source({person(1, "a")});
  source({person(1, "b")});
  auto watch = watch_of(1);
  watch.detailed = false;
  const auto found = describe({watch});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(found[0].detailed);
  EXPECT_EQ(found[0].entries[0].dn, "cn=p1,dc=x");
  EXPECT_EQ(found[0].entries[0].id, uuid_of(1));
  EXPECT_FALSE(found[0].entries[0].entry);
  EXPECT_EQ(fakes[0]->reads, 0);
}

TEST_F(DetailsTest, ExactComparesBytes) {
  rules.exact = true;
  source({person(1, "boss")});
  source({person(1, "Boss")});
  const auto found = describe({1});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].attributes[0].only, ElementsAre(ElementsAre("boss"), ElementsAre("Boss")));
}

std::vector<std::size_t> odd_of(const std::vector<int>& states) {
  std::vector<Shown> entries;
  for (const auto state : states) {  // -1: could not be asked, 0: absent
    entries.emplace_back();
    entries.back().known = state >= 0;
    entries.back().present = state > 0;
    entries.back().digest = static_cast<std::uint64_t>(state == 0 ? 77 : state);
  }
  return odd_ones(entries);
}

TEST(OddOnes, ThoseOutsideTheMajority) {
  EXPECT_THAT(odd_of({1, 1, 2}), ElementsAre(2));
  EXPECT_THAT(odd_of({0, 1, 1}), ElementsAre(0));
  EXPECT_THAT(odd_of({0, 1, 0}), ElementsAre(1));
  EXPECT_THAT(odd_of({1, 2, 3, 1, 1}), ElementsAre(1, 2));
}

TEST(OddOnes, NobodyWithoutAMajority) {
  EXPECT_THAT(odd_of({1, 2}), IsEmpty());
  EXPECT_THAT(odd_of({1, 2, 3}), IsEmpty());
  EXPECT_THAT(odd_of({1, 1, 2, 2}), IsEmpty());
  EXPECT_THAT(odd_of({1, 1, 1}), IsEmpty());
}

TEST(OddOnes, WhoCouldNotBeAskedHasNoVote) {
  EXPECT_THAT(odd_of({1, 2, -1}), IsEmpty());
  EXPECT_THAT(odd_of({1, 2, -1, 1}), ElementsAre(1));
}

}  // namespace
}  // namespace replkit::compare
