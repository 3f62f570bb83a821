#include "tests/support/server_log.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <exception>

namespace replkit::support {

namespace {

class FailuresAgain : public ::testing::EmptyTestEventListener {
  void OnTestEnd(const ::testing::TestInfo& test) override {
    const ::testing::TestResult& result = *test.result();
    for (int i = 0; i < result.total_part_count(); ++i) {
      const ::testing::TestPartResult& part = result.GetTestPartResult(i);
      if (!part.failed()) continue;
      fmt::print(stderr, "{}:{}: {}\n", part.file_name() != nullptr ? part.file_name() : "", part.line_number(),
                 part.message());
    }
  }
};

}  // namespace

void print_log_of_failed_test(const std::string& title, const std::function<std::string()>& log) {
  ::testing::UnitTest& tests = *::testing::UnitTest::GetInstance();
  if (!tests.Failed()) return;
  static const bool appended = [&] {
    tests.listeners().Append(new FailuresAgain);  // owned by the list
    return true;
  }();
  static_cast<void>(appended);
  try {
    fmt::print(stderr, "{}:\n{}", title, log());
  } catch (const std::exception&) {
  }
}

}  // namespace replkit::support
