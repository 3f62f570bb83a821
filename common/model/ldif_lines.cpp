#include "common/model/ldif_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/text.hpp"

namespace replkit::model {

namespace {

constexpr std::size_t first_capacity = 256U << 10;

// Returns where `c` is among the `size` bytes at `data`; null when it is not.
const char* find_byte(const char* data, char c, std::size_t size) {
  return static_cast<const char*>(std::memchr(data, c, size));
}

}  // namespace

bool is_ldif_name(std::string_view name) {
  if (name.empty() || name.size() > 1024 || !(is_ascii_alpha(name.front()) || is_ascii_digit(name.front())))
    return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f' && c != ':'; });
}

LdifLines::LdifLines(std::unique_ptr<ByteSource> source, std::string name, std::size_t line_limit)
    : source_(std::move(source)),
      name_(std::move(name)),
      line_limit_(line_limit),
      buffer_(std::make_unique_for_overwrite<char[]>(first_capacity)),
      capacity_(first_capacity) {}

bool LdifLines::next() {
  do {
    if (!take_line()) return false;
  } while (length_ != 0 && buffer_[start_] == '#');
  return true;
}

bool LdifLines::take_line() {
  start_ = pos_;
  length_ = 0;
  number_ = lines_read_ + 1;
  if (pos_ == end_ && !fill()) return false;
  if (buffer_[pos_] == ' ') {
    fail(
        "a line that begins with a space goes on with the line before it, but there is none; remove the space or the "
        "empty "
        "line");
  }
  take_part();
  while (continues()) {
    ++pos_;
    take_part();
  }
  if (number_ == 1 && text().starts_with("\xEF\xBB\xBF")) {  // editors on Windows put it before UTF-8
    start_ += 3;
    length_ -= 3;
  }
  return true;
}

// Appends what is left of the physical line at pos_ to the line, and goes behind its end.
void LdifLines::take_part() {
  const char* found = nullptr;
  for (std::size_t scanned = 0;;) {
    found = find_byte(buffer_.get() + pos_ + scanned, '\n', end_ - pos_ - scanned);
    scanned = end_ - pos_;
    if (found != nullptr) break;
    if (length_ + scanned > line_limit_) fail_too_long();
    if (!fill()) break;
  }
  ++lines_read_;
  cut_off_ = found == nullptr;
  const char* part = buffer_.get() + pos_;
  auto size = cut_off_ ? end_ - pos_ : static_cast<std::size_t>(found - part);
  const auto next = pos_ + size + (cut_off_ ? 0 : 1);
  if (size != 0 && part[size - 1] == '\r') --size;
  if (length_ + size > line_limit_) fail_too_long();
  check_part(part, size);
  if (start_ + length_ != pos_) std::memmove(buffer_.get() + start_ + length_, part, size);
  length_ += size;
  pos_ = next;
}

void LdifLines::check_part(const char* part, std::size_t size) const {
  if (saw_nul_ && find_byte(part, '\0', size) != nullptr) {
    const std::string_view text(part, size);
    if (lines_read_ == 1 && (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))) {
      fail_at(1, "the file is UTF-16; convert it with iconv -f UTF-16 -t UTF-8");
    }
    fail_at(lines_read_, "a NUL byte; the file is damaged or no LDIF (in LDIF such values are base64)");
  }
  if (saw_cr_ && find_byte(part, '\r', size) != nullptr) {
    fail_at(lines_read_,
            "a carriage return within the line; line ends must be LF or CRLF, and in values it must be base64");
  }
}

// Whether the next physical line goes on with this one.
bool LdifLines::continues() {
  if (length_ == 0) return false;
  if (pos_ == end_ && !fill()) return false;
  return buffer_[pos_] == ' ';
}

// Reads more behind end_. Returns false when there is no more. start_, pos_ and end_ may change.
bool LdifLines::fill() {
  if (at_eof_) return false;
  if (capacity_ - end_ < capacity_ / 2) make_room();
  char* to = buffer_.get() + end_;
  const auto n = source_->read(to, capacity_ - end_);
  if (n == 0) {
    at_eof_ = true;
    return false;
  }
  saw_nul_ = saw_nul_ || find_byte(to, '\0', n) != nullptr;
  saw_cr_ = saw_cr_ || find_byte(to, '\r', n) != nullptr;
  end_ += n;
  return true;
}

// Makes at least half of the buffer free behind end_. What is kept moves to the front; a long line doubles the buffer,
// so that it is copied a bounded number of times in all.
void LdifLines::make_room() {
  const auto rest = end_ - pos_;
  std::unique_ptr<char[]> larger;
  if (length_ + rest > capacity_ / 2) {
    capacity_ *= 2;
    larger = std::make_unique_for_overwrite<char[]>(capacity_);
  }
  char* to = larger ? larger.get() : buffer_.get();
  std::memmove(to, buffer_.get() + start_, length_);
  std::memmove(to + length_, buffer_.get() + pos_, rest);
  if (larger) buffer_ = std::move(larger);
  start_ = 0;
  pos_ = length_;
  end_ = length_ + rest;
}

void LdifLines::fail(const std::string& problem) const {
  fail_at(number_, problem);
}

void LdifLines::fail_at(std::uint64_t number, std::string problem) const {
  if (cut_off_) problem += " (the file ends here without a line end: it may have been cut off)";
  throw LdifError(name_, number, problem);
}

void LdifLines::fail_too_long() const {
  fail(fmt::format("the line has over {} bytes, which is the limit", line_limit_));
}

}  // namespace replkit::model
