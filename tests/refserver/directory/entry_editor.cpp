#include "tests/refserver/directory/entry_editor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/base/text.hpp"
#include "tests/refserver/directory/attribute_key.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;
using store::StoredAttribute;
using store::StoredValue;

namespace {

constexpr std::string_view class_key = "objectclass";

[[noreturn]] void refuse(ResultCode code, std::string_view description, std::string_view why) {
  throw Refusal(code, fmt::format("{}: {}", printable(description), why));
}

// A type without an equality rule is added, replaced and deleted only as a whole (RFC 4512 2.5.1).
void require_equality(const model::AttributeType& type, std::string_view description) {
  if (type.equality.empty()) refuse(ResultCode::inappropriate_matching, description, "it has no equality rule");
}

// Returns where the value of this normal form is.
std::vector<StoredValue>::iterator find_value(const model::Schema& schema, const model::AttributeType& type,
                                              StoredAttribute& attribute, const std::string& form) {
  return std::find_if(attribute.values.begin(), attribute.values.end(),
                      [&](const StoredValue& value) { return normal_form(schema, type, value.bytes) == form; });
}

// Drops the records of values that are there again; all, for a single-valued type, whose values are always equal
// (draft-ietf-ldup-urp-08 4.3.4).
void forget_deletions(const model::Schema& schema, const model::AttributeType& type, StoredAttribute& attribute) {
  if (attribute.deleted_values.empty()) return;
  if (type.single_value) return attribute.deleted_values.clear();
  std::unordered_set<std::string> there;
  for (const auto& value : attribute.values) there.insert(normal_form(schema, type, value.bytes));
  std::erase_if(attribute.deleted_values,
                [&](const auto& record) { return there.contains(normal_form(schema, type, record.bytes)); });
}

// Puts records of the values in the place of older ones of equal values.
void record_deletions(const model::Schema& schema, const model::AttributeType& type, StoredAttribute& attribute,
                      std::vector<StoredValue> values, const ldup::Csn& csn) {
  std::unordered_set<std::string> forms;
  for (const auto& value : values) forms.insert(normal_form(schema, type, value.bytes));
  std::erase_if(attribute.deleted_values, [&](const auto& record) {
    return type.single_value || forms.contains(normal_form(schema, type, record.bytes));
  });
  for (auto& value : values) attribute.deleted_values.push_back({.bytes = std::move(value.bytes), .csn = csn});
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return out;
}

}  // namespace

EntryEditor::EntryEditor(store::StoredEntry& entry, const schema::Schema& schema, ldup::Csn csn)
    : entry_(entry), schema_(schema), csn_(std::move(csn)), next_(csn_.modification()) {
  for (const auto& attribute : entry.attributes) {
    for (const auto& value : attribute.values) {
      if (!value.distinguished) continue;
      const auto& type = known_type(schema.model(), attribute.description);
      naming_.push_back(
          {attribute_key(schema.model(), attribute.description), normal_form(schema.model(), type, value.bytes)});
    }
  }
}

void EntryEditor::modify(const model::Modification& change, Origin origin) {
  const auto& type = known_type(schema_.model(), change.description);
  const auto& values = change.values;
  if (origin == Origin::client && type.no_user_modification) {
    refuse(ResultCode::constraint_violation, change.description, "the server maintains it");
  }
  check_values(schema_, type, change.description, values);
  const auto key = attribute_key(schema_.model(), change.description);
  if (key == class_key) classes_changed_ = true;

  auto* attribute = find_attribute(entry_, schema_.model(), key);
  const bool there = attribute != nullptr && !attribute->values.empty();
  switch (change.kind) {
    case model::ModifyKind::add:
      if (values.empty()) refuse(ResultCode::protocol_error, change.description, "no value to add");
      if (there) require_equality(type, change.description);
      add(attribute_for(change.description, key), type, values, step());
      return;
    case model::ModifyKind::remove:
      if (!there) refuse(ResultCode::no_such_attribute, change.description, "the entry does not have it");
      if (values.empty()) return remove_all(*attribute, step());
      require_equality(type, change.description);
      return remove(*attribute, type, values, step());
    case model::ModifyKind::replace: {
      auto& replaced = attribute_for(change.description, key);
      remove_all(replaced, step());
      if (!values.empty()) add(replaced, type, values, step());
      return;
    }
    case model::ModifyKind::increment:
      if (values.size() != 1) refuse(ResultCode::protocol_error, change.description, "one amount to add expected");
      if (type.kind != model::ValueKind::integer) {
        refuse(ResultCode::constraint_violation, change.description, "its values are no integers");
      }
      if (!there) refuse(ResultCode::no_such_attribute, change.description, "the entry does not have it");
      return increment(*attribute, type, values);
  }
}

void EntryEditor::set(std::string_view description, std::string value) {
  modify({.kind = model::ModifyKind::replace, .description = std::string(description), .values = {std::move(value)}},
         Origin::server);
}

// Returns the attribute, made when there is none. It takes the spelling of the request when it has no values yet.
StoredAttribute& EntryEditor::attribute_for(std::string_view description, const std::string& key) {
  auto* found = find_attribute(entry_, schema_.model(), key);
  if (found == nullptr) found = &entry_.attributes.emplace_back();
  if (found->values.empty()) found->description = description;
  return *found;
}

void EntryEditor::add(StoredAttribute& attribute, const model::AttributeType& type,
                      const std::vector<std::string>& values, const ldup::Csn& csn) {
  std::unordered_set<std::string> there;
  for (const auto& value : attribute.values) there.insert(normal_form(schema_.model(), type, value.bytes));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!there.insert(normal_form(schema_.model(), type, values[i])).second) {
      refuse(ResultCode::attribute_or_value_exists, attribute.description,
             fmt::format("value {} of those to add is there", i + 1));
    }
    attribute.values.push_back({.bytes = values[i], .csn = csn});
  }
  if (attribute_key(schema_.model(), attribute.description) == class_key) add_superclasses(attribute, csn);
  forget_deletions(schema_.model(), type, attribute);
}

void EntryEditor::add_superclasses(StoredAttribute& object_class, const ldup::Csn& csn) {
  std::vector<std::string> added;
  for (const auto& value : object_class.values) {
    if (value.csn == csn) added.push_back(value.bytes);
  }
  const auto all = object_classes(entry_, schema_.model());
  for (auto& name : missing_superclasses(schema_.model(), added)) {
    const auto* wanted = schema_.model().object_class(name);
    const bool there = std::any_of(all.begin(), all.end(), [&](const std::string& value) {
      return schema_.model().object_class(value) == wanted;
    });
    if (!there) object_class.values.push_back({.bytes = std::move(name), .csn = csn});
  }
}

// The attribute deletion record covers older records of values (draft-ietf-ldup-urp-08 4.3.1).
void EntryEditor::remove_all(StoredAttribute& attribute, const ldup::Csn& csn) {
  attribute.values.clear();
  attribute.deleted_values.clear();
  attribute.deleted = csn;
}

void EntryEditor::remove(StoredAttribute& attribute, const model::AttributeType& type,
                         const std::vector<std::string>& values, const ldup::Csn& csn) {
  std::unordered_map<std::string, bool> unwanted;  // whether it was found
  for (const auto& value : values) unwanted.emplace(normal_form(schema_.model(), type, value), false);
  const auto first_gone =
      std::stable_partition(attribute.values.begin(), attribute.values.end(), [&](const StoredValue& value) {
        const auto found = unwanted.find(normal_form(schema_.model(), type, value.bytes));
        if (found != unwanted.end()) found->second = true;
        return found == unwanted.end();
      });
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (unwanted.at(normal_form(schema_.model(), type, values[i]))) continue;
    refuse(ResultCode::no_such_attribute, attribute.description,
           fmt::format("value {} of those to delete is not there", i + 1));
  }
  std::vector<StoredValue> gone(std::make_move_iterator(first_gone), std::make_move_iterator(attribute.values.end()));
  attribute.values.erase(first_gone, attribute.values.end());
  record_deletions(schema_.model(), type, attribute, std::move(gone), csn);
}

void EntryEditor::increment(StoredAttribute& attribute, const model::AttributeType& type,
                            const std::vector<std::string>& values) {
  const auto amount = parse_integer(values.front());
  std::vector<std::string> old;
  std::vector<std::string> sums;
  for (const auto& value : attribute.values) {
    const auto number = parse_integer(value.bytes);
    std::int64_t sum = 0;
    if (!amount || !number || __builtin_add_overflow(*number, *amount, &sum)) {
      refuse(ResultCode::constraint_violation, attribute.description, "integers of at most 64 bits can be added");
    }
    old.push_back(value.bytes);
    sums.push_back(std::to_string(sum));
  }
  remove(attribute, type, old, step());
  add(attribute, type, sums, step());
}

void EntryEditor::move(store::EntryId superior) {
  entry_.superior = superior;
  entry_.superior_csn = step();
}

void EntryEditor::rename(const model::Rdn& rdn, std::string text, OldRdn old) {
  entry_.rdn = std::move(text);
  entry_.rdn_csn = step();
  drop_old_names(rdn, old, step());
  naming_.clear();
  for (const auto& ava : rdn) set_naming_value(ava, entry_.rdn_csn);
}

// A single-valued attribute that the new RDN names too gets no record: its values count as equal, so that the record
// would take the new one away elsewhere.
void EntryEditor::drop_old_names(const model::Rdn& rdn, OldRdn old, const ldup::Csn& csn) {
  for (auto& attribute : entry_.attributes) {
    if (attribute.values.empty()) continue;
    const auto& type = known_type(schema_.model(), attribute.description);
    const auto ava = std::find_if(rdn.begin(), rdn.end(), [&](const model::Ava& candidate) {
      return schema_.model().attribute(candidate.type) == &type;
    });
    const auto form = ava == rdn.end() ? std::string() : normal_form(schema_.model(), type, ava->value);
    std::vector<StoredValue> kept;
    std::vector<StoredValue> gone;
    for (auto& value : attribute.values) {
      const bool goes = std::exchange(value.distinguished, false) && old == OldRdn::remove && type.key != "entryuuid" &&
                        (ava == rdn.end() || normal_form(schema_.model(), type, value.bytes) != form);
      (goes ? gone : kept).push_back(std::move(value));
    }
    attribute.values = std::move(kept);
    if (gone.empty() || (ava != rdn.end() && type.single_value)) continue;
    record_deletions(schema_.model(), type, attribute, std::move(gone), csn);
  }
}

// draft-ietf-ldup-urp-08 4.3.5, RenameEntry: a value that is there is refreshed, its spelling too.
void EntryEditor::set_naming_value(const model::Ava& ava, const ldup::Csn& csn) {
  const auto& type = known_type(schema_.model(), ava.type);
  auto& attribute = attribute_for(ava.type, type.key);
  const auto form = normal_form(schema_.model(), type, ava.value);
  const auto found = find_value(schema_.model(), type, attribute, form);
  if (found == attribute.values.end()) {
    attribute.values.push_back({.bytes = ava.value, .csn = csn, .distinguished = true});
  } else {
    *found = {.bytes = ava.value, .csn = csn, .distinguished = true};
  }
  forget_deletions(schema_.model(), type, attribute);
  naming_.push_back({type.key, form});
}

// Values that went and came back in one update are distinguished again. As the removal of an attribute takes the name
// away where the update is applied as primitives, the RDN is then asserted again, as a rename, in their spelling.
void EntryEditor::keep_naming_values() {
  std::vector<StoredValue*> kept;
  bool lost = false;
  for (const auto& name : naming_) {
    auto* attribute = find_attribute(entry_, schema_.model(), name.key);
    const auto* type = schema_.model().attribute(name.key);
    if (attribute == nullptr || type == nullptr) refuse(ResultCode::not_allowed_on_rdn, name.key, "the RDN needs it");
    const auto found = find_value(schema_.model(), *type, *attribute, name.form);
    if (found == attribute->values.end()) {
      refuse(ResultCode::not_allowed_on_rdn, attribute->description, "the value in the RDN has to stay");
    }
    if (!std::exchange(found->distinguished, true)) lost = true;
    kept.push_back(&*found);
  }
  if (!lost) return;
  entry_.rdn_csn = step();
  const auto dn = model::Dn::parse(entry_.rdn);
  auto rdn = dn.rdns().front();
  for (auto& ava : rdn) {
    const auto& type = known_type(schema_.model(), ava.type);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (naming_[i].key == type.key) ava.value = kept[i]->bytes;
    }
  }
  for (auto* value : kept) value->csn = entry_.rdn_csn;
  entry_.rdn = model::rdn_text(rdn);
  if (dn.size() > 1) entry_.rdn += "," + dn.parent().text();
}

void EntryEditor::check_classes() {
  const auto classes = object_classes(entry_, schema_.model());
  if (const auto missing = missing_superclasses(schema_.model(), classes); !missing.empty()) {
    throw Refusal(ResultCode::object_class_violation,
                  fmt::format("a class of the entry is a subclass of '{}', which has to stay", missing.front()));
  }
  const auto now = structural_class(entry_, schema_);
  const auto* before = find_attribute(entry_, schema_.model(), "structuralobjectclass");
  if (before == nullptr || before->values.empty()) return;
  if (schema_.model().object_class(before->values.front().bytes) != schema_.model().object_class(now)) {
    throw Refusal(
        ResultCode::object_class_mods_prohibited,
        fmt::format("the entry's structural class is '{}', and would be '{}'", before->values.front().bytes, now));
  }
}

void EntryEditor::finish() {
  keep_naming_values();
  if (classes_changed_) check_classes();
  check_entry(entry_, schema_);
}

}  // namespace replkit::refserver::directory
