#include "tests/refserver/store/attribute_key.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "common/model/matching.hpp"

namespace replkit::refserver::store {

namespace {

template <typename Entry>
auto* find_in(Entry& entry, const model::Schema& schema, std::string_view key) {
  const auto found = std::find_if(entry.attributes.begin(), entry.attributes.end(), [&](const auto& attribute) {
    return equals_ignore_case(attribute.description, key) || attribute_key(schema, attribute.description) == key;
  });
  return found == entry.attributes.end() ? nullptr : &*found;
}

}  // namespace

std::string attribute_key(const model::Schema& schema, std::string_view description) {
  const auto base = model::base_type(description);
  const auto* type = schema.attribute(base);
  std::string key = type == nullptr ? to_lower(base) : type->key;
  if (base.size() == description.size()) return key;
  std::vector<std::string> options;
  for (const auto option : split(description.substr(base.size() + 1), ';')) options.push_back(to_lower(option));
  std::erase(options, "binary");
  std::sort(options.begin(), options.end());
  options.erase(std::unique(options.begin(), options.end()), options.end());
  for (const auto& option : options) key += ";" + option;
  return key;
}

StoredAttribute* find_attribute(StoredEntry& entry, const model::Schema& schema, std::string_view key) {
  return find_in(entry, schema, key);
}

const StoredAttribute* find_attribute(const StoredEntry& entry, const model::Schema& schema, std::string_view key) {
  return find_in(entry, schema, key);
}

std::string normal_form(const model::Schema& schema, const model::AttributeType& type, std::string_view value) {
  std::string form;
  model::normalize_value(type.equality.empty() ? model::ValueKind::octets : type.kind, value, schema, form);
  return form;
}

}  // namespace replkit::refserver::store
