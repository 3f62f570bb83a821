// What a program takes and is: the single source of its --help, man page, completions and of the parsing itself.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/exit_status.hpp"

namespace replkit::cli {

// What a shell offers for a value. `source` is what -H takes: a URI, file:PATH or @ALIAS of the inventory.
enum class Completion { none, file, directory, host, source };

// One option. Made by the helpers below; the setter throws UsageError saying what is wrong with the value.
struct Option {
  std::string names = {};  // "-s,--scope" or "--max-lag"
  std::string value = {};  // what its value is called in help, e.g. "N"; empty: a flag, which has none
  std::string help = {};   // one or a few sentences; a line break in it stays one
  std::function<void(const std::string&)> set = {};  // called for each time it is given, in order; "" for a flag
  std::string default_text = {};
  std::vector<std::string> choices = {};      // nothing else is taken
  std::vector<std::string> suggestions = {};  // what shells offer where anything is taken
  Completion completion = Completion::none;
  bool repeatable = false;
  bool required = false;
  bool hidden = false;  // accepted, but not in help, man page and completions
  bool secret = false;  // its value is wiped from argv as soon as it is parsed

  // Each returns the option changed, so that they can follow a helper.
  Option completes(Completion hint) &&;
  Option suggests(std::vector<std::string> words) &&;
  Option defaults_to(std::string text) &&;
  Option require() &&;
  Option hide() &&;
  Option keep_secret() &&;

  // Returns the names one by one, each with its dashes.
  std::vector<std::string> name_list() const;
};

// One positional argument.
struct Argument {
  std::string name = {};  // as help shows it, e.g. "FILTER"
  std::string help = {};
  std::function<void(const std::string&)> set = {};
  bool required = false;
  bool repeatable = false;
  std::vector<std::string> choices = {};
  Completion completion = Completion::none;
};

struct OptionGroup {
  std::string title = {};  // "Connection options"
  std::vector<Option> options = {};
};

struct Example {
  std::string command = {};
  std::string explanation = {};
};

// A name (a file, a variable) and what it is for.
struct Note {
  std::string name = {};
  std::string text = {};
};

struct CommandSpec {
  std::string name = {};
  unsigned section = 1;                       // of the manual
  std::string summary = {};                   // one line, small first letter, no full stop: it follows "replcompare - "
  std::vector<std::string> description = {};  // paragraphs; help prints the first, the man page all
  std::vector<Argument> arguments = {};
  std::vector<OptionGroup> groups = {};
  std::vector<Example> examples = {};
  std::map<ExitStatus, std::string> exit_notes = {};  // what a status means here, where the common text is too wide
  std::vector<Note> files = {};
  std::vector<Note> environment = {};
  std::vector<std::string> see_also = {};  // "ldapsearch(1)"
  std::vector<CommandSpec> commands = {};  // sub-commands; when there are some, one must be given
  std::function<ExitStatus()> run = {};    // what a sub-command does
};

// Calls `visit` for every option that is not hidden, in the order of the groups.
void for_each_option(const CommandSpec& command, const std::function<void(const Option&)>& visit);

// Turn the text of a value into the value, or throw UsageError saying what is wrong with it.
void read_value(const std::string& text, std::string& value);
void read_value(const std::string& text, std::chrono::milliseconds& value);  // see parse_duration
std::uint64_t read_number(const std::string& text, std::uint64_t largest);
template <std::unsigned_integral T>
void read_value(const std::string& text, T& value) {
  value = static_cast<T>(read_number(text, std::numeric_limits<T>::max()));
}
template <typename T>
void read_value(const std::string& text, std::optional<T>& value) {
  T inner{};
  read_value(text, inner);
  value = std::move(inner);
}

// Return how a value in force without the option is shown; "" for not at all.
std::string default_text(const std::string& value);
std::string default_text(std::chrono::milliseconds value);
template <std::unsigned_integral T>
std::string default_text(T value) {
  return std::to_string(value);
}
template <typename T>
std::string default_text(const std::optional<T>&) {
  return {};
}

// An option with a value; what `variable` holds now is its default. T: std::string, an unsigned type, milliseconds or
// optionals.
template <typename T>
Option option(std::string names, std::string value, std::string help, T& variable) {
  return {.names = std::move(names),
          .value = std::move(value),
          .help = std::move(help),
          .set = [&variable](const std::string& text) { read_value(text, variable); },
          .default_text = default_text(variable)};
}

// An option that may be given several times; each adds one value.
Option option(std::string names, std::string value, std::string help, std::vector<std::string>& variable);

// The same, but each value may hold several with commas between them.
Option list_option(std::string names, std::string value, std::string help, std::vector<std::string>& variable);

// An option that takes one of a few words. E: the enum, or an optional of it.
template <typename E, typename Variable>
Option choice_option(std::string names, std::string value, std::string help,
                     const std::vector<std::pair<std::string, E>>& choices, Variable& variable) {
  Option made{.names = std::move(names), .value = std::move(value), .help = std::move(help)};
  for (const auto& [word, meaning] : choices) {
    made.choices.push_back(word);
    if (Variable(meaning) == variable) made.default_text = word;
  }
  // Parsing lets only the words of `choices` through.
  made.set = [&variable, choices](const std::string& text) {
    for (const auto& [word, meaning] : choices) {
      if (word == text) variable = meaning;
    }
  };
  return made;
}

// Options without a value: sets the variable, or counts how often it was given (-Z, -ZZ).
Option flag(std::string names, std::string help, bool& variable);
Option counter(std::string names, std::string help, unsigned& variable);
Option action(std::string names, std::string help, std::function<void()> act);

}  // namespace replkit::cli
