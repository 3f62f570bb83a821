#include "tests/refserver/directory/entry_editor.hpp"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/base/text.hpp"
#include "tests/refserver/directory/attribute_key.hpp"
#include "tests/refserver/directory/entry_editor_parts.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/store/naming.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;
using store::StoredAttribute;
using store::StoredValue;

namespace {

constexpr std::string_view class_key = "objectclass";

// Values that one update may have normalized: some seconds' work.
constexpr std::size_t max_work = 5'000'000;

// A type without an equality rule is added, replaced and deleted only as a whole (RFC 4512 2.5.1).
void require_equality(const model::AttributeType& type, std::string_view description) {
  if (type.equality.empty()) refuse(ResultCode::inappropriate_matching, description, "it has no equality rule");
}

struct BignumDeleter {
  void operator()(BIGNUM* number) const { BN_free(number); }
};
using Bignum = std::unique_ptr<BIGNUM, BignumDeleter>;

Bignum parse_integer(const std::string& text) {
  constexpr std::size_t most_digits = 1000;  // what reading them costs grows with the square of it
  BIGNUM* out = nullptr;
  if (text.empty() || text.size() > most_digits) return nullptr;
  const bool whole = BN_dec2bn(&out, text.c_str()) == static_cast<int>(text.size());
  Bignum number(out);
  return whole ? std::move(number) : nullptr;
}

// Returns nothing when it cannot be done.
std::optional<std::string> sum_of(const std::string& one, const std::string& other) {
  const auto a = parse_integer(one);
  const auto b = parse_integer(other);
  if (!a || !b || BN_add(a.get(), a.get(), b.get()) != 1) return std::nullopt;
  char* const text = BN_bn2dec(a.get());
  if (text == nullptr) return std::nullopt;
  std::string out = text;
  OPENSSL_free(text);
  return out;
}

}  // namespace

EntryEditor::EntryEditor(store::StoredEntry& entry, const schema::Schema& schema, ldup::Csn csn)
    : entry_(entry),
      schema_(schema),
      csn_(std::move(csn)),
      next_(csn_.modification()),
      lacking_(lacking(entry, schema)) {
  for (std::size_t i = 0; i < entry.attributes.size(); ++i) {
    const auto& attribute = entry.attributes[i];
    const auto key = attribute_key(schema.model(), attribute.description);
    index_.emplace(key, i);
    for (const auto& value : attribute.values) {
      if (!value.distinguished) continue;
      const auto& type = known_type(schema.model(), attribute.description);
      naming_.push_back({key, normal_form(schema.model(), type, value.bytes)});
    }
  }
}

void EntryEditor::spend(std::size_t values) {
  spent_ += values;
  if (spent_ > max_work) {
    throw Refusal(ResultCode::admin_limit_exceeded, "too many modifications of too many values: put them together");
  }
}

StoredAttribute* EntryEditor::find(const std::string& key) {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &entry_.attributes[found->second];
}

EntryEditor::Forms& EntryEditor::forms_of(const StoredAttribute& attribute, const model::AttributeType& type) {
  const auto index = static_cast<std::size_t>(&attribute - entry_.attributes.data());
  const auto [found, is_new] = forms_.try_emplace(index);
  if (is_new) {
    spend(attribute.values.size());
    for (const auto& value : attribute.values) found->second.insert(normal_form(schema_.model(), type, value.bytes));
  }
  return found->second;
}

void EntryEditor::forget_forms(const StoredAttribute& attribute) {
  forms_.erase(static_cast<std::size_t>(&attribute - entry_.attributes.data()));
}

// Drops the records of values that are there again; all, for a single-valued type, whose values are always equal
// (draft-ietf-ldup-urp-08 4.3.4).
void EntryEditor::forget_deletions(StoredAttribute& attribute, const model::AttributeType& type) {
  if (attribute.deleted_values.empty()) return;
  if (type.single_value) return attribute.deleted_values.clear();
  const auto& there = forms_of(attribute, type);
  spend(attribute.deleted_values.size());
  std::erase_if(attribute.deleted_values,
                [&](const auto& record) { return there.contains(normal_form(schema_.model(), type, record.bytes)); });
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

  auto* attribute = find(key);
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
  auto* found = find(key);
  if (found == nullptr) {
    index_.emplace(key, entry_.attributes.size());
    found = &entry_.attributes.emplace_back();
  }
  if (found->values.empty()) found->description = description;
  return *found;
}

void EntryEditor::add(StoredAttribute& attribute, const model::AttributeType& type,
                      const std::vector<std::string>& values, const ldup::Csn& csn) {
  auto& there = forms_of(attribute, type);
  spend(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!there.insert(normal_form(schema_.model(), type, values[i])).second) {
      refuse(ResultCode::attribute_or_value_exists, attribute.description,
             fmt::format("value {} of those to add is there", i + 1));
    }
    attribute.values.push_back({.bytes = values[i], .csn = csn});
  }
  if (attribute_key(schema_.model(), attribute.description) == class_key) add_superclasses(attribute, csn);
  forget_deletions(attribute, type);
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
  forget_forms(object_class);
}

// The attribute deletion record covers older records of values (draft-ietf-ldup-urp-08 4.3.1).
void EntryEditor::remove_all(StoredAttribute& attribute, const ldup::Csn& csn) {
  forget_forms(attribute);
  attribute.values.clear();
  attribute.deleted_values.clear();
  attribute.deleted = csn;
}

void EntryEditor::remove(StoredAttribute& attribute, const model::AttributeType& type,
                         const std::vector<std::string>& values, const ldup::Csn& csn) {
  forget_forms(attribute);
  spend(attribute.values.size() + attribute.deleted_values.size() + values.size());
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
  std::vector<std::string> old;
  std::vector<std::string> sums;
  for (const auto& value : attribute.values) {
    auto sum = sum_of(value.bytes, values.front());
    if (!sum)
      refuse(ResultCode::constraint_violation, attribute.description, "integers of so many digits are not added");
    old.push_back(value.bytes);
    sums.push_back(std::move(*sum));
  }
  remove(attribute, type, old, step());
  add(attribute, type, sums, step());
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

// Values of a single-valued type count as equal: one that came and went within the update must not take the one that
// is left away elsewhere (draft-ietf-ldup-urp-08 4.3.4).
void EntryEditor::settle_single_values() {
  for (auto& attribute : entry_.attributes) {
    if (attribute.values.empty() || attribute.deleted_values.empty()) continue;
    if (known_type(schema_.model(), attribute.description).single_value) attribute.deleted_values.clear();
  }
}

void EntryEditor::finish() {
  keep_naming_values();
  settle_single_values();
  // A value of the RDN may be back that replication had taken away.
  if (entry_.given_rdn) store::set_name(entry_, schema_.model(), std::string(*entry_.given_rdn));
  if (classes_changed_) check_classes();
  check_entry(entry_, schema_, lacking_);
}

}  // namespace replkit::refserver::directory
