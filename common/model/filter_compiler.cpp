#include "common/model/filter_compiler.hpp"

#include <algorithm>
#include <array>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/matching.hpp"
#include "common/model/schema_parser.hpp"
#include "common/model/substring_form.hpp"

namespace replkit::model {

namespace {

using Test = FilterNode::Test;

// The rules that compare with the first component of a description (RFC 4517 4.2.15, 4.2.21, 4.2.26).
std::optional<ValueKind> first_component_kind(std::string_view rule) {
  if (equals_ignore_case(rule, "objectIdentifierFirstComponentMatch") || rule == "2.5.13.30") return ValueKind::oid;
  if (equals_ignore_case(rule, "integerFirstComponentMatch") || rule == "2.5.13.29") return ValueKind::integer;
  return std::nullopt;
}

// What stands first in "( 2.5.4.3 NAME 'cn' ... )".
std::string_view first_component(std::string_view value) {
  value = trim(value);
  if (!value.starts_with('(')) return value;
  value = trim(value.substr(1));
  return value.substr(0, value.find_first_of(" )"));
}

// Returns the names of what is described, whatever it is, between blanks and in lower case.
std::string names_in(std::string_view description) {
  std::string out;
  for (const auto& name : parse_object_class(description, {}).names) out.append(" ").append(to_lower(name));
  return out + " ";
}

// Whether the asserted OID is a name, and not one of a type or a class. Of matching rules and the like only their
// descriptions tell.
bool is_foreign_name(const FilterForm& form, std::string_view value, const Schema& schema) {
  return form.first_component && form.kind == ValueKind::oid && is_schema_name(value) &&
         !is_ascii_digit(value.front()) && schema.object_class(value) == nullptr && schema.attribute(value) == nullptr;
}

// Whether these are options that a server knows: languages (RFC 3866), binary (RFC 4522), private ones. With another
// the description is that of no attribute (RFC 4512 2.5.2).
bool has_known_options(std::string_view description) {
  const auto parts = split(description, ';');
  return std::all_of(parts.begin() + 1, parts.end(), [](std::string_view option) {
    return equals_ignore_case(option, "binary") || equals_ignore_case(option.substr(0, 5), "lang-") ||
           equals_ignore_case(option.substr(0, 2), "x-");
  });
}

bool is_string(const AttributeType& type) {
  constexpr std::string_view syntaxes = "1.3.6.1.4.1.1466.115.121.1.";
  constexpr std::array<std::string_view, 6> strings{"11", "15", "26", "44", "50", "41"};
  if (type.kind == ValueKind::case_exact || type.kind == ValueKind::case_ignore) return true;
  const std::string_view syntax = type.syntax;
  return syntax.starts_with(syntaxes) &&
         std::find(strings.begin(), strings.end(), syntax.substr(syntaxes.size())) != strings.end();
}

// Takes "initial*any*final" apart (RFC 4517 3.3.30); nothing when it is malformed.
std::optional<std::vector<std::string>> parse_substring_assertion(std::string_view text) {
  std::vector<std::string> pieces(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '*') {
      pieces.emplace_back();
    } else if (text[i] != '\\') {
      pieces.back() += text[i];
    } else if (text.substr(i, 3) == "\\2A" || text.substr(i, 3) == "\\2a") {
      pieces.back() += '*';
      i += 2;
    } else if (text.substr(i, 3) == "\\5C" || text.substr(i, 3) == "\\5c") {
      pieces.back() += '\\';
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  if (pieces.size() < 2) return std::nullopt;
  if (std::any_of(pieces.begin() + 1, pieces.end() - 1, [](const std::string& piece) { return piece.empty(); })) {
    return std::nullopt;
  }
  return pieces;
}

// Which rule an item goes by.
struct Rule {
  Test test = Test::undefined;
  FilterForm form;
};

class Compiler {
 public:
  Compiler(const Schema& schema, RuleUse rules, CompiledFilter& out) : schema_(schema), rules_(rules), out_(out) {}

  FilterNode compile(const Filter& filter) {
    switch (filter.kind) {
      case Filter::Kind::and_:
        return compile_parts(filter, Test::and_);
      case Filter::Kind::or_:
        return compile_parts(filter, Test::or_);
      case Filter::Kind::not_:
        return filter.parts.empty() ? FilterNode{} : compile_parts(filter, Test::not_);
      default:
        return compile_item(filter);
    }
  }

 private:
  FilterNode compile_parts(const Filter& filter, Test test) {
    FilterNode node;
    node.test = test;
    node.parts.reserve(filter.parts.size());
    for (const auto& part : filter.parts) node.parts.push_back(compile(part));
    return node;
  }

  FilterNode compile_item(const Filter& filter) {
    const auto* type = schema_.attribute(filter.description);
    // Schemas that are not the server's own may not know what the entries hold.
    const bool usable = filter.description.empty() ? filter.kind == Filter::Kind::extensible && !filter.rule.empty()
                                                   : type != nullptr || rules_ == RuleUse::lenient;
    if (!usable || (rules_ == RuleUse::declared && !has_known_options(filter.description))) return {};
    FilterNode node;
    if (filter.kind == Filter::Kind::present) {
      node.test = Test::present;
      node.target = target(filter.description, std::nullopt);
      return node;
    }
    auto rule = rule_of(filter, type);
    if (is_foreign_name(rule.form, filter.value, schema_)) {
      rule.test = Test::substrings;
      rule.form.names = true;
    }
    if (!set_assertion(filter, rule, node)) return {};
    node.test = rule.test;
    node.target = target(filter.description, filter.description.empty() ? std::optional(rule.form.kind) : std::nullopt);
    node.values = values(node.target, rule.form);
    node.dn_attributes = filter.dn_attributes;
    out_.uses_dn |= node.dn_attributes;
    return node;
  }

  Rule rule_of(const Filter& filter, const AttributeType* type) const {
    using enum Filter::Kind;
    const auto own = type != nullptr ? type->kind : ValueKind::octets;
    const bool lenient = rules_ == RuleUse::lenient;
    switch (filter.kind) {
      case greater_or_equal:
      case less_or_equal: {
        const auto kind = lenient ? own : ordering_rule_kind(type->ordering);
        if (!kind) return {};
        return {filter.kind == greater_or_equal ? Test::at_least : Test::at_most, {.kind = *kind}};
      }
      case substrings: {
        const auto kind = lenient ? own : substrings_rule_kind(type->substring);
        if (!kind) return {};
        return {Test::substrings, {.kind = *kind, .substring = true}};
      }
      case extensible:
        if (!filter.rule.empty()) return named_rule(filter.rule, type);
        [[fallthrough]];
      default:
        return equality_rule(type, own);
    }
  }

  Rule equality_rule(const AttributeType* type, ValueKind own) const {
    if (type == nullptr) return {Test::equal, {.kind = own}};
    if (const auto kind = first_component_kind(type->equality)) {
      return {Test::equal, {.kind = *kind, .first_component = true}};
    }
    if (type->equality.empty() && rules_ == RuleUse::declared) return {};
    return {type->oid == "2.5.4.0" ? Test::class_is : Test::equal, {.kind = own}};
  }

  Rule named_rule(std::string_view name, const AttributeType* type) const {
    Rule rule;
    if (const auto equality = rule_kind(name)) {
      rule = {Test::equal, {.kind = *equality}};
    } else if (const auto first = first_component_kind(name)) {
      rule = {Test::equal, {.kind = *first, .first_component = true}};
      return type == nullptr || first_component_kind(type->equality) == first ? rule : Rule{};
    } else if (const auto ordering = ordering_rule_kind(name)) {
      rule = {Test::before, {.kind = *ordering}};
    } else if (const auto substrings = substrings_rule_kind(name)) {
      rule = {Test::substrings, {.kind = *substrings, .substring = true}};
    }
    const bool applies = rules_ == RuleUse::lenient || type == nullptr || rule_applies(rule.form.kind, *type);
    return applies ? rule : Rule{};
  }

  // Puts the asserted value into the node; returns false when the rule is none or the value not one of its syntax.
  bool set_assertion(const Filter& filter, const Rule& rule, FilterNode& node) const {
    if (rule.test == Test::undefined) return false;
    if (rule.form.names) {
      node.pieces = {"", ' ' + to_lower(filter.value) + ' ', ""};
      return true;
    }
    if (rule.test == Test::substrings) {
      const auto pieces = filter.kind == Filter::Kind::substrings ? std::optional(filter.substrings)
                                                                  : parse_substring_assertion(filter.value);
      auto forms = pieces ? substring_pieces(rule.form.kind, *pieces, schema_) : std::nullopt;
      if (!forms) return false;
      node.pieces = std::move(*forms);
      return true;
    }
    if (rules_ == RuleUse::declared && !is_assertable(rule.form.kind, filter.value, schema_)) return false;
    normalize_value(rule.form.kind, filter.value, schema_, node.wanted);
    return !is_malformed_form(rule.form.kind, node.wanted);
  }

  std::uint32_t target(const std::string& description, std::optional<ValueKind> rule) {
    const auto key = to_lower(description) + '\n' + (rule ? std::to_string(static_cast<int>(*rule)) : "");
    const auto [at, made] = target_index_.emplace(key, out_.targets.size());
    if (made) out_.targets.push_back({Description(description, schema_), rule});
    return static_cast<std::uint32_t>(at->second);
  }

  std::uint32_t values(std::uint32_t target, const FilterForm& form) {
    auto& known = target_values_[target];
    auto found = std::find_if(known.begin(), known.end(), [&](std::uint32_t i) { return out_.values[i].form == form; });
    if (found == known.end()) {
      out_.values.push_back({target, form, 0});
      found = known.insert(known.end(), static_cast<std::uint32_t>(out_.values.size() - 1));
    }
    ++out_.values[*found].users;
    return *found;
  }

  const Schema& schema_;
  RuleUse rules_;
  CompiledFilter& out_;
  std::unordered_map<std::string, std::size_t> target_index_;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> target_values_;
};

}  // namespace

CompiledFilter compile_filter(const Filter& filter, const Schema& schema, RuleUse rules) {
  CompiledFilter out;
  out.root = Compiler(schema, rules, out).compile(filter);
  return out;
}

bool put_filter_form(const FilterForm& form, std::string_view value, const Schema& schema, std::string& out) {
  if (form.names) {
    try {
      out = names_in(value);
      return true;
    } catch (const ParseError&) {
      return false;
    }
  }
  if (form.substring) return put_substring_form(form.kind, value, schema, out);
  normalize_value(form.kind, form.first_component ? first_component(value) : value, schema, out);
  return !is_malformed_form(form.kind, out);
}

bool rule_applies(ValueKind rule, const AttributeType& type) {
  if (rule == type.kind) return true;
  const bool for_strings = rule == ValueKind::case_exact || rule == ValueKind::case_ignore;
  return for_strings && is_string(type);
}

}  // namespace replkit::model
