#include "tests/refserver/metadata/metadata_answer.hpp"

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/ldup/oids.hpp"
#include "tests/refserver/protocol/encode.hpp"

namespace replkit::refserver::metadata {

using ldup::MetaDataAttribute;
using ldup::SearchMetaDataEntry;
namespace oid = ldup::oid;

namespace {

std::optional<ldup::Csn> known(const ldup::Csn& csn) {
  return csn == ldup::Csn() ? std::nullopt : std::optional(csn);
}

}  // namespace

MetaDataAnswer::MetaDataAnswer(const directory::Call& call, SearchMetaData wanted, directory::AuditRecord record)
    : call_(call),
      request_(std::get<protocol::SearchRequest>(call.message.request)),
      wanted_(wanted),
      selection_(request_.attributes, call.context.schema),
      record_(std::move(record)) {}

MetaDataAnswer::~MetaDataAnswer() {
  if (recorded_ || call_.context.audit == nullptr) return;
  record_.result = protocol::ResultCode::canceled;
  call_.context.audit->record(record_);
}

bool MetaDataAnswer::shows(std::string_view key) {
  return call_.view.all() || call_.view.entry(key).has(access::Right::metadata);
}

bool MetaDataAnswer::is_selected(std::string_view description, std::string_view key) const {
  const model::Description parsed(description, call_.context.schema.model());
  if (!selection_.selects(parsed)) return false;
  if (call_.view.all()) return true;
  return parsed.type != nullptr && call_.view.attribute(key, *parsed.type).has(access::Right::read);
}

void MetaDataAnswer::put_entry(std::string& out, const store::Reader& reader, directory::EntryView& entry,
                               const store::StoredEntry* deleted) {
  SearchMetaDataEntry found;
  found.name = entry.dn();
  std::optional<store::StoredEntry> loaded;
  if (deleted == nullptr && entry.stored().id != store::no_entry) {
    loaded = reader.load(entry.stored().id);
    if (!loaded) throw LocalError("the store is damaged: an entry in its tree has no record");
  }
  const auto* stored = deleted != nullptr ? deleted : loaded ? &*loaded : nullptr;
  const auto& schema = call_.context.schema.model();
  entry.add(directory::VirtualAttributes::chosen(schema, [&](const model::AttributeType& type) {
    return selection_.selects(model::Description(type.key, schema));
  }));
  if (stored != nullptr) {
    put_stored(*stored, entry.key(), found);
    put_csns(*stored, entry.key(), found);
    if (wanted_.attribute_change_state) found.state = state_of(*stored, reader);
  }
  put_made_up(entry, found);
  protocol::encode_intermediate_response(out, call_.message.id, oid::meta_data_entry, encode(found));
}

// What is not stored has no CSN: entryDN, entryUUID, the root DSE.
void MetaDataAnswer::put_made_up(directory::EntryView& entry, SearchMetaDataEntry& out) const {
  for (const auto& attribute : entry.attributes()) {
    const auto same = [&](const MetaDataAttribute& other) {
      return equals_ignore_case(other.type, attribute.description);
    };
    const bool stored = entry.stored().find(attribute.description) != nullptr ||
                        std::any_of(out.attributes.begin(), out.attributes.end(), same);
    if (stored || !is_selected(attribute.description, entry.key())) continue;
    auto& put = out.attributes.emplace_back();
    put.type = attribute.description;
    if (request_.types_only) continue;
    for (const auto value : attribute.values) {
      put.values.push_back({.value = std::string(value), .deleted = false, .csn = {}, .distinguished = false});
    }
  }
}

void MetaDataAnswer::put_stored(const store::StoredEntry& stored, std::string_view key,
                                SearchMetaDataEntry& out) const {
  for (const auto& attribute : stored.attributes) {
    if (attribute.values.empty() && !wanted_.attribute_change_state) continue;
    if (!is_selected(attribute.description, key)) continue;
    auto& put = out.attributes.emplace_back();
    put.type = attribute.description;
    if (wanted_.attribute_change_state) put.deletion_csn = attribute.deleted;
    if (request_.types_only) continue;
    for (const auto& value : attribute.values) {
      auto& triple = put.values.emplace_back();
      triple.value = value.bytes;
      if (!wanted_.attribute_change_state) continue;
      triple.csn = value.csn;
      triple.distinguished = value.distinguished;
    }
    if (!wanted_.attribute_change_state) continue;
    for (const auto& value : attribute.deleted_values) {
      put.values.push_back({.value = value.bytes, .deleted = true, .csn = value.csn, .distinguished = false});
    }
  }
}

// Of a tombstone, deletedEntryCSN goes without saying.
void MetaDataAnswer::put_csns(const store::StoredEntry& stored, std::string_view key, SearchMetaDataEntry& out) const {
  const auto put = [&](std::string_view type, const ldup::Csn& csn) {
    auto& attribute = out.attributes.emplace_back();
    attribute.type = type;
    if (!request_.types_only) {
      attribute.values.push_back({.value = csn.ldup_text(), .deleted = false, .csn = {}, .distinguished = false});
    }
  };
  if (is_selected("createdEntryCSN", key)) put("createdEntryCSN", stored.csn);
  if (stored.deleted && *stored.deleted != ldup::Csn()) put("deletedEntryCSN", *stored.deleted);
}

ldup::EntryState MetaDataAnswer::state_of(const store::StoredEntry& stored, const store::Reader& reader) {
  ldup::EntryState out;
  out.entry = stored.uuid;
  if (stored.deleted) out.deleted_csn = known(*stored.deleted);
  out.created_csn = known(stored.csn);
  out.rdn_csn = known(stored.rdn_csn);
  if (const auto above = reader.head(stored.superior)) out.superior = above->uuid;
  if (stored.deleted && stored.wanted_superior) out.superior = stored.wanted_superior;
  out.superior_csn = known(stored.superior_csn);
  out.glue = stored.glue;
  return out;
}

void MetaDataAnswer::put_reference(std::string& out, std::span<const std::string> uris) {
  const ldup::SearchMetaDataReference reference{{uris.begin(), uris.end()}};
  protocol::encode_intermediate_response(out, call_.message.id, oid::meta_data_reference, encode(reference));
}

void MetaDataAnswer::put_result(std::string& out, const protocol::Result& result,
                                std::span<const protocol::Control> controls) {
  protocol::encode_extended_response(out, call_.message.id, result, oid::search_with_meta_data, std::nullopt, controls);
  recorded_ = true;
  if (call_.context.audit == nullptr) return;
  record_.result = result.code;
  call_.context.audit->record(record_);
}

}  // namespace replkit::refserver::metadata
