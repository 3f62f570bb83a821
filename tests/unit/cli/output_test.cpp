#include "common/cli/output.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "testing.hpp"

namespace replkit::cli {
namespace {

using testing::Variable;

TEST(Palette, IsOffWhereItShouldBe) {
  EXPECT_EQ(Palette(ColorMode::never).red("x"), "x");
  EXPECT_EQ(Palette(ColorMode::always).red("x"), "\033[31mx\033[0m");
  const Variable no_color("NO_COLOR", "1");
  EXPECT_FALSE(Palette(ColorMode::automatic).enabled());
  EXPECT_TRUE(Palette(ColorMode::always).enabled());
}

TEST(TerminalWidth, ObeysColumns) {
  const Variable columns("COLUMNS", "132");
  EXPECT_EQ(terminal_width(), 132U);
  const Variable tiny("COLUMNS", "1");
  EXPECT_EQ(terminal_width(), 20U);
  const Variable huge("COLUMNS", "99999999999");
  EXPECT_EQ(terminal_width(), 1000U);
}

TEST(Json, NeverThrowsOnBytes) {
  EXPECT_EQ(to_json({{"b", 1}, {"a", "\xff"}}), "{\"a\":\"\xef\xbf\xbd\",\"b\":1}");
  EXPECT_EQ(to_json(json_text("gr\xc3\xbc\xc3\x9f")), "\"gr\xc3\xbc\xc3\x9f\"");
  EXPECT_EQ(to_json(json_text("\xff\x00")), "{\"base64\":\"/w==\"}");
}

}  // namespace
}  // namespace replkit::cli
