#include "common/model/schema_parser.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"

namespace replkit::model {

namespace {

constexpr std::size_t max_bytes = 64U << 10;

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {
    if (text.size() > max_bytes) throw ParseError("the description is longer than 64 KiB", max_bytes);
    take('(');
  }

  // Returns the next keyword in upper case; empty at the closing parenthesis, which must end the text.
  std::string keyword() {
    if (!accept(')')) return upper(word());
    skip_spaces();
    if (at_ != text_.size()) fail("nothing may follow the closing parenthesis");
    return {};
  }

  // Returns a word or a quoted string.
  std::string_view value() {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != '\'') return word();
    const auto begin = ++at_;
    const auto end = text_.find('\'', begin);
    if (end == text_.npos) fail("the quote is not closed");
    at_ = end + 1;
    return text_.substr(begin, end - begin);
  }

  // Returns one value, or those of a list in parentheses, separated by '$' or spaces.
  std::vector<std::string> values() {
    std::vector<std::string> all;
    if (!accept('(')) {
      all.emplace_back(value());
      return all;
    }
    while (!accept(')')) {
      if (!accept('$')) all.emplace_back(value());
    }
    return all;
  }

  // Skips the value of a keyword not known here, if it has one.
  void skip_value() {
    skip_spaces();
    if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '(')) values();
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw ParseError(message + " (at byte " + std::to_string(at_) + ")", at_);
  }

  void skip_spaces() {
    while (at_ < text_.size() && is_ascii_space(text_[at_])) ++at_;
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

  std::string_view word() {
    skip_spaces();
    const auto end = std::min(text_.find_first_of(" \t\r\n\v\f()$'", at_), text_.size());
    if (end == at_) fail("a word is expected");
    const auto found = text_.substr(at_, end - at_);
    at_ = end;
    return found;
  }

  static std::string upper(std::string_view text) {
    std::string out(text);
    for (auto& c : out) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
    }
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string parse_oid(Scanner& scanner) {
  std::string oid(scanner.value());
  if (!is_schema_name(oid)) throw ParseError("'" + printable(oid) + "' is no OID", 0);
  return oid;
}

}  // namespace

AttributeType parse_attribute_type(std::string_view description) {
  Scanner scanner(description);
  AttributeType type;
  type.oid = parse_oid(scanner);
  for (auto word = scanner.keyword(); !word.empty(); word = scanner.keyword()) {
    if (word == "NAME") {
      type.names = scanner.values();
    } else if (word == "SUP") {
      type.superior = scanner.value();
    } else if (word == "EQUALITY") {
      type.equality = scanner.value();
    } else if (word == "ORDERING" || word == "SUBSTR") {
      scanner.value();
    } else if (word == "SYNTAX") {
      const auto syntax = scanner.value();
      type.syntax = syntax.substr(0, syntax.find('{'));
    } else if (word == "USAGE") {
      type.operational = !equals_ignore_case(scanner.value(), "userApplications");
    } else if (word == "SINGLE-VALUE") {
      type.single_value = true;
    } else if (word == "NO-USER-MODIFICATION") {
      type.no_user_modification = true;
    } else {
      scanner.skip_value();  // DESC, OBSOLETE, COLLECTIVE, X-...
    }
  }
  return type;
}

ObjectClass parse_object_class(std::string_view description) {
  Scanner scanner(description);
  ObjectClass object_class;
  object_class.oid = parse_oid(scanner);
  for (auto word = scanner.keyword(); !word.empty(); word = scanner.keyword()) {
    if (word == "NAME") {
      object_class.names = scanner.values();
    } else if (word == "SUP") {
      object_class.superiors = scanner.values();
    } else if (word == "MUST") {
      object_class.must = scanner.values();
    } else if (word == "MAY") {
      object_class.may = scanner.values();
    } else if (word == "ABSTRACT") {
      object_class.kind = ClassKind::abstract_class;
    } else if (word == "AUXILIARY") {
      object_class.kind = ClassKind::auxiliary;
    } else if (word != "STRUCTURAL") {
      scanner.skip_value();
    }
  }
  return object_class;
}

}  // namespace replkit::model
