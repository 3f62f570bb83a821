// Numbers and strings in records: written one after the other, read with every length checked, because a page of a
// damaged disk can hold anything.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "common/base/error.hpp"

namespace replkit::refserver::store {

// Throws LocalError: the store is damaged.
[[noreturn]] inline void fail_damaged(const std::string& problem) {
  throw LocalError("the store is damaged: " + problem);
}

// Appends seven bits a byte, the low ones first, with the high bit set in all but the last.
inline void append_number(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

inline void append_string(std::string& out, std::string_view value) {
  append_number(out, value.size());
  out += value;
}

// Appends eight bytes in the order in which they sort as the numbers do.
inline void append_big_endian(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint8_t byte() {
    if (at_ == end_) fail_damaged("a record is cut off");
    return static_cast<std::uint8_t>(*at_++);
  }

  std::uint64_t number() {
    std::uint64_t value = byte();
    if (value < 0x80) return value;
    value &= 0x7F;
    for (unsigned shift = 7; shift < 64; shift += 7) {
      const std::uint64_t next = byte();
      value |= (next & 0x7F) << shift;
      if (next < 0x80) return value;
    }
    fail_damaged("a record holds a malformed number");
  }

  // A number of things of which each takes at least one byte of what is left.
  std::size_t count() {
    const auto value = number();
    if (value > left()) fail_damaged("a record is cut off");
    return static_cast<std::size_t>(value);
  }

  std::string_view bytes(std::uint64_t size) {
    if (size > left()) fail_damaged("a record is cut off");
    const std::string_view out(at_, static_cast<std::size_t>(size));
    at_ += size;
    return out;
  }

  std::string_view string() { return bytes(number()); }

  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  // Throws unless all has been read.
  void end() const {
    if (at_ != end_) fail_damaged("a record has bytes too many");
  }

 private:
  const char* at_;
  const char* end_;
};

}  // namespace replkit::refserver::store
