#include "tests/refserver/config/value.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <toml++/toml.h>

#include <array>
#include <limits>

#include "common/base/error.hpp"
#include "common/base/nearest.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"

namespace replkit::refserver::config {

namespace {

constexpr std::array<std::pair<std::string_view, unsigned>, 7> units = {
    {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"K", 10}, {"M", 20}, {"G", 30}}};

// Returns the text of a node; null when it is none.
const std::string* text_of(const toml::node& node) {
  const auto* text = node.as_string();
  return text == nullptr ? nullptr : &text->get();
}

}  // namespace

std::string Value::place() const {
  return printable(file_.string()) + ':' + std::to_string(node_.source().begin.line);
}

void Value::fail(const std::string& problem) const {
  throw UsageError(fmt::format("{}: '{}' {}", place(), printable(name_), problem));
}

std::string Value::text() const {
  const auto* text = text_of(node_);
  if (text == nullptr) fail("must be a string");
  if (text->find('\0') != std::string::npos) fail("has a NUL in it");
  return *text;
}

std::vector<std::string> Value::texts() const {
  if (text_of(node_) != nullptr) return {text()};
  const auto* array = node_.as_array();
  if (array == nullptr) fail("must be an array of strings");
  std::vector<std::string> out;
  for (const auto& item : *array) {
    if (!item.is_string()) Value(item, name_, file_).fail("must hold strings only");
    out.push_back(Value(item, name_, file_).text());
  }
  return out;
}

bool Value::flag() const {
  if (!node_.is_boolean()) fail("must be true or false");
  return node_.as_boolean()->get();
}

std::uint64_t Value::number(std::uint64_t least, std::uint64_t most) const {
  const auto range = fmt::format("must be a number from {} to {}", least, most);
  if (!node_.is_integer() || node_.as_integer()->get() < 0) fail(range);
  const auto number = static_cast<std::uint64_t>(node_.as_integer()->get());
  if (number < least || number > most) fail(range);
  return number;
}

std::uint64_t Value::size(std::uint64_t least, std::uint64_t most) const {
  std::uint64_t bytes = 0;
  if (node_.is_integer()) {
    bytes = number(0, std::numeric_limits<std::int64_t>::max());
  } else {
    try {
      bytes = parse_size(text());
    } catch (const UsageError& error) {
      fail(error.what());
    }
  }
  if (bytes < least || bytes > most) fail(fmt::format("must be from {} to {}", size_text(least), size_text(most)));
  return bytes;
}

std::chrono::milliseconds Value::duration() const {
  const auto length = node_.is_integer()  ? parse_duration(std::to_string(node_.as_integer()->get()))
                      : node_.is_string() ? parse_duration(text())
                                          : std::nullopt;
  if (!length) fail("must be a length of time such as \"10s\", \"500ms\" or \"5m\"");
  return *length;
}

std::filesystem::path Value::path() const {
  const auto path = text();
  if (path.empty()) fail("is an empty path");
  return resolve(path);
}

std::filesystem::path Value::resolve(const std::string& path) const {
  return (std::filesystem::absolute(file_).parent_path() / path).lexically_normal();
}

std::size_t Value::word(const std::vector<std::string>& words) const {
  const auto given = text();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == given) return i;
  }
  fail(fmt::format("is '{}', but must be one of {}{}", printable(given), fmt::join(words, ", "),
                   did_you_mean(given, words)));
}

std::uint64_t parse_size(std::string_view text) {
  const auto digits = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
  const auto unit = trim(text.substr(digits.size()));
  const auto number = parse_uint(digits);
  for (const auto& [name, shift] : units) {
    if (name != unit || !number) continue;
    if (*number > (std::uint64_t{1} << 62U) >> shift) break;
    return *number << shift;
  }
  throw UsageError("must be a size such as \"64 KiB\", \"16 MiB\" or a number of bytes");
}

std::string size_text(std::uint64_t bytes) {
  for (const auto* unit : {&units[3], &units[2], &units[1]}) {
    const auto scale = std::uint64_t{1} << unit->second;
    if (bytes >= scale && bytes % scale == 0) return fmt::format("{} {}", bytes / scale, unit->first);
  }
  return std::to_string(bytes);
}

std::string duration_text(std::chrono::milliseconds length) {
  const auto count = length.count();
  if (count % 1000 != 0) return fmt::format("{}ms", count);
  constexpr std::array<std::pair<std::int64_t, char>, 3> scales = {
      {{86'400'000, 'd'}, {3'600'000, 'h'}, {60'000, 'm'}}};
  for (const auto& [scale, unit] : scales) {
    if (count >= scale && count % scale == 0) return fmt::format("{}{}", count / scale, unit);
  }
  return fmt::format("{}s", count / 1000);
}

void check_private(const std::filesystem::path& file, std::string_view what) {
  struct stat info = {};
  if (stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return;
  if ((info.st_mode & (S_IROTH | S_IWOTH)) == 0) return;
  const auto name = printable(file.string());
  throw UsageError(fmt::format("{} holds {}, and everybody may {} it: run chmod o= {}", name, what,
                               (info.st_mode & S_IROTH) != 0 ? "read" : "write", name));
}

}  // namespace replkit::refserver::config
