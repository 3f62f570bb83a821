// Whether an entry matches a filter (RFC 4511 4.5.1.7).
#include <algorithm>
#include <optional>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/model/dn.hpp"
#include "common/model/filter.hpp"
#include "common/model/matching.hpp"
#include "common/model/schema.hpp"
#include "common/model/stringprep.hpp"

namespace replkit::model {

namespace {

enum class Truth : std::uint8_t { no, undefined, yes };  // in this order "and" is the least and "or" the greatest

Truth truth(bool value) {
  return value ? Truth::yes : Truth::no;
}

Truth negate(Truth value) {
  return value == Truth::undefined ? value : truth(value == Truth::no);
}

// Whether every option of `wanted` ("cn;lang-de") is one of `given`.
bool has_options(std::string_view wanted, std::string_view given) {
  const auto wanted_options = split(wanted, ';');
  const auto given_options = split(given, ';');
  return std::all_of(wanted_options.begin() + 1, wanted_options.end(), [&](std::string_view option) {
    return std::any_of(given_options.begin() + 1, given_options.end(),
                       [&](std::string_view other) { return equals_ignore_case(option, other); });
  });
}

// Whether a value of the description `given` counts as one of `wanted`: the same type or a subtype, with at least its
// options.
bool describes(std::string_view wanted, std::string_view given, const Schema& schema) {
  if (equals_ignore_case(wanted, given)) return true;
  if (!has_options(wanted, given)) return false;
  if (equals_ignore_case(base_type(wanted), base_type(given))) return true;
  const auto* target = schema.attribute(wanted);
  if (target == nullptr) return false;
  constexpr int max_superiors = 100;
  const auto* type = schema.attribute(given);
  for (int i = 0; type != nullptr && i < max_superiors; ++i) {
    if (type == target) return true;
    type = type->superior.empty() ? nullptr : schema.attribute(type->superior);
  }
  return false;
}

// Compares normal forms by size: integers and times as such, anything else as bytes.
int compare(ValueKind kind, const std::string& a, const std::string& b) {
  if (kind == ValueKind::generalized_time) {
    const auto x = parse_generalized_time(a);
    const auto y = parse_generalized_time(b);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (kind == ValueKind::integer) {
    const bool negative = a.starts_with('-');
    if (negative != b.starts_with('-')) return negative ? -1 : 1;
    const int by_size = a.size() != b.size() ? (a.size() < b.size() ? -1 : 1) : a.compare(b);
    return negative ? -by_size : by_size;
  }
  return a.compare(b);
}

// --- Substrings ---

// Prepares a value or a piece of one for substring matching (RFC 4518 2.6.1: spaces at the ends by its place, two
// within); nothing when the rule has no substrings or the text cannot be prepared.
std::optional<std::string> substring_form(ValueKind kind, std::string_view text, EdgeSpace front, EdgeSpace back,
                                          const Schema& schema) {
  std::string out;
  switch (kind) {
    case ValueKind::octets:
      return std::string(text);
    case ValueKind::numeric:
    case ValueKind::telephone:
      normalize_value(kind, text, schema, out);
      return is_malformed_form(kind, out) ? std::nullopt : std::optional(out);
    case ValueKind::case_exact:
    case ValueKind::case_ignore: {
      std::u32string prepared;
      const auto fold = kind == ValueKind::case_ignore ? CaseFold::fold : CaseFold::keep;
      if (!prepare_string(text, fold, prepared)) return std::nullopt;
      squeeze_spaces(prepared, front, back, 2, out);
      return out;
    }
    default:
      return std::nullopt;
  }
}

std::optional<std::vector<std::string>> substring_forms(ValueKind kind, const std::vector<std::string>& pieces,
                                                        const Schema& schema) {
  std::vector<std::string> forms;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto front = i == 0 ? EdgeSpace::one : EdgeSpace::one_if_any;
    const auto back = i + 1 == pieces.size() ? EdgeSpace::one : EdgeSpace::one_if_any;
    auto form = pieces[i].empty() ? std::string() : substring_form(kind, pieces[i], front, back, schema);
    if (!form) return std::nullopt;
    forms.push_back(std::move(*form));
  }
  return forms;
}

bool contains_in_order(std::string_view value, const std::vector<std::string>& pieces) {
  if (pieces.empty() || !value.starts_with(pieces.front())) return false;
  value.remove_prefix(pieces.front().size());
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const auto found = value.find(pieces[i]);
    if (found == value.npos) return false;
    value.remove_prefix(found + pieces[i].size());
  }
  return pieces.size() == 1 || value.ends_with(pieces.back());
}

// --- Items ---

class Matcher {
 public:
  Matcher(const Entry& entry, const Schema& schema) : entry_(entry), schema_(schema) {}

  Truth match(const Filter& filter) const {
    using enum Filter::Kind;
    auto result = filter.kind == or_ ? Truth::no : Truth::yes;
    switch (filter.kind) {
      case and_:
        for (const auto& part : filter.parts) result = std::min(result, match(part));
        return result;
      case or_:
        for (const auto& part : filter.parts) result = std::max(result, match(part));
        return result;
      case not_:
        return filter.parts.empty() ? Truth::undefined : negate(match(filter.parts.front()));
      case present:
        return match_present(filter);
      case substrings:
        return match_substrings(filter);
      case extensible:
        return match_extensible(filter);
      default:
        return match_value(filter);
    }
  }

 private:
  // Calls `test` with the values of the attribute until it says yes. A type that neither the schema nor the entry knows
  // is undefined, as RFC 4511 wants it.
  template <typename Test>
  Truth any_value(const std::string& description, Test test) const {
    bool known = schema_.attribute(description) != nullptr;
    for (const auto& attribute : entry_.attributes) {
      if (!describes(description, attribute.description, schema_)) continue;
      known = true;
      if (std::any_of(attribute.values.begin(), attribute.values.end(), test)) return Truth::yes;
    }
    return known ? Truth::no : Truth::undefined;
  }

  Truth match_present(const Filter& filter) const {
    return any_value(filter.description, [](const std::string&) { return true; });
  }

  Truth match_value(const Filter& filter) const {
    const auto kind = schema_.value_kind(filter.description);
    std::string wanted;
    normalize_value(kind, filter.value, schema_, wanted);
    if (is_malformed_form(kind, wanted)) return Truth::undefined;
    std::string form;
    return any_value(filter.description, [&](const std::string& value) {
      normalize_value(kind, value, schema_, form);
      if (is_malformed_form(kind, form)) return false;
      if (filter.kind == Filter::Kind::greater_or_equal) return compare(kind, form, wanted) >= 0;
      if (filter.kind == Filter::Kind::less_or_equal) return compare(kind, form, wanted) <= 0;
      return form == wanted;
    });
  }

  Truth match_substrings(const Filter& filter) const {
    const auto kind = schema_.value_kind(filter.description);
    const auto wanted = substring_forms(kind, filter.substrings, schema_);
    if (!wanted) return Truth::undefined;
    return any_value(filter.description, [&](const std::string& value) {
      const auto form = substring_form(kind, value, EdgeSpace::one, EdgeSpace::one, schema_);
      return form && contains_in_order(*form, *wanted);
    });
  }

  Truth match_extensible(const Filter& filter) const {
    const auto kind =
        filter.rule.empty() ? std::optional(schema_.value_kind(filter.description)) : rule_kind(filter.rule);
    if (!kind) return Truth::undefined;
    std::string wanted;
    normalize_value(*kind, filter.value, schema_, wanted);
    if (is_malformed_form(*kind, wanted)) return Truth::undefined;
    std::string form;
    const auto equals = [&](const std::string& value) {
      normalize_value(*kind, value, schema_, form);
      return form == wanted;
    };
    auto result = filter.description.empty() ? match_all_of_kind(*kind, equals) : any_value(filter.description, equals);
    if (filter.dn_attributes && result != Truth::yes) result = match_dn(filter, *kind, equals, result);
    return result;
  }

  // A rule without an attribute goes for every attribute that it can compare.
  template <typename Test>
  Truth match_all_of_kind(ValueKind kind, Test test) const {
    for (const auto& attribute : entry_.attributes) {
      if (schema_.value_kind(attribute.description) != kind) continue;
      if (std::any_of(attribute.values.begin(), attribute.values.end(), test)) return Truth::yes;
    }
    return Truth::no;
  }

  // The same over the attributes of the DN, which count as the entry's own; `otherwise` when none of them matches.
  template <typename Test>
  Truth match_dn(const Filter& filter, ValueKind kind, Test test, Truth otherwise) const {
    try {
      const auto dn = Dn::parse(entry_.dn);
      for (const auto& rdn : dn.rdns()) {
        for (const auto& ava : rdn) {
          const bool meant = filter.description.empty() ? schema_.value_kind(ava.type) == kind
                                                        : describes(filter.description, ava.type, schema_);
          if (meant && !ava.is_ber && test(ava.value)) return Truth::yes;
        }
      }
    } catch (const ParseError&) {
      // A DN that cannot be read has no attributes.
    }
    return otherwise;
  }

  const Entry& entry_;
  const Schema& schema_;
};

}  // namespace

bool Filter::matches(const Entry& entry, const Schema& schema) const {
  return Matcher(entry, schema).match(*this) == Truth::yes;
}

}  // namespace replkit::model
