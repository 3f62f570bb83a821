// What a filter becomes when it is made ready (filter_matcher.hpp): for the matcher only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/model/filter_matcher.hpp"
#include "common/model/schema.hpp"

namespace replkit::model {

// The attributes a part of the filter is about: those of a description, or all that a rule can compare.
struct FilterTarget {
  Description wanted;
  std::optional<ValueKind> rule;  // with an empty description: the rule's kind
};

// How values are put to be compared.
struct FilterForm {
  ValueKind kind = ValueKind::octets;
  bool substring = false;        // as substrings filters want them
  bool first_component = false;  // only the OID or number that a description begins with (RFC 4517 4.2.15, .26)
  bool names = false;            // instead of that OID the names that the description gives: " one two "

  bool operator==(const FilterForm&) const = default;
};

// The values of a target in one form, which several items may ask for.
struct FilterValues {
  std::uint32_t target = 0;
  FilterForm form;
  std::uint32_t users = 0;
};

struct FilterNode {
  enum class Test : std::uint8_t {
    and_,
    or_,
    not_,
    undefined,
    present,
    equal,
    class_is,  // equal, or a subclass
    at_least,
    at_most,
    before,  // an ordering rule in an extensible filter (RFC 4517 4.2): the value stands before the asserted one
    substrings,
  };

  Test test = Test::undefined;
  std::vector<FilterNode> parts;    // and, or, not
  std::uint32_t target = 0;         // all others
  std::uint32_t values = 0;         // all of those but present
  std::string wanted;               // the asserted value's form
  std::vector<std::string> pieces;  // substrings
  bool dn_attributes = false;
  std::unordered_map<std::string, bool> classes;  // class_is: what is known of class names
};

struct CompiledFilter {
  FilterNode root;
  std::vector<FilterTarget> targets;
  std::vector<FilterValues> values;
  bool uses_dn = false;
};

CompiledFilter compile_filter(const Filter& filter, const Schema& schema, RuleUse rules);

// Puts the form of a value into `out`; returns false when it has none, and equals nothing.
bool put_filter_form(const FilterForm& form, std::string_view value, const Schema& schema, std::string& out);

// Whether a rule of this kind can compare values of the type (RFC 4512 4.1.3).
bool rule_applies(ValueKind rule, const AttributeType& type);

}  // namespace replkit::model
