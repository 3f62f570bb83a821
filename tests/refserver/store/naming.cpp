#include "tests/refserver/store/naming.hpp"

#include <algorithm>
#include <unordered_map>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/store/attribute_key.hpp"
#include "tests/refserver/store/view.hpp"

namespace replkit::refserver::store {

namespace {

constexpr std::string_view uuid_type = "entryUUID";

// A quick look, before the RDN is taken apart.
bool mentions_uuid(std::string_view rdn) {
  if (rdn.size() <= uuid_type.size()) return false;
  for (std::size_t at = 0; at + uuid_type.size() <= rdn.size(); ++at) {
    if (equals_ignore_case(rdn.substr(at, uuid_type.size()), uuid_type)) return true;
  }
  return false;
}

model::Rdn parse_rdn(std::string_view text) {
  if (text.empty()) return {};
  const auto dn = model::Dn::parse(text);
  return dn.rdns().front();
}

std::string with_uuid(const std::string& base, const model::Uuid& uuid) {
  return (base.empty() ? base : base + "+") + std::string(uuid_type) + "=" + uuid.text();
}

std::string key_of(std::string_view rdn, const model::Schema& schema) {
  std::string key;
  if (!model::normalize_dn(rdn, schema, key)) throw LocalError("store: '" + printable(rdn) + "' is no RDN");
  return key;
}

StoredEntry load_existing(const Writer& writer, EntryId id) {
  auto entry = writer.load(id);
  if (!entry) throw LocalError("the store is damaged: an entry that is referred to has no record");
  return std::move(*entry);
}

void rename_sibling(Writer& writer, EntryId id, bool conflict, PutResult& out) {
  auto sibling = load_existing(writer, id);
  const auto base = base_rdn(sibling.rdn);
  auto rdn = conflict ? with_uuid(base, sibling.uuid) : base;
  if (rdn == sibling.rdn) return;
  sibling.rdn = std::move(rdn);
  writer.put(sibling);
  out.renamed.push_back(id);
}

// Settles the RDN of an entry that is to be put, before it is.
void settle_rdn(Writer& writer, const model::Schema& schema, StoredEntry& entry, PutResult& out) {
  const auto base = base_rdn(entry.rdn);
  entry.rdn = base;
  if (base.empty()) {
    entry.rdn = with_uuid(base, entry.uuid);
    return;
  }
  for (const auto id : writer.namesakes(entry.superior, key_of(base, schema), 3)) {
    if (id == entry.id) continue;
    out.conflict = true;
    rename_sibling(writer, id, true, out);
  }
  if (out.conflict) entry.rdn = with_uuid(base, entry.uuid);
}

void release_rdn(Writer& writer, const model::Schema& schema, const Place& place, PutResult& out) {
  const auto base = base_rdn(place.rdn);
  if (base.empty()) return;
  const auto left = writer.namesakes(place.superior, key_of(base, schema), 2);
  if (left.size() == 1) rename_sibling(writer, left.front(), false, out);
}

bool has_records(const StoredEntry& entry) {
  return std::any_of(entry.attributes.begin(), entry.attributes.end(),
                     [](const auto& attribute) { return attribute.deleted || !attribute.deleted_values.empty(); });
}

// Makes it a tombstone: what it keeps follows from what has happened to it, not from where it is now.
void make_tombstone(const Writer& writer, const model::Schema& schema, StoredEntry& entry, const ldup::Csn& csn) {
  entry.last_dn = writer.dn(entry.id);
  if (entry.glue && entry.superior_csn == ldup::Csn()) entry.superior = no_entry;
  const bool named = !entry.glue || entry.rdn_csn != ldup::Csn();
  const bool is_top = !entry.glue && entry.superior == no_entry;
  if (!named) entry.rdn.clear();
  restore_former(entry, schema);
  if (entry.wanted_superior) {
    entry.superior = writer.find(*entry.wanted_superior);
  } else if (const auto above = writer.head(entry.superior)) {
    entry.wanted_superior = above->uuid;
  }
  if (!is_top) set_name(entry, schema, given_rdn(entry));
  entry.deleted = csn;
  entry.glue = false;
  entry.outlived.reset();
}

// Glue that has lost its last child and has nothing of its own becomes what it would be had it never had one.
void release_superior(Writer& writer, const model::Schema& schema, EntryId id, PutResult& out) {
  const auto head = writer.head(id);
  if (!head || !head->glue || writer.has_children(id)) return;
  auto entry = load_existing(writer, id);
  if (!is_bare_glue(entry)) return;
  out.dropped = id;
  if (!entry.outlived && !has_records(entry)) {
    writer.erase(id);
    return;
  }
  make_tombstone(writer, schema, entry, entry.outlived.value_or(ldup::Csn()));
  writer.put(entry);
}

// Whether the value, of the type, is what the AVA says; of a single-valued type any is.
bool is_named(const model::Schema& schema, const model::AttributeType* type, const StoredValue& value,
              const std::string& form) {
  if (type == nullptr) return value.bytes == form;
  return type->single_value || normal_form(schema, *type, value.bytes) == form;
}

}  // namespace

std::string base_rdn(std::string_view rdn) {
  if (!mentions_uuid(rdn)) return std::string(rdn);
  auto avas = parse_rdn(rdn);
  std::erase_if(avas, [](const model::Ava& ava) { return equals_ignore_case(ava.type, uuid_type); });
  return avas.empty() ? std::string() : model::rdn_text(avas);
}

std::string given_rdn(const StoredEntry& entry) {
  return entry.given_rdn ? *entry.given_rdn : base_rdn(entry.rdn);
}

model::Rdn set_name(StoredEntry& entry, const model::Schema& schema, std::string_view given) {
  for (auto& attribute : entry.attributes) {
    for (auto& value : attribute.values) value.distinguished = false;
  }
  model::Rdn shown;
  model::Rdn left_out;
  for (auto& ava : parse_rdn(given)) {
    const auto* type = schema.attribute(ava.type);
    auto* attribute = find_attribute(entry, schema, attribute_key(schema, ava.type));
    const auto form = type != nullptr ? normal_form(schema, *type, ava.value) : ava.value;
    StoredValue* found = nullptr;
    if (attribute != nullptr) {
      for (auto& value : attribute->values) {
        if (is_named(schema, type, value, form)) found = &value;
      }
    }
    if (found == nullptr) {
      left_out.push_back(std::move(ava));
      continue;
    }
    found->distinguished = true;
    if (type != nullptr && type->single_value) ava.value = found->bytes;
    shown.push_back(std::move(ava));
  }
  entry.rdn = shown.empty() ? std::string() : model::rdn_text(shown);
  entry.given_rdn.reset();
  if (entry.rdn != given) entry.given_rdn = given;
  return left_out;
}

std::optional<Place> place_of(const StoredEntry& entry) {
  if (entry.id == no_entry || entry.deleted) return std::nullopt;
  return Place{entry.superior, entry.rdn};
}

PutResult put_named(Writer& writer, const model::Schema& schema, StoredEntry& entry,
                    const std::optional<Place>& before) {
  PutResult out;
  const bool stays = before && !entry.deleted && before->superior == entry.superior && before->rdn == entry.rdn;
  if (!stays && !entry.deleted && entry.superior != no_entry) settle_rdn(writer, schema, entry, out);
  out.id = entry.id = writer.put(entry);
  if (stays || !before || before->superior == no_entry) return out;
  release_rdn(writer, schema, *before, out);
  if (entry.deleted || before->superior != entry.superior) release_superior(writer, schema, before->superior, out);
  return out;
}

namespace {

void restore_values(StoredAttribute& into, StoredAttribute former, const model::Schema& schema) {
  const auto* type = schema.attribute(model::base_type(former.description));
  const auto form_of = [&](const std::string& value) {
    if (type == nullptr) return value;
    return type->single_value ? std::string() : normal_form(schema, *type, value);
  };
  std::unordered_map<std::string, ldup::Csn> newer;
  for (const auto& value : into.values) newer.emplace(form_of(value.bytes), value.csn);
  for (const auto& record : into.deleted_values) newer.emplace(form_of(record.bytes), record.csn);
  for (auto& value : former.values) {
    if (into.deleted && value.csn < *into.deleted) continue;
    const auto found = newer.find(form_of(value.bytes));
    if (found == newer.end() || found->second < value.csn) into.values.push_back(std::move(value));
  }
}

}  // namespace

void restore_former(StoredEntry& entry, const model::Schema& schema) {
  if (entry.glue) {
    for (auto& attribute : entry.attributes) {
      std::erase_if(attribute.values, [](const auto& value) { return value.csn == ldup::Csn(); });
    }
  }
  if (!entry.former) return;
  auto former = std::move(*entry.former);
  entry.former.reset();
  entry.csn = former.csn;
  if (entry.superior_csn == ldup::Csn() && former.superior_csn != ldup::Csn()) {
    entry.superior_csn = former.superior_csn;
    entry.wanted_superior = former.superior;
  }
  if (entry.rdn_csn == ldup::Csn()) {
    entry.rdn_csn = former.rdn_csn;
    entry.rdn = former.rdn;
    entry.given_rdn.reset();
  }
  for (auto& attribute : former.attributes) {
    auto* there = find_attribute(entry, schema, attribute_key(schema, attribute.description));
    if (there == nullptr) {
      there = &entry.attributes.emplace_back();
      there->description = attribute.description;
    }
    restore_values(*there, std::move(attribute), schema);
  }
}

PutResult bury(Writer& writer, const model::Schema& schema, StoredEntry entry, const ldup::Csn& csn) {
  const auto before = place_of(entry);
  make_tombstone(writer, schema, entry, csn);
  return put_named(writer, schema, entry, before);
}

bool is_bare_glue(const StoredEntry& entry) {
  if (!entry.glue || entry.superior_csn != ldup::Csn() || entry.rdn_csn != ldup::Csn()) return false;
  return std::all_of(entry.attributes.begin(), entry.attributes.end(), [](const auto& attribute) {
    return std::all_of(attribute.values.begin(), attribute.values.end(),
                       [](const auto& value) { return value.csn == ldup::Csn(); });
  });
}

}  // namespace replkit::refserver::store
