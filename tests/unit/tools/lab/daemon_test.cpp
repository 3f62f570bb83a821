#include "tools/lab/daemon.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::tools::lab {
namespace {

using namespace std::chrono_literals;

class Daemon : public testing::Test {
 protected:
  DaemonId start(const std::string& script) { return start_daemon({"/bin/sh", "-c", script}, directory_ / "log"); }

  support::TempDir directory_;
  CancelToken token_;
};

TEST_F(Daemon, EndsAtASignal) {
  const auto id = start("exec sleep 600");
  EXPECT_TRUE(is_running(id));
  EXPECT_NE(getsid(id.pid), getsid(0));
  EXPECT_TRUE(end_daemon(id, SIGTERM, 10s, token_));
  EXPECT_FALSE(is_running(id));
  EXPECT_TRUE(end_daemon(id, SIGTERM, 0s, token_));
}

TEST_F(Daemon, EndsThoughSuspended) {
  const auto id = start("exec sleep 600");
  EXPECT_FALSE(is_suspended(id));
  suspend_daemon(id);
  while (!is_suspended(id)) token_.wait(1ms);
  EXPECT_TRUE(is_running(id));
  resume_daemon(id);
  while (is_suspended(id)) token_.wait(1ms);
  suspend_daemon(id);
  EXPECT_TRUE(end_daemon(id, SIGTERM, 10s, token_));
  EXPECT_FALSE(is_suspended(id));
}

TEST_F(Daemon, IsSaidNotToEndWhenItDoesNot) {
  const auto id = start("trap '' TERM; echo ready; while :; do sleep 600; done");
  while (tail_of(directory_ / "log").empty()) token_.wait(5ms);
  EXPECT_FALSE(end_daemon(id, SIGTERM, 50ms, token_));
  EXPECT_TRUE(is_running(id));
  EXPECT_TRUE(end_daemon(id, SIGKILL, 10s, token_));
}

TEST_F(Daemon, IsNotAStrangerWithItsNumber) {
  const auto id = start("exec sleep 600");
  for (DaemonId stranger : {DaemonId{id.pid, id.start + 1, id.boot}, DaemonId{id.pid, id.start, "another boot"},
                            DaemonId{0, id.start, id.boot}}) {
    EXPECT_FALSE(is_running(stranger));
    EXPECT_TRUE(end_daemon(stranger, SIGKILL, 0s, token_));  // and does nothing
  }
  EXPECT_TRUE(is_running(id));
  end_daemon(id, SIGKILL, 10s, token_);
}

TEST_F(Daemon, WritesItsLog) {
  const auto id = start("echo out; echo err >&2; read x || echo nothing to read");
  while (is_running(id)) token_.wait(5ms);
  EXPECT_EQ(tail_of(directory_ / "log"), "out\nerr\nnothing to read\n");
}

TEST_F(Daemon, TailIsShort) {
  run_helper({"/bin/sh", "-c", "seq 1 100"}, directory_ / "log");
  EXPECT_EQ(tail_of(directory_ / "log").substr(0, 3), "86\n");
  EXPECT_EQ(tail_of(directory_ / "nothing"), "");
}

TEST_F(Daemon, HelperThatFailsIsAnErrorWithItsLastWords) {
  try {
    run_helper({"/bin/sh", "-c", "echo first; echo 'the reason' >&2; exit 7"}, directory_ / "log");
    FAIL();
  } catch (const LocalError& error) {
    EXPECT_THAT(error.what(), testing::EndsWith("failed with status 7: the reason"));
  }
  EXPECT_THROW(run_helper({"/nonexistent/program"}, directory_ / "log"), LocalError);
}

TEST_F(Daemon, HelperCanHaveItsOutputInAFile) {
  run_helper({"/bin/sh", "-c", "echo out; echo err >&2"}, directory_ / "log", directory_ / "out");
  EXPECT_EQ(read_file(directory_ / "out", 100), "out\n");
  EXPECT_EQ(read_file(directory_ / "log", 100), "err\n");
}

TEST(FindProgram, LooksInPathToo) {
  EXPECT_EQ(find_program("true").filename(), "true");
  EXPECT_THROW(find_program("no-such-program-anywhere"), LocalError);
}

}  // namespace
}  // namespace replkit::tools::lab
