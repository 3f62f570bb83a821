#include "common/cli/progress.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "testing.hpp"

namespace replkit::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Variable;
using namespace std::chrono_literals;

class ProgressTest : public ::testing::Test {
 protected:
  Variable columns{"COLUMNS", "120"};
  std::vector<std::string> written;
  Progress::Clock::time_point now{};
  Progress progress{
      {"a", "b"}, "entries", [this](std::string_view text) { written.emplace_back(text); }, [this] { return now; }};
};

TEST_F(ProgressTest, ShowsCountsRateAndTimeLeft) {
  progress.set_total(0, 4000);
  now += 10s;
  progress.update(0, 1000);
  EXPECT_THAT(written, ElementsAre("\ra 1000 (25%), b 0 entries, 100/s, 30 s left\033[K"));
  progress.clear();
  EXPECT_EQ(written.back(), "\r\033[K");
}

TEST_F(ProgressTest, WritesAtMostFourTimesASecond) {
  for (int i = 0; i < 1000; ++i) {
    now += 1ms;
    progress.update(0, static_cast<std::uint64_t>(i));
  }
  EXPECT_EQ(written.size(), 4U);
}

TEST_F(ProgressTest, CutsToTheTerminal) {
  const Variable narrow("COLUMNS", "20");
  now += 1s;
  progress.set_phase("reading again a lot of entries");
  EXPECT_EQ(written.at(0), "\rreading again a lot\033[K");
}

TEST_F(ProgressTest, LeavesNothingToClearWhenNothingWasShown) {
  progress.update(0, 1);
  progress.clear();
  EXPECT_TRUE(written.empty());
}

TEST_F(ProgressTest, MayBeToldByManyThreads) {
  now += 1s;
  std::vector<std::thread> threads;
  for (std::size_t source = 0; source < 2; ++source) {
    threads.emplace_back([this, source] {
      for (std::uint64_t i = 1; i <= 1000; ++i) progress.update(source, i);
    });
  }
  for (auto& thread : threads) thread.join();
  now += 1s;
  progress.update(0, 1000);
  EXPECT_THAT(written.back(), HasSubstr("a 1000, b 1000 entries"));
}

TEST(Progress, IsSilentWithoutTerminal) {
  ::testing::internal::CaptureStderr();
  {
    auto now = Progress::Clock::time_point{};
    Progress silent({"a"}, "entries", nullptr, [&now] { return now; });
    now += 10s;
    silent.update(0, 5);
    silent.set_phase("x");
    Progress captured({"a"}, "entries");  // stderr is a file now
    captured.update(0, 5);
    silent.clear();
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace replkit::cli
