#include "common/model/entry.hpp"

#include <gtest/gtest.h>

namespace replkit::model {
namespace {

TEST(Entry, FindsAttributesWhateverTheirCase) {
  const Entry entry{"cn=a", {{"objectClass", {"top", "person"}}, {"cn;lang-de", {"b"}}}};
  ASSERT_NE(entry.find("OBJECTCLASS"), nullptr);
  EXPECT_EQ(entry.find("OBJECTCLASS")->values.size(), 2U);
  EXPECT_EQ(entry.first("CN;Lang-DE"), "b");
  EXPECT_EQ(entry.find("cn"), nullptr);
  EXPECT_EQ(entry.first("cn"), "");
}

TEST(Entry, AddsToTheAttributeThatIsThere) {
  Entry entry;
  entry.add("cn", "a");
  entry.add("sn", "s");
  entry.add("CN", "b");
  EXPECT_EQ(entry, (Entry{"", {{"cn", {"a", "b"}}, {"sn", {"s"}}}}));
}

TEST(Entry, FirstOfAnAttributeWithoutValuesIsEmpty) {
  const Entry entry{"cn=a", {{"cn", {}}}};
  EXPECT_NE(entry.find("cn"), nullptr);
  EXPECT_EQ(entry.first("cn"), "");
}

}  // namespace
}  // namespace replkit::model
