#include <gtest/gtest.h>

#include "common/base/error.hpp"
#include "common/ldup/csn.hpp"

namespace replkit::ldup {
namespace {

Csn csn(const std::string& replica, int second, int count = 0) {
  return Csn::parse("202611210745" + std::to_string(10 + second) + "Z#" + std::to_string(count) + "#" + replica + "#0");
}

UpdateVector vector_of(const std::vector<Csn>& csns) {
  UpdateVector out;
  for (const auto& each : csns) out.merge(each);
  return out;
}

TEST(UpdateVector, KeepsTheNewestOfEachReplica) {
  const auto vector = vector_of({csn("001", 5), csn("002", 1), csn("001", 3), csn("002", 1, 4), csn("001", 5)});
  ASSERT_EQ(vector.components().size(), 2U);
  EXPECT_EQ(vector.components().at("001"), csn("001", 5));
  EXPECT_EQ(vector.components().at("002"), csn("002", 1, 4));
}

TEST(UpdateVector, TakesReplicaIdsAsNames) {
  const auto vector = vector_of({csn("01", 5), csn("001", 7), csn("AB", 1), csn("ab", 2)});
  ASSERT_EQ(vector.components().size(), 3U);
  EXPECT_EQ(vector.components().at("ab"), csn("ab", 2));
}

TEST(UpdateVector, CoversOnlyWhatIsNotNewerThanItsOwnReplicasComponent) {
  const auto vector = vector_of({csn("001", 5), csn("002", 9)});
  EXPECT_TRUE(vector.covers(csn("001", 5)));
  EXPECT_TRUE(vector.covers(csn("001", 4, 9)));
  EXPECT_FALSE(vector.covers(csn("001", 5, 1)));
  EXPECT_FALSE(vector.covers(csn("001", 7)));  // older than 002's newest, which says nothing about 001
  EXPECT_FALSE(vector.covers(csn("003", 0)));
}

TEST(UpdateVector, CoversAVectorWhenItCoversEachComponent) {
  const auto both = vector_of({csn("001", 5), csn("002", 5)});
  const auto one = vector_of({csn("001", 5)});
  const auto newer = vector_of({csn("001", 6), csn("002", 4)});
  EXPECT_TRUE(both.covers(both));
  EXPECT_TRUE(both.covers(one));
  EXPECT_FALSE(one.covers(both));
  EXPECT_FALSE(both.covers(newer));
  EXPECT_FALSE(newer.covers(both));
}

TEST(UpdateVector, AnEmptyOneCoversOnlyAnother) {
  const UpdateVector empty;
  EXPECT_TRUE(empty.empty());
  EXPECT_TRUE(empty.covers(UpdateVector()));
  EXPECT_FALSE(empty.covers(csn("001", 0)));
  EXPECT_FALSE(empty.covers(vector_of({csn("001", 0)})));
  EXPECT_TRUE(vector_of({csn("001", 0)}).covers(empty));
}

TEST(UpdateVector, IsEqualWhateverTheOrderOfMerging) {
  EXPECT_EQ(vector_of({csn("001", 5), csn("002", 1)}), vector_of({csn("002", 1), csn("001", 2), csn("001", 5)}));
  EXPECT_NE(vector_of({csn("001", 5)}), vector_of({csn("001", 6)}));
}

TEST(UpdateVector, IsTheValuesOfAnAttribute) {
  const std::vector<std::string> values{"20261121074549Z#000015#berlin#000000", "20261121074548Z#000000#oslo#000002"};
  const auto vector = UpdateVector::parse(values);
  EXPECT_EQ(vector.values(), values);
  EXPECT_TRUE(vector.covers(Csn::parse("20261121074548Z#000000#OSLO#000002")));
  EXPECT_FALSE(vector.covers(Csn::parse("20261121074548Z#000000#oslo#000003")));
  EXPECT_FALSE(vector.covers(Csn::parse("20261121074548Z#000000#rom#000000")));
  EXPECT_EQ(UpdateVector::parse({}), UpdateVector());
}

TEST(UpdateVector, RefusesWhatIsNone) {
  const std::vector<std::vector<std::string>> wrong{
      {"20261121074549Z#000015#berlin"},
      {"20261121074549Z#000015#berlin#000000", "20261121074548Z#000000#Berlin#000000"},  // one replica
      {"20261121074549Z#000015#berlin#000000", ""},
      {Csn().ldup_text()},
      std::vector<std::string>(max_replicas + 1, "20261121074549Z#000015#berlin#000000")};
  for (const auto& values : wrong) EXPECT_THROW(UpdateVector::parse(values), ParseError) << values.front();
}

}  // namespace
}  // namespace replkit::ldup
