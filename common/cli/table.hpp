// Aligned tables of text, laid out anew where they are wider than the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/cli/output.hpp"

namespace replkit::cli {

// A text table whose columns are as wide as their widest cell. Cells are made printable: control characters as \xx.
class Table {
 public:
  enum class Align { left, right };

  struct Column {
    std::string title;
    Align align = Align::left;
    bool wraps = false;  // its cells may be broken at blanks; never the first column
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Missing cells are empty. A row that begins with empty cells continues the one above. Throws std::logic_error when
  // there are more cells than columns.
  void add_row(std::vector<std::string> cells);

  // Returns the lines, `indent` blanks before each, two blanks between columns and none at the end of a line. When they
  // would be wider than `width`, columns that wrap get narrower; then the first columns, as few as it takes, become
  // lines of their own above the rows that share them; then each cell gets a line of its own, with its title. Words
  // are never broken: one that is wider makes its line wider.
  std::string text(std::size_t width = output_width(), std::size_t indent = 0) const;

 private:
  // How wide each column is.
  using Widths = std::vector<std::size_t>;

  Widths widest() const;
  bool narrow(Widths& widths, std::size_t first, std::size_t width) const;
  std::string grouped(const Widths& widths, std::size_t leading, std::size_t indent) const;
  std::string listed(std::size_t width, std::size_t indent) const;
  std::string lines(const std::vector<std::string>& cells, const Widths& widths, std::size_t first, std::size_t end,
                    std::size_t indent) const;
  std::vector<std::string> titles() const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace replkit::cli
