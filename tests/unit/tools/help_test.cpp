// What --help of every command prints.
#include <gtest/gtest.h>

#include "common/base/text.hpp"
#include "common/cli/help.hpp"
#include "common/cli/text_layout.hpp"
#include "tools/programs.hpp"

namespace replkit::tools {
namespace {

void check(const cli::CommandSpec& command, const std::string& path) {
  SCOPED_TRACE(path);
  const auto text = cli::help_text(command, path);
  for (const auto line : split(text, '\n')) EXPECT_LE(cli::display_width(line), 80U) << line;
  EXPECT_FALSE(command.summary.empty());
  for (const auto& sub : command.commands) check(sub, path + ' ' + sub.name);
}

TEST(Help, FitsATerminal) {
  for (const auto& spec : program_specs()) check(spec, spec.name);
}

}  // namespace
}  // namespace replkit::tools
