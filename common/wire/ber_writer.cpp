#include "common/wire/ber.hpp"

namespace replkit::wire {

namespace {

// How many octets a length takes after the first one; 0 when it fits in that.
std::size_t long_octets(std::size_t length) {
  std::size_t octets = 0;
  if (length >= 0x80) {
    for (auto rest = length; rest > 0; rest >>= 8U) ++octets;
  }
  return octets;
}

}  // namespace

std::size_t element_size(std::size_t content) {
  return 2 + long_octets(content) + content;
}

void Writer::header(Tag tag, std::size_t length) {
  out_ += static_cast<char>(tag);
  const auto octets = long_octets(length);
  out_ += static_cast<char>(octets == 0 ? length : 0x80 | octets);
  for (auto left = octets; left > 0; --left) out_ += static_cast<char>(length >> (8 * (left - 1)));
}

void Writer::octets(std::string_view bytes, Tag tag) {
  header(tag, bytes.size());
  out_ += bytes;
}

void Writer::boolean(bool value, Tag tag) {
  octets(value ? "\xFF" : std::string_view("\0", 1), tag);
}

void Writer::integer(std::int64_t value, Tag tag) {
  std::size_t size = 1;
  for (auto rest = value; rest > 0x7F || rest < -0x80; rest >>= 8) ++size;
  header(tag, size);
  for (; size > 0; --size) out_ += static_cast<char>(value >> (8 * (size - 1)));
}

std::size_t Writer::open(Tag tag) {
  header(tag, 0);
  return out_.size();
}

void Writer::close(std::size_t start) {
  const auto length = out_.size() - start;
  const auto octets = long_octets(length);
  if (octets == 0) {
    out_[start - 1] = static_cast<char>(length);
    return;
  }
  out_[start - 1] = static_cast<char>(0x80 | octets);
  std::string digits;
  for (auto left = octets; left > 0; --left) digits += static_cast<char>(length >> (8 * (left - 1)));
  out_.insert(start, digits);
}

}  // namespace replkit::wire
