#include "common/cli/completion.hpp"
#include "common/cli/completion_parts.hpp"

namespace replkit::cli {

namespace {

// Escapes for the specifications of zsh's _arguments, which end their parts with ":" and "]".
std::string zsh_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const std::vector<std::string>& choices, Completion completion) {
  if (!choices.empty()) return '(' + join(choices, " ") + ')';
  switch (completion) {
    case Completion::file:
      return "_files";
    case Completion::directory:
      return "_files -/";
    case Completion::host:
      return "_hosts";
    case Completion::source:
      return "_replkit_sources";
    case Completion::none:
      break;
  }
  return " ";
}

std::string zsh_option(const Option& option) {
  const auto names = option.name_list();
  std::string out;
  for (const auto& name : names) {
    const auto before = option.repeatable ? "*" : "(" + join(names, " ") + ")";
    const std::string kind = option.value.empty() ? "" : name.starts_with("--") ? "=" : "+";
    const auto value = option.value.empty()
                           ? ""
                           : ':' + zsh_escape(option.value) + ':' + zsh_action(words_of(option), option.completion);
    out += "    " + quote(before + name + kind + '[' + zsh_escape(brief(option.help)) + ']' + value) + " \\\n";
  }
  return out;
}

std::string zsh_level(const Level& level) {
  std::string out = '\n' + function_name(level.path) +
                    "() {\n  local context state state_descr line\n  typeset -A opt_args\n  _arguments -s -S -C \\\n";
  for (const auto& option : level.options) out += zsh_option(option);
  const auto& subs = level.command->commands;
  if (!subs.empty()) {
    std::string list;
    for (const auto& sub : subs) list += (list.empty() ? "" : " ") + sub.name + "\\:" + quote(zsh_escape(sub.summary));
    out += "    " + quote("1:command:((" + list + "))") + " \\\n    '*::argument:->arguments'\n  case $line[1] in\n";
    for (const auto& sub : subs) {
      auto path = level.path;
      path.push_back(sub.name);
      out += "    " + sub.name + ") " + function_name(path) + " ;;\n";
    }
    return out + "  esac\n}\n";
  }
  for (const auto& argument : level.command->arguments) {
    const std::string place = argument.repeatable ? "*" : "";
    out += "    " +
           quote(place + ':' + zsh_escape(argument.name) + ':' + zsh_action(argument.choices, argument.completion)) +
           " \\\n";
  }
  return out.substr(0, out.size() - 3) + "\n}\n";
}

constexpr const char* zsh_sources = R"SH(
_replkit_sources() {
  local inventory=${REPLKIT_INVENTORY:-${XDG_CONFIG_HOME:-$HOME/.config}/replkit/inventory.toml}
  if compset -P 'file:'; then
    _files
  else
    compadd -S '' -- ldap:// ldaps:// ldapi:// file:
    compadd -- ${(f)"$(@ALIASES@ $inventory 2>/dev/null)"}
  fi
}
)SH";

}  // namespace

std::string zsh_completion(const CommandSpec& command) {
  std::string out = "#compdef " + command.name + "\n# zsh" + completion_header + with_aliases(zsh_sources);
  for (const auto& level : levels_of(command)) out += zsh_level(level);
  return out + '\n' + function_name({command.name}) + " \"$@\"\n";
}

}  // namespace replkit::cli
