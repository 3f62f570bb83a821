#include "tests/refserver/store/index_keys.hpp"

#include "tests/refserver/store/bytes.hpp"
#include "tests/refserver/store/keys.hpp"

namespace replkit::refserver::store {

namespace {

void append_big_endian_32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

// Integers by sign, number of digits and digits; the smaller, the more digits, when negative.
void append_integer(std::string& out, std::string_view form) {
  const bool negative = form.starts_with('-');
  if (negative) form.remove_prefix(1);
  const auto begin = out.size();
  append_big_endian_32(out, static_cast<std::uint32_t>(form.size()));
  out += form;
  if (negative) {
    for (auto i = begin; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
  }
  out.insert(begin, 1, negative ? '0' : '1');
}

}  // namespace

std::string index_prefix(std::uint32_t number) {
  std::string key;
  append_big_endian_32(key, number);
  return key;
}

std::string index_prefix(std::uint32_t number, IndexKind kind) {
  auto key = index_prefix(number);
  key += static_cast<char>(kind);
  return key;
}

std::string equality_key(std::uint32_t number, model::ValueKind kind, std::string_view form) {
  auto key = index_prefix(number, IndexKind::equality);
  if (kind == model::ValueKind::integer) {
    append_integer(key, form);
  } else {
    // "20260101000000Z" stands before "20260101000000.5Z".
    if (kind == model::ValueKind::generalized_time && form.ends_with('Z')) form.remove_suffix(1);
    key += form;
  }
  shorten_key(key);
  return key;
}

void for_each_substring_key(std::uint32_t number, std::string_view form, bool at_start, bool at_end,
                            const std::function<void(std::string)>& add) {
  constexpr std::size_t piece = 3;
  std::string text;
  text.reserve(form.size() + 2);
  if (at_start) text += '\x02';
  for (const char c : form) {
    if (c != ' ') text += c;
  }
  if (at_end) text += '\x03';
  const auto prefix = index_prefix(number, IndexKind::substring);
  for (std::size_t i = 0; i + piece <= text.size(); ++i) add(prefix + text.substr(i, piece));
}

std::string behind(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xFF') prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace replkit::refserver::store
