#include "common/model/subtree_specification.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/schema.hpp"

namespace replkit::model {

namespace {

constexpr std::size_t max_bytes = 64U << 10;
constexpr unsigned max_depth = 100;

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {
    if (text.size() > max_bytes) throw ParseError("the subtree specification is longer than 64 KiB", max_bytes);
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw ParseError(message + " (at byte " + std::to_string(at_) + ")", at_);
  }

  bool accept(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void take(char c) {
    if (!accept(c)) fail(std::string("'") + c + "' is expected");
  }

  void take_end() {
    skip_spaces();
    if (at_ != text_.size()) fail("nothing may follow the closing brace");
  }

  // Returns letters, digits, '-' and '.': an identifier, OID or number.
  std::string_view word() {
    skip_spaces();
    const auto begin = at_;
    while (at_ < text_.size() && is_word_char(text_[at_])) ++at_;
    if (begin == at_) fail("a word is expected");
    return text_.substr(begin, at_ - begin);
  }

  // Returns an INTEGER (0..MAX), without leading zeros.
  std::uint64_t number() {
    const auto digits = word();
    const auto value = digits.size() > 1 && digits.front() == '0' ? std::nullopt : parse_uint(digits);
    if (!value) fail("'" + std::string(digits) + "' is no distance");
    return *value;
  }

  // Returns a LocalName: a DN in quotes, in which a quote is doubled (RFC 3641 3.2).
  Dn local_name() {
    take('"');
    const auto begin = at_;
    std::string name;
    while (true) {
      const auto quote = text_.find('"', at_);
      if (quote == text_.npos) fail("the quote is not closed");
      name += text_.substr(at_, quote - at_);
      at_ = quote + 1;
      if (at_ == text_.size() || text_[at_] != '"') break;
      name += text_[at_++];
    }
    try {
      return Dn::parse(name);
    } catch (const ParseError& error) {
      throw ParseError(std::string("in a name: ") + error.what(), begin + error.offset());
    }
  }

 private:
  static bool is_word_char(char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '.' || c == '_';
  }

  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// Calls `element` for each part of "{ a, b }".
template <typename Element>
void parse_braces(Scanner& scanner, Element element) {
  scanner.take('{');
  if (scanner.accept('}')) return;
  do {
    element();
  } while (scanner.accept(','));
  scanner.take('}');
}

void parse_exclusions(Scanner& scanner, SubtreeSpecification& out) {
  parse_braces(scanner, [&] {
    const auto kind = scanner.word();
    auto* list = kind == "chopBefore" ? &out.chop_before : kind == "chopAfter" ? &out.chop_after : nullptr;
    if (list == nullptr) scanner.fail("chopBefore or chopAfter is expected");
    scanner.take(':');
    list->push_back(scanner.local_name());
  });
}

Refinement parse_refinement(Scanner& scanner, unsigned depth) {
  if (depth > max_depth) scanner.fail("the refinement has more than 100 levels");
  Refinement out;
  const auto kind = scanner.word();
  scanner.take(':');
  if (kind == "item") {
    out.object_class = scanner.word();
    if (!is_schema_name(out.object_class)) scanner.fail("'" + out.object_class + "' is no object class");
  } else if (kind == "not") {
    out.kind = Refinement::Kind::not_;
    out.parts.push_back(parse_refinement(scanner, depth + 1));
  } else if (kind == "and" || kind == "or") {
    out.kind = kind == "and" ? Refinement::Kind::and_ : Refinement::Kind::or_;
    parse_braces(scanner, [&] { out.parts.push_back(parse_refinement(scanner, depth + 1)); });
  } else {
    scanner.fail("item, and, or, not is expected");
  }
  return out;
}

void put_name(const Dn& name, std::string& out) {
  out += '"';
  for (const char c : name.text()) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

void put_refinement(const Refinement& refinement, std::string& out) {
  using enum Refinement::Kind;
  switch (refinement.kind) {
    case item:
      out.append("item:").append(refinement.object_class);
      return;
    case not_:
      out += "not:";
      if (!refinement.parts.empty()) put_refinement(refinement.parts.front(), out);
      return;
    case and_:
    case or_:
      out += refinement.kind == and_ ? "and:{" : "or:{";
      for (std::size_t i = 0; i < refinement.parts.size(); ++i) {
        out += i == 0 ? " " : ", ";
        put_refinement(refinement.parts[i], out);
      }
      out += " }";
      return;
  }
}

void put_exclusions(const SubtreeSpecification& specification, std::string& out) {
  out += "specificExclusions {";
  const char* separator = " ";
  const auto put_all = [&](const char* kind, const std::vector<Dn>& names) {
    for (const auto& name : names) {
      out.append(separator).append(kind);
      put_name(name, out);
      separator = ", ";
    }
  };
  put_all("chopBefore:", specification.chop_before);
  put_all("chopAfter:", specification.chop_after);
  out += " }";
}

}  // namespace

SubtreeSpecification SubtreeSpecification::parse(std::string_view text) {
  // GSER keeps the components in the order of their type.
  constexpr std::string_view components[] = {"base", "specificExclusions", "minimum", "maximum", "specificationFilter"};
  Scanner scanner(text);
  SubtreeSpecification out;
  std::size_t next = 0;
  parse_braces(scanner, [&] {
    const auto name = scanner.word();
    const auto* const found = std::find(std::begin(components), std::end(components), name);
    const auto number = static_cast<std::size_t>(found - std::begin(components));
    if (number == std::size(components)) scanner.fail("'" + std::string(name) + "' is no component");
    if (number < next) scanner.fail("'" + std::string(name) + "' is given twice or too late");
    next = number + 1;
    switch (number) {
      case 0:
        out.base = scanner.local_name();
        break;
      case 1:
        parse_exclusions(scanner, out);
        break;
      case 2:
        out.minimum = scanner.number();
        break;
      case 3:
        out.maximum = scanner.number();
        break;
      default:
        out.filter = parse_refinement(scanner, 1);
    }
  });
  scanner.take_end();
  return out;
}

std::string SubtreeSpecification::text() const {
  std::vector<std::string> parts;
  if (!base.empty()) put_name(base, parts.emplace_back("base "));
  if (!chop_before.empty() || !chop_after.empty()) put_exclusions(*this, parts.emplace_back());
  if (minimum != 0) parts.push_back("minimum " + std::to_string(minimum));
  if (maximum) parts.push_back("maximum " + std::to_string(*maximum));
  if (filter) put_refinement(*filter, parts.emplace_back("specificationFilter "));
  std::string out = "{";
  for (std::size_t i = 0; i < parts.size(); ++i) out.append(i == 0 ? " " : ", ").append(parts[i]);
  return out + " }";
}

}  // namespace replkit::model
