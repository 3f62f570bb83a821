// Writing results to standard output: as they are, in colour, as JSON.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.hpp"
#include "common/cli/command.hpp"

namespace replkit::cli {

// Standard output takes no more: the reader went away or the disk is full. run_program() makes the message and the
// status.
class OutputGone : public LocalError {
 public:
  OutputGone() : LocalError("standard output is closed") {}
};

// Writes to standard output (buffered), as it is. Throws OutputGone, so that a long run ends as soon as nobody reads.
void print_out(std::string_view text);

// Writes what is buffered: after a line that someone waits for. Throws OutputGone.
void flush_out();

// Returns the system error (errno) of the write that made the first OutputGone, 0 before.
int output_error();

// Whether standard output is a pipe or socket whose other end is closed.
bool output_reader_is_gone();

bool stdout_is_terminal();
bool stderr_is_terminal();

// Returns the columns of the terminal: the variable COLUMNS, else what the terminal says, else 80.
std::size_t terminal_width();

// Returns the columns that lines of standard output may have: those of the terminal when it is one, or the variable
// COLUMNS; else, as in a pipe or a file, as many as they like.
std::size_t output_width();

enum class ColorMode { automatic, always, never };

// Returns the option --color for a spec.
Option color_option(ColorMode& mode);

// Puts colours around text, or nothing when they are off.
class Palette {
 public:
  // In automatic mode colours are on when standard output is a terminal that knows them and NO_COLOR is not set.
  explicit Palette(ColorMode mode);

  std::string bold(std::string_view text) const { return paint("1", text); }
  std::string red(std::string_view text) const { return paint("31", text); }
  std::string green(std::string_view text) const { return paint("32", text); }
  std::string yellow(std::string_view text) const { return paint("33", text); }
  std::string dim(std::string_view text) const { return paint("2", text); }
  bool enabled() const { return enabled_; }

 private:
  std::string paint(const char* code, std::string_view text) const;

  bool enabled_;
};

// Returns `value` as JSON: keys sorted, on one line, or with `indent` blanks a level. Never throws: bytes that are not
// UTF-8 become U+FFFD, which the caller avoids with json_text().
std::string to_json(const nlohmann::json& value, int indent = -1);

// Returns the bytes as a JSON string when they are UTF-8 text, else {"base64": "..."}.
nlohmann::json json_text(std::string_view bytes);

}  // namespace replkit::cli
