#include "tests/unit/refserver/replication/replica.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "common/base/error.hpp"
#include "common/model/dn.hpp"
#include "tests/refserver/directory/entry_editor.hpp"
#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/store/attribute_key.hpp"
#include "tests/refserver/store/naming.hpp"

namespace replkit::refserver::replication {

using ldup::Csn;
using protocol::Refusal;
using store::EntryId;
using store::no_entry;
using store::StoredEntry;
using store::Writer;

const schema::Schema& test_schema() {
  static const auto schema = schema::Schema::load({"core", "cosine", "inetorgperson", "ldup"});
  return schema;
}

MemoryDir::MemoryDir() {
  std::error_code error;
  const bool has_memory = std::filesystem::is_directory("/dev/shm", error);
  std::string pattern = std::string(has_memory ? "/dev/shm" : "/tmp") + "/replkit-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw LocalError("cannot make a folder");
  path_ = pattern;
}

MemoryDir::~MemoryDir() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

const Area& test_area() {
  static const Area area{uuid_of(0), "dc=example", {}, {}};
  return area;
}

model::Uuid uuid_of(std::uint64_t number) {
  model::Uuid out;
  out.bytes.fill(0x10);
  for (std::size_t i = 0; i < 8; ++i) out.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return out;
}

namespace {

const Csn first_csn(Instant{std::chrono::seconds{1'600'000'000}}, 0, "r1", 0);

StoredEntry make_root() {
  StoredEntry entry;
  entry.uuid = test_area().root;
  entry.rdn = test_area().root_dn;
  entry.csn = entry.rdn_csn = entry.superior_csn = first_csn;
  const auto add = [&](std::string description, std::string value, bool distinguished = false) {
    auto& attribute = entry.attributes.emplace_back();
    attribute.description = std::move(description);
    attribute.values.push_back({std::move(value), first_csn, distinguished});
  };
  add("objectClass", "domain");
  add("structuralObjectClass", "domain");
  add("dc", "example", true);
  return entry;
}

void refuse_unless(bool condition) {
  if (!condition) throw Refusal(protocol::ResultCode::unwilling_to_perform, "");
}

void check_name(const Writer& writer, EntryId superior, const model::Rdn& rdn, EntryId self) {
  std::string key;
  model::normalize_dn(model::rdn_text(rdn), test_schema().model(), key);
  for (const auto id : writer.namesakes(superior, key, 2)) refuse_unless(id == self);
}

void wipe(Writer& writer) {
  for (bool again = true; again;) {
    again = false;
    std::vector<EntryId> ids;
    writer.entries(no_entry, 1'000'000, ids);
    for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
      if (writer.has_children(*id)) {
        again = true;
      } else {
        writer.erase(*id);
      }
    }
  }
}

}  // namespace

Replica::Replica(std::string id, ReconcilerOptions options)
    : id_(std::move(id)),
      store_({.directory = folder_.path() / "store",
              .durability = store::Durability::none,
              .indexes = {},
              .replica_id = id_,
              .map_size = 16U << 20U},
             test_schema(), clock) {
  reset(options);
}

void Replica::reset(ReconcilerOptions options) {
  options_ = options;
  store_.apply([&](Writer& writer) {
    wipe(writer);
    writer.remove_state("displaced " + test_area().root.text());
    writer.put(make_root());
    Reconciler(writer, test_schema(), test_area(), options_).ensure_lost_and_found();
  });
  vector_ = {};
  vector_.merge(first_csn);
}

template <typename Change>
bool Replica::try_change(const Change& change) {
  try {
    store_.apply(change);
    return true;
  } catch (const Refusal&) {
    return false;
  }
}

bool Replica::add(const model::Uuid& uuid, EntryId superior, std::string_view rdn,
                  const std::vector<model::Attribute>& attributes) {
  return try_change([&](Writer& writer) {
    const auto avas = model::Dn::parse(rdn).rdns().front();
    const auto above = writer.head(superior);
    refuse_unless(above && !above->tombstone);
    check_name(writer, superior, avas, no_entry);
    auto entry = directory::make_entry(test_schema(), avas, attributes, Csn());
    entry.uuid = uuid;
    entry.superior = superior;
    entry.rdn = model::rdn_text(avas);
    auto& structural = entry.attributes.emplace_back();
    structural.description = "structuralObjectClass";
    structural.values.push_back({directory::structural_class(entry, test_schema()), Csn()});
    directory::check_entry(entry, test_schema());
    std::optional<store::Place> before;
    if (const auto former = writer.find(uuid); former != no_entry) {
      const auto old = writer.load(former);
      refuse_unless(old->deleted || old->glue);
      for (auto id = superior; id != no_entry; id = writer.superior(id)) refuse_unless(id != former);
      before = store::place_of(*old);
      entry.id = former;
    }
    const auto csn = writer.next_csn();
    entry.csn = entry.rdn_csn = entry.superior_csn = csn;
    for (auto& attribute : entry.attributes) {
      for (auto& value : attribute.values) value.csn = csn;
    }
    store::put_named(writer, test_schema().model(), entry, before);
  });
}

bool Replica::remove(EntryId id) {
  return try_change([&](Writer& writer) {
    refuse_unless(!writer.has_children(id));
    store::bury(writer, test_schema().model(), *writer.load(id), writer.next_csn());
  });
}

bool Replica::modify(EntryId id, const std::vector<model::Modification>& changes) {
  return try_change([&](Writer& writer) {
    auto entry = *writer.load(id);
    const auto before = store::place_of(entry);
    directory::EntryEditor editor(entry, test_schema(), writer.next_csn());
    for (const auto& change : changes) editor.modify(change, directory::Origin::client);
    editor.set("modifyTimestamp", format_generalized_time(clock.now()));
    editor.finish();
    store::put_named(writer, test_schema().model(), entry, before);
  });
}

bool Replica::rename(EntryId id, const Rename& how) {
  return try_change([&](Writer& writer) {
    auto entry = *writer.load(id);
    const auto before = store::place_of(entry);
    const auto superior = how.superior == no_entry ? entry.superior : how.superior;
    const auto above = writer.head(superior);
    refuse_unless(above && !above->tombstone);
    for (auto at = superior; at != no_entry; at = writer.superior(at)) refuse_unless(at != id);
    const auto text = how.rdn.value_or(store::base_rdn(entry.rdn));
    refuse_unless(!text.empty());
    const auto rdn = model::Dn::parse(text).rdns().front();
    check_name(writer, superior, rdn, id);
    directory::EntryEditor editor(entry, test_schema(), writer.next_csn());
    if (superior != entry.superior) editor.move(superior);
    if (model::rdn_text(rdn) != entry.rdn) {
      editor.rename(rdn, model::rdn_text(rdn), how.delete_old ? directory::OldRdn::remove : directory::OldRdn::keep);
    }
    editor.set("modifyTimestamp", format_generalized_time(clock.now()));
    editor.finish();
    store::put_named(writer, test_schema().model(), entry, before);
  });
}

ldup::UpdateVector Replica::vector() const {
  auto out = vector_;
  out.merge(own_component(*store_.snapshot(), id_));
  return out;
}

void Replica::merge(const ldup::UpdateVector& vector) {
  for (const auto& [origin, csn] : vector.components()) vector_.merge(csn);
}

std::vector<ldup::EntryUpdate> Replica::harvest(const ldup::UpdateVector& partner) const {
  return leg(partner, 0).updates;
}

Replica::Leg Replica::leg(const ldup::UpdateVector& partner, std::size_t entries) const {
  const auto own = vector();
  const auto snapshot = store_.snapshot();
  Harvest harvest(*snapshot, test_area(), test_schema().model(), partner, {}, entries);
  Leg out;
  while (auto update = harvest.next(*snapshot)) out.updates.push_back(std::move(*update));
  out.reached = harvest.reached(own);
  return out;
}

std::vector<ldup::EntryUpdate> Replica::everything() const {
  const auto snapshot = store_.snapshot();
  FullHarvest harvest(*snapshot, test_area(), test_schema().model(), {});
  std::vector<ldup::EntryUpdate> out;
  while (auto update = harvest.next(*snapshot)) out.push_back(std::move(*update));
  return out;
}

std::vector<Reconciled> Replica::apply(const std::vector<ldup::EntryUpdate>& updates) {
  std::vector<Reconciled> out;
  store_.apply([&](Writer& writer) {
    out.clear();
    Reconciler reconciler(writer, test_schema(), test_area(), options_);
    for (const auto& update : updates) out.push_back(reconciler.apply(update));
  });
  return out;
}

std::size_t Replica::send_to(Replica& consumer) const {
  const auto vector = this->vector();
  const auto updates = harvest(consumer.vector());
  consumer.apply(updates);
  consumer.merge(vector);
  return updates.size();
}

std::vector<EntryId> Replica::live() const {
  const auto snapshot = store_.snapshot();
  std::vector<EntryId> ids;
  snapshot->entries(no_entry, 1'000'000, ids);
  std::erase_if(ids, [&](EntryId id) {
    const auto head = *snapshot->head(id);
    return head.tombstone || head.uuid == test_area().root || head.uuid == test_area().lost_and_found();
  });
  // In an order that does not depend on what came first here.
  std::sort(ids.begin(), ids.end(),
            [&](EntryId a, EntryId b) { return snapshot->head(a)->uuid < snapshot->head(b)->uuid; });
  return ids;
}

std::vector<model::Uuid> Replica::tombstones() const {
  const auto snapshot = store_.snapshot();
  std::vector<EntryId> ids;
  snapshot->entries(no_entry, 1'000'000, ids);
  std::vector<model::Uuid> out;
  for (const auto id : ids) {
    const auto head = *snapshot->head(id);
    if (head.tombstone || head.glue) out.push_back(head.uuid);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::optional<StoredEntry> Replica::load(const model::Uuid& uuid) const {
  const auto snapshot = store_.snapshot();
  return snapshot->load(snapshot->find(uuid));
}

std::string Replica::dn(const model::Uuid& uuid) const {
  const auto snapshot = store_.snapshot();
  const auto id = snapshot->find(uuid);
  const auto head = snapshot->head(id);
  return head && !head->tombstone ? snapshot->dn(id) : std::string();
}

namespace {

void put_records(const store::StoredAttribute& attribute, std::set<std::string>& lines) {
  const auto key = store::attribute_key(test_schema().model(), attribute.description);
  if (attribute.deleted) lines.insert(fmt::format("  {} deleted {}", key, attribute.deleted->text()));
  for (const auto& record : attribute.deleted_values) {
    lines.insert(fmt::format("  {} deleted {} '{}'", key, record.csn.text(), record.bytes));
  }
}

void put_values(const store::StoredAttribute& attribute, std::set<std::string>& lines, std::string_view prefix = {}) {
  const auto key = store::attribute_key(test_schema().model(), attribute.description);
  for (const auto& value : attribute.values) {
    lines.insert(
        fmt::format("{}  {} {} '{}'{}", prefix, key, value.csn.text(), value.bytes, value.distinguished ? " rdn" : ""));
  }
}

// Else its last DN is what it was when it went, which need not be the same everywhere.
bool is_place_known(const store::Reader& reader, std::optional<StoredEntry> entry) {
  for (int depth = 0; entry && depth < 100; ++depth) {
    if (!entry->deleted) return true;
    entry = entry->wanted_superior ? reader.load(reader.find(*entry->wanted_superior)) : std::nullopt;
  }
  return false;
}

std::string lines_of(const store::Reader& reader, const StoredEntry& entry) {
  std::set<std::string> lines;
  std::string head;
  if (entry.deleted) {
    head =
        fmt::format("tombstone {} {} {} rdn {} {} superior {} {} csn {}", entry.uuid.text(), entry.deleted->text(),
                    is_place_known(reader, entry) ? entry.last_dn : "?", entry.rdn, entry.rdn_csn.text(),
                    entry.wanted_superior.value_or(model::Uuid()).text(), entry.superior_csn.text(), entry.csn.text());
  } else {
    head = fmt::format("entry {} {}\n  csn {} rdn {} superior {}{}{}{}{}", entry.uuid.text(), reader.dn(entry.id),
                       entry.csn.text(), entry.rdn_csn.text(), entry.superior_csn.text(), entry.glue ? " glue" : "",
                       entry.outlived ? " outlived " + entry.outlived->text() : "",
                       entry.given_rdn ? " given " + *entry.given_rdn : "",
                       entry.wanted_superior ? " wanted " + entry.wanted_superior->text() : "");
  }
  for (const auto& attribute : entry.attributes) {
    const auto key = store::attribute_key(test_schema().model(), attribute.description);
    put_records(attribute, lines);
    put_values(attribute, lines);
  }
  if (entry.former) {
    auto former = entry;
    store::restore_former(former, test_schema().model());
    lines.insert(fmt::format("  former csn {} rdn {} {} superior {} {}", former.csn.text(), store::given_rdn(former),
                             former.rdn_csn.text(), former.wanted_superior.value_or(model::Uuid()).text(),
                             former.superior_csn.text()));
    for (const auto& attribute : former.attributes) put_values(attribute, lines, "  former");
  }
  for (const auto& line : lines) head += "\n" + line;
  return head;
}

}  // namespace

std::vector<std::string> Replica::dump() const {
  const auto snapshot = store_.snapshot();
  std::vector<EntryId> ids;
  snapshot->entries(no_entry, 1'000'000, ids);
  std::vector<std::string> out;
  for (const auto id : ids) out.push_back(lines_of(*snapshot, *snapshot->load(id)));
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<ldup::EntryUpdate> Replica::own_changes_since(const Csn& csn) const {
  const auto snapshot = store_.snapshot();
  std::vector<store::ChangeMark> marks;
  auto after = store::ChangeMark::end_of(csn);
  snapshot->changes(id_, after, 1'000'000, marks);
  std::vector<ldup::EntryUpdate> out;
  for (const auto& mark : marks) {
    auto update = primitives_of(*snapshot, *snapshot->load(mark.entry), {}, {}, test_schema().model());
    std::erase_if(update.primitives, [&](const ldup::Primitive& primitive) {
      return primitive.csn.replica_id() != id_ || primitive.csn <= csn;
    });
    if (!update.primitives.empty()) out.push_back(std::move(update));
  }
  return out;
}

}  // namespace replkit::refserver::replication
