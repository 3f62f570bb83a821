#include "tools/lab/damage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/uuid.hpp"

namespace replkit::tools::lab {

namespace {

using ldup::AddWithMetaDataRequest;
using ldup::MetaDataAttribute;
using ldup::ModifyWithMetaDataRequest;
using ldup::SearchMetaDataEntry;

// Attributes of people and things that take any text, so that a change cannot break the schema.
constexpr std::array free_texts{"description", "title", "l", "givenName", "street", "postalAddress", "o", "ou"};
// What servers make up themselves.
constexpr std::array computed{"entryDN",           "hasSubordinates", "numSubordinates", "structuralObjectClass",
                              "subschemaSubentry", "entryCSN"};

bool is_named(const MetaDataAttribute& attribute, std::string_view type) {
  return equals_ignore_case(attribute.type, type);
}

// Returns the attribute of the list; null when there is none.
template <typename Attributes>
auto* find(Attributes& attributes, std::string_view type) {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const MetaDataAttribute& attribute) { return is_named(attribute, type); });
  return found == attributes.end() ? nullptr : &*found;
}

void set(std::vector<MetaDataAttribute>& attributes, std::string_view type, std::string value) {
  auto* attribute = find(attributes, type);
  if (attribute == nullptr) attribute = &attributes.emplace_back();
  *attribute = {.type = std::string(type), .values = {{.value = std::move(value), .csn = {}}}, .deletion_csn = {}};
}

// Returns the type that names the entry, when it is one that takes any text and stands alone.
std::optional<model::Ava> naming(const std::string& name) {
  const auto dn = model::Dn::parse(name);
  if (dn.empty() || dn.rdns().front().size() != 1) return std::nullopt;
  const model::Ava& ava = dn.rdns().front().front();
  for (const char* type : {"uid", "cn", "ou"}) {
    if (equals_ignore_case(ava.type, type)) return ava;
  }
  return std::nullopt;
}

// Returns the entry as it would be added again.
AddWithMetaDataRequest same(const SearchMetaDataEntry& entry) {
  AddWithMetaDataRequest out{.entry = entry.name, .attributes = entry.attributes};
  std::erase_if(out.attributes, [](const auto& attribute) {
    return std::any_of(computed.begin(), computed.end(), [&](const char* type) { return is_named(attribute, type); });
  });
  for (auto& attribute : out.attributes) {
    for (auto& value : attribute.values) value.distinguished = false;  // that is for answers
  }
  if (!entry.state) return out;
  if (entry.state->entry) set(out.attributes, "entryUUID", entry.state->entry->text());
  if (entry.state->created_csn) set(out.attributes, "createdEntryCSN", entry.state->created_csn->ldup_text());
  return out;
}

}  // namespace

std::vector<std::string> leaves(const std::vector<std::string>& dns) {
  std::set<std::string> parents;
  for (const auto& dn : dns) parents.insert(to_lower(model::parent_of(dn)));
  std::vector<std::string> found;
  for (const auto& dn : dns) {
    if (!parents.contains(to_lower(dn))) found.push_back(dn);
  }
  std::vector<std::string> mixed;
  constexpr std::size_t strides = 7;
  for (std::size_t start = 0; start < strides; ++start) {
    for (std::size_t i = start * 3 % strides; i < found.size(); i += strides) mixed.push_back(found[i]);
  }
  // Not the first thing everybody looks at.
  std::rotate(mixed.begin(), mixed.begin() + static_cast<std::ptrdiff_t>(mixed.size() / 2), mixed.end());
  return mixed;
}

std::optional<AddWithMetaDataRequest> renamed(const SearchMetaDataEntry& entry, std::string_view suffix) {
  const auto old = naming(entry.name);
  auto out = same(entry);
  auto* attribute = old ? find(out.attributes, old->type) : nullptr;
  if (attribute == nullptr) return std::nullopt;
  const auto value = std::find_if(attribute->values.begin(), attribute->values.end(), [&](const auto& each) {
    return !each.deleted && equals_ignore_case(each.value, old->value);
  });
  if (value == attribute->values.end()) return std::nullopt;
  value->value += suffix;
  const model::Ava name{old->type, value->value};
  out.entry = model::rdn_text({name}) + ',' + model::Dn::parse(entry.name).parent().text();
  return out;
}

std::optional<AddWithMetaDataRequest> copied(const SearchMetaDataEntry& entry, std::string_view suffix) {
  auto out = renamed(entry, suffix);
  if (!out) return out;
  for (auto& attribute : out->attributes) {
    attribute.deletion_csn.reset();
    std::erase_if(attribute.values, [](const auto& value) { return value.deleted; });
  }
  std::erase_if(out->attributes, [](const auto& attribute) { return attribute.values.empty(); });
  set(out->attributes, "entryUUID", model::Uuid::random().text());
  return out;
}

void date_back(AddWithMetaDataRequest& entry, Instant since) {
  const auto* created = find(entry.attributes, "createdEntryCSN");
  const auto by = created == nullptr ? ldup::Csn() : ldup::Csn::parse(created->values.at(0).value);
  const ldup::Csn csn(floor<std::chrono::seconds>(since), by.count(), by.replica_id(), by.modification());
  for (auto& attribute : entry.attributes) {
    for (auto& value : attribute.values) {
      if (value.csn) value.csn = csn;
    }
  }
  if (created != nullptr) set(entry.attributes, "createdEntryCSN", csn.ldup_text());
  for (const char* type : {"createTimestamp", "modifyTimestamp"}) {
    auto* time = find(entry.attributes, type);
    if (time == nullptr) continue;
    for (auto& value : time->values) value.value = format_generalized_time(since);
  }
}

std::optional<ModifyWithMetaDataRequest> changed(const SearchMetaDataEntry& entry) {
  const auto name = naming(entry.name);
  for (const char* type : free_texts) {
    const auto* attribute = name && equals_ignore_case(name->type, type) ? nullptr : find(entry.attributes, type);
    if (attribute == nullptr) continue;
    std::optional<ldup::Csn> csn;
    bool alive = false;
    for (const auto& value : attribute->values) {
      alive = alive || !value.deleted;
      if (value.csn && (!csn || *csn < *value.csn)) csn = value.csn;
    }
    if (!alive || !csn) continue;
    return ModifyWithMetaDataRequest{
        .entry = entry.name,
        .changes = {{.kind = ldup::MetaDataChange::Kind::replace,
                     .attribute = {.type = attribute->type,
                                   .values = {{.value = "changed behind the others' back", .csn = csn}},
                                   .deletion_csn = attribute->deletion_csn}}},
        .uuid = {}};
  }
  return std::nullopt;
}

}  // namespace replkit::tools::lab
