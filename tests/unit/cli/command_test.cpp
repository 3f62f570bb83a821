#include "common/cli/command.hpp"

#include <gmock/gmock.h>

#include "common/base/error.hpp"
#include "common/base/nearest.hpp"
#include "common/base/text.hpp"
#include "common/cli/help.hpp"
#include "common/cli/text_layout.hpp"
#include "testing.hpp"

namespace replkit::cli {
namespace {

using testing::Argv;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::parse_words;
using namespace std::chrono_literals;

enum class Scope { base, one, sub };

struct Settings {
  std::string base = "dc=x";
  Scope scope = Scope::sub;
  unsigned passes = 3;
  std::chrono::milliseconds max_lag = 5min;
  std::optional<unsigned> stop_after;
  std::vector<std::string> sources;
  std::vector<std::string> attributes;
  bool exact = false;
  unsigned tls = 0;
  std::string password;
  std::string filter;
};

CommandSpec make_spec(Settings& s) {
  return {
      .name = "demo",
      .summary = "show what a spec can do",
      .description = {"First paragraph.", "Second paragraph."},
      .arguments = {{.name = "FILTER",
                     .help = "What to look at.",
                     .set = [&s](const std::string& v) { s.filter = v; }}},
      .groups = {{"Search options",
                  {option("-b,--base", "DN", "Where to look.", s.base),
                   choice_option<Scope>("-s,--scope", "SCOPE", "How deep.",
                                        {{"base", Scope::base}, {"one", Scope::one}, {"sub", Scope::sub}}, s.scope),
                   option("--recheck", "PASSES", "Passes.", s.passes), option("--max-lag", "TIME", "Lag.", s.max_lag),
                   option("--stop-after", "N", "Stop.", s.stop_after), option("-H", "URI", "Servers.", s.sources),
                   list_option("--attrs", "LIST", "Attributes.", s.attributes), flag("--exact", "Bytes.", s.exact),
                   counter("-Z", "StartTLS.", s.tls), option("-w", "PW", "Password.", s.password).keep_secret()}}},
      .examples = {},
      .exit_notes = {},
      .files = {},
      .environment = {},
      .see_also = {},
      .commands = {},
      .run = {}};
}

TEST(Command, BindsEveryKind) {
  Settings s;
  const auto spec = make_spec(s);
  parse_words(spec, {"-b", "", "-sone", "--recheck=5", "--max-lag", "90s", "--stop-after", "7", "-H", "a", "-H", "-",
                     "--attrs", "cn, sn", "--attrs=mail", "--exact", "-ZZ", "(uid=*)"});
  EXPECT_EQ(s.base, "");
  EXPECT_EQ(s.scope, Scope::one);
  EXPECT_EQ(s.passes, 5U);
  EXPECT_EQ(s.max_lag, 90s);
  EXPECT_EQ(s.stop_after, 7U);
  EXPECT_THAT(s.sources, ElementsAre("a", "-"));
  EXPECT_THAT(s.attributes, ElementsAre("cn", "sn", "mail"));
  EXPECT_TRUE(s.exact);
  EXPECT_EQ(s.tls, 2U);
  EXPECT_EQ(s.filter, "(uid=*)");
}

TEST(Command, KeepsDefaultsAndShowsThem) {
  Settings s;
  const auto spec = make_spec(s);
  parse_words(spec, {});
  EXPECT_EQ(s.base, "dc=x");
  const auto text = help_text(spec, "demo");
  EXPECT_THAT(text, HasSubstr("(default: 5m)"));
  EXPECT_THAT(text, HasSubstr("One of base, one, sub (default: sub)."));
}

TEST(Command, TakesEmptyValueAfterEquals) {
  Settings s;
  parse_words(make_spec(s), {"--base=", "filter"});
  EXPECT_EQ(s.base, "");
  EXPECT_EQ(s.filter, "filter");
}

TEST(Command, TakesValuesThatLookLikeOptionsOrLists) {
  Settings s;
  parse_words(make_spec(s), {"-b", "-x", "-H", "[a,b]", "--", "--exact"});
  EXPECT_EQ(s.base, "-x");
  EXPECT_THAT(s.sources, ElementsAre("[a,b]"));
  EXPECT_EQ(s.filter, "--exact");
  EXPECT_FALSE(s.exact);
}

struct Refused {
  std::vector<std::string> words;
  std::string message;
};

class CommandRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(CommandRefuses, WithOneLine) {
  Settings s;
  const auto spec = make_spec(s);
  EXPECT_EQ(error_of<UsageError>([&] { parse_words(spec, GetParam().words); }), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, CommandRefuses,
    ::testing::Values(
        Refused{{"--max-lug", "5m"}, "unknown option --max-lug; did you mean --max-lag?"},
        Refused{{"--max-lug=5m"}, "unknown option --max-lug; did you mean --max-lag?"},
        Refused{{"--stop"}, "unknown option --stop; did you mean --stop-after?"},
        Refused{{"--zzzzzzz"}, "unknown option --zzzzzzz"}, Refused{{"-q"}, "unknown option -q"},
        Refused{{"a", "b"}, "unexpected argument 'b'"},
        Refused{{"--recheck", "x"}, "--recheck: 'x' is not a whole number"},
        Refused{{"--recheck", "-1"}, "--recheck: '-1' is not a whole number"},
        Refused{{"--recheck", "4294967296"}, "--recheck: '4294967296' is too large"},
        Refused{{"--max-lag", "soon"}, "--max-lag: 'soon' is not a length of time such as 500ms, 10s, 5m or 2h"},
        Refused{{"-s", "subb"}, "--scope: 'subb' is none of base, one, sub; did you mean sub?"},
        Refused{{"-b"}, "--base needs a value (DN)"}, Refused{{"-b", "a", "-b", "b"}, "--base is given twice"},
        Refused{{"--exact=no"}, "--exact takes no value"}, Refused{{"--bad\x1b[31m"}, "unknown option --bad\\1b[31m"}));

TEST(Command, WantsWhatIsRequired) {
  std::string base;
  CommandSpec spec{.name = "demo", .groups = {{"G", {option("-b,--base", "DN", "Base.", base).require()}}}};
  spec.arguments = {{.name = "FILE", .help = {}, .set = [](const std::string&) {}, .required = true}};
  EXPECT_EQ(error_of<UsageError>([&] { parse_words(spec, {"x"}); }), "option --base is missing");
  EXPECT_EQ(error_of<UsageError>([&] { parse_words(spec, {"-b", "x"}); }), "argument FILE is missing");
  EXPECT_EQ(synopsis(spec), "[OPTION]... -b DN FILE");
}

TEST(Command, CollectsRepeatableArguments) {
  std::vector<std::string> files;
  CommandSpec spec{.name = "demo"};
  spec.arguments = {
      {.name = "FILE", .help = {}, .set = [&](const std::string& v) { files.push_back(v); }, .repeatable = true}};
  parse_words(spec, {"a", "[b,c]", "-"});
  EXPECT_THAT(files, ElementsAre("a", "[b,c]", "-"));
}

TEST(Command, AnswersHelpAndVersionWithoutSettingAnything) {
  Settings s;
  EXPECT_EQ(parse_words(make_spec(s), {"--exact", "--help", "--nonsense"}).request, Request::help);
  EXPECT_EQ(parse_words(make_spec(s), {"--version"}).request, Request::version);
  EXPECT_EQ(parse_words(make_spec(s), {"-V"}).request, Request::version);
  EXPECT_FALSE(s.exact);
}

TEST(Command, WipesSecretsFromArgv) {
  const std::vector<std::vector<std::string>> forms = {
      {"demo", "-w", "hunter2"}, {"demo", "-whunter2"}, {"demo", "-Zwhunter2"}};
  for (const auto& form : forms) {
    Settings s;
    Argv argv(form);
    parse(make_spec(s), argv.span());
    EXPECT_EQ(s.password, "hunter2");
    for (std::size_t i = 0; i < form.size(); ++i) EXPECT_THAT(argv[i], ::testing::Not(HasSubstr("hunter2")));
  }
}

TEST(Command, WipesNothingElse) {
  Settings s;
  Argv argv({"demo", "-b", "hunter2", "-w", "hunter2", "hunter2"});
  parse(make_spec(s), argv.span());
  EXPECT_EQ(argv[2], "hunter2");
  EXPECT_EQ(argv[4], "*******");
  EXPECT_EQ(argv[5], "hunter2");
}

TEST(Command, HelpFitsEightyColumns) {
  Settings s;
  auto spec = make_spec(s);
  spec.examples = {
      {"demo -H ldap://a.example.com -H ldap://b.example.com -b dc=example,dc=com --attrs cn,sn,mail", "Long."}};
  const auto text = help_text(spec, "demo");
  for (const auto line : split(text, '\n')) EXPECT_LE(display_width(line), 80U) << line;
}

TEST(Command, FindsSubCommands) {
  std::string area;
  unsigned verbose = 0;
  CommandSpec add{.name = "add", .summary = "add an area"};
  add.arguments = {{.name = "DN", .help = {}, .set = [&](const std::string& v) { area = v; }, .required = true}};
  CommandSpec noun{.name = "area", .summary = "areas"};
  noun.commands = {add};
  CommandSpec spec{
      .name = "repctl", .groups = {{"Options", {counter("-v,--verbose", "More.", verbose)}}}, .commands = {noun}};
  const auto parsed = parse_words(spec, {"area", "add", "-v", "dc=x"});
  EXPECT_EQ(parsed.path, "repctl area add");
  EXPECT_EQ(parsed.command->name, "add");
  EXPECT_EQ(area, "dc=x");
  EXPECT_EQ(verbose, 1U);
  EXPECT_EQ(parse_words(spec, {"area", "--help"}).path, "repctl area");
  EXPECT_EQ(error_of<UsageError>([&] { parse_words(spec, {"area"}); }), "a command is missing");
  EXPECT_EQ(error_of<UsageError>([&] {
              parse_words(spec, {"area", "ad"});
            }),
            "unknown command 'ad'; did you mean add?");
  EXPECT_EQ(error_of<UsageError>([&] {
              parse_words(spec, {"area", "add", "x", "--verbos"});
            }),
            "unknown option --verbos; did you mean --verbose?");
}

// Options may stand anywhere, as those of all commands may.
TEST(Command, TakesOptionsOfASubCommandBeforeIt) {
  std::string from, name;
  bool dry = false;
  CommandSpec add{.name = "add", .summary = "add an area"};
  add.groups = {{"Options", {option("-f,--from", "X", "Where from.", from), flag("-n", "Try.", dry)}}};
  add.arguments = {{.name = "NAME", .help = {}, .set = [&](const std::string& v) { name = v; }}};
  CommandSpec list{.name = "list", .summary = "list areas"};
  CommandSpec noun{.name = "area", .summary = "areas"};
  noun.commands = {add, list};
  const CommandSpec spec{.name = "repctl", .commands = {noun, list}};
  parse_words(spec, {"-nf", "list", "area", "add"});
  EXPECT_TRUE(dry);
  EXPECT_EQ(error_of<UsageError>([&] { parse_words(spec, {"-n", "area", "list"}); }), "unknown option -n");
  EXPECT_EQ(error_of<UsageError>([&] { parse_words(spec, {"--from", "x", "list"}); }), "unknown option --from");
  parse_words(spec, {"--from", "list", "area", "add"});
  EXPECT_EQ(from, "list");
  // An argument may be called as a command is.
  EXPECT_EQ(parse_words(spec, {"area", "add", "list"}).path, "repctl area add");
  EXPECT_EQ(name, "list");
  EXPECT_EQ(parse_words(spec, {"-f", "x", "area", "add", "area"}).path, "repctl area add");
  EXPECT_EQ(name, "area");
}

// Whoever got a sub-command wrong wants its help, not the whole program's.
TEST(Command, ErrorsNameTheInnermostCommand) {
  std::string value;
  CommandSpec add{.name = "add", .summary = "add an area"};
  add.groups = {{"Options", {option("--from", "X", "Where from.", value).require()}}};
  CommandSpec noun{.name = "area", .summary = "areas"};
  noun.commands = {add};
  const CommandSpec spec{.name = "repctl", .commands = {noun}};
  const auto path_of = [&](const std::vector<std::string>& words) {
    try {
      parse_words(spec, words);
    } catch (const CommandLineError& error) {
      return error.path();
    }
    return std::string("nothing was thrown");
  };
  EXPECT_EQ(path_of({"area", "add"}), "repctl area add");
  EXPECT_EQ(path_of({"area", "add", "--from"}), "repctl area add") << "found by CLI11";
  EXPECT_EQ(path_of({"area", "add", "--from", "x", "--nonsense"}), "repctl area add");
  EXPECT_EQ(path_of({"area", "add", "--from", "x", "y"}), "repctl area add");
  EXPECT_EQ(path_of({"area", "ad"}), "repctl area");
  EXPECT_EQ(path_of({"are"}), "repctl");
}

TEST(Nearest, FindsSlips) {
  const std::vector<std::string> names = {"bind_dn", "password_file", "uri"};
  EXPECT_EQ(nearest("bindd_n", names), "bind_dn");
  EXPECT_EQ(nearest("BIND_DN", names), "bind_dn");
  EXPECT_EQ(nearest("pasword_file", names), "password_file");
  EXPECT_EQ(nearest("password", names), "password_file");
  EXPECT_EQ(nearest("xyz", names), "");
  EXPECT_EQ(nearest("", names), "");
}

}  // namespace
}  // namespace replkit::cli
