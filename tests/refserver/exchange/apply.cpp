#include "tests/refserver/exchange/apply.hpp"

#include <algorithm>
#include <functional>

#include "common/base/text.hpp"
#include "common/ldup/fractional_filter.hpp"
#include "common/ldup/names.hpp"
#include "common/model/dn.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::exchange {

namespace {

using ldup::ManagementClass;
using ldup::Primitive;
using replication::Event;
using replication::Reconciler;
using replication::ReconcilerOptions;
using replication::UnknownEntry;
using replication::Verdict;
using store::EntryId;
using store::no_entry;

constexpr std::size_t most_events = 100;  // of one update, in the history

ManagementClass class_of(const store::StoredEntry& entry) {
  std::vector<std::string> classes;
  if (const auto* attribute = entry.find("objectClass")) {
    for (const auto& value : attribute->values) classes.push_back(value.bytes);
  }
  return ldup::is_context(classes) ? ManagementClass::context : ldup::class_of(classes);
}

bool brings_management(const ldup::EntryUpdate& update) {
  return std::any_of(update.primitives.begin(), update.primitives.end(), [](const Primitive& primitive) {
    if (primitive.kind != Primitive::Kind::add_value || !equals_ignore_case(primitive.type, "objectClass"))
      return false;
    return is_management_class({&primitive.value, 1});
  });
}

using Attributes = std::vector<store::StoredAttribute>;

// Returns what the entry has that no other replica sends.
Attributes local_attributes(const store::Reader& reader, const model::Schema& schema, const model::Uuid& uuid) {
  Attributes out;
  const auto id = reader.find(uuid);
  const auto entry = id == no_entry ? std::nullopt : reader.load(id);
  if (!entry || entry->deleted) return out;
  for (const auto& attribute : entry->attributes) {
    if (!attribute.values.empty() && is_local_attribute(schema, attribute.description)) out.push_back(attribute);
  }
  return out;
}

// Gives the entry back what it has lost of that: it was added anew elsewhere. A replica has to say whether it is
// online; unless told otherwise others are, and this one is not.
void keep_local(store::Writer& writer, const Core& core, const model::Uuid& uuid, Attributes kept) {
  const auto id = writer.find(uuid);
  auto entry = id == no_entry ? std::nullopt : writer.load(id);
  if (!entry || entry->deleted || entry->glue) return;
  if (class_of(*entry) == ManagementClass::replica) {
    const auto* name = entry->find("cn");
    const bool own =
        name != nullptr && !name->values.empty() && ldup::replica_id(name->values.front().bytes) == core.replica_id;
    auto& online = kept.emplace_back();  // what there was before goes first
    online.description = "replicaOnline";
    online.values.push_back({.bytes = own ? "FALSE" : "TRUE", .csn = ldup::Csn()});
  }
  bool changed = false;
  for (auto& attribute : kept) {
    const auto* present = entry->find(attribute.description);
    if (present != nullptr && !present->values.empty()) continue;
    if (present != nullptr) {
      std::erase_if(entry->attributes,
                    [&](const auto& each) { return equals_ignore_case(each.description, attribute.description); });
    }
    for (auto& value : attribute.values) value.csn = ldup::Csn();
    attribute.deleted_values.clear();
    attribute.deleted.reset();
    entry->attributes.push_back(std::move(attribute));
    changed = true;
  }
  if (changed) writer.put(*entry);
}

// Leaves out what this replica does not hold, or does not take from others.
void filter(const Core& core, const LocalArea& area, bool managed, ldup::EntryUpdate& update) {
  const auto& schema = core.schema.model();
  std::optional<ldup::SendRule> rule;
  if (!managed && area.own != nullptr && !area.own->filter.is_full())
    rule.emplace(area.own->filter, ldup::AttributeList(), schema);
  std::erase_if(update.primitives, [&](const Primitive& primitive) {
    if (!primitive.is_typed()) return false;
    return is_local_attribute(schema, primitive.type) || (rule && !rule->sends(primitive.type));
  });
}

// Removes what has left the part of the area that this replica has, at or below the entry, without a record.
void drop_outside(store::Writer& writer, const LocalArea& area, EntryId top) {
  constexpr std::size_t batch = 1000;
  const Scope scope(writer, area.scope);
  const auto superior = writer.superior(top);
  std::vector<EntryId> found{top};  // superiors first
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::string after;
    if (scope.is_inner_root(found[i])) continue;
    while (writer.children(found[i], after, batch, found)) {
    }
  }
  for (auto id = found.rbegin(); id != found.rend(); ++id) {
    if (scope.is_inner_root(*id) || writer.has_children(*id)) continue;
    if (!area.model.needs(writer.dn(*id), *area.own)) writer.erase(*id);
  }
  // Where it went is not known here: glue was made for that.
  const auto above = superior == no_entry || writer.has_children(superior) ? std::nullopt : writer.load(superior);
  if (above && store::is_bare_glue(*above)) writer.erase(superior);
}

}  // namespace

Applied apply_update(store::Writer& writer, Core& core, const LocalArea& area, const Area& scope,
                     ldup::EntryUpdate update, UnknownEntry unknown) {
  Applied out;
  const auto areas = core.last_areas();
  const bool brings = brings_management(update);
  const bool managed = brings || (areas && areas->is_managed(update.entry));
  const bool partial = !managed && area.own != nullptr && !area.own->holds_whole_area();
  if (partial && std::all_of(update.primitives.begin(), update.primitives.end(), std::mem_fn(&Primitive::says_where)) &&
      writer.find(update.entry) == no_entry)
    return out;  // it was outside before
  filter(core, area, managed, update);
  std::stable_sort(update.primitives.begin(), update.primitives.end(),
                   [](const Primitive& a, const Primitive& b) { return a.csn < b.csn; });
  ReconcilerOptions options;
  options.read_only = area.own != nullptr && !area.own->can_originate();
  options.protect_names = !options.read_only;
  options.unknown = unknown;
  const auto& schema = core.schema.model();
  auto kept = managed ? local_attributes(writer, schema, update.entry) : Attributes();
  const auto last_before = writer.last_csn();
  const auto result = Reconciler(writer, core.schema, scope, options).apply(update);
  if (result.verdict == Verdict::lingering) {
    throw protocol::Refusal(protocol::ResultCode::other,
                            "the entry " + update.entry.text() + " is not here, and was not added since it was purged");
  }
  out.news = result.verdict == Verdict::applied;
  out.incomplete = result.verdict == Verdict::incomplete;
  out.elsewhere = result.verdict == Verdict::elsewhere;
  out.superseded = result.superseded;
  for (const auto& event : result.events) {
    if (out.events.size() == most_events) break;
    std::string text = std::string(text_of(event.kind)) + ": " + (event.dn.empty() ? event.entry.text() : event.dn);
    if (!event.detail.empty()) text += " (" + event.detail + ")";
    (event.kind == Event::Kind::unknown_type ? out.mismatches : out.events).push_back(printable(text));
  }
  out.vector_only = out.news && managed &&
                    std::all_of(update.primitives.begin(), update.primitives.end(), [](const Primitive& primitive) {
                      return primitive.is_typed() && equals_ignore_case(primitive.type, "updateVector");
                    });
  // Changes of this replica's own that were there before are told by whoever made them.
  if (const auto last = writer.last_csn(); out.news && last != last_before && last.replica_id() == core.replica_id) {
    out.own = last;
  }
  const auto entry = writer.find(update.entry);
  if (out.news && partial &&
      std::any_of(update.primitives.begin(), update.primitives.end(), std::mem_fn(&Primitive::says_where)) &&
      entry != no_entry && !writer.head(entry)->tombstone) {
    drop_outside(writer, area, entry);
  }
  if (out.news && managed) {
    keep_local(writer, core, update.entry, std::move(kept));
    out.areas = brings || std::any_of(update.primitives.begin(), update.primitives.end(), [&](const Primitive& each) {
                  return !each.is_typed() || matters_to_areas(schema, each.type);
                });
  }
  return out;
}

void restore_local(store::Writer& writer, const schema::Schema& schema, const std::vector<model::Entry>& before) {
  for (const auto& old : before) {
    const auto uuid = model::Uuid::parse(old.first("entryUUID"));
    auto id = uuid ? writer.find(*uuid) : no_entry;
    // One that was made on each server by itself has another UUID now.
    std::string key;
    if (id == no_entry && model::normalize_dn(old.dn, schema.model(), key)) id = writer.find(key);
    auto entry = id == no_entry ? std::nullopt : writer.load(id);
    if (!entry || entry->deleted) continue;
    bool changed = false;
    for (const auto& attribute : old.attributes) {
      if (!is_local_attribute(schema.model(), attribute.description)) continue;
      std::erase_if(entry->attributes,
                    [&](const auto& each) { return equals_ignore_case(each.description, attribute.description); });
      auto& copy = entry->attributes.emplace_back();
      copy.description = attribute.description;
      for (const auto& value : attribute.values) copy.values.push_back({.bytes = value, .csn = ldup::Csn()});
      changed = true;
    }
    if (changed) writer.put(*entry);
  }
}

namespace {

constexpr std::size_t piece = 500;  // entries that one change removes

// Removes the tombstones and glue of an area that are not in the tree.
void wipe_tombstones(Core& core, const LocalArea& area, const std::function<void()>& check) {
  EntryId after = no_entry;
  for (bool more = true; more;) {
    check();
    std::vector<EntryId> doomed;
    {
      const auto snapshot = core.store.snapshot();
      const Scope scope(*snapshot, area.scope);
      std::vector<EntryId> some;
      more = snapshot->entries(after, piece, some);
      if (!some.empty()) after = some.back();
      for (const auto id : some) {
        const auto head = snapshot->head(id);
        if (head && head->tombstone && scope.holds(*snapshot, id)) doomed.push_back(id);
      }
    }
    if (doomed.empty()) continue;
    core.store.apply([&](store::Writer& writer) {
      for (const auto id : doomed) {
        if (const auto head = writer.head(id); head && head->tombstone) writer.erase(id);
      }
    });
  }
}

// Appends up to `piece` entries at or below `top` that have no children but those before them; an inner area is passed
// over, and what is above one is appended to `above`.
void collect(const store::Reader& reader, EntryId top, const Scope& scope, std::vector<EntryId>& out,
             std::vector<EntryId>& above) {
  struct Level {
    EntryId id;
    std::string after;
    bool keeps = false;  // something below it stays
  };
  std::vector<Level> path{{top, {}}};
  std::vector<EntryId> child;
  while (!path.empty() && out.size() < piece) {
    child.clear();
    auto& level = path.back();
    reader.children(level.id, level.after, 1, child);
    if (!child.empty()) {
      if (scope.is_inner_root(child.front())) {
        level.keeps = true;
      } else {
        path.push_back({child.front(), {}});
      }
      continue;
    }
    const auto done = level;
    path.pop_back();
    (done.keeps ? above : out).push_back(done.id);
    if (done.keeps && !path.empty()) path.back().keeps = true;
  }
}

// Takes all from the entry but its name: what comes with an add is news then, and makes an entry of it again.
void strip(store::Writer& writer, EntryId id) {
  auto entry = writer.load(id);
  if (!entry || entry->deleted) return;
  store::StoredEntry bare;
  bare.id = id;
  bare.superior = entry->superior;
  bare.uuid = entry->uuid;
  bare.rdn = entry->rdn;
  bare.glue = entry->superior != no_entry;
  const auto add = [&](std::string description, std::string value, bool distinguished) {
    auto& attribute = bare.attributes.emplace_back();
    attribute.description = std::move(description);
    attribute.values.push_back({.bytes = std::move(value), .csn = ldup::Csn(), .distinguished = distinguished});
  };
  add("objectClass", "glueEntry", false);
  add("structuralObjectClass", "glueEntry", false);
  for (const auto& attribute : entry->attributes) {
    for (const auto& value : attribute.values) {
      if (value.distinguished) add(attribute.description, value.bytes, true);
    }
  }
  if (bare != *entry) writer.put(bare);
}

}  // namespace

void wipe(Core& core, const LocalArea& area, const std::function<void()>& check) {
  wipe_tombstones(core, area, check);
  // Until there is no more: what was under way may still have put something below them.
  for (std::size_t erased = 1; erased > 0;) {
    check();
    std::vector<EntryId> doomed;
    std::vector<EntryId> above;
    {
      const auto snapshot = core.store.snapshot();
      const Scope scope(*snapshot, area.scope);
      if (scope.root() == no_entry) return;
      collect(*snapshot, scope.root(), scope, doomed, above);
    }
    core.store.apply([&](store::Writer& writer) {
      for (const auto id : above) strip(writer, id);
      erased = 0;
      for (const auto id : doomed) {
        if (writer.has_children(id)) continue;
        writer.erase(id);
        ++erased;
      }
    });
  }
}

}  // namespace replkit::refserver::exchange
