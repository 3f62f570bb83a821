// Laying out text for people: how wide it is, wrapped to a width, padded to a column.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::cli {

// Returns the columns that `text` takes in a terminal, counted as code points.
std::size_t display_width(std::string_view text);

// Returns `text` with blanks after it up to `width` columns; longer text stays as it is.
std::string pad_right(std::string_view text, std::size_t width);

// Returns the lines of `text` broken at blanks so that none is wider than `width`; a longer word gets a line of its
// own. A line break in `text` stays one.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

// Returns `text` wrapped to `width` columns, each line with `indent` blanks before it (which count) and a line break
// after it.
std::string wrap_indented(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace replkit::cli
