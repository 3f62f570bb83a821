// Values that describe schema elements or subtrees.
#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/schema_parser.hpp"
#include "common/model/subtree_specification.hpp"
#include "tests/refserver/schema/syntax_checks.hpp"

namespace replkit::refserver::schema {

namespace {

template <typename Parse>
bool parses(Parse parse) {
  try {
    parse();
    return true;
  } catch (const ParseError&) {
    return false;
  }
}

}  // namespace

bool is_attribute_type_description(std::string_view value) {
  return parses([&] { model::parse_attribute_type(value); });
}

bool is_object_class_description(std::string_view value) {
  return parses([&] { model::parse_object_class(value); });
}

// All begin alike: an OID, then keywords with values.
bool is_other_description(std::string_view value) {
  return is_object_class_description(value);
}

bool is_structure_rule_description(std::string_view value) {
  auto text = trim(value);
  if (!text.starts_with('(')) return false;
  text = trim(text.substr(1));
  const auto end = std::find_if_not(text.begin(), text.end(), is_ascii_digit);
  const auto digits = static_cast<std::size_t>(end - text.begin());
  // The number in the place of an OID.
  return digits > 0 && is_other_description("( 1.1" + std::string(text.substr(digits)));
}

bool is_subtree_specification(std::string_view value) {
  return parses([&] { model::SubtreeSpecification::parse(value); });
}

}  // namespace replkit::refserver::schema
