#include "tests/refserver/metadata/triples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/directory/attribute_key.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/refserver/directory/passwords.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::metadata {

using ldup::MetaDataAttribute;
using ldup::MetaDataValue;
using protocol::Refusal;
using protocol::ResultCode;
using store::StoredAttribute;

namespace {

constexpr std::chrono::minutes furthest_future{5};
constexpr std::size_t max_work = 5'000'000;  // values normalized: some seconds

constexpr std::array<std::string_view, 6> computed{"structuralObjectClass", "subschemaSubentry", "entryDN",
                                                   "hasSubordinates",       "numSubordinates",   "deletedEntryCSN"};

[[noreturn]] void refuse(ResultCode code, std::string_view description, std::string_view why) {
  throw Refusal(code, fmt::format("{}: {}", printable(description), why));
}

const std::string& only_value(const MetaDataAttribute& attribute) {
  if (attribute.values.size() != 1 || attribute.values.front().deleted) {
    refuse(ResultCode::invalid_attribute_syntax, attribute.type, "one value expected");
  }
  return attribute.values.front().value;
}

}  // namespace

ldup::Csn LocalCsns::step() {
  last_ = last_ ? last_->with_modification(last_->modification() + 1) : writer_.next_csn();
  return *last_;
}

void check_time(const directory::Call& call, const ldup::Csn& csn) {
  if (csn.time() <= call.context.clock.now() + furthest_future) return;
  throw Refusal(ResultCode::constraint_violation, "the CSN " + csn.ldup_text() + " is of the future");
}

ldup::Csn csn_of(const directory::Call& call, const MetaDataAttribute& attribute) {
  try {
    auto csn = ldup::Csn::parse(only_value(attribute));
    check_time(call, csn);
    return csn;
  } catch (const ParseError&) {
    refuse(ResultCode::invalid_attribute_syntax, attribute.type, "the value is no CSN");
  }
}

model::Uuid uuid_of(const MetaDataAttribute& attribute) {
  const auto uuid = model::Uuid::parse(only_value(attribute));
  if (!uuid) refuse(ResultCode::invalid_attribute_syntax, attribute.type, "the value is no UUID");
  return *uuid;
}

void check_triples(const directory::Call& call, const MetaDataAttribute& attribute) {
  const auto& schema = call.context.schema;
  const auto& type = directory::known_type(schema.model(), attribute.type);
  const auto is_it = [&](std::string_view name) { return equals_ignore_case(name, type.key); };
  if (std::any_of(computed.begin(), computed.end(), is_it)) {
    refuse(ResultCode::constraint_violation, attribute.type, "the server computes it");
  }
  std::vector<std::string> values;
  for (const auto& triple : attribute.values) {
    values.push_back(triple.value);
    if (triple.csn) check_time(call, *triple.csn);
  }
  if (attribute.deletion_csn) check_time(call, *attribute.deletion_csn);
  directory::check_values(schema, type, attribute.type, values);
  if (directory::has_clear_password(schema.model(), std::vector<model::Attribute>{{attribute.type, values}})) {
    refuse(ResultCode::unwilling_to_perform, attribute.type, "only hashes can be stored with meta-data");
  }
}

void check_order(const store::StoredEntry& entry) {
  for (const auto& attribute : entry.attributes) {
    for (const auto& value : attribute.values) {
      if (value.csn < entry.csn) {
        refuse(ResultCode::constraint_violation, attribute.description, "a value is older than its entry");
      }
      if (attribute.deleted && value.csn < *attribute.deleted) {
        refuse(ResultCode::constraint_violation, attribute.description,
               "a value is older than its attribute's deletion");
      }
    }
  }
}

StoredAttribute* TripleEditor::find(const std::string& description) {
  return directory::find_attribute(entry_, schema_, directory::attribute_key(schema_, description));
}

StoredAttribute& TripleEditor::find_or_make(const std::string& description) {
  if (auto* found = find(description)) return *found;
  auto& made = entry_.attributes.emplace_back();
  made.description = description;
  return made;
}

// All values of a single-valued type count as equal (draft-ietf-ldup-urp-08 4.3.4).
std::string TripleEditor::form(const model::AttributeType& type, const std::string& value) const {
  return type.single_value ? std::string() : directory::normal_form(schema_, type, value);
}

TripleEditor::Forms TripleEditor::forms_of(const model::AttributeType& type, const MetaDataAttribute& attribute) const {
  Forms out;
  for (const auto& triple : attribute.values) {
    if (out.emplace(form(type, triple.value), &triple).second) continue;
    refuse(ResultCode::attribute_or_value_exists, attribute.type, "a value stands there twice");
  }
  return out;
}

void TripleEditor::spend(std::size_t values) {
  spent_ += values;
  if (spent_ > max_work) throw Refusal(ResultCode::admin_limit_exceeded, "too many changes of too many values");
}

void TripleEditor::add(const MetaDataAttribute& attribute) {
  if (attribute.values.empty() && !attribute.deletion_csn) {
    refuse(ResultCode::protocol_error, attribute.type, "nothing to add");
  }
  auto& stored = find_or_make(attribute.type);
  const bool needs_csn = std::any_of(attribute.values.begin(), attribute.values.end(),
                                     [](const MetaDataValue& triple) { return !triple.csn; });
  put(stored, attribute, needs_csn ? std::optional(csns_.step()) : std::nullopt);
  if (attribute.deletion_csn) stored.deleted = attribute.deletion_csn;
}

// `csn`: of those that are given none.
void TripleEditor::put(StoredAttribute& stored, const MetaDataAttribute& attribute,
                       const std::optional<ldup::Csn>& csn) {
  const auto& type = directory::known_type(schema_, attribute.type);
  const auto forms = forms_of(type, attribute);
  spend(stored.values.size() + stored.deleted_values.size() + attribute.values.size());
  std::unordered_set<std::string> naming;
  std::erase_if(stored.values, [&](const store::StoredValue& value) {
    auto its_form = form(type, value.bytes);
    if (!forms.contains(its_form)) return false;
    if (value.distinguished) naming.insert(std::move(its_form));
    return true;
  });
  std::erase_if(stored.deleted_values,
                [&](const store::DeletedValue& value) { return forms.contains(form(type, value.bytes)); });
  for (const auto& triple : attribute.values) {
    const auto its_csn = triple.csn ? *triple.csn : csn.value();
    const bool is_naming = naming.contains(form(type, triple.value));
    if (!triple.deleted) {
      stored.values.push_back({.bytes = triple.value, .csn = its_csn, .distinguished = is_naming});
    } else if (is_naming) {
      refuse(ResultCode::not_allowed_on_rdn, attribute.type, "a value names the entry");
    } else {
      stored.deleted_values.push_back({.bytes = triple.value, .csn = its_csn});
    }
  }
}

void TripleEditor::remove(const MetaDataAttribute& attribute) {
  auto* stored = find(attribute.type);
  if (stored == nullptr) refuse(ResultCode::no_such_attribute, attribute.type, "the entry does not have it");
  const auto& type = directory::known_type(schema_, attribute.type);
  if (attribute.deletion_csn) {
    if (!stored->deleted) refuse(ResultCode::no_such_attribute, attribute.type, "there is no record of its deletion");
    stored->deleted.reset();
  }
  const bool all = attribute.values.empty() && !attribute.deletion_csn;
  const auto forms = forms_of(type, attribute);
  spend(stored->values.size() + stored->deleted_values.size() + attribute.values.size());
  std::size_t found = 0;
  std::erase_if(stored->values, [&](const store::StoredValue& value) {
    const auto triple = all ? forms.end() : forms.find(form(type, value.bytes));
    if (!all && (triple == forms.end() || triple->second->deleted)) return false;
    if (value.distinguished) refuse(ResultCode::not_allowed_on_rdn, attribute.type, "a value names the entry");
    ++found;
    return true;
  });
  std::erase_if(stored->deleted_values, [&](const store::DeletedValue& value) {
    if (!all && !forms.contains(form(type, value.bytes))) return false;
    ++found;
    return true;
  });
  if (all) stored->deleted.reset();
  if (!all && found < attribute.values.size()) {
    refuse(ResultCode::no_such_attribute, attribute.type, "a value to delete is not there");
  }
}

void TripleEditor::replace(const MetaDataAttribute& attribute) {
  auto& stored = find_or_make(attribute.type);
  const auto& type = directory::known_type(schema_, attribute.type);
  const auto forms = forms_of(type, attribute);
  const bool any_csn = attribute.deletion_csn || std::any_of(attribute.values.begin(), attribute.values.end(),
                                                             [](const MetaDataValue& triple) { return triple.csn; });
  stored.deleted = any_csn ? attribute.deletion_csn : std::optional(csns_.step());
  stored.deleted_values.clear();
  std::erase_if(stored.values, [&](const store::StoredValue& value) {
    if (forms.contains(form(type, value.bytes))) return false;  // put() needs its flag
    if (value.distinguished) refuse(ResultCode::not_allowed_on_rdn, attribute.type, "a value names the entry");
    return true;
  });
  const bool needs_csn = std::any_of(attribute.values.begin(), attribute.values.end(),
                                     [](const MetaDataValue& triple) { return !triple.csn; });
  put(stored, attribute, needs_csn ? std::optional(csns_.step()) : std::nullopt);
}

}  // namespace replkit::refserver::metadata
