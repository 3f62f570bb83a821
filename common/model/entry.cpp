#include "common/model/entry.hpp"

#include <algorithm>

#include "common/base/text.hpp"

namespace replkit::model {

const Attribute* Entry::find(std::string_view description) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(), [&](const Attribute& attribute) {
    return equals_ignore_case(attribute.description, description);
  });
  return found == attributes.end() ? nullptr : &*found;
}

std::string_view Entry::first(std::string_view description) const {
  const auto* attribute = find(description);
  return attribute == nullptr || attribute->values.empty() ? std::string_view() : attribute->values.front();
}

void Entry::add(std::string_view description, std::string_view value) {
  const auto found = std::find_if(attributes.begin(), attributes.end(), [&](const Attribute& attribute) {
    return equals_ignore_case(attribute.description, description);
  });
  auto& attribute =
      found != attributes.end() ? *found : attributes.emplace_back(Attribute{std::string(description), {}});
  attribute.values.emplace_back(value);
}

}  // namespace replkit::model
