#include "common/cli/parse.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>

#include "common/base/error.hpp"
#include "common/base/nearest.hpp"
#include "common/base/secret.hpp"
#include "common/base/text.hpp"

namespace replkit::cli {

namespace {

// One (sub-)command beside CLI11's picture of it.
struct Node {
  const CommandSpec* command;
  CLI::App* app;
  std::string path;
  std::vector<std::pair<CLI::Option*, const Option*>> options = {};
};

CLI::Option* declare(CLI::App& app, const std::string& names, bool flag, bool repeatable) {
  auto* declared = flag ? app.add_flag(names) : app.add_option(names, CLI::callback_t{});
  if (!flag) declared->type_size(1)->expected(1);
  if (flag || repeatable) declared->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return declared;
}

void build(const CommandSpec& command, CLI::App& app, const std::string& path, std::vector<Node>& nodes) {
  app.set_help_flag();
  app.allow_extras();
  app.fallthrough();
  Node node{.command = &command, .app = &app, .path = path};
  for (const auto& group : command.groups) {
    for (const auto& option : group.options) {
      node.options.emplace_back(declare(app, option.names, option.value.empty(), option.repeatable), &option);
    }
  }
  nodes.push_back(std::move(node));
  for (const auto& sub : command.commands) build(sub, *app.add_subcommand(sub.name), path + ' ' + sub.name, nodes);
}

struct Words {
  std::vector<std::string> commands;   // from the outermost in
  std::vector<std::string> options;    // with their values, wherever they stood
  std::vector<std::string> arguments;  // the rest, and all after "--"
};

// Returns the option of the command or of one below it; of several that of the first.
const Option* find_below(const CommandSpec& command, std::string_view name) {
  for (const auto& group : command.groups) {
    for (const auto& option : group.options) {
      const auto names = option.name_list();
      if (std::find(names.begin(), names.end(), name) != names.end()) return &option;
    }
  }
  for (const auto& sub : command.commands) {
    if (const auto* option = find_below(sub, name)) return option;
  }
  return nullptr;
}

// Whether the word after this one is its value. `path`: the commands so far; options may come before their command.
bool takes_next(const std::vector<const CommandSpec*>& path, const std::string& word) {
  const auto takes_value = [&](std::string_view name) {
    const Option* option = nullptr;
    for (auto each = path.rbegin(); each != path.rend() && option == nullptr; ++each) option = find_below(**each, name);
    return option != nullptr && !option->value.empty();
  };
  if (word.starts_with("--")) return word.find('=') == std::string::npos && takes_value(word);
  for (std::size_t i = 1; i < word.size(); ++i) {
    if (takes_value(std::string("-") + word[i])) return i + 1 == word.size();
  }
  return false;
}

// Sorts the words, so that options may stand before the command that they belong to, and arguments may be called as
// commands are.
Words words_of(const CommandSpec& program, std::span<char*> argv) {
  Words words;
  std::vector<const CommandSpec*> path{&program};
  bool options_end = false;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    std::string word(argv[i]);
    const auto& subs = path.back()->commands;
    const auto sub = std::find_if(subs.begin(), subs.end(), [&](const auto& each) { return each.name == word; });
    if (options_end) {
      words.arguments.push_back(std::move(word));
    } else if (word == "--") {
      options_end = true;
    } else if (word.starts_with('-') && word.size() > 1) {
      const bool next = takes_next(path, word) && i + 1 < argv.size();
      // CLI11 takes the next word when there is nothing after "=".
      const bool empty = word.starts_with("--") && word.find('=') == word.size() - 1;
      words.options.push_back(empty ? word.substr(0, word.size() - 1) : std::move(word));
      if (empty) words.options.emplace_back();
      if (next) words.options.emplace_back(argv[++i]);
    } else if (sub != subs.end() && words.arguments.empty()) {
      words.commands.push_back(std::move(word));
      path.push_back(&*sub);
    } else {
      words.arguments.push_back(std::move(word));
    }
  }
  return words;
}

// The nodes from the program down to the innermost sub-command that was given.
std::vector<const Node*> chosen(const std::vector<Node>& nodes) {
  std::vector<const Node*> out;
  for (const auto& node : nodes) {
    if (out.empty() || (node.app->parsed() && node.app->get_parent() == out.back()->app)) out.push_back(&node);
  }
  return out;
}

std::vector<std::string> known_options(const std::vector<const Node*>& path) {
  std::vector<std::string> names = {"--help", "--version"};
  for (const auto* node : path) {
    for_each_option(*node->command, [&](const Option& option) {
      for (const auto& name : option.name_list()) {
        if (name.starts_with("--")) names.push_back(name);
      }
    });
  }
  return names;
}

void refuse_unknown_options(const std::vector<std::string>& words, const std::vector<const Node*>& path) {
  for (const auto& word : words) {
    if (word.size() < 2 || !word.starts_with('-')) continue;
    if (!word.starts_with("--")) throw UsageError("unknown option " + printable(word.substr(0, 2)));
    const auto name = word.substr(0, word.find('='));
    throw UsageError("unknown option " + printable(name) + did_you_mean(name, known_options(path)));
  }
}

[[noreturn]] void refuse_command(const CommandSpec& command, const std::vector<std::string>& words) {
  if (words.empty()) throw UsageError("a command is missing");
  std::vector<std::string> names;
  for (const auto& sub : command.commands) names.push_back(sub.name);
  throw UsageError("unknown command '" + printable(words.front()) + "'" + did_you_mean(words.front(), names));
}

void check_choice(const std::string& text, const std::vector<std::string>& choices) {
  if (choices.empty() || std::find(choices.begin(), choices.end(), text) != choices.end()) return;
  std::string known;
  for (const auto& choice : choices) known += (known.empty() ? "" : ", ") + choice;
  throw UsageError("'" + printable(text) + "' is none of " + known + did_you_mean(text, choices));
}

void apply(const std::string& shown, const std::string& text, const std::vector<std::string>& choices,
           const std::function<void(const std::string&)>& set) {
  try {
    check_choice(text, choices);
    set(text);
  } catch (Error& error) {
    error.add_context(shown);
    throw;
  }
}

void set_options(const Node& node) {
  for (const auto& [declared, option] : node.options) {
    const auto shown = option->name_list().back();
    if (option->required && declared->count() == 0) throw UsageError("option " + shown + " is missing");
    for (const auto& text : declared->results()) {
      const bool is_flag = option->value.empty();
      if (is_flag && text != "true") throw UsageError(shown + " takes no value");
      apply(shown, is_flag ? "" : text, option->choices, option->set);
    }
  }
}

void set_arguments(const CommandSpec& command, const std::vector<std::string>& words) {
  auto next = words.begin();
  for (const auto& argument : command.arguments) {
    if (next == words.end() && argument.required) throw UsageError("argument " + argument.name + " is missing");
    while (next != words.end()) {
      apply(argument.name, *next++, argument.choices, argument.set);
      if (!argument.repeatable) break;
    }
  }
  if (next != words.end()) throw UsageError("unexpected argument '" + printable(*next) + "'");
}

void wipe_tail(char* argument, std::string_view secret) {
  const auto length = std::strlen(argument);
  std::fill(argument + (length - secret.size()), argument + length, '*');
}

// Whether argv[i] holds the secret as the value of the option: "-w" "x", "-wx", "-xwx", "--password=x".
bool holds_secret(std::span<char*> argv, std::size_t i, const Option& option, std::string_view secret) {
  const std::string_view argument(argv[i]);
  for (const auto& name : option.name_list()) {
    const bool is_long = name.starts_with("--");
    const auto ends_like_name = [&](std::string_view text) {
      return is_long ? text == name : text.starts_with('-') && !text.starts_with("--") && text.ends_with(name[1]);
    };
    if (argument == secret && i > 0 && ends_like_name(argv[i - 1])) return true;
    if (!argument.ends_with(secret)) continue;
    const auto before = argument.substr(0, argument.size() - secret.size());
    if (is_long ? before == name + "=" : before.size() > 1 && ends_like_name(before)) return true;
  }
  return false;
}

void wipe_secrets(const Node& node, std::span<char*> argv) {
  for (const auto& [declared, option] : node.options) {
    if (!option->secret) continue;
    for (const auto& secret : declared->results()) {
      if (secret.empty()) continue;
      for (std::size_t i = 1; i < argv.size(); ++i) {
        if (holds_secret(argv, i, *option, secret)) wipe_tail(argv[i], secret);
      }
    }
  }
}

std::string explain(const CLI::ParseError& error, const std::vector<Node>& nodes) {
  for (const auto& node : nodes) {
    for (const auto& [declared, option] : node.options) {
      const auto shown = option->name_list().back();
      if (declared->count() > 1 && !option->repeatable) return shown + " is given twice";
      if (std::string_view(error.what()).starts_with(declared->get_name() + ":")) {
        return shown + " needs a value (" + option->value + ")";
      }
    }
  }
  return printable(error.what());
}

}  // namespace

Parsed parse(const CommandSpec& command, std::span<char*> argv) {
  CLI::App app;
  std::vector<Node> nodes;
  build(command, app, command.name, nodes);
  auto* help = app.add_flag("--help");
  auto* version = app.add_flag("-V,--version");

  auto words = words_of(command, argv);
  auto known = words.commands;
  known.insert(known.end(), words.options.begin(), words.options.end());
  std::reverse(known.begin(), known.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(known));
  } catch (const CLI::ParseError& error) {
    throw CommandLineError(explain(error, nodes), chosen(nodes).back()->path);
  }
  for (const auto& node : nodes) wipe_secrets(node, argv);

  const auto path = chosen(nodes);
  Parsed parsed{.request = Request::run, .command = path.back()->command, .path = path.back()->path};
  if (help->count() > 0)
    parsed.request = Request::help;
  else if (version->count() > 0)
    parsed.request = Request::version;
  if (parsed.request != Request::run) return parsed;

  try {
    refuse_unknown_options(app.remaining(true), path);
    if (!parsed.command->commands.empty()) refuse_command(*parsed.command, words.arguments);
    for (const auto* node : path) set_options(*node);
    set_arguments(*parsed.command, words.arguments);
  } catch (const UsageError& error) {
    throw CommandLineError(error.what(), parsed.path);
  }
  return parsed;
}

}  // namespace replkit::cli
