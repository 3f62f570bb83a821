#include <algorithm>

#include "common/wire/ber.hpp"
#include "common/wire/error.hpp"

namespace replkit::wire {

namespace {

constexpr unsigned more = 0x80;  // another octet of the tag number follows; the long form of a length

unsigned octet(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

}  // namespace

std::optional<Header> read_header(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  Header header;
  header.tag = static_cast<Tag>(octet(bytes, 0));
  std::size_t at = 1;
  constexpr unsigned high_number = 0x1F;
  if ((header.tag & high_number) == high_number) {
    constexpr std::size_t max_octets = 4;
    do {
      if (at == bytes.size()) return std::nullopt;
      if (at > max_octets) {
        header.problem = "a tag number is too large";
        return header;
      }
    } while ((octet(bytes, at++) & more) != 0);
  }
  if (at == bytes.size()) return std::nullopt;
  const auto first = octet(bytes, at++);
  if (first < more) {
    header.length = first;
  } else if (first == more) {
    header.problem = "a length has the indefinite form";
  } else if (first == 0xFF) {
    header.problem = "a length has a reserved form";
  } else {
    for (auto left = first - more; left > 0; --left) {
      if (at == bytes.size()) return std::nullopt;
      constexpr auto top = std::numeric_limits<std::uint64_t>::max();
      header.length = header.length > (top >> 8U) ? top : header.length << 8U | octet(bytes, at);
      ++at;
    }
  }
  header.size = at;
  return header;
}

void Reader::malformed(const char* problem) const {
  const auto action = rules_ == Rules::pdu ? ProtocolError::Action::disconnect : ProtocolError::Action::answer;
  throw ProtocolError(action, ResultCode::protocol_error, problem);
}

Header Reader::header() const {
  const auto header = read_header(rest_);
  if (!header) malformed("an element is cut off");
  if (header->problem != nullptr) malformed(header->problem);
  if (header->length > rest_.size() - header->size) malformed("an element is longer than what contains it");
  return *header;
}

std::optional<Tag> Reader::next_tag() const {
  if (rest_.empty()) return std::nullopt;
  return static_cast<Tag>(rest_.front());
}

std::string_view Reader::content(Tag wanted) {
  if (rest_.empty()) malformed("an element is missing");
  if (next_tag() != wanted) malformed("an element has the wrong tag");
  const auto found = header();
  const auto content = rest_.substr(found.size, found.length);
  rest_.remove_prefix(found.size + found.length);
  return content;
}

std::optional<std::string_view> Reader::optional_content(Tag wanted) {
  if (!next_is(wanted)) return std::nullopt;
  return content(wanted);
}

bool Reader::boolean(Tag wanted) {
  const auto value = content(wanted);
  if (value.size() != 1) malformed("a BOOLEAN is not one octet long");
  const auto octet_value = octet(value, 0);
  if (rules_ == Rules::pdu && octet_value != 0 && octet_value != 0xFF) {
    throw ProtocolError::answer("a BOOLEAN is neither 00 nor FF");
  }
  return octet_value != 0;
}

std::int64_t Reader::integer(std::int64_t least, std::int64_t most, Tag wanted) {
  const auto value = content(wanted);
  if (value.empty()) malformed("a number has no octets");
  constexpr unsigned sign = 0x80;
  const bool negative = (octet(value, 0) & sign) != 0;
  if (value.size() > 1) {
    const bool next_is_set = (octet(value, 1) & sign) != 0;
    const auto padding = next_is_set ? 0xFFU : 0U;
    if (octet(value, 0) == padding) throw ProtocolError::answer("a number is padded");
  }
  if (value.size() > sizeof(std::int64_t)) throw ProtocolError::answer("a number is out of range");
  std::uint64_t bits = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < value.size(); ++i) bits = bits << 8U | octet(value, i);
  const auto number = static_cast<std::int64_t>(bits);
  if (number < least || number > most) throw ProtocolError::answer("a number is out of range");
  return number;
}

std::size_t Reader::count() const {
  std::size_t elements = 0;
  for (auto copy = *this; !copy.at_end(); ++elements) {
    const auto found = copy.header();
    copy.rest_.remove_prefix(found.size + found.length);
  }
  return elements;
}

void Reader::skip_unknown(std::initializer_list<Tag> known) {
  // A known component in the other form, primitive or constructed, is no unknown one.
  constexpr Tag constructed = 0x20;
  while (!at_end()) {
    const auto next = static_cast<Tag>(*next_tag() | constructed);
    const auto is_next = [&](Tag tag) { return (tag | constructed) == next; };
    if (std::any_of(known.begin(), known.end(), is_next)) malformed("an element is at a wrong place");
    const auto found = header();
    rest_.remove_prefix(found.size + found.length);
  }
}

void Reader::expect_end() const {
  if (!at_end()) malformed("something follows the last element");
}

}  // namespace replkit::wire
