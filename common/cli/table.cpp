#include "common/cli/table.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "common/base/text.hpp"
#include "common/cli/text_layout.hpp"

namespace replkit::cli {

namespace {

constexpr std::size_t between = 2;  // blanks between columns, and before rows below a heading

bool all_empty(const std::vector<std::string>& cells, std::size_t count) {
  return std::all_of(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(count),
                     [](const auto& cell) { return cell.empty(); });
}

std::size_t longest_word(std::string_view text) {
  std::size_t longest = 0;
  for (const auto word : split(text, ' ')) longest = std::max(longest, display_width(word));
  return longest;
}

}  // namespace

void Table::add_row(std::vector<std::string> cells) {
  if (cells.size() > columns_.size()) throw std::logic_error("a table row has more cells than columns");
  cells.resize(columns_.size());
  for (auto& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::vector<std::string> Table::titles() const {
  std::vector<std::string> out;
  for (const auto& column : columns_) out.push_back(column.title);
  return out;
}

Table::Widths Table::widest() const {
  Widths widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths.push_back(display_width(columns_[i].title));
    for (const auto& row : rows_) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  return widths;
}

// Makes columns from `first` on narrower where they wrap; returns whether they fit into `width` then.
bool Table::narrow(Widths& widths, std::size_t first, std::size_t width) const {
  constexpr std::size_t legible = 30;
  auto total = std::accumulate(widths.begin() + static_cast<std::ptrdiff_t>(first), widths.end(),
                               (columns_.size() - first - 1) * between);
  for (std::size_t i = columns_.size(); i-- > first && total > width;) {
    if (!columns_[i].wraps) continue;
    auto least = std::max(display_width(columns_[i].title), std::min(legible, (widths[i] + 1) / 2));
    for (const auto& row : rows_) least = std::max(least, longest_word(row[i]));
    const auto less = std::min(total - width, widths[i] - least);
    widths[i] -= less;
    total -= less;
  }
  return total <= width;
}

// Returns one row: the cells from `first` to before `end`, on several lines when some are broken.
std::string Table::lines(const std::vector<std::string>& cells, const Widths& widths, std::size_t first,
                         std::size_t end, std::size_t indent) const {
  std::vector<std::vector<std::string>> parts;
  std::size_t height = 1;
  for (std::size_t i = first; i < end; ++i) {
    const bool fits = display_width(cells[i]) <= widths[i];
    parts.push_back(fits ? std::vector{cells[i]} : wrap(cells[i], widths[i]));
    height = std::max(height, parts.back().size());
  }
  std::string out;
  for (std::size_t at = 0; at < height; ++at) {
    std::string line(indent, ' ');
    for (std::size_t i = first; i < end; ++i) {
      const auto& part = parts[i - first];
      const auto text = at < part.size() ? part[at] : std::string();
      if (i > first) line.append(between, ' ');
      if (columns_[i].align == Align::right) line.append(widths[i] - display_width(text), ' ');
      line += columns_[i].align == Align::right ? text : pad_right(text, widths[i]);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return out;
}

// Returns the table with the first `leading` columns on lines of their own.
std::string Table::grouped(const Widths& widths, std::size_t leading, std::size_t indent) const {
  const auto inner = indent + (leading > 0 ? between : 0);
  std::string out;
  std::vector<std::string> heading(leading);
  const auto add = [&](const std::vector<std::string>& cells) {
    if (!all_empty(cells, leading) && !std::equal(heading.begin(), heading.end(), cells.begin())) {
      heading.assign(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(leading));
      out += lines(cells, widths, 0, leading, indent);
    }
    out += lines(cells, widths, leading, columns_.size(), inner);
  };
  add(titles());
  for (const auto& row : rows_) add(row);
  return out;
}

// Returns the table with each cell on a line of its own, with its title.
std::string Table::listed(std::size_t width, std::size_t indent) const {
  std::size_t title_width = 0;
  for (const auto& column : columns_) title_width = std::max(title_width, display_width(column.title));
  const auto before = indent + title_width + between;
  std::string out;
  for (const auto& row : rows_) {
    if (!out.empty() && !row.front().empty()) out += '\n';
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].empty()) continue;
      out.append(indent, ' ') += pad_right(columns_[i].title, title_width + between);
      out += wrap_indented(row[i], std::max(width, before + 1), before).substr(before);
    }
  }
  return out;
}

std::string Table::text(std::size_t width, std::size_t indent) const {
  const auto natural = widest();
  for (std::size_t leading = 0; leading < columns_.size(); ++leading) {
    const auto inner = indent + (leading > 0 ? between : 0);
    const auto heading = std::accumulate(natural.begin(), natural.begin() + static_cast<std::ptrdiff_t>(leading),
                                         indent + (leading > 1 ? (leading - 1) * between : 0));
    auto widths = natural;
    if (heading <= width && inner < width && narrow(widths, leading, width - inner)) {
      return grouped(widths, leading, indent);
    }
  }
  return listed(width, indent);
}

}  // namespace replkit::cli
