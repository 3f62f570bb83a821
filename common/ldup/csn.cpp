#include "common/ldup/csn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/error.hpp"
#include "common/base/text.hpp"

namespace replkit::ldup {

namespace {

constexpr std::size_t time_digits = 14;
constexpr std::size_t max_fraction_digits = 6;
constexpr std::size_t max_replica_id = 64;
constexpr std::size_t text_size = 38;  // without the replica ID, most times
constexpr std::string_view least_text = "00000101000000Z#000000##000000";

// How a form writes numbers.
struct Numbers {
  int base;
  std::size_t max_digits;
  const char* name;
  bool (*is_digit)(char);
};

constexpr Numbers hexadecimal{16, 8, "8 hexadecimal", [](char c) { return hex_digit(c).has_value(); }};
constexpr Numbers decimal{10, 10, "10 decimal", [](char c) { return is_ascii_digit(c); }};

bool is_replica_char(char c) {
  return is_ascii_alpha(c) || is_ascii_digit(c) || c == '.' || c == '_' || c == '-';
}

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
      numbers_ = &hexadecimal;
      const auto start = at_;
      std::string fraction(take_while(is_ascii_digit));
      if (fraction.empty() || fraction.size() > max_fraction_digits) {
        fail("a fraction of 1 to 6 digits expected", start);
      }
      fraction.resize(max_fraction_digits, '0');
      part = std::chrono::microseconds{parse_uint(fraction).value()};
    }
    if (!take('Z')) fail("'Z' expected after the time", at_);
    return *whole + part;
  }

  std::uint32_t number(std::string_view what) {
    const auto start = open_field(what);
    const auto digits = take_while(numbers_->is_digit);
    std::uint32_t out = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), out, numbers_->base);
    if (digits.empty() || digits.size() > numbers_->max_digits || result.ec != std::errc()) {
      fail(fmt::format("1 to {} digits expected as the {}", numbers_->name, what), start);
    }
    return out;
  }

  std::string replica_id() {
    const auto start = open_field("replica ID");
    const auto id = take_while(is_replica_char);
    if (id.empty() || id.size() > max_replica_id) fail("a replica ID of 1 to 64 characters expected", start);
    return to_lower(id);
  }

  void end() const {
    if (at_ != text_.size()) fail("nothing may follow the modification number", at_);
  }

 private:
  std::size_t open_field(std::string_view what) {
    if (!take('#')) fail(fmt::format("'#' expected before the {}", what), at_);
    return at_;
  }

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
  const Numbers* numbers_ = &decimal;
};

// By hand: as formatted text, CSNs take a third of a supplier's processor time.
void put_number(std::string& out, std::uint64_t number, std::size_t least_digits, int base) {
  std::array<char, 20> digits;
  const auto* end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  const auto size = static_cast<std::size_t>(end - digits.data());
  out.append(least_digits - std::min(least_digits, size), '0');
  out.append(digits.data(), size);
}

// As format_generalized_time(), without the Z.
void put_time(std::string& out, Instant time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto year = static_cast<int>(date.year());
  if (year < 0) {
    out += format_generalized_time(time);
    return out.pop_back();
  }
  const auto seconds = static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(time - day).count());
  put_number(out, static_cast<std::uint64_t>(year), 4, 10);
  put_number(out, static_cast<unsigned>(date.month()), 2, 10);
  put_number(out, static_cast<unsigned>(date.day()), 2, 10);
  put_number(out, seconds / 3600, 2, 10);
  put_number(out, seconds / 60 % 60, 2, 10);
  put_number(out, seconds % 60, 2, 10);
}

}  // namespace

Csn Csn::parse(std::string_view text) {
  Csn out;
  if (text == least_text) return out;
  Parser parser(text);
  out.time_ = parser.time();
  out.count_ = parser.number("change count");
  out.replica_id_ = parser.replica_id();
  out.modification_ = parser.number("modification number");
  parser.end();
  return out;
}

std::string Csn::text() const {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time_);
  std::string out;
  out.reserve(text_size + replica_id_.size());
  put_time(out, whole);
  out += '.';
  put_number(out, static_cast<std::uint64_t>((time_ - whole).count()), max_fraction_digits, 10);
  out += "Z#";
  put_number(out, count_, 6, 16);
  out += '#';
  out += replica_id_;
  out += '#';
  put_number(out, modification_, 6, 16);
  return out;
}

std::string Csn::ldup_text() const {
  if (*this == Csn()) return std::string(least_text);
  if (time_ != std::chrono::floor<std::chrono::seconds>(time_)) return text();
  std::string out;
  out.reserve(text_size + replica_id_.size());
  put_time(out, time_);
  out += "Z#";
  put_number(out, count_, 6, 10);
  out += '#';
  out += replica_id_;
  out += '#';
  put_number(out, modification_, 6, 10);
  return out;
}

}  // namespace replkit::ldup
