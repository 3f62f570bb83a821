#include "tests/refserver/config/value.hpp"

#include <gmock/gmock.h>

#include "common/base/error.hpp"
#include "common/base/time.hpp"

namespace replkit::refserver::config {
namespace {

using namespace std::chrono_literals;

TEST(Sizes, UnitsAsPeopleWriteThem) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("1500"), 1500U);
  EXPECT_EQ(parse_size("64KiB"), 65536U);
  EXPECT_EQ(parse_size("64 KiB"), 65536U);
  EXPECT_EQ(parse_size("16M"), std::uint64_t{16} << 20U);
  EXPECT_EQ(parse_size("2 GiB"), std::uint64_t{2} << 30U);
  for (const auto* bad :
       {"", "KiB", "-1", "1.5 MiB", "1 MB", "64 kib", "99999999999 GiB", "99999999999999999999", "1 KiB x"}) {
    EXPECT_THROW(parse_size(bad), UsageError) << bad;
  }
}

TEST(Sizes, TextReadsBack) {
  EXPECT_EQ(size_text(std::uint64_t{64} << 10U), "64 KiB");
  EXPECT_EQ(size_text(std::uint64_t{3} << 30U), "3 GiB");
  for (const std::uint64_t bytes :
       {0ULL, 1ULL, 1023ULL, 1024ULL, 1025ULL, 1ULL << 20U, (1ULL << 30U) + 1024, 5ULL << 40U}) {
    EXPECT_EQ(parse_size(size_text(bytes)), bytes);
  }
}

TEST(Durations, TextReadsBack) {
  EXPECT_EQ(duration_text(1h), "1h");
  EXPECT_EQ(duration_text(90s), "90s");
  for (const auto length : {0ms, 1ms, 1500ms, 1000ms, 60'000ms, 3'600'000ms, 86'400'000ms, 86'401'000ms}) {
    EXPECT_EQ(parse_duration(duration_text(length)), length);
  }
}

}  // namespace
}  // namespace replkit::refserver::config
