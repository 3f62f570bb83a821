#include "common/cli/program.hpp"

#include <gmock/gmock.h>

#include <new>

#include "common/base/error.hpp"
#include "common/cli/output.hpp"
#include "testing.hpp"

namespace replkit::cli {
namespace {

using testing::Argv;
using ::testing::HasSubstr;

struct Run {
  int status;
  std::string out;
  std::string err;
};

Run run(std::vector<std::string> words, const std::function<ExitStatus()>& body) {
  words.insert(words.begin(), "demo");
  Argv argv(std::move(words));
  const CommandSpec spec{.name = "demo", .summary = "do nothing"};
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int status = run_program(argv.count(), argv.data(), spec, body);
  auto out = ::testing::internal::GetCapturedStdout();
  return {status, std::move(out), ::testing::internal::GetCapturedStderr()};
}

template <typename E>
std::function<ExitStatus()> throwing(E error) {
  return [error]() -> ExitStatus { throw error; };
}

TEST(Program, ReturnsTheStatusOfTheBody) {
  const auto result = run({}, [] {
    print_out("data\n");
    return ExitStatus::findings;
  });
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out, "data\n");
  EXPECT_EQ(result.err, "");
}

TEST(Program, PrintsHelpAndVersionOnStdout) {
  const auto never = []() -> ExitStatus { throw UsageError("must not run"); };
  EXPECT_THAT(run({"--help"}, never).out, HasSubstr("Usage: demo [OPTION]..."));
  EXPECT_EQ(run({"--help"}, never).status, 0);
  EXPECT_EQ(run({"--version"}, never).out, "demo (replkit) " REPLKIT_TEST_VERSION "\n");
}

TEST(Program, TurnsErrorsIntoOneLineAndAStatus) {
  EXPECT_EQ(run({}, throwing(UsageError("no base"))).err, "demo: no base (see demo --help)\n");
  EXPECT_EQ(run({}, throwing(UsageError("no base"))).status, 3);
  EXPECT_EQ(run({}, throwing(LocalError("disk\nfull"))).err, "demo: disk\\0afull\n");
  EXPECT_EQ(run({}, throwing(LocalError("x"))).status, 7);
  EXPECT_EQ(run({}, throwing(Cancelled("interrupted"))).status, 2);
  EXPECT_EQ(run({}, throwing(std::bad_alloc())).status, 70);
  EXPECT_EQ(run({}, throwing(std::logic_error("oops"))).err, "demo: this is a bug: oops\n");
  EXPECT_EQ(run({}, throwing(42)).status, 70);
}

TEST(Program, NamesTheHelpForUnknownOptions) {
  const auto result = run({"--nonsense"}, [] { return ExitStatus::done; });
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "demo: unknown option --nonsense (see demo --help)\n");
}

}  // namespace
}  // namespace replkit::cli
