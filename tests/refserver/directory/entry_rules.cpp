#include "tests/refserver/directory/entry_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "common/base/text.hpp"
#include "common/model/matching.hpp"
#include "tests/refserver/directory/attribute_key.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;

const model::AttributeType& known_type(const model::Schema& schema, std::string_view description) {
  const auto* type = schema.attribute(model::base_type(description));
  if (type == nullptr) {
    throw Refusal(ResultCode::undefined_attribute_type,
                  fmt::format("the schema has no attribute type '{}'", printable(model::base_type(description))));
  }
  return *type;
}

void check_values(const schema::Schema& schema, const model::AttributeType& type, std::string_view description,
                  const std::vector<std::string>& values) {
  std::unordered_set<std::string> forms;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!schema.is_valid(type, values[i])) {
      throw Refusal(ResultCode::invalid_attribute_syntax,
                    fmt::format("{}: value {} is not what its syntax allows", description, i + 1));
    }
    if (!forms.insert(normal_form(schema.model(), type, values[i])).second) {
      throw Refusal(ResultCode::attribute_or_value_exists,
                    fmt::format("{}: value {} stands there twice", description, i + 1));
    }
  }
}

void check_naming(const schema::Schema& schema, const model::Rdn& rdn) {
  std::set<const model::AttributeType*> seen;
  for (const auto& ava : rdn) {
    const auto& type = known_type(schema.model(), ava.type);
    const auto refuse = [&](std::string_view why) {
      throw Refusal(ResultCode::naming_violation, fmt::format("{} cannot name an entry: {}", type.key, why));
    };
    if (model::base_type(ava.type).size() != ava.type.size()) refuse("it has options");
    if (type.no_user_modification) refuse("the server maintains it");
    if (type.equality.empty()) refuse("it has no equality rule");
    if (!seen.insert(&type).second) refuse("it comes twice");
    if (ava.is_ber || !schema.is_valid(type, ava.value)) {
      throw Refusal(ResultCode::invalid_dn_syntax,
                    fmt::format("the RDN's value of {} is not what its syntax allows", type.key));
    }
  }
}

std::vector<std::string> missing_superclasses(const model::Schema& schema, const std::vector<std::string>& classes) {
  std::vector<const model::ObjectClass*> known;
  for (const auto& name : classes) {
    const auto* found = schema.object_class(name);
    if (found != nullptr) known.push_back(found);
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < known.size(); ++i) {
    for (const auto& superior : known[i]->superiors) {
      const auto* found = schema.object_class(superior);
      if (found == nullptr || std::find(known.begin(), known.end(), found) != known.end()) continue;
      out.push_back(found->names.empty() ? found->oid : found->names.front());
      known.push_back(found);
    }
  }
  return out;
}

std::vector<std::string> object_classes(const store::StoredEntry& entry, const model::Schema& schema) {
  std::vector<std::string> out;
  if (const auto* attribute = find_attribute(entry, schema, "objectclass")) {
    for (const auto& value : attribute->values) out.push_back(value.bytes);
  }
  return out;
}

namespace {

void name_entry(store::StoredEntry& entry, const schema::Schema& schema, const model::Ava& ava, const ldup::Csn& csn) {
  const auto& type = known_type(schema.model(), ava.type);
  auto* attribute = find_attribute(entry, schema.model(), type.key);
  if (attribute == nullptr) {
    entry.attributes.push_back({.description = ava.type, .values = {}, .deleted_values = {}, .deleted = {}});
    attribute = &entry.attributes.back();
  }
  const auto form = normal_form(schema.model(), type, ava.value);
  for (auto& value : attribute->values) {
    if (normal_form(schema.model(), type, value.bytes) != form) continue;
    value.distinguished = true;
    return;
  }
  if (type.single_value && !attribute->values.empty()) {
    throw Refusal(ResultCode::naming_violation,
                  fmt::format("{} can have but one value, and the RDN's is another", attribute->description));
  }
  attribute->values.push_back({.bytes = ava.value, .csn = csn, .distinguished = true});
}

}  // namespace

store::StoredEntry make_entry(const schema::Schema& schema, const model::Rdn& rdn,
                              const std::vector<model::Attribute>& attributes, const ldup::Csn& csn) {
  store::StoredEntry entry;
  entry.csn = entry.rdn_csn = entry.superior_csn = csn;
  std::set<std::string> keys;
  for (const auto& attribute : attributes) {
    const auto& type = known_type(schema.model(), attribute.description);
    const auto key = attribute_key(schema.model(), attribute.description);
    if (!keys.insert(key).second) {
      throw Refusal(ResultCode::attribute_or_value_exists,
                    fmt::format("{} stands there twice", printable(attribute.description)));
    }
    check_values(schema, type, attribute.description, attribute.values);
    auto& stored = entry.attributes.emplace_back();
    stored.description = attribute.description;
    for (const auto& value : attribute.values) stored.values.push_back({.bytes = value, .csn = csn});
    if (key != "objectclass") continue;
    for (auto& name : missing_superclasses(schema.model(), attribute.values)) {
      stored.values.push_back({.bytes = std::move(name), .csn = csn});
    }
  }
  check_naming(schema, rdn);
  for (const auto& ava : rdn) name_entry(entry, schema, ava, csn);
  return entry;
}

std::optional<model::Uuid> take_uuid(std::vector<model::Attribute>& attributes) {
  const auto found = std::find_if(attributes.begin(), attributes.end(), [](const model::Attribute& attribute) {
    return equals_ignore_case(attribute.description, "entryUUID");
  });
  if (found == attributes.end()) return std::nullopt;
  const auto uuid = found->values.size() == 1 ? model::Uuid::parse(found->values.front()) : std::nullopt;
  if (!uuid) throw Refusal(ResultCode::invalid_attribute_syntax, "entryUUID: not one UUID");
  attributes.erase(found);
  return uuid;
}

std::string structural_class(const store::StoredEntry& entry, const schema::Schema& schema) {
  const auto classes = object_classes(entry, schema.model());
  const std::vector<std::string_view> views(classes.begin(), classes.end());
  return schema.structural_class(views);
}

std::vector<const model::AttributeType*> lacking(const store::StoredEntry& entry, const schema::Schema& schema) {
  store::LiveEntry live;
  store::view_of(entry, live);
  return schema.lacking(live.attributes);
}

void check_entry(const store::StoredEntry& entry, const schema::Schema& schema,
                 std::span<const model::AttributeType* const> excused) {
  store::LiveEntry live;
  store::view_of(entry, live);
  // The server's own companion of a password needs no object class of its own.
  if (live.find("userPassword") != nullptr) {
    std::erase_if(live.attributes, [](const model::AttributeView& attribute) {
      return equals_ignore_case(attribute.description, "authPassword");
    });
  }
  if (entry.superior != store::no_entry) return schema.check_entry(live.attributes, entry.rdn, excused);
  schema.check_entry(live.attributes, model::rdn_text(model::Dn::parse(entry.rdn).rdns().front()), excused);
}

}  // namespace replkit::refserver::directory
