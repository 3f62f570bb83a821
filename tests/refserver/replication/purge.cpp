#include "tests/refserver/replication/purge.hpp"

#include <algorithm>

#include "common/model/dn.hpp"
#include "tests/refserver/store/attribute_key.hpp"
#include "tests/refserver/store/naming.hpp"

namespace replkit::refserver::replication {

using ldup::Csn;
using store::EntryId;
using store::StoredEntry;

namespace {

// Returns the keys of the attributes whose records stay: those of the RDN that the entry was given, when it lacks
// values of it. A full update sends that RDN, and the values would come back with it.
std::vector<std::string> kept_keys(const StoredEntry& entry, const model::Schema& schema) {
  std::vector<std::string> out;
  if (!entry.given_rdn || entry.deleted || entry.given_rdn->empty()) return out;
  const auto given = model::Dn::parse(*entry.given_rdn);
  for (const auto& ava : given.rdns().front()) out.push_back(store::attribute_key(schema, ava.type));
  return out;
}

// Drops records below the bound.
std::size_t drop_records(StoredEntry& entry, const model::Schema& schema, const Csn& bound) {
  const auto kept = kept_keys(entry, schema);
  std::size_t dropped = 0;
  for (auto& attribute : entry.attributes) {
    if (!kept.empty() &&
        std::find(kept.begin(), kept.end(), store::attribute_key(schema, attribute.description)) != kept.end())
      continue;
    dropped += std::erase_if(attribute.deleted_values, [&](const auto& record) { return record.csn < bound; });
    if (attribute.deleted && *attribute.deleted < bound) {
      attribute.deleted.reset();
      ++dropped;
    }
  }
  std::erase_if(entry.attributes, [](const auto& attribute) {
    return attribute.values.empty() && attribute.deleted_values.empty() && !attribute.deleted;
  });
  return dropped;
}

bool has_records(const StoredEntry& entry, const Csn& bound) {
  return std::any_of(entry.attributes.begin(), entry.attributes.end(), [&](const auto& attribute) {
    return (attribute.deleted && *attribute.deleted >= bound) ||
           std::any_of(attribute.deleted_values.begin(), attribute.deleted_values.end(),
                       [&](const auto& record) { return record.csn >= bound; });
  });
}

// Glue that nobody has moved out of Lost & Found, with nothing below it and nothing new in it.
bool may_go(const store::Reader& reader, const StoredEntry& entry, const Csn& bound) {
  if (!entry.glue || entry.outlived || entry.superior_csn != Csn() || !(entry.rdn_csn < bound)) return false;
  if (has_records(entry, bound) || reader.has_children(entry.id)) return false;
  return std::all_of(entry.attributes.begin(), entry.attributes.end(), [&](const auto& attribute) {
    return std::all_of(attribute.values.begin(), attribute.values.end(),
                       [&](const auto& value) { return value.csn < bound; });
  });
}

enum class Fate { stay, change, go };

// What is left of the entry.
Fate shrink(const store::Reader& reader, const model::Schema& schema, StoredEntry& entry, const Csn& bound,
            Purged& out) {
  const auto records = drop_records(entry, schema, bound);
  out.records += records;
  auto fate = records > 0 ? Fate::change : Fate::stay;
  if (entry.deleted) {
    if (*entry.deleted >= bound || has_records(entry, bound)) return fate;
    ++out.tombstones;
    return Fate::go;
  }
  if (entry.outlived && *entry.outlived < bound) {
    entry.outlived.reset();
    entry.former.reset();
    ++out.tombstones;
    fate = Fate::change;
  }
  if (!may_go(reader, entry, bound)) return fate;
  ++out.glue;
  return Fate::go;
}

}  // namespace

std::optional<Csn> purge_bound(std::span<const ldup::UpdateVector> vectors, std::span<const std::string> replica_ids,
                               Instant not_after) {
  Csn bound(not_after, 0, {}, 0);
  if (vectors.empty()) return std::nullopt;
  for (const auto& vector : vectors) {
    for (const auto& id : replica_ids) {
      const auto found = vector.components().find(id);
      if (found == vector.components().end()) return std::nullopt;
      // Just above it: else the last change of a group that is idle would keep its meta-data.
      bound = std::min(bound, found->second.with_modification(found->second.modification() + 1));
    }
  }
  return bound;
}

bool find_purgeable(const store::Reader& reader, const model::Schema& schema, const Area& area, const Csn& bound,
                    EntryId& after, std::size_t limit, std::vector<EntryId>& out) {
  const Scope scope(reader, area);
  std::vector<EntryId> ids;
  const bool more = reader.entries(after, limit, ids);
  if (!ids.empty()) after = ids.back();
  Purged counted;
  for (const auto id : ids) {
    auto entry = reader.load(id);
    if (!entry || shrink(reader, schema, *entry, bound, counted) == Fate::stay) continue;
    if (scope.holds(reader, id)) out.push_back(id);
  }
  return more;
}

Purged purge(store::Writer& writer, const model::Schema& schema, const Area& area, const Csn& bound,
             std::span<const EntryId> entries) {
  Purged out;
  const auto lost_and_found = area.lost_and_found();
  for (const auto id : entries) {
    auto entry = writer.load(id);
    if (!entry || entry->uuid == lost_and_found) continue;
    const auto before = store::place_of(*entry);
    const auto fate = shrink(writer, schema, *entry, bound, out);
    if (fate == Fate::stay) continue;
    if (fate == Fate::change) {
      writer.put(*entry);
      continue;
    }
    if (before) store::bury(writer, schema, *entry, Csn());  // gives its name back
    writer.erase(id);
  }
  return out;
}

}  // namespace replkit::refserver::replication
