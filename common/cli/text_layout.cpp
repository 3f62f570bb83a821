#include "common/cli/text_layout.hpp"

#include <algorithm>

#include "common/base/text.hpp"

namespace replkit::cli {

std::size_t display_width(std::string_view text) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}

std::string pad_right(std::string_view text, std::size_t width) {
  std::string out(text);
  const auto used = display_width(text);
  if (used < width) out.append(width - used, ' ');
  return out;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  for (const auto paragraph : split(text, '\n')) {
    std::string line;
    for (const auto word : split(paragraph, ' ')) {
      if (word.empty()) continue;
      if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
        lines.push_back(std::move(line));
        line.clear();
      }
      if (!line.empty()) line += ' ';
      line += word;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string wrap_indented(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  for (const auto& line : wrap(text, width > indent ? width - indent : 1)) {
    if (!line.empty()) out.append(indent, ' ') += line;
    out += '\n';
  }
  return out;
}

}  // namespace replkit::cli
