// Reading the string form of a DN (RFC 4514 section 3, RFC 2253's quoted values and ';').
#include <optional>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/schema.hpp"

namespace replkit::model {

namespace {

constexpr std::size_t max_bytes = 64U << 10;
constexpr std::size_t max_rdns = 512;

// Takes the content out of the BER of a primitive string type; nothing when it is anything else.
std::optional<std::string> decode_ber_string(std::string_view ber) {
  constexpr std::string_view tags = "\x04\x0C\x12\x13\x16\x1A";  // OCTET, UTF8, Numeric, Printable, IA5, VisibleString
  if (ber.size() < 2 || tags.find(ber[0]) == tags.npos) return std::nullopt;
  std::size_t length = static_cast<unsigned char>(ber[1]);
  std::size_t begin = 2;
  if (length >= 0x80) {
    const std::size_t bytes = length & 0x7F;
    if (bytes == 0 || bytes > 4 || ber.size() < 2 + bytes) return std::nullopt;
    length = 0;
    for (; begin < 2 + bytes; ++begin) length = length << 8 | static_cast<unsigned char>(ber[begin]);
  }
  if (length != ber.size() - begin) return std::nullopt;
  return std::string(ber.substr(begin));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<Rdn> parse() {
    if (text_.size() > max_bytes) fail_at("the DN is longer than 64 KiB", max_bytes);
    std::vector<Rdn> rdns;
    if (at_end()) return rdns;
    skip_spaces();
    for (;;) {
      if (rdns.size() == max_rdns) fail("the DN has more than 512 RDNs");
      rdns.push_back(parse_rdn());
      if (at_end()) return rdns;
      ++at_;  // ',' or ';'
    }
  }

 private:
  [[noreturn]] static void fail_at(const std::string& message, std::size_t offset) {
    throw ParseError(message, offset);
  }
  [[noreturn]] void fail(const std::string& message) const {
    throw ParseError("malformed DN at byte " + std::to_string(at_) + ": " + message, at_);
  }

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return text_[at_]; }
  bool at_separator() const { return at_end() || peek() == ',' || peek() == ';' || peek() == '+'; }
  void skip_spaces() {
    while (!at_end() && peek() == ' ') ++at_;
  }

  Rdn parse_rdn() {
    Rdn rdn;
    for (;;) {
      rdn.push_back(parse_ava());
      if (at_end() || peek() != '+') return rdn;
      ++at_;
    }
  }

  Ava parse_ava() {
    Ava ava;
    skip_spaces();
    ava.type = parse_type();
    skip_spaces();
    if (at_end() || peek() != '=') fail("'=' expected after the attribute type");
    ++at_;
    skip_spaces();
    if (!at_end() && peek() == '#') {
      parse_hex(ava);
    } else if (!at_end() && peek() == '"') {
      parse_quoted(ava.value);
    } else {
      parse_plain(ava.value);
    }
    skip_spaces();
    if (!at_separator()) fail("',' or '+' expected after the value");
    return ava;
  }

  std::string parse_type() {
    if (equals_ignore_case(text_.substr(at_, 4), "OID.")) at_ += 4;
    const auto allowed = [](char c) {
      return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '_' || c == '.';
    };
    auto end = at_;
    while (end < text_.size() && allowed(text_[end])) ++end;
    const auto type = text_.substr(at_, end - at_);
    if (!is_schema_name(type)) fail("an attribute type is expected");
    at_ = end;
    return std::string(type);
  }

  void parse_hex(Ava& ava) {
    ++at_;
    std::string ber;
    while (const auto byte = hex_pair()) ber += *byte;
    if (ber.empty()) fail("two hexadecimal digits are expected after '#'");
    auto decoded = decode_ber_string(ber);
    ava.is_ber = !decoded;
    ava.value = decoded ? std::move(*decoded) : std::move(ber);
  }

  void parse_quoted(std::string& value) {
    const auto opened = at_++;
    for (; !at_end() && peek() != '"'; ++at_) value += peek() == '\\' ? parse_escape() : peek();
    if (at_end()) fail_at("malformed DN at byte " + std::to_string(opened) + ": the quote is not closed", opened);
    ++at_;
  }

  void parse_plain(std::string& value) {
    std::size_t kept = 0;  // without the unescaped spaces at the end
    for (; !at_separator(); ++at_) {
      const char c = peek();
      if (c == '"' || c == '<' || c == '>' || c == '\0') fail("this character must be escaped");
      value += c == '\\' ? parse_escape() : c;
      if (c != ' ') kept = value.size();
    }
    value.resize(kept);
  }

  // Reads what follows a backslash; stands on its last character afterwards.
  char parse_escape() {
    ++at_;
    if (const auto byte = hex_pair()) {
      --at_;
      return *byte;
    }
    constexpr std::string_view special = "\\\"+,;<>#= ";
    if (at_end() || special.find(peek()) == special.npos)
      fail("two hexadecimal digits or a special character must follow '\\'");
    return peek();
  }

  std::optional<char> hex_pair() {
    if (text_.size() - at_ < 2) return std::nullopt;
    const auto high = hex_digit(text_[at_]);
    const auto low = hex_digit(text_[at_ + 1]);
    if (!high || !low) return std::nullopt;
    at_ += 2;
    return static_cast<char>(*high << 4 | *low);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Dn Dn::parse(std::string_view text) {
  Dn dn;
  dn.rdns_ = Parser(text).parse();
  return dn;
}

}  // namespace replkit::model
