#include "tests/support/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Run, FeedsAndCollects) {
  const RunResult result = run({"sh", "-c", "cat; echo \"$GREETING\" >&2; pwd >&2; exit 3"},
                               {.input = "in\n", .environment = {"GREETING=hello"}, .directory = "/"});
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.out, "in\n");
  EXPECT_EQ(result.err, "hello\n/\n");
  EXPECT_FALSE(result.timed_out);
}

TEST(Run, EndsWhatTakesTooLong) {
  const RunResult result = run({"sleep", "60"}, {.timeout = milliseconds(50)});
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.status, 128 + SIGKILL);
}

TEST(Run, NamesWhatItCannotStart) {
  EXPECT_THAT([] { run({"/nowhere/program"}); },
              testing::Throws<LocalError>(
                  testing::Property(&LocalError::what, testing::HasSubstr("/nowhere/program: No such"))));
}

TEST(Run, CheckedShowsTheOutputOfAFailure) {
  EXPECT_THAT(
      [] {
        run_checked({"sh", "-c", "echo reason >&2; exit 1"});
      },
      testing::Throws<LocalError>(testing::Property(&LocalError::what, testing::HasSubstr("reason"))));
}

TEST(Process, StopsWithTermThenKill) {
  Process polite({"sleep", "60"});
  EXPECT_EQ(polite.stop(), 128 + SIGTERM);

  TempDir directory;
  Process deaf({"sh", "-c", "trap '' TERM; touch ready; while :; do sleep 0.01; done"},
               {.directory = directory.path(), .grace = milliseconds(50)});
  while (!std::filesystem::exists(directory / "ready")) ASSERT_FALSE(deaf.wait(milliseconds(5)));
  EXPECT_EQ(deaf.stop(), 128 + SIGKILL);
}

TEST(Process, DiesWithItsParent) {
  // A shell in between cannot show it (PDEATHSIG is this library's), so a test program's child forks once more.
  int channel[2];
  ASSERT_EQ(pipe(channel), 0);
  const pid_t child = fork();
  if (child == 0) {
    Process grandchild({"sleep", "600"}, {.stdout_fd = channel[1]});
    _exit(0);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  close(channel[1]);
  char byte;
  EXPECT_EQ(read(channel[0], &byte, 1), 0) << "the grandchild holds the other end while it lives";
  close(channel[0]);
}

}  // namespace
}  // namespace replkit::support
