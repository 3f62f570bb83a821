#include "tests/interop/transcript.hpp"

#include <algorithm>
#include <stdexcept>

#include "common/base/files.hpp"
#include "common/base/text.hpp"

namespace replkit::interop {

namespace {

constexpr std::size_t largest_file = 1 << 20;

// Returns the lines of `a` that have no partner in `b`.
Lines without(const Lines& a, const Lines& b) {
  Lines left = b, result;
  for (const std::string& line : a) {
    const auto found = std::find(left.begin(), left.end(), line);
    if (found == left.end()) {
      result.push_back(line);
    } else {
      left.erase(found);
    }
  }
  return result;
}

void append(Lines& to, const char* mark, const Lines& lines) {
  for (const std::string& line : lines) to.push_back(mark + line);
}

Lines difference(const Lines& slapd, const Lines& replserver) {
  Lines result;
  if (slapd == replserver) {
    if (!slapd.empty() && slapd.front().find("(should be") != std::string::npos) append(result, "= ", {slapd.front()});
    return result;
  }
  append(result, "< ", without(slapd, replserver));
  append(result, "> ", without(replserver, slapd));
  if (result.empty()) {  // the same lines in another order
    append(result, "< ", slapd);
    append(result, "> ", replserver);
  }
  return result;
}

}  // namespace

Transcript read_transcript(std::string_view text) {
  Transcript result;
  Lines* step = nullptr;
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with("### ")) {
      const auto [at, fresh] = result.emplace(line.substr(4), Lines());
      if (!fresh) throw std::runtime_error("a step stands there twice: " + std::string(line));
      step = &at->second;
    } else if (step != nullptr && !line.empty()) {
      step->emplace_back(line);
    }
  }
  return result;
}

std::map<std::string, Lines> differences(const Transcript& slapd, const Transcript& replserver) {
  std::map<std::string, Lines> result;
  const auto lines_of = [](const Transcript& transcript, const std::string& name) {
    const auto found = transcript.find(name);
    return found == transcript.end() ? Lines{"(no such step)"} : found->second;
  };
  Transcript all = slapd;
  all.insert(replserver.begin(), replserver.end());
  for (const auto& [name, lines] : all) {
    Lines differ = difference(lines_of(slapd, name), lines_of(replserver, name));
    if (!differ.empty()) result.emplace(name, std::move(differ));
  }
  return result;
}

std::vector<Justified> read_justified(const std::filesystem::path& file) {
  const std::string text = read_file(file, largest_file);
  std::vector<Justified> result;
  bool open = false;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty() || line.starts_with('#')) {
      open = open && !line.empty();
      continue;
    }
    if (!open) result.emplace_back();
    open = true;
    Justified& block = result.back();
    if (line.starts_with('[') && line.ends_with(']')) {
      block.steps.emplace_back(line.substr(1, line.size() - 2));
    } else if (line.starts_with("< ") || line.starts_with("> ") || line.starts_with("= ")) {
      block.lines.emplace_back(line);
    } else {
      block.reason += (block.reason.empty() ? "" : " ") + std::string(line);
    }
  }
  for (const Justified& block : result) {
    if (block.steps.empty() || block.lines.empty() || block.reason.empty()) {
      throw std::runtime_error(file.string() + ": a block without step, lines or reason: " +
                               (block.steps.empty() ? block.reason : block.steps.front()));
    }
  }
  return result;
}

}  // namespace replkit::interop
