#include "common/model/filter.hpp"

#include <algorithm>
#include <optional>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/schema.hpp"

namespace replkit::model {

namespace {

constexpr std::size_t max_bytes = 64U << 10;
constexpr std::size_t max_levels = 100;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Filter parse() {
    if (text_.size() > max_bytes) fail("the filter is longer than 64 KiB", max_bytes);
    skip_spaces();
    auto filter = peek() == '(' ? parse_in_parentheses(1) : parse_component(1);
    skip_spaces();
    if (at_ != text_.size()) fail("nothing may follow the filter");
    return filter;
  }

 private:
  [[noreturn]] static void fail(const std::string& message, std::size_t offset) {
    throw ParseError("malformed filter at byte " + std::to_string(offset) + ": " + message, offset);
  }
  [[noreturn]] void fail(const std::string& message) const { fail(message, at_); }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_spaces() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }

  Filter parse_in_parentheses(std::size_t level) {
    if (level > max_levels) fail("more than 100 levels");
    if (peek() != '(') fail("'(' expected");
    ++at_;
    skip_spaces();
    auto filter = parse_component(level);
    if (peek() != ')') fail("')' expected");
    ++at_;
    return filter;
  }

  Filter parse_component(std::size_t level) {
    switch (peek()) {
      case '&':
        return parse_set(Filter::Kind::and_, level);
      case '|':
        return parse_set(Filter::Kind::or_, level);
      case '!': {
        auto filter = parse_set(Filter::Kind::not_, level);
        if (filter.parts.size() != 1) fail("'!' takes one filter");
        return filter;
      }
      default:
        return parse_item();
    }
  }

  Filter parse_set(Filter::Kind kind, std::size_t level) {
    Filter filter;
    filter.kind = kind;
    ++at_;
    for (skip_spaces(); peek() == '('; skip_spaces()) filter.parts.push_back(parse_in_parentheses(level + 1));
    return filter;
  }

  Filter parse_item() {
    Filter filter;
    filter.description = parse_description();
    skip_spaces();
    const char c = peek();
    if (c == ':') {
      parse_extensible(filter);
      return filter;
    }
    if (filter.description.empty()) fail("an attribute or '(' expected");
    if (c == '~' || c == '>' || c == '<') {
      ++at_;
      filter.kind = c == '~'   ? Filter::Kind::approximate
                    : c == '>' ? Filter::Kind::greater_or_equal
                               : Filter::Kind::less_or_equal;
    }
    if (peek() != '=') fail("'=' expected");
    ++at_;
    if (c == '=') {
      parse_equality(filter);
    } else {
      filter.value = parse_value();
    }
    return filter;
  }

  // RFC 4512 2.5: a type and options.
  std::string parse_description() {
    const auto begin = at_;
    const auto allowed = [](char c) {
      return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '_' || c == '.' || c == ';';
    };
    while (allowed(peek())) ++at_;
    const auto description = text_.substr(begin, at_ - begin);
    const auto parts = split(description, ';');
    const bool options_ok =
        std::all_of(parts.begin() + 1, parts.end(), [](std::string_view option) { return !option.empty(); });
    if (!description.empty() && (!is_schema_name(parts.front()) || !options_ok)) fail("this is no attribute", begin);
    return std::string(description);
  }

  // One of "=*", "=value" and "=initial*any*final".
  void parse_equality(Filter& filter) {
    std::vector<std::string> pieces{parse_value()};
    while (peek() == '*') {
      ++at_;
      pieces.push_back(parse_value());
    }
    if (pieces.size() == 1) {
      filter.kind = Filter::Kind::equality;
      filter.value = std::move(pieces.front());
      return;
    }
    pieces.erase(std::remove(pieces.begin() + 1, pieces.end() - 1, std::string()), pieces.end() - 1);
    if (pieces.size() == 2 && pieces.front().empty() && pieces.back().empty()) {
      filter.kind = Filter::Kind::present;
      return;
    }
    filter.kind = Filter::Kind::substrings;
    filter.substrings = std::move(pieces);
  }

  // [":dn"] [":" rule] ":=" value, with an attribute before it or a rule in it.
  void parse_extensible(Filter& filter) {
    filter.kind = Filter::Kind::extensible;
    while (peek() == ':' && text_.substr(at_, 2) != ":=") {
      const auto begin = ++at_;
      while (peek() != ':' && at_ < text_.size()) ++at_;
      const auto word = text_.substr(begin, at_ - begin);
      if (equals_ignore_case(word, "dn") && !filter.dn_attributes && filter.rule.empty()) {
        filter.dn_attributes = true;
      } else if (filter.rule.empty() && is_schema_name(word)) {
        filter.rule = word;
      } else {
        fail("this is no matching rule", begin);
      }
    }
    if (text_.substr(at_, 2) != ":=") fail("':=' expected");
    if (filter.description.empty() && filter.rule.empty()) fail("an attribute or a matching rule expected");
    at_ += 2;
    filter.value = parse_value();
  }

  // Reads up to an unescaped '*' or ')' or the end.
  std::string parse_value() {
    std::string value;
    for (; at_ < text_.size() && text_[at_] != '*' && text_[at_] != ')'; ++at_) {
      const char c = text_[at_];
      if (c == '(' || c == '\0') fail("this character must be escaped");
      if (c != '\\') {
        value += c;
        continue;
      }
      const auto high = at_ + 1 < text_.size() ? hex_digit(text_[at_ + 1]) : std::nullopt;
      const auto low = at_ + 2 < text_.size() ? hex_digit(text_[at_ + 2]) : std::nullopt;
      if (!high || !low) fail("two hexadecimal digits must follow '\\'");
      value += static_cast<char>(*high << 4 | *low);
      at_ += 2;
    }
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void append_item(const Filter& filter, std::string& out) {
  using enum Filter::Kind;
  out += filter.description;
  switch (filter.kind) {
    case present:
      out += "=*";
      return;
    case substrings:
      for (std::size_t i = 0; i < filter.substrings.size(); ++i) {
        out += i == 0 ? '=' : '*';
        out += escape_filter_value(filter.substrings[i]);
      }
      return;
    case greater_or_equal:
      out += '>';
      break;
    case less_or_equal:
      out += '<';
      break;
    case approximate:
      out += '~';
      break;
    case extensible:
      if (filter.dn_attributes) out += ":dn";
      if (!filter.rule.empty()) out += ":" + filter.rule;
      out += ':';
      break;
    default:
      break;
  }
  out += '=';
  out += escape_filter_value(filter.value);
}

void append_filter(const Filter& filter, std::string& out) {
  using enum Filter::Kind;
  out += '(';
  if (filter.kind == and_ || filter.kind == or_ || filter.kind == not_) {
    out += filter.kind == and_ ? '&' : filter.kind == or_ ? '|' : '!';
    for (const auto& part : filter.parts) append_filter(part, out);
  } else {
    append_item(filter, out);
  }
  out += ')';
}

}  // namespace

Filter Filter::parse(std::string_view text) {
  return Parser(text).parse();
}

std::string Filter::text() const {
  std::string out;
  append_filter(*this, out);
  return out;
}

std::string escape_filter_value(std::string_view value) {
  const bool text = is_utf8(value);
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || c == '(' || c == ')' || c == '*' || c == '\\' || (!text && byte >= 0x80)) {
      out += '\\';
      out += to_hex(std::string_view(&c, 1));
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace replkit::model
