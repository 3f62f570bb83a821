#include "common/model/schema_parser.hpp"

#include <algorithm>
#include <set>

#include "common/base/error.hpp"
#include "common/base/text.hpp"

namespace replkit::model {

namespace {

constexpr std::size_t max_bytes = 64U << 10;

class Scanner {
 public:
  Scanner(std::string_view text, const DescriptionReading& reading) : text_(text), reading_(reading) {
    if (text.size() > max_bytes) throw ParseError("the description is longer than 64 KiB", max_bytes);
    take('(');
  }

  // Returns the next keyword in upper case; empty at the closing parenthesis, which must end the text.
  std::string keyword() {
    if (!accept(')')) {
      skip_spaces();
      keyword_at_ = at_;
      auto found = upper(word());
      if (reading_.strict && !seen_.insert(found).second) fail_keyword(found + " is given twice");
      return found;
    }
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

  // Returns the text of DESC, which some servers leave out.
  std::string_view text() {
    skip_spaces();
    return reading_.strict || (at_ < text_.size() && text_[at_] == '\'') ? value() : std::string_view();
  }

  // Returns an OID, a macro expanded.
  std::string oid() {
    skip_spaces();
    const auto begin = at_;
    std::string found(value());
    if (reading_.expand) found = reading_.expand(found);
    if (!is_schema_name(found) || (reading_.strict && !is_ascii_digit(found.front()))) {
      throw ParseError("'" + printable(found) + "' is no OID", begin);
    }
    return found;
  }

  // Returns the name or OID of a matching rule, a macro expanded.
  std::string rule() {
    std::string found(value());
    return reading_.expand ? reading_.expand(found) : found;
  }

  // As values(), for the NAME keyword.
  std::vector<std::string> names() {
    auto all = values();
    if (!reading_.strict) return all;
    for (const auto& name : all) {
      if (!is_schema_name(name) || is_ascii_digit(name.front())) fail("'" + printable(name) + "' is no name");
    }
    return all;
  }

  // Returns the syntax and puts its bound, if it has one.
  std::string syntax(std::uint64_t& bound) {
    skip_spaces();
    const auto begin = at_;
    const auto text = value();
    const auto brace = std::min(text.find('{'), text.size());
    std::string found(text.substr(0, brace));
    if (reading_.expand) found = reading_.expand(found);
    bool ok = is_schema_name(found) && is_ascii_digit(found.front());
    if (brace != text.size()) {
      const auto number =
          text.ends_with('}') ? parse_uint(text.substr(brace + 1, text.size() - brace - 2)) : std::nullopt;
      bound = number.value_or(0);
      ok = ok && number;
    }
    if (reading_.strict && !ok) throw ParseError("'" + printable(text) + "' is no syntax", begin);
    return found;
  }

  AttributeUsage usage() {
    using enum AttributeUsage;
    const auto text = value();
    if (equals_ignore_case(text, "userApplications")) return user_applications;
    if (equals_ignore_case(text, "directoryOperation")) return directory_operation;
    if (equals_ignore_case(text, "distributedOperation")) return distributed_operation;
    if (equals_ignore_case(text, "dSAOperation") || !reading_.strict) return dsa_operation;
    fail("'" + printable(text) + "' is no USAGE");
  }

  // Skips the value of a keyword not known here, if it has one.
  void skip_unknown(const std::string& keyword) {
    if (reading_.strict && !keyword.starts_with("X-")) fail_keyword("'" + printable(keyword) + "' is no keyword");
    skip_spaces();
    if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '(')) values();
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw ParseError(message + " (at byte " + std::to_string(at_) + ")", at_);
  }

  [[noreturn]] void fail_keyword(const std::string& message) const { throw ParseError(message, keyword_at_); }

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
  const DescriptionReading& reading_;
  std::size_t at_ = 0;
  std::size_t keyword_at_ = 0;
  std::set<std::string> seen_;  // keywords, when that matters
};

// Appends " KEYWORD value"; a list in parentheses when there are several.
void put_list(std::string& out, std::string_view keyword, const std::vector<std::string>& values,
              std::string_view quote, std::string_view separator) {
  if (values.empty()) return;
  out.append(" ").append(keyword).append(values.size() > 1 ? " ( " : " ");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += separator;
    out.append(quote).append(values[i]).append(quote);
  }
  if (values.size() > 1) out += " )";
}

void put_word(std::string& out, std::string_view keyword, std::string_view value) {
  if (!value.empty()) out.append(" ").append(keyword).append(" ").append(value);
}

void put_flag(std::string& out, std::string_view keyword, bool value) {
  if (value) out.append(" ").append(keyword);
}

// Appends the keywords that both kinds of description begin with.
void put_head(std::string& out, const std::string& oid, const std::vector<std::string>& names,
              const std::string& description, bool obsolete) {
  out.append("( ").append(oid);
  put_list(out, "NAME", names, "'", " ");
  if (!description.empty()) out.append(" DESC '").append(description).append("'");
  put_flag(out, "OBSOLETE", obsolete);
}

constexpr std::string_view usage_name(AttributeUsage usage) {
  switch (usage) {
    case AttributeUsage::user_applications:
      return {};
    case AttributeUsage::directory_operation:
      return "directoryOperation";
    case AttributeUsage::distributed_operation:
      return "distributedOperation";
    case AttributeUsage::dsa_operation:
      return "dSAOperation";
  }
  return {};
}

// Takes what every description may say. Returns whether it was that.
template <typename Item>
bool is_common(Scanner& scanner, std::string_view word, Item& item) {
  if (word == "NAME") {
    item.names = scanner.names();
  } else if (word == "DESC") {
    item.description = scanner.text();
  } else if (word == "OBSOLETE") {
    item.obsolete = true;
  } else {
    return false;
  }
  return true;
}

}  // namespace

AttributeType parse_attribute_type(std::string_view description, const DescriptionReading& reading) {
  Scanner scanner(description, reading);
  AttributeType type;
  type.oid = scanner.oid();
  for (auto word = scanner.keyword(); !word.empty(); word = scanner.keyword()) {
    if (is_common(scanner, word, type)) continue;
    if (word == "SUP") {
      type.superior = scanner.value();
    } else if (word == "EQUALITY") {
      type.equality = scanner.rule();
    } else if (word == "ORDERING") {
      type.ordering = scanner.rule();
    } else if (word == "SUBSTR") {
      type.substring = scanner.rule();
    } else if (word == "SYNTAX") {
      type.syntax = scanner.syntax(type.bound);
    } else if (word == "USAGE") {
      type.usage = scanner.usage();
      type.operational = type.usage != AttributeUsage::user_applications;
    } else if (word == "SINGLE-VALUE") {
      type.single_value = true;
    } else if (word == "COLLECTIVE") {
      type.collective = true;
    } else if (word == "NO-USER-MODIFICATION") {
      type.no_user_modification = true;
    } else {
      scanner.skip_unknown(word);
    }
  }
  return type;
}

ObjectClass parse_object_class(std::string_view description, const DescriptionReading& reading) {
  Scanner scanner(description, reading);
  ObjectClass object_class;
  object_class.oid = scanner.oid();
  for (auto word = scanner.keyword(); !word.empty(); word = scanner.keyword()) {
    if (is_common(scanner, word, object_class)) continue;
    if (word == "SUP") {
      object_class.superiors = scanner.values();
    } else if (word == "MUST") {
      object_class.must = scanner.values();
    } else if (word == "MAY") {
      object_class.may = scanner.values();
    } else if (word == "ABSTRACT") {
      object_class.kind = ClassKind::abstract_class;
    } else if (word == "AUXILIARY") {
      object_class.kind = ClassKind::auxiliary;
    } else if (word == "STRUCTURAL") {
      object_class.kind = ClassKind::structural;
    } else {
      scanner.skip_unknown(word);
    }
  }
  return object_class;
}

ContentRule parse_content_rule(std::string_view description, const DescriptionReading& reading) {
  Scanner scanner(description, reading);
  ContentRule rule;
  rule.oid = scanner.oid();
  for (auto word = scanner.keyword(); !word.empty(); word = scanner.keyword()) {
    if (is_common(scanner, word, rule)) continue;
    if (word == "AUX") {
      rule.auxiliary = scanner.values();
    } else if (word == "MUST") {
      rule.must = scanner.values();
    } else if (word == "MAY") {
      rule.may = scanner.values();
    } else if (word == "NOT") {
      rule.precluded = scanner.values();
    } else {
      scanner.skip_unknown(word);
    }
  }
  return rule;
}

std::string format_attribute_type(const AttributeType& type) {
  std::string out;
  put_head(out, type.oid, type.names, type.description, type.obsolete);
  put_word(out, "SUP", type.superior);
  put_word(out, "EQUALITY", type.equality);
  put_word(out, "ORDERING", type.ordering);
  put_word(out, "SUBSTR", type.substring);
  put_word(out, "SYNTAX", type.syntax);
  if (type.bound != 0) out.append("{").append(std::to_string(type.bound)).append("}");
  put_flag(out, "SINGLE-VALUE", type.single_value);
  put_flag(out, "COLLECTIVE", type.collective);
  put_flag(out, "NO-USER-MODIFICATION", type.no_user_modification);
  put_word(out, "USAGE", usage_name(type.usage));
  return out + " )";
}

std::string format_object_class(const ObjectClass& object_class) {
  std::string out;
  put_head(out, object_class.oid, object_class.names, object_class.description, object_class.obsolete);
  put_list(out, "SUP", object_class.superiors, "", " $ ");
  const bool is_abstract = object_class.kind == ClassKind::abstract_class;
  out += is_abstract ? " ABSTRACT" : object_class.kind == ClassKind::auxiliary ? " AUXILIARY" : " STRUCTURAL";
  put_list(out, "MUST", object_class.must, "", " $ ");
  put_list(out, "MAY", object_class.may, "", " $ ");
  return out + " )";
}

std::string format_content_rule(const ContentRule& rule) {
  std::string out;
  put_head(out, rule.oid, rule.names, rule.description, rule.obsolete);
  put_list(out, "AUX", rule.auxiliary, "", " $ ");
  put_list(out, "MUST", rule.must, "", " $ ");
  put_list(out, "MAY", rule.may, "", " $ ");
  put_list(out, "NOT", rule.precluded, "", " $ ");
  return out + " )";
}

}  // namespace replkit::model
