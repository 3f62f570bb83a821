// The part of BER that LDAP uses (RFC 4511 5.1): definite lengths, primitive strings.
//
// Not liblber: its decoder wants the PDU behind a BerElement, allocates for strings, takes any BOOLEAN and padded
// integers, and reports every error as -1, while the server must tell "drop the session" from "answer this message".
// This reader looks at a buffer, never allocates and never recurses; who follows nested elements (filters) counts
// levels.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace replkit::wire {

// The identifier octet of an element. LDAP has no tag numbers over 30; in an element that has one, the identifier's
// first octet stands for it, which equals no tag of LDAP.
using Tag = std::uint8_t;

namespace tag {
constexpr Tag boolean = 0x01;
constexpr Tag integer = 0x02;
constexpr Tag octet_string = 0x04;
constexpr Tag enumerated = 0x0A;
constexpr Tag sequence = 0x30;
constexpr Tag set = 0x31;
constexpr Tag primitive(unsigned number) {
  return static_cast<Tag>(0x80U | number);
}
constexpr Tag constructed(unsigned number) {
  return static_cast<Tag>(0xA0U | number);
}
}  // namespace tag

constexpr std::int32_t max_int = std::numeric_limits<std::int32_t>::max();  // maxInt of RFC 4511

// What stands before the content of an element.
struct Header {
  Tag tag = 0;
  std::size_t size = 0;           // of the header itself
  std::uint64_t length = 0;       // of the content; the largest number stands for all that do not fit
  const char* problem = nullptr;  // why the rest means nothing: indefinite form, length octet FF, tag number over 2^28
};

// Returns the header at the start of `bytes`, or nothing when it is cut off. Lengths may be padded (that is BER).
std::optional<Header> read_header(std::string_view bytes);

// Which rules a buffer follows.
enum class Rules : std::uint8_t {
  pdu,    // RFC 4511 5.1; a malformed element ends the session
  value,  // inside of an OCTET STRING: any BOOLEAN but 0 is true; a malformed element is this request's problem only
};

// Reads elements one after the other from a buffer, which must outlive it and the views it returns. Everything that
// does not find what it wants throws ProtocolError: for wrong tags and lengths as Rules says; for wrong values
// (BOOLEAN, integers) always with an answer.
class Reader {
 public:
  Reader(std::string_view bytes, Rules rules) : rest_(bytes), rules_(rules) {}

  bool at_end() const { return rest_.empty(); }
  // Returns how many bytes are left.
  std::size_t size() const { return rest_.size(); }
  Rules rules() const { return rules_; }
  // Returns the tag of the next element; nothing at the end.
  std::optional<Tag> next_tag() const;
  bool next_is(Tag wanted) const { return next_tag() == wanted; }

  // Returns the content of the next element, which must have this tag.
  std::string_view content(Tag wanted);
  std::string_view octets() { return content(tag::octet_string); }
  Reader sequence(Tag wanted = tag::sequence) { return {content(wanted), rules_}; }
  // Returns the content if the next element has this tag.
  std::optional<std::string_view> optional_content(Tag wanted);
  bool boolean(Tag wanted = tag::boolean);
  // Returns a number of at most 8 octets, without padding, from `least` to `most`.
  std::int64_t integer(std::int64_t least, std::int64_t most, Tag wanted = tag::integer);
  std::int32_t enumerated(std::int32_t most) { return static_cast<std::int32_t>(integer(0, most, tag::enumerated)); }

  // Returns how many elements are left.
  std::size_t count() const;
  // Steps over the rest of an extensible SEQUENCE (RFC 4511 section 4): trailing elements of unknown tags. One of
  // `known` is a component at the wrong place or in the wrong form, and malformed.
  void skip_unknown(std::initializer_list<Tag> known);
  // Throws unless everything was read.
  void expect_end() const;

  [[noreturn]] void malformed(const char* problem) const;

 private:
  Header header() const;

  std::string_view rest_;
  Rules rules_;
};

// Appends elements to a string, lengths in their shortest form.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void header(Tag tag, std::size_t length);
  void octets(std::string_view bytes, Tag tag = tag::octet_string);
  void boolean(bool value, Tag tag = tag::boolean);
  void integer(std::int64_t value, Tag tag = tag::integer);
  // Writes an element with what `body` writes as its content. Content over 127 bytes is moved once when the length is
  // known.
  template <typename Body>
  void sequence(Body body, Tag tag = tag::sequence) {
    const auto start = open(tag);
    body();
    close(start);
  }

 private:
  std::size_t open(Tag tag);
  void close(std::size_t start);

  std::string& out_;
};

// Returns how many bytes an element with a one-octet tag takes.
std::size_t element_size(std::size_t content);

}  // namespace replkit::wire
