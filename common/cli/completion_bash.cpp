#include "common/cli/completion.hpp"
#include "common/cli/completion_parts.hpp"

namespace replkit::cli {

namespace {

// The words of bash that set COMPREPLY for a value; "" where nothing can be offered.
std::string bash_value(const std::vector<std::string>& choices, Completion completion) {
  if (!choices.empty()) return "_replkit_words " + quote(join(choices, " "));
  switch (completion) {
    case Completion::file:
      return "_replkit_files -f";
    case Completion::directory:
      return "_replkit_files -d";
    case Completion::host:
      return "mapfile -t COMPREPLY < <(compgen -A hostname -- \"$cur\")";
    case Completion::source:
      return "_replkit_sources";
    case Completion::none:
      break;
  }
  return {};
}

// The branches that offer the first argument, and the words that others take: where the word before is an argument.
std::string bash_arguments(const CommandSpec& command) {
  std::string out;
  std::string first;
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    const auto& argument = command.arguments[i];
    const auto value = bash_value(argument.choices, argument.completion);
    if (value.empty()) continue;
    if (i == 0) first = "; else " + value;
    if (i > 0) out += "; elif [[ $name != " + command.name + " && $name != -* ]]; then " + value;
  }
  return out + first;
}

std::string bash_level(const Level& level) {
  std::string out = "    " + join(level.path, "/") + ")\n      case $name in\n";
  std::vector<std::string> words;
  std::vector<std::string> free_form;  // options with a value that nothing is known of
  for (const auto& option : level.options) {
    const auto names = option.name_list();
    words.insert(words.end(), names.begin(), names.end());
    if (option.value.empty()) continue;
    const auto value = bash_value(words_of(option), option.completion);
    if (value.empty())
      free_form.insert(free_form.end(), names.begin(), names.end());
    else
      out += "        " + join(names, "|") + ") " + value + "; return ;;\n";
  }
  if (!free_form.empty()) out += "        " + join(free_form, "|") + ") return ;;\n";
  out += "      esac\n      ";
  out += "if [[ $cur == -* ]]; then _replkit_words " + quote(join(words, " "));
  if (!level.command->commands.empty()) {  // the verb comes first: options only when asked for
    std::vector<std::string> verbs;
    for (const auto& sub : level.command->commands) verbs.push_back(sub.name);
    return out + "; else _replkit_words " + quote(join(verbs, " ")) + "; fi ;;\n";
  }
  return out + bash_arguments(*level.command) + "; fi ;;\n";
}

// Shell code that sets $path to the sub-command that the words before the last name.
std::string bash_path(const std::vector<Level>& levels) {
  std::string out = "  local path=" + levels.front().command->name;
  if (levels.size() == 1) return out + "\n";
  std::vector<std::string> paths;
  for (std::size_t i = 1; i < levels.size(); ++i) paths.push_back(join(levels[i].path, "/"));
  out += " word\n  for word in \"${words[@]:1:${#words[@]}-2}\"; do\n    case $path/$word in\n      ";
  return out + join(paths, "|") + ") path+=/$word ;;\n    esac\n  done\n";
}

constexpr const char* bash_helpers = R"SH(
_replkit_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }

_replkit_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}

_replkit_sources() {
  local inventory=${REPLKIT_INVENTORY:-${XDG_CONFIG_HOME:-$HOME/.config}/replkit/inventory.toml}
  case $cur in
    file:*) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -P file: -f -- "${cur#file:}") ;;
    *) compopt -o nospace 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -W "ldap:// ldaps:// ldapi:// file: $(@ALIASES@ "$inventory" 2>/dev/null)" -- "$cur") ;;
  esac
}

# Bash splits words at some characters and wants the last part only.
_replkit_trim() {
  local breaks='' c
  for c in = : @; do [[ $COMP_WORDBREAKS == *"$c"* ]] && breaks+=$c; done
  [[ -n $breaks ]] || return 0
  local head=${cur%"${cur##*[$breaks]}"}
  [[ -n $head ]] && COMPREPLY=("${COMPREPLY[@]#"$head"}")
  return 0
}
)SH";

}  // namespace

std::string bash_completion(const CommandSpec& command) {
  const auto function = function_name({command.name});
  const auto levels = levels_of(command);
  std::string out = "# bash" + std::string(completion_header) + with_aliases(bash_helpers);
  out += '\n' + function + "_offer() {\n" + bash_path(levels) + "  case $path in\n";
  for (const auto& level : levels) out += bash_level(level);
  out += "  esac\n}\n\n" + function + "() {\n";
  out += R"SH(  local line=${COMP_LINE:0:COMP_POINT} words cur name
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  cur=${words[-1]} name=${words[-2]}
  if [[ $cur == --*=* ]]; then
    name=${cur%%=*} cur=${cur#*=}
  fi
  COMPREPLY=()
)SH";
  return out + "  " + function + "_offer\n  _replkit_trim\n}\n\ncomplete -F " + function + ' ' + command.name + '\n';
}

}  // namespace replkit::cli
