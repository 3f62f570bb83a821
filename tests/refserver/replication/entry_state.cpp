#include "tests/refserver/replication/entry_state.hpp"

#include <algorithm>
#include <utility>

#include "common/model/dn.hpp"
#include "tests/refserver/store/attribute_key.hpp"
#include "tests/refserver/store/naming.hpp"

namespace replkit::refserver::replication {

using ldup::Csn;
using ldup::Primitive;
using store::StoredAttribute;

namespace {

// A type that allows one value has but one, whatever it is (4.3.4).
bool is_single(const model::AttributeType* type) {
  return type != nullptr && type->single_value;
}

}  // namespace

EntryState::EntryState(store::StoredEntry entry, const model::Uuid& superior, const model::Schema& schema)
    : entry_(std::move(entry)), schema_(schema) {
  const bool live = entry_.id != store::no_entry && !entry_.deleted;
  added_ = live && !entry_.glue;
  was_displaced_ = live && entry_.wanted_superior;
  removed_ = entry_.deleted ? *entry_.deleted : entry_.outlived.value_or(Csn());
  auto shown = entry_.rdn;
  store::restore_former(entry_, schema);
  added_csn_ = entry_.csn;
  superior_csn_ = entry_.superior_csn;
  if (entry_.wanted_superior) {
    superior_ = *entry_.wanted_superior;
  } else if (superior_csn_ != Csn()) {  // else it is glue that stands in Lost & Found
    superior_ = superior;
  }
  entry_.wanted_superior.reset();
  rdn_csn_ = entry_.rdn_csn;
  rdn_ = live && entry_.superior == store::no_entry ? std::string() : store::given_rdn(entry_);
  entry_.rdn = std::move(shown);  // it is in the tree with that
  for (std::size_t i = 0; i < entry_.attributes.size(); ++i) {
    const auto& attribute = entry_.attributes[i];
    index_.emplace(store::attribute_key(schema, attribute.description), i);
    types_.push_back(schema.attribute(model::base_type(attribute.description)));
  }
}

// --- Merging ---

Merged EntryState::merge(const Primitive& primitive) {
  switch (primitive.kind) {
    case Primitive::Kind::add_entry:
      return merge_add(primitive);
    case Primitive::Kind::move_entry:
      return merge_superior(primitive.superior, primitive.csn);
    case Primitive::Kind::rename_entry:
      return merge_rdn(primitive.rdn, primitive.csn);
    case Primitive::Kind::remove_entry:
      if (primitive.csn == removed_) return Merged::known;
      if (primitive.csn < removed_ || (added_ && primitive.csn < added_csn_)) return Merged::superseded;
      removed_ = primitive.csn;
      return Merged::news;
    case Primitive::Kind::add_value:
      if (is_uuid(primitive.type)) return Merged::known;
      return merge_value(primitive.type, primitive.value, primitive.csn, false);
    case Primitive::Kind::remove_value:
      return is_uuid(primitive.type) ? Merged::known : merge_deleted_value(primitive);
    case Primitive::Kind::remove_attribute:
      return is_uuid(primitive.type) ? Merged::known : merge_deleted_attribute(primitive);
  }
  return Merged::known;
}

Merged EntryState::merge_add(const Primitive& primitive) {
  if (primitive.csn == added_csn_) return Merged::known;
  if (primitive.csn < added_csn_) return Merged::superseded;
  added_ = primitive.csn >= removed_;
  added_csn_ = primitive.csn;
  floor_raised_ = true;
  merge_rdn(primitive.rdn, primitive.csn);
  merge_superior(primitive.superior, primitive.csn);
  return Merged::news;
}

Merged EntryState::merge_superior(const model::Uuid& superior, const Csn& csn) {
  if (csn == superior_csn_) return Merged::known;
  if (csn < superior_csn_ || csn < added_csn_) return Merged::superseded;
  set_superior(superior, csn);
  moved_ = true;
  return Merged::news;
}

void EntryState::set_superior(const model::Uuid& superior, const Csn& csn) {
  superior_ = superior;
  superior_csn_ = csn;
}

// An older name than that there is still adds its values.
Merged EntryState::merge_rdn(const std::string& rdn, const Csn& csn) {
  if (csn < added_csn_) return Merged::superseded;
  auto out = csn == rdn_csn_ ? Merged::known : Merged::superseded;
  const auto dn = model::Dn::parse(rdn);
  if (!dn.empty()) {
    for (const auto& ava : dn.rdns().front()) {
      if (merge_naming_value(ava.type, ava.value, csn) == Merged::news) out = Merged::news;
    }
  }
  if (csn <= rdn_csn_) return out;
  rdn_csn_ = csn;
  rdn_ = dn.empty() ? std::string() : model::rdn_text(dn.rdns().front());
  return Merged::news;
}

Merged EntryState::merge_naming_value(std::string_view type, std::string_view value, const Csn& csn) {
  return is_uuid(type) ? Merged::known : merge_value(type, value, csn, true);
}

// Returns the attribute, made when there is none.
StoredAttribute& EntryState::attribute(std::string_view description, std::string& key) {
  key = store::attribute_key(schema_, description);
  const auto [found, is_new] = index_.try_emplace(key, entry_.attributes.size());
  if (is_new) {
    entry_.attributes.emplace_back().description = description;
    types_.push_back(schema_.attribute(model::base_type(description)));
  }
  return entry_.attributes[found->second];
}

bool EntryState::is_uuid(std::string_view description) const {
  const auto* type = schema_.attribute(model::base_type(description));
  return type != nullptr && type->key == "entryuuid";
}

// Values that are equal have one form; a type without an equality rule, and an unknown one, compares byte for byte.
std::string EntryState::form(std::size_t index, std::string_view value) const {
  const auto* type = types_[index];
  if (type == nullptr) return std::string(value);
  return type->single_value ? std::string() : store::normal_form(schema_, *type, value);
}

EntryState::Forms& EntryState::forms(std::size_t index) {
  const auto [found, is_new] = forms_.try_emplace(index);
  if (!is_new) return found->second;
  auto& out = found->second;
  const auto& attribute = entry_.attributes[index];
  for (std::size_t i = 0; i < attribute.values.size(); ++i) out.values[form(index, attribute.values[i].bytes)] = i;
  for (std::size_t i = 0; i < attribute.deleted_values.size(); ++i) {
    out.deleted[form(index, attribute.deleted_values[i].bytes)] = i;
  }
  return out;
}

Merged EntryState::merge_value(std::string_view type, std::string_view value, const Csn& csn, bool naming) {
  if (csn < added_csn_) return Merged::superseded;
  std::string key;
  auto& attribute = this->attribute(type, key);
  const auto index = index_.at(key);
  if (attribute.deleted && csn < *attribute.deleted) return Merged::superseded;
  auto& forms = this->forms(index);
  auto form = this->form(index, value);
  if (const auto gone = forms.deleted.find(form);
      gone != forms.deleted.end() && csn < attribute.deleted_values[gone->second].csn) {
    return Merged::superseded;
  }
  const auto [found, is_new] = forms.values.try_emplace(std::move(form), attribute.values.size());
  if (is_new) {
    if (attribute.values.empty()) attribute.description = type;
    attribute.values.push_back({.bytes = std::string(value), .csn = csn});
    return Merged::news;
  }
  auto& there = attribute.values[found->second];
  if (csn < there.csn) return Merged::superseded;
  // Of the values of one operation, one that is given in full is spelled better than one that is in the RDN only.
  if (csn == there.csn && (naming || there.bytes == value)) return Merged::known;
  there.bytes = value;
  there.csn = csn;
  return Merged::news;
}

Merged EntryState::merge_deleted_value(const Primitive& primitive) {
  const auto& csn = primitive.csn;
  if (csn <= added_csn_) return Merged::superseded;
  std::string key;
  auto& attribute = this->attribute(primitive.type, key);
  const auto index = index_.at(key);
  if (attribute.deleted && csn <= *attribute.deleted) return Merged::superseded;
  auto& forms = this->forms(index);
  auto form = this->form(index, primitive.value);
  if (const auto live = forms.values.find(form);
      live != forms.values.end() && csn <= attribute.values[live->second].csn) {
    return Merged::superseded;
  }
  const auto [found, is_new] = forms.deleted.try_emplace(std::move(form), attribute.deleted_values.size());
  if (is_new) {
    attribute.deleted_values.push_back({.bytes = primitive.value, .csn = csn});
    return Merged::news;
  }
  auto& there = attribute.deleted_values[found->second];
  if (csn <= there.csn) return csn == there.csn ? Merged::known : Merged::superseded;
  there = {.bytes = primitive.value, .csn = csn};
  return Merged::news;
}

Merged EntryState::merge_deleted_attribute(const Primitive& primitive) {
  if (primitive.csn <= added_csn_) return Merged::superseded;
  std::string key;
  auto& attribute = this->attribute(primitive.type, key);
  forms(index_.at(key));
  if (attribute.deleted && primitive.csn <= *attribute.deleted) {
    return primitive.csn == *attribute.deleted ? Merged::known : Merged::superseded;
  }
  attribute.deleted = primitive.csn;
  return Merged::news;
}

// --- What the merged state means ---

void EntryState::settle() {
  if (added_ && removed_ > added_csn_) added_ = false;
  if (added_) removed_ = Csn();
  for (std::size_t i = 0; i < entry_.attributes.size(); ++i) {
    if (floor_raised_) {
      auto& attribute = entry_.attributes[i];
      std::erase_if(attribute.values, [&](const auto& value) { return value.csn < added_csn_; });
      std::erase_if(attribute.deleted_values, [&](const auto& record) { return record.csn <= added_csn_; });
      if (attribute.deleted && *attribute.deleted <= added_csn_) attribute.deleted.reset();
    }
    if (forms_.contains(i)) settle(i);
  }
  forms_.clear();
  floor_raised_ = false;
}

// One attribute: what its own deletion records take away, and which of those no longer matter.
void EntryState::settle(std::size_t index) {
  auto& attribute = entry_.attributes[index];
  if (attribute.deleted) {
    std::erase_if(attribute.values, [&](const auto& value) { return value.csn < *attribute.deleted; });
    std::erase_if(attribute.deleted_values, [&](const auto& record) { return record.csn <= *attribute.deleted; });
  }
  if (attribute.deleted_values.empty()) return;
  std::unordered_map<std::string, Csn> gone;
  for (const auto& record : attribute.deleted_values) gone.emplace(form(index, record.bytes), record.csn);
  std::unordered_map<std::string, bool> there;
  std::erase_if(attribute.values, [&](const auto& value) {
    auto form = this->form(index, value.bytes);
    const auto found = gone.find(form);
    if (found == gone.end()) return false;
    if (value.csn < found->second) return true;
    there.emplace(std::move(form), true);
    return false;
  });
  if (there.empty()) return;
  std::erase_if(attribute.deleted_values,
                [&](const auto& record) { return there.contains(form(index, record.bytes)); });
}

bool EntryState::has_content() const {
  if (has_place() || has_name()) return true;
  return std::any_of(entry_.attributes.begin(), entry_.attributes.end(), [&](const auto& attribute) {
    return std::any_of(attribute.values.begin(), attribute.values.end(),
                       [&](const auto& value) { return value.csn >= removed_; });
  });
}

bool EntryState::has_records() const {
  return removed_ != Csn() ||
         std::any_of(entry_.attributes.begin(), entry_.attributes.end(),
                     [](const auto& attribute) { return attribute.deleted || !attribute.deleted_values.empty(); });
}

// --- The entry made of it ---

namespace {

bool is_empty(const StoredAttribute& attribute) {
  return attribute.values.empty() && attribute.deleted_values.empty() && !attribute.deleted;
}

}  // namespace

// Glue has a class of its own, unless someone has removed that.
void EntryState::add_glue_class(std::string_view description) {
  std::string key;
  auto& attribute = this->attribute(description, key);
  const auto index = index_.at(key);
  if (attribute.deleted || (is_single(types_[index]) && !attribute.values.empty())) return;
  auto& forms = this->forms(index);
  const auto form = this->form(index, "glueEntry");
  if (!forms.deleted.contains(form) && !forms.values.contains(form)) {
    attribute.values.push_back({.bytes = "glueEntry", .csn = Csn()});
  }
}

void EntryState::part_former() {
  if (added_ || removed_ == Csn()) return;
  store::FormerEntry former;
  former.csn = added_csn_;
  if (!has_place()) {
    former.superior = superior_;
    former.superior_csn = superior_csn_;
  }
  if (!has_name()) {
    former.rdn = rdn_;
    former.rdn_csn = rdn_csn_;
  }
  for (auto& attribute : entry_.attributes) {
    const auto first = std::stable_partition(attribute.values.begin(), attribute.values.end(),
                                             [&](const auto& value) { return value.csn >= removed_; });
    if (first == attribute.values.end()) continue;
    auto& into = former.attributes.emplace_back();
    into.description = attribute.description;
    into.values.assign(std::make_move_iterator(first), std::make_move_iterator(attribute.values.end()));
    for (auto& value : into.values) value.distinguished = false;
    attribute.values.erase(first, attribute.values.end());
  }
  if (former != store::FormerEntry()) entry_.former = std::move(former);
}

void EntryState::make_live() {
  entry_.glue = !added_;
  entry_.csn = added_ ? added_csn_ : Csn();
  entry_.deleted.reset();
  entry_.last_dn.clear();
  entry_.outlived.reset();
  if (!added_ && removed_ != Csn()) entry_.outlived = removed_;
  entry_.superior_csn = has_place() ? superior_csn_ : Csn();
  entry_.rdn_csn = has_name() ? rdn_csn_ : Csn();
  if (entry_.glue) {
    add_glue_class("objectClass");
    add_glue_class("structuralObjectClass");
  }
  forms_.clear();
  index_.clear();  // it is of no more use
  std::erase_if(entry_.attributes, is_empty);
}

void EntryState::make_tombstone() {
  entry_.glue = false;
  entry_.deleted = removed_;
  entry_.outlived.reset();
  entry_.csn = added_csn_;
  entry_.superior_csn = superior_csn_;
  entry_.rdn_csn = rdn_csn_;
  std::erase_if(entry_.attributes, is_empty);
}

}  // namespace replkit::refserver::replication
