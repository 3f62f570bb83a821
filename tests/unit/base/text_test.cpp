#include "common/base/text.hpp"

#include <gtest/gtest.h>

namespace replkit {
namespace {

TEST(Text, CountsNouns) {
  EXPECT_EQ(counted(0, "server"), "0 servers");
  EXPECT_EQ(counted(1, "server"), "1 server");
  EXPECT_EQ(counted(2, "server"), "2 servers");
  EXPECT_EQ(counted(1, "entry", "entries"), "1 entry");
  EXPECT_EQ(counted(2, "entry", "entries"), "2 entries");
}

}  // namespace
}  // namespace replkit
