// Whether an entry in memory matches a filter.
#include "common/model/filter.hpp"
#include "common/model/filter_matcher.hpp"

namespace replkit::model {

bool Filter::matches(const Entry& entry, const Schema& schema) const {
  std::vector<std::string_view> values;
  for (const auto& attribute : entry.attributes)
    values.insert(values.end(), attribute.values.begin(), attribute.values.end());
  std::vector<AttributeView> attributes;
  std::size_t at = 0;
  for (const auto& attribute : entry.attributes) {
    attributes.push_back({attribute.description, std::span(values).subspan(at, attribute.values.size())});
    at += attribute.values.size();
  }
  Descriptions descriptions(schema);
  std::vector<std::uint32_t> numbers;
  descriptions.number(attributes, numbers);
  FilterMatcher matcher(*this, descriptions, RuleUse::lenient);
  return matcher.match({attributes, numbers, entry.dn}) == Truth::yes;
}

}  // namespace replkit::model
