#include "common/tasks/vectors.hpp"

#include "tests/unit/tasks/testing.hpp"

namespace replkit::tasks {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* at = "20261121100000Z#000000#";

ToldVector told(const std::string& server, const std::string& replica, const std::vector<std::string>& values) {
  return {
      .server = server, .replica = replica, .own = true, .vector = ldup::UpdateVector::parse(values), .problem = {}};
}

Instant instant(const std::string& text) {
  return *parse_generalized_time(text);
}

TEST(Vectors, TheServersOwnComesFirst) {
  auto server = ldup_server();
  auto area = area_of_two();
  server.replica_subentries = {"cn=s2,o=x"};
  area.replicas[0].entry.add("updateVector", std::string(at) + "s1#000000");
  area.replicas[1].entry.add("updateVector", "20261121100005Z#000000#s2#000000");
  const auto all = vectors_of(server, area);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].replica, "s2");
  EXPECT_TRUE(all[0].own);
  EXPECT_FALSE(all[1].own);
  EXPECT_EQ(all[1].as_of(), instant("20261121100000Z"));
  EXPECT_EQ(own_vector(server, area).replica, "s2");
  EXPECT_EQ(newest_of(all).components().size(), 2U);
}

TEST(Vectors, WhoTheServerIsMustBeKnown) {
  auto server = ldup_server();
  server.uri = "ldap://elsewhere.example.com";
  EXPECT_THAT(error_of([&] { own_vector(server, area_of_two()); }), HasSubstr("does not tell which replica"));
}

TEST(Vectors, MalformedOnesAreShownAsTheyAre) {
  const auto server = ldup_server();
  auto area = area_of_two();
  area.replicas[0].entry.add("updateVector", "nonsense\n\x01");
  const auto all = vectors_of(server, area);
  EXPECT_THAT(all[0].problem, HasSubstr("nonsense\\0a\\01"));
  EXPECT_THAT(error_of([&] { own_vector(server, area); }), HasSubstr("6 s1: the updateVector of cn=s1,o=x"));
  EXPECT_THAT(gaps(all, ldup::UpdateVector::parse(std::vector<std::string>{std::string(at) + "s1#000000"})),
              testing::SizeIs(1))
      << "of the other one only";
}

TEST(Vectors, ChangesThatNobodyElseHas) {
  const std::string old = "20261121095950Z#000003#s2#000000";
  const std::string fresh = std::string(at) + "s2#000000";
  std::vector<ToldVector> all{told("a", "s1", {old}), told("b", "s2", {fresh}), told("c", "s3", {})};
  ASSERT_TRUE(unsent_of(all, "s2"));
  EXPECT_EQ(unsent_of(all, "s2")->ldup_text(), fresh);
  EXPECT_EQ(unsent_of(all, "s1"), std::nullopt) << "it made none";
  all[2] = told("c", "s3", {fresh});
  EXPECT_EQ(unsent_of(all, "s2"), std::nullopt) << "s3 sends them on";
  EXPECT_EQ(unsent_of({told("b", "s2", {fresh})}, "s2"), std::nullopt) << "there is no other";
}

TEST(Vectors, GapsNameWhoHoldsWhatIsMissing) {
  const std::string old = "20261121095950Z#000003#s1#000000";
  const std::string fresh = std::string(at) + "s1#000000";
  const std::vector<ToldVector> all{told("a", "s1", {fresh}),
                                    told("b", "s2", {old, "20261121095900Z#000000#s2#000000"}), told("c", "s3", {})};
  const auto found = gaps(all, newest_of(all));
  ASSERT_EQ(found.size(), 4U);  // s1 lacks s2's; s2 lacks s1's; s3 lacks both
  EXPECT_EQ(found[0].vector, 0U);
  EXPECT_EQ(found[0].origin, "s2");
  EXPECT_EQ(found[0].has, std::nullopt);
  EXPECT_EQ(found[1].vector, 1U);
  EXPECT_EQ(found[1].origin, "s1");
  EXPECT_EQ(found[1].has->ldup_text(), old);
  EXPECT_EQ(found[1].newest.ldup_text(), fresh);
  EXPECT_THAT(found[1].holders, ElementsAre(0U));
  EXPECT_EQ(found[2].vector, 2U);
}

TEST(Vectors, EqualOnesHaveNoGaps) {
  const std::vector<ToldVector> all{told("a", "s1", {std::string(at) + "s1#000000"}),
                                    told("b", "s2", {std::string(at) + "S1#000000"})};
  EXPECT_THAT(gaps(all, newest_of(all)), IsEmpty());
  EXPECT_THAT(gaps({}, {}), IsEmpty());
}

// Vectors are told by a change of their own, which is sent along with others only.
TEST(Vectors, AVectorAloneIsNoGap) {
  const std::string has = std::string(at) + "s1#000004";
  const std::string next = "20261121100000Z#000001#s1#000001";
  const std::string later = "20261121100001Z#000000#s1#000001";
  auto copy = told("b", "s1", {next});
  copy.own = false;
  const std::vector<ToldVector> all{told("a", "s1", {next}), told("b", "s2", {next}), told("c", "s3", {has})};
  auto found = gaps(all, newest_of(all));
  ASSERT_EQ(found.size(), 1U);
  mark_vectors(found, all);
  EXPECT_TRUE(any_missing(found)) << "nobody says that this change is a vector";
  mark_vectors(found, {copy});
  EXPECT_FALSE(any_missing(found));
  // There may be another change before it.
  copy.vector.merge(ldup::Csn::parse(later));
  found = gaps(all, copy.vector);
  mark_vectors(found, {copy});
  EXPECT_TRUE(any_missing(found));
}

// The first change that is missing was made some time after the newest that is held.
TEST(Vectors, DelaysHaveALeastAndAMost) {
  Gap gap;
  gap.newest = ldup::Csn::parse(std::string(at) + "s1#000000");
  EXPECT_EQ(text_of(delay_of(gap, instant("20261121100004Z"))), "over 4 s");
  gap.has = ldup::Csn::parse("20261121095800Z#000000#s1#000000");
  EXPECT_EQ(text_of(delay_of(gap, instant("20261121100004Z"))), "4 s to 2 min 4 s");
  EXPECT_EQ(delay_of(gap, instant("20261121095900Z")).least, seconds(0)) << "a clock that is behind";
  EXPECT_EQ(text_of(delay_of(gap, instant("20261121095900Z"))), "clock ahead by 1 min 0 s");
  gap.has = ldup::Csn::parse("20261121100000Z#000000#s0#000000");
  EXPECT_EQ(text_of(delay_of(gap, instant("20261121100004Z"))), "4 s");
}

}  // namespace
}  // namespace replkit::tasks
