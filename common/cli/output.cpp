#include "common/cli/output.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/base/base64.hpp"
#include "common/base/text.hpp"

namespace replkit::cli {

namespace {

int first_output_error = 0;

void require_output(bool good) {
  if (good) return;
  if (first_output_error == 0) first_output_error = errno != 0 ? errno : EIO;
  throw OutputGone();
}

}  // namespace

void print_out(std::string_view text) {
  errno = 0;
  require_output(!std::cout.write(text.data(), static_cast<std::streamsize>(text.size())).fail());
}

void flush_out() {
  errno = 0;
  require_output(!std::cout.flush().fail());
}

int output_error() {
  return first_output_error;
}

bool output_reader_is_gone() {
  pollfd out{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

bool stdout_is_terminal() {
  return isatty(STDOUT_FILENO) == 1;
}

bool stderr_is_terminal() {
  return isatty(STDERR_FILENO) == 1;
}

std::size_t terminal_width() {
  constexpr std::uint64_t narrowest = 20;
  constexpr std::uint64_t widest = 1000;
  if (const char* columns = std::getenv("COLUMNS")) {
    const auto number = parse_uint(columns);
    if (number && *number > 0) return std::clamp(*number, narrowest, widest);
  }
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    winsize size = {};
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
      return std::clamp<std::uint64_t>(size.ws_col, narrowest, widest);
  }
  return 80;
}

std::size_t output_width() {
  const bool limited = stdout_is_terminal() || std::getenv("COLUMNS") != nullptr;
  return limited ? terminal_width() : std::numeric_limits<std::size_t>::max();
}

Option color_option(ColorMode& mode) {
  return choice_option<ColorMode>(
      "--color", "WHEN", "Colour the text.",
      {{"auto", ColorMode::automatic}, {"always", ColorMode::always}, {"never", ColorMode::never}}, mode);
}

Palette::Palette(ColorMode mode) : enabled_(mode == ColorMode::always) {
  if (mode != ColorMode::automatic || !stdout_is_terminal()) return;
  const char* no_color = std::getenv("NO_COLOR");  // no-color.org: set and not empty
  const char* terminal = std::getenv("TERM");
  enabled_ = (no_color == nullptr || *no_color == '\0') && terminal != nullptr && std::string_view(terminal) != "dumb";
}

std::string Palette::paint(const char* code, std::string_view text) const {
  if (!enabled_) return std::string(text);
  return std::string("\033[") + code + 'm' + std::string(text) + "\033[0m";
}

std::string to_json(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json json_text(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  return {{"base64", base64_encode(bytes)}};
}

}  // namespace replkit::cli
