#include "tests/refserver/store/entry.hpp"

#include <algorithm>

#include "common/base/text.hpp"

namespace replkit::refserver::store {

namespace {

template <typename Attributes>
auto find_in(Attributes& attributes, std::string_view description) {
  const auto found = std::find_if(attributes.begin(), attributes.end(), [&](const auto& attribute) {
    return equals_ignore_case(attribute.description, description);
  });
  return found == attributes.end() ? nullptr : &*found;
}

}  // namespace

StoredAttribute* StoredEntry::find(std::string_view description) {
  return find_in(attributes, description);
}

const StoredAttribute* StoredEntry::find(std::string_view description) const {
  return find_in(attributes, description);
}

const model::AttributeView* LiveEntry::find(std::string_view description) const {
  return find_in(attributes, description);
}

void view_of(const StoredEntry& entry, LiveEntry& out) {
  out.id = entry.id;
  out.superior = entry.superior;
  out.uuid = entry.uuid;
  out.rdn = entry.rdn;
  out.attributes.clear();
  out.value_storage.clear();
  for (const auto& attribute : entry.attributes) {
    for (const auto& value : attribute.values) out.value_storage.push_back(value.bytes);
  }
  const auto* next = out.value_storage.data();
  for (const auto& attribute : entry.attributes) {
    if (!attribute.values.empty()) out.attributes.push_back({attribute.description, {next, attribute.values.size()}});
    next += attribute.values.size();
  }
}

ldup::Csn StoredEntry::newest_csn() const {
  auto newest = std::max({csn, rdn_csn, superior_csn});
  for (const auto& attribute : attributes) {
    for (const auto& value : attribute.values) newest = std::max(newest, value.csn);
    for (const auto& record : attribute.deleted_values) newest = std::max(newest, record.csn);
    if (attribute.deleted) newest = std::max(newest, *attribute.deleted);
  }
  return newest;
}

}  // namespace replkit::refserver::store
