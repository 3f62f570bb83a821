// One value of the TOML file: turned into ours, or refused with its place.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// toml++ is a single header that takes seconds to compile: value.cpp and config.cpp alone see it.
namespace toml {
inline namespace v3 {
class node;
}
}  // namespace toml

namespace replkit::refserver::config {

class Value {
 public:
  // All three must outlive it.
  Value(const toml::node& node, const std::string& name, const std::filesystem::path& file)
      : node_(node), name_(name), file_(file) {}

  // Throws UsageError: "FILE:LINE: 'NAME' PROBLEM".
  [[noreturn]] void fail(const std::string& problem) const;
  // "FILE:LINE"
  std::string place() const;

  // Each throws UsageError when the value is something else.
  std::string text() const;
  std::vector<std::string> texts() const;  // an array, or one text alone
  bool flag() const;
  std::uint64_t number(std::uint64_t least, std::uint64_t most) const;
  std::uint64_t size(std::uint64_t least, std::uint64_t most) const;  // a number of bytes, or text: "64 KiB"
  std::chrono::milliseconds duration() const;                         // "500ms", "10s", or a number of seconds
  std::filesystem::path path() const;                                 // as the file's folder sees it
  std::filesystem::path resolve(const std::string& path) const;       // likewise
  // Returns the position of the value among the words.
  std::size_t word(const std::vector<std::string>& words) const;

 private:
  const toml::node& node_;
  const std::string& name_;
  const std::filesystem::path& file_;
};

// Returns the bytes that "10", "64KiB", "64 KiB", "16 MiB" or "1 GiB" says (K, M and G alone mean the same); throws
// UsageError.
std::uint64_t parse_size(std::string_view text);
// Return the text that reads back as the same.
std::string size_text(std::uint64_t bytes);
std::string duration_text(std::chrono::milliseconds length);

// Throws UsageError when everybody may read the file that holds `what`, or write it.
void check_private(const std::filesystem::path& file, std::string_view what);

}  // namespace replkit::refserver::config
