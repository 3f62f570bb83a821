// Small text helpers for bytes that are mostly ASCII. None depends on the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replkit {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr bool is_ascii_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_ascii_alpha(char c) {
  return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

// Returns `text` with A-Z as a-z; other bytes stay.
std::string to_lower(std::string_view text);

// Whether the two are equal when A-Z and a-z are.
bool equals_ignore_case(std::string_view a, std::string_view b);

// Orders and finds names whatever their case, as std::map's comparison.
struct IgnoreCaseLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

// Returns `text` without white space at both ends.
std::string_view trim(std::string_view text);

// Returns the parts of `text` between separators, empty ones included; one part when there is no separator.
std::vector<std::string_view> split(std::string_view text, char separator);

// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

// Whether `text` is well-formed UTF-8 without control characters, so that it can stand in a terminal or a JSON string
// as it is.
bool is_printable_utf8(std::string_view text);

// Returns `text` with everything that could upset a terminal (control characters, malformed UTF-8) as \xx (two hex
// digits).
std::string printable(std::string_view text);

// Returns the value of one hexadecimal digit, or nothing.
std::optional<std::uint8_t> hex_digit(char c);

// Returns two lower-case hexadecimal digits a byte.
std::string to_hex(std::string_view bytes);

// Returns the number before the noun: "1 server", "2 servers". `many` is its plural where that is not with an s.
std::string counted(std::uint64_t number, std::string_view one, std::string_view many = {});

// Returns the number that `text` spells in decimal, whole and without sign; nothing when it is not one or does not fit.
std::optional<std::uint64_t> parse_uint(std::string_view text);

}  // namespace replkit
