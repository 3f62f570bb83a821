// What a replica knows of its own changes, and that it has lost some (recovery.hpp).
#include "tests/refserver/exchange/vectors.hpp"

#include <gtest/gtest.h>

namespace replkit::refserver::exchange {
namespace {

const auto root = model::Uuid::named({}, "root");

ldup::Csn csn(int seconds, const std::string& id = "a") {
  return {Instant(std::chrono::seconds(1'800'000'000 + seconds)), 0, id, 0};
}

ldup::UpdateVector vector(std::initializer_list<ldup::Csn> components) {
  ldup::UpdateVector out;
  for (const auto& each : components) out.merge(each);
  return out;
}

class OwnComponent : public testing::Test {
 protected:
  void SetUp() override { vectors.raised(root, vector({csn(10), csn(7, "b")})); }  // as the store had it

  Vectors vectors{"a"};
};

TEST_F(OwnComponent, IsWhatItHasMade) {
  vectors.changed(root, csn(20));
  EXPECT_EQ(vectors.get(root), vector({csn(20), csn(7, "b")}));
  vectors.changed(root, csn(30, "b"));
  EXPECT_EQ(vectors.get(root), vector({csn(20), csn(7, "b")})) << "another's is not";
}

TEST_F(OwnComponent, OthersMayKnowWhatIsLost) {
  EXPECT_FALSE(vectors.has_lost(root, csn(10)));
  EXPECT_TRUE(vectors.has_lost(root, csn(15)));
  vectors.changed(root, csn(20));
  EXPECT_TRUE(vectors.has_lost(root, csn(15)));
  EXPECT_FALSE(vectors.has_lost(root, csn(20))) << "made by this process";
  EXPECT_FALSE(vectors.has_lost(root, csn(25)));
}

TEST_F(OwnComponent, WhatCameBackIsNotLost) {
  vectors.raised(root, vector({csn(15)}));
  EXPECT_FALSE(vectors.has_lost(root, csn(15)));
  EXPECT_FALSE(vectors.is_suspect(root));
  EXPECT_EQ(vectors.get(root), vector({csn(15), csn(7, "b")}));
}

// The session was told of a later component, and so did not bring what is missing.
TEST_F(OwnComponent, ASessionMayShowThatSomeIsLost) {
  vectors.changed(root, csn(20));
  vectors.raised(root, vector({csn(15), csn(9, "b")}));
  EXPECT_TRUE(vectors.is_suspect(root));
  EXPECT_TRUE(vectors.has_lost(root, csn(15)));
}

TEST_F(OwnComponent, IsHeldUntilAllIsBack) {
  vectors.changed(root, csn(20));
  vectors.hold(root);
  EXPECT_TRUE(vectors.is_held(root));
  EXPECT_EQ(vectors.get(root), vector({csn(10), csn(7, "b")})) << "so that others send what is missing";
  vectors.changed(root, csn(22));
  EXPECT_EQ(vectors.get(root), vector({csn(10), csn(7, "b")}));
  vectors.raised(root, vector({csn(15), csn(9, "b")}));
  EXPECT_EQ(vectors.get(root), vector({csn(15), csn(9, "b")})) << "they have";
  vectors.raised(root, vector({csn(22)}));
  EXPECT_EQ(vectors.get(root), vector({csn(15), csn(9, "b")})) << "others that know the newest need not know the rest";
}

TEST_F(OwnComponent, AFullUpdateReplacesIt) {
  vectors.replaced(root, vector({csn(30), csn(40, "b")}), false, csn(50));
  EXPECT_EQ(vectors.get(root), vector({csn(30), csn(40, "b")}));
  EXPECT_FALSE(vectors.has_lost(root, csn(30)));
  EXPECT_TRUE(vectors.has_lost(root, csn(45)));
}

// Sessions send what is on disk, even if whoever has made it has not said so yet.
TEST_F(OwnComponent, WhatOthersKnowEarlyIsNotLost) {
  vectors.replaced(root, vector({csn(30)}), false, csn(50));
  EXPECT_FALSE(vectors.has_lost(root, csn(50)));
  vectors.changed(root, csn(52));
  vectors.raised(root, vector({csn(51)}));
  EXPECT_FALSE(vectors.is_suspect(root));
  EXPECT_FALSE(vectors.has_lost(root, csn(51)));
  EXPECT_TRUE(vectors.has_lost(root, csn(45)));
}

TEST_F(OwnComponent, ChangesAreToldInAnyOrder) {
  vectors.changed(root, csn(25));
  vectors.changed(root, csn(20));
  EXPECT_FALSE(vectors.has_lost(root, csn(20)));
  EXPECT_EQ(vectors.get(root), vector({csn(25), csn(7, "b")}));
}

}  // namespace
}  // namespace replkit::refserver::exchange
