#include "common/cli/completion.hpp"
#include "common/cli/completion_parts.hpp"
#include "common/cli/help.hpp"

namespace replkit::cli {

namespace {

// The text in single quotes for fish.
std::string fish_quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_value(const std::vector<std::string>& choices, Completion completion) {
  if (!choices.empty()) return " -x -a " + fish_quote(join(choices, " "));
  switch (completion) {
    case Completion::file:
      return " -r -F";
    case Completion::directory:
      return " -x -a '(__fish_complete_directories)'";
    case Completion::host:
      return " -x -a '(__fish_print_hostnames)'";
    case Completion::source:
      return " -x -a '(__replkit_sources)'";
    case Completion::none:
      break;
  }
  return " -x";
}

// When a level's own options and sub-commands are offered.
std::string fish_condition(const Level& level) {
  std::vector<std::string> tests;
  for (std::size_t i = 1; i < level.path.size(); ++i) tests.push_back("__fish_seen_subcommand_from " + level.path[i]);
  return tests.empty() ? "" : " -n " + fish_quote(join(tests, "; and "));
}

std::string fish_level(const Level& level, const std::string& program) {
  const auto start = "complete -c " + program + fish_condition(level);
  std::string out;
  const auto add_option = [&](const Option& option) {
    out += start;
    for (const auto& name : option.name_list())
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!option.value.empty()) out += fish_value(words_of(option), option.completion);
    out += " -d " + fish_quote(brief(option.help)) + '\n';
  };
  for_each_option(*level.command, add_option);
  std::vector<std::string> names;
  for (const auto& sub : level.command->commands) names.push_back(sub.name);
  auto condition = fish_condition(level);
  const auto unseen = "not __fish_seen_subcommand_from " + join(names, " ");
  condition = condition.empty() ? " -n " + fish_quote(unseen)
                                : condition.substr(0, condition.size() - 1) + "; and " + unseen + '\'';
  for (const auto& sub : level.command->commands) {
    out += "complete -c " + program + condition + " -a " + sub.name + " -d " + fish_quote(sub.summary) + '\n';
  }
  for (const auto& argument : level.command->arguments) {
    if (argument.completion != Completion::none || !argument.choices.empty())
      out += start + fish_value(argument.choices, argument.completion) + '\n';
  }
  return out;
}

constexpr const char* fish_sources = R"SH(
function __replkit_sources
    set -l config $HOME/.config
    set -q XDG_CONFIG_HOME; and set config $XDG_CONFIG_HOME
    set -l inventory $config/replkit/inventory.toml
    set -q REPLKIT_INVENTORY; and set inventory $REPLKIT_INVENTORY
    printf '%s\n' ldap:// ldaps:// ldapi:// file:
    @ALIASES@ $inventory 2>/dev/null
end

)SH";

}  // namespace

std::string fish_completion(const CommandSpec& command) {
  std::string out =
      "# fish" + std::string(completion_header) + with_aliases(fish_sources) + "complete -c " + command.name + " -f\n";
  for (const auto& option : common_options().options) {
    out += "complete -c " + command.name;
    for (const auto& name : option.name_list())
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    out += " -d " + fish_quote(brief(option.help)) + '\n';
  }
  for (const auto& level : levels_of(command)) out += fish_level(level, command.name);
  return out;
}

}  // namespace replkit::cli
