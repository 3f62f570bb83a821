#include "common/cli/completion_parts.hpp"

#include <algorithm>

#include "common/cli/help.hpp"

namespace replkit::cli {

namespace {

// Prints @NAME for every server and group of the inventory, as POSIX shell that fish reads too. It knows TOML's usual
// spelling only.
constexpr const char* list_aliases =
    "sed -n -e 's/^ *\\[servers\\.\\([A-Za-z0-9._-]*\\)\\].*/@\\1/p' "
    "-e '/^ *\\[groups\\]/,/^ *\\[[^g]/s/^ *\\([A-Za-z0-9._-]*\\) *= *\\[.*/@\\1/p'";

void collect(const CommandSpec& command, std::vector<std::string> path, std::vector<Option> options,
             std::vector<Level>& levels) {
  path.push_back(command.name);
  for_each_option(command, [&](const Option& option) { options.push_back(option); });
  levels.push_back({.path = path, .command = &command, .options = options});
  for (const auto& sub : command.commands) collect(sub, path, options, levels);
}

}  // namespace

std::vector<Level> levels_of(const CommandSpec& command) {
  std::vector<Level> levels;
  collect(command, {}, common_options().options, levels);
  return levels;
}

const std::vector<std::string>& words_of(const Option& option) {
  return option.choices.empty() ? option.suggestions : option.choices;
}

std::string join(const std::vector<std::string>& words, const std::string& separator) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : separator) + words[i];
  return out;
}

std::string quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string function_name(const std::vector<std::string>& path) {
  auto out = "_" + join(path, "_");
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

std::string brief(const std::string& help) {
  auto out = help.substr(0, std::min(help.find('\n'), help.find("; ")));
  // The "." of "e.g." ends no sentence.
  for (auto stop = out.find(". "); stop != std::string::npos; stop = out.find(". ", stop + 1)) {
    if (stop + 2 < out.size() && out[stop + 2] >= 'A' && out[stop + 2] <= 'Z') out.resize(stop);
  }
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::string with_aliases(std::string text) {
  const std::string mark = "@ALIASES@";
  return text.replace(text.find(mark), mark.size(), list_aliases);
}

}  // namespace replkit::cli
