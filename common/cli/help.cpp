#include "common/cli/help.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "common/cli/exit_table.hpp"
#include "common/cli/text_layout.hpp"

namespace replkit::cli {

namespace {

constexpr std::size_t width = 80;
constexpr std::size_t widest_label = 26;  // a longer label gets a line of its own

using Row = std::pair<std::string, std::string>;  // a label and its text

std::size_t label_column(const std::vector<Row>& rows) {
  std::size_t column = 0;
  for (const auto& [label, text] : rows) {
    if (const auto used = display_width(label); used <= widest_label) column = std::max(column, used);
  }
  return column + 4;  // two blanks before the label, two after it
}

std::string format_rows(const std::vector<Row>& rows, std::size_t column) {
  std::string out;
  for (const auto& [label, text] : rows) {
    auto lines = wrap_indented(text, width, column);
    const auto start = pad_right("  " + label, column);
    if (display_width(label) + 4 > column || text.empty()) {
      out += "  " + label + '\n' + (text.empty() ? "" : lines);
    } else {
      out += start + lines.substr(std::min(column, lines.size()));
    }
  }
  return out;
}

std::string section(const std::string& title, const std::vector<Row>& rows, std::size_t column) {
  return rows.empty() ? "" : '\n' + title + ":\n" + format_rows(rows, column);
}

std::vector<Row> option_rows(const OptionGroup& group) {
  std::vector<Row> rows;
  for (const auto& option : group.options) {
    if (!option.hidden) rows.emplace_back(option_label(option), option_help(option));
  }
  return rows;
}

std::string examples(const CommandSpec& command) {
  std::string out;
  for (const auto& example : command.examples) {
    out += wrap_indented(example.explanation, width, 2);
    // The command stays one line that can be copied, as long as it fits.
    auto lines = wrap(example.command, width - 10);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      out += (i == 0 ? "    $ " : "        ") + lines[i] + (i + 1 < lines.size() ? " \\\n" : "\n");
    }
  }
  return out.empty() ? out : "\nExamples:\n" + out;
}

std::string capitalized(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace

std::string synopsis(const CommandSpec& command) {
  std::string out = "[OPTION]...";
  for_each_option(command, [&](const Option& option) {
    if (option.required) out += ' ' + option.name_list().front() + ' ' + option.value;
  });
  if (!command.commands.empty()) out += " COMMAND ...";
  for (const auto& argument : command.arguments) {
    out += ' ' + (argument.required ? argument.name : '[' + argument.name + ']') + (argument.repeatable ? "..." : "");
  }
  return out;
}

std::string option_label(const Option& option) {
  std::string out;
  for (const auto& name : option.name_list()) out += (out.empty() ? "" : ", ") + name;
  if (out.starts_with("--")) out.insert(0, "    ");
  return option.value.empty() ? out : out + ' ' + option.value;
}

std::string option_help(const Option& option) {
  auto out = option.help;
  if (!option.choices.empty()) {
    out += " One of ";
    for (std::size_t i = 0; i < option.choices.size(); ++i) out += (i == 0 ? "" : ", ") + option.choices[i];
  }
  if (!option.default_text.empty()) {
    if (out.ends_with('.')) out.pop_back();
    out += " (default: " + option.default_text + ")";
  }
  if (!out.ends_with('.')) out += '.';
  return out;
}

OptionGroup common_options() {
  return {"Other options",
          {{.names = "--help", .value = {}, .help = "Show this help and exit.", .set = {}},
           {.names = "-V,--version", .value = {}, .help = "Show the version and exit.", .set = {}}}};
}

std::string help_text(const CommandSpec& command, const std::string& path) {
  std::string out = "Usage: " + path + ' ' + synopsis(command) + '\n';
  out = wrap_indented(out.substr(0, out.size() - 1), width, 0);
  out += wrap_indented(capitalized(command.summary) + ".", width, 0);
  if (!command.description.empty()) out += '\n' + wrap_indented(command.description.front(), width, 0);

  std::vector<Row> commands;
  for (const auto& sub : command.commands) commands.emplace_back(sub.name, sub.summary);
  out += section("Commands", commands, label_column(commands));
  std::vector<Row> arguments;
  for (const auto& argument : command.arguments) arguments.emplace_back(argument.name, argument.help);

  auto groups = command.groups;
  groups.push_back(common_options());
  std::vector<Row> all = arguments;
  for (const auto& group : groups) {
    const auto rows = option_rows(group);
    all.insert(all.end(), rows.begin(), rows.end());
  }
  const auto column = label_column(all);
  out += section("Arguments", arguments, column);
  for (const auto& group : groups) out += section(group.title, option_rows(group), column);
  out += examples(command);

  std::vector<Row> statuses;
  for (const auto& row : exit_table(command.exit_notes)) {
    statuses.emplace_back(std::to_string(static_cast<int>(row.status)), row.text);
  }
  out += section("Exit status", statuses, label_column(statuses));
  if (!command.commands.empty()) out += "\nMore: " + path + " COMMAND --help\n";
  return out;
}

}  // namespace replkit::cli
