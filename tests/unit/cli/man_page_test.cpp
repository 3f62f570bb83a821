// Snapshots of what is generated from a small specification: help, man page and completions.
#include "common/cli/man_page.hpp"

#include <gmock/gmock.h>

#include "common/base/text.hpp"
#include "common/cli/completion.hpp"
#include "common/cli/help.hpp"
#include "testing.hpp"

namespace replkit::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CommandSpec small_spec() {
  static std::string file;
  static std::string mode = "fast";
  static bool odd = false;
  CommandSpec spec{.name = "demo", .summary = "do a thing"};
  spec.description = {"It's one. See --mode.", ".hidden is no request; a\\b."};
  spec.arguments = {
      {.name = "FILE", .help = "What to read.", .set = {}, .required = true, .completion = Completion::file}};
  auto with_choices = option("-m,--mode", "MODE", "How to [do] it: fast.", mode);
  with_choices.choices = {"fast", "slow"};
  spec.groups = {{"Main options",
                  {with_choices, option("--log", "FILE", "Where to log.", file).completes(Completion::file),
                   flag("--odd", "Odd.", odd).hide()}}};
  spec.examples = {{"demo -m slow x", "Slowly."}};
  spec.exit_notes = {{ExitStatus::done, "it worked"}};
  spec.files = {{"~/.demo", "Nothing."}};
  spec.see_also = {"ldapsearch(1)", "ldap.conf(5)"};
  return spec;
}

TEST(Help, LooksLikeThis) {
  EXPECT_EQ(help_text(small_spec(), "demo"), R"(Usage: demo [OPTION]... FILE
Do a thing.

It's one. See --mode.

Arguments:
  FILE             What to read.

Main options:
  -m, --mode MODE  How to [do] it: fast. One of fast, slow (default: fast).
      --log FILE   Where to log.

Other options:
      --help       Show this help and exit.
  -V, --version    Show the version and exit.

Examples:
  Slowly.
    $ demo -m slow x

Exit status:
  0   it worked
  1   ran to the end and found differences or other findings
  2   could not decide: partial result, replica out of reach, limit, interrupted
  3   wrong options or arguments, or a malformed inventory
  4   could not connect, or TLS failed
  5   wrong credentials, or rights are missing
  6   the server refused the operation
  7   a local file could not be read or written
  70  an error of the program itself: please report it
)");
}

TEST(ManPage, HasEverySectionInOrder) {
  const auto page = man_page(small_spec());
  std::size_t last = 0;
  for (const std::string section :
       {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "FILES", "SEE ALSO"}) {
    const auto found = page.find("\n.SH " + section + '\n');
    ASSERT_NE(found, std::string::npos) << section;
    EXPECT_GT(found, last);
    last = found;
  }
}

TEST(ManPage, EscapesWhatRoffWouldTake) {
  const auto page = man_page(small_spec());
  EXPECT_THAT(page, HasSubstr("\nIt\\(aqs one. See \\fB\\-\\-mode\\fR.\n"));
  EXPECT_THAT(page, HasSubstr("\n\\&.hidden is no request; a\\eb.\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-m\\fR, \\fB\\-\\-mode\\fR \\fIMODE\\fR\nHow to [do] it: fast. One of fast, "
                              "slow (default: fast).\n"));
  EXPECT_THAT(page, HasSubstr("\ndemo \\-m slow x\n"));
  EXPECT_THAT(page, HasSubstr(".SH SEE ALSO\n.BR ldapsearch (1) ,\n.BR ldap.conf (5)\n"));
  EXPECT_THAT(page, Not(HasSubstr("odd")));
}

TEST(Completion, OffersOptionsChoicesAndFiles) {
  const auto bash = bash_completion(small_spec());
  EXPECT_THAT(
      bash,
      HasSubstr(
          "        -m|--mode) _replkit_words 'fast slow'; return ;;\n        --log) _replkit_files -f; return ;;\n"));
  EXPECT_THAT(bash, HasSubstr("'--help -V --version -m --mode --log'; else _replkit_files -f; fi ;;\n"));
  EXPECT_THAT(bash, HasSubstr("complete -F _demo demo\n"));
  const auto zsh = zsh_completion(small_spec());
  EXPECT_THAT(zsh, ::testing::StartsWith("#compdef demo\n"));
  EXPECT_THAT(zsh, HasSubstr("    '(-m --mode)--mode=[How to \\[do\\] it\\: fast]:MODE:(fast slow)' \\\n"));
  EXPECT_THAT(zsh, HasSubstr("    ':FILE:_files'\n}\n"));
  const auto fish = fish_completion(small_spec());
  EXPECT_THAT(fish, HasSubstr("complete -c demo -s m -l mode -x -a 'fast slow' -d 'How to [do] it: fast'\n"));
  EXPECT_THAT(fish, HasSubstr("complete -c demo -l log -r -F -d 'Where to log'\n"));
  for (const auto& script : {bash, zsh, fish}) EXPECT_THAT(script, Not(HasSubstr("--odd")));
}

TEST(Completion, FollowsSubCommands) {
  CommandSpec add{.name = "add", .summary = "add it"};
  add.groups = small_spec().groups;
  CommandSpec spec{.name = "tool", .summary = "do all"};
  spec.commands = {add};
  const auto bash = bash_completion(spec);
  EXPECT_THAT(bash, HasSubstr("      tool/add) path+=/$word ;;\n"));
  EXPECT_THAT(bash, HasSubstr("if [[ $cur == -* ]]; then _replkit_words '--help -V --version'; else _replkit_words "
                              "'add'; fi ;;\n"))
      << "options would drown the verbs";
  EXPECT_THAT(zsh_completion(spec), HasSubstr("    add) _tool_add ;;\n"));
  EXPECT_THAT(fish_completion(spec),
              HasSubstr("complete -c tool -n '__fish_seen_subcommand_from add' -s m -l mode -x"));
  EXPECT_THAT(man_page(spec), HasSubstr(".SH COMMANDS\n.SS add [OPTION]...\nadd it.\n"));
}

TEST(Completion, OffersWordsOfLaterArgumentsAndSuggestions) {
  std::string value;
  CommandSpec spec{.name = "tool", .summary = "do all"};
  spec.arguments = {{.name = "WHICH", .help = "Which."},
                    {.name = "TYPE", .help = "What.", .choices = {"big", "small"}}};
  spec.groups = {{"Options", {option("--how", "NAME", "How.", value).suggests({"fast"})}}};
  const auto bash = bash_completion(spec);
  EXPECT_THAT(bash, HasSubstr("--how) _replkit_words 'fast'; return ;;\n"));
  EXPECT_THAT(bash, HasSubstr("; elif [[ $name != tool && $name != -* ]]; then _replkit_words 'big small'; fi ;;\n"));
  EXPECT_THAT(zsh_completion(spec), HasSubstr(":NAME:(fast)'"));
  EXPECT_THAT(fish_completion(spec), HasSubstr("-l how -x -a 'fast'"));
}

}  // namespace
}  // namespace replkit::cli
