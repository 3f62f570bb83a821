#include "common/cli/text_layout.hpp"

#include <gmock/gmock.h>

namespace replkit::cli {
namespace {

using ::testing::ElementsAre;

TEST(TextLayout, CountsCodePoints) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("J\xc3\xbcrgen"), 6U);
  EXPECT_EQ(pad_right("\xc3\xbc", 3), "\xc3\xbc  ");
}

TEST(TextLayout, Wraps) {
  EXPECT_THAT(wrap("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrap("averylongword x", 4), ElementsAre("averylongword", "x"));
  EXPECT_THAT(wrap("a\nb", 9), ElementsAre("a", "b"));
  EXPECT_EQ(wrap_indented("one two three", 9, 2), "  one two\n  three\n");
}

}  // namespace
}  // namespace replkit::cli
