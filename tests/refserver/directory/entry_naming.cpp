// The half of EntryEditor that knows the entry's name: modifyDN, and the values of the RDN.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "common/base/text.hpp"
#include "tests/refserver/directory/attribute_key.hpp"
#include "tests/refserver/directory/entry_editor.hpp"
#include "tests/refserver/directory/entry_editor_parts.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;
using store::StoredAttribute;
using store::StoredValue;

void refuse(ResultCode code, std::string_view description, std::string_view why) {
  throw Refusal(code, fmt::format("{}: {}", printable(description), why));
}

std::vector<StoredValue>::iterator find_value(const model::Schema& schema, const model::AttributeType& type,
                                              StoredAttribute& attribute, const std::string& form) {
  return std::find_if(attribute.values.begin(), attribute.values.end(),
                      [&](const StoredValue& value) { return normal_form(schema, type, value.bytes) == form; });
}

void record_deletions(const model::Schema& schema, const model::AttributeType& type, StoredAttribute& attribute,
                      std::vector<StoredValue> values, const ldup::Csn& csn) {
  std::unordered_set<std::string> forms;
  for (const auto& value : values) forms.insert(normal_form(schema, type, value.bytes));
  std::erase_if(attribute.deleted_values, [&](const auto& record) {
    return type.single_value || forms.contains(normal_form(schema, type, record.bytes));
  });
  for (auto& value : values) attribute.deleted_values.push_back({.bytes = std::move(value.bytes), .csn = csn});
}

void EntryEditor::move(store::EntryId superior) {
  entry_.superior = superior;
  entry_.superior_csn = step();
  entry_.wanted_superior.reset();
}

void EntryEditor::rename(const model::Rdn& rdn, std::string text, OldRdn old) {
  entry_.rdn = std::move(text);
  entry_.given_rdn.reset();
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
    forget_forms(attribute);
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
  forget_forms(attribute);
  forget_deletions(attribute, type);
  naming_.push_back({type.key, form});
}

// Values that went and came back in one update are distinguished again. As the removal of an attribute takes the name
// away where the update is applied as primitives, the RDN is then asserted again, as a rename, in their spelling.
void EntryEditor::keep_naming_values() {
  std::vector<StoredValue*> kept;
  bool lost = false;
  for (const auto& name : naming_) {
    auto* attribute = find(name.key);
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

}  // namespace replkit::refserver::directory
