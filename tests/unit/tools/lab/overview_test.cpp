#include "tools/lab/overview.hpp"

#include <gtest/gtest.h>

namespace replkit::tools::lab {
namespace {

TEST(Overview, SeesFullDisks) {
  EXPECT_TRUE(is_full("/proc")) << "it has no room at all";
  EXPECT_FALSE(is_full(std::filesystem::temp_directory_path()));
  EXPECT_FALSE(is_full("/nowhere")) << "unknown";
}

}  // namespace
}  // namespace replkit::tools::lab
