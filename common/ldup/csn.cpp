#include "common/ldup/csn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/base/error.hpp"
#include "common/base/text.hpp"

namespace replkit::ldup {

namespace {

constexpr std::size_t time_digits = 14;
constexpr std::size_t max_field_digits = 8;
constexpr std::size_t max_fraction_digits = 6;

// Reads a CSN from left to right.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Instant time() {
    const auto digits = take_while(is_ascii_digit);
    if (digits.size() != time_digits) fail("a time of 14 digits expected", 0);
    const auto whole = parse_generalized_time(std::string(digits) + "Z");
    if (!whole) fail("no such date or time of day", 0);
    std::chrono::microseconds part{0};
    if (take('.')) {
      const auto start = at_;
      std::string fraction(take_while(is_ascii_digit));
      if (fraction.empty() || fraction.size() > max_fraction_digits) {
        fail("a fraction of 1 to 6 digits expected", start);
      }
      fraction.resize(max_fraction_digits, '0');
      part = std::chrono::microseconds{*parse_uint(fraction)};
    }
    if (!take('Z')) fail("'Z' expected after the time", at_);
    return *whole + part;
  }

  std::string_view hex_field(std::string_view what) {
    if (!take('#')) fail(fmt::format("'#' expected before the {}", what), at_);
    const auto start = at_;
    const auto digits = take_while([](char c) { return hex_digit(c).has_value(); });
    if (digits.empty() || digits.size() > max_field_digits) {
      fail(fmt::format("1 to 8 hexadecimal digits expected as the {}", what), start);
    }
    return digits;
  }

  void end() const {
    if (at_ != text_.size()) fail("nothing may follow the modification number", at_);
  }

 private:
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  template <typename Predicate>
  std::string_view take_while(Predicate is_wanted) {
    const auto start = at_;
    while (at_ < text_.size() && is_wanted(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  [[noreturn]] void fail(std::string_view problem, std::size_t offset) const {
    throw ParseError(fmt::format("'{}' is no CSN: {} (at byte {})", printable(text_.substr(0, 80)), problem, offset),
                     offset);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::uint32_t number(std::string_view hex) {
  std::uint32_t out = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), out, 16);
  return out;
}

}  // namespace

Csn Csn::parse(std::string_view text) {
  Parser parser(text);
  Csn out;
  out.time_ = parser.time();
  out.count_ = number(parser.hex_field("change count"));
  out.replica_id_ = to_lower(parser.hex_field("replica ID"));
  if (out.replica_id_.size() < 3) out.replica_id_.insert(0, 3 - out.replica_id_.size(), '0');
  out.modification_ = number(parser.hex_field("modification number"));
  parser.end();
  return out;
}

std::string Csn::text() const {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time_);
  auto time = format_generalized_time(whole);
  time.pop_back();
  return fmt::format("{}.{:06}Z#{:06x}#{}#{:06x}", time, (time_ - whole).count(), count_, replica_id_, modification_);
}

}  // namespace replkit::ldup
