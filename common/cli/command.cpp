#include "common/cli/command.hpp"

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"

namespace replkit::cli {

Option Option::completes(Completion hint) && {
  completion = hint;
  return std::move(*this);
}

Option Option::suggests(std::vector<std::string> words) && {
  suggestions = std::move(words);
  return std::move(*this);
}

Option Option::defaults_to(std::string text) && {
  default_text = std::move(text);
  return std::move(*this);
}

Option Option::require() && {
  required = true;
  return std::move(*this);
}

Option Option::hide() && {
  hidden = true;
  return std::move(*this);
}

Option Option::keep_secret() && {
  secret = true;
  return std::move(*this);
}

std::vector<std::string> Option::name_list() const {
  std::vector<std::string> out;
  for (const auto name : split(names, ',')) out.emplace_back(name);
  return out;
}

void for_each_option(const CommandSpec& command, const std::function<void(const Option&)>& visit) {
  for (const auto& group : command.groups) {
    for (const auto& option : group.options) {
      if (!option.hidden) visit(option);
    }
  }
}

void read_value(const std::string& text, std::string& value) {
  value = text;
}

void read_value(const std::string& text, std::chrono::milliseconds& value) {
  const auto parsed = parse_duration(text);
  if (!parsed) throw UsageError("'" + printable(text) + "' is not a length of time such as 500ms, 10s, 5m or 2h");
  value = *parsed;
}

std::uint64_t read_number(const std::string& text, std::uint64_t largest) {
  const auto parsed = parse_uint(text);
  if (!parsed) throw UsageError("'" + printable(text) + "' is not a whole number");
  if (*parsed > largest) throw UsageError("'" + printable(text) + "' is too large");
  return *parsed;
}

std::string default_text(const std::string& value) {
  return value;
}

std::string default_text(std::chrono::milliseconds value) {
  const auto count = value.count();
  if (count % 1000 != 0) return std::to_string(count) + "ms";
  if (count % 3'600'000 == 0 && count > 0) return std::to_string(count / 3'600'000) + "h";
  if (count % 60'000 == 0 && count > 0) return std::to_string(count / 60'000) + "m";
  return std::to_string(count / 1000) + "s";
}

Option option(std::string names, std::string value, std::string help, std::vector<std::string>& variable) {
  return {.names = std::move(names),
          .value = std::move(value),
          .help = std::move(help),
          .set = [&variable](const std::string& text) { variable.push_back(text); },
          .repeatable = true};
}

Option list_option(std::string names, std::string value, std::string help, std::vector<std::string>& variable) {
  auto made = option(std::move(names), std::move(value), std::move(help), variable);
  made.set = [&variable](const std::string& text) {
    for (const auto part : split(text, ',')) {
      if (const auto word = trim(part); !word.empty()) variable.emplace_back(word);
    }
  };
  return made;
}

Option action(std::string names, std::string help, std::function<void()> act) {
  return {.names = std::move(names),
          .value = {},
          .help = std::move(help),
          .set = [act = std::move(act)](const std::string&) { act(); },
          .repeatable = true};
}

Option flag(std::string names, std::string help, bool& variable) {
  return action(std::move(names), std::move(help), [&variable] { variable = true; });
}

Option counter(std::string names, std::string help, unsigned& variable) {
  return action(std::move(names), std::move(help), [&variable] { ++variable; });
}

}  // namespace replkit::cli
