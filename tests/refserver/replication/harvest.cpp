#include "tests/refserver/replication/harvest.hpp"

#include <algorithm>
#include <utility>

#include "common/model/dn.hpp"
#include "tests/refserver/store/attribute_key.hpp"
#include "tests/refserver/store/naming.hpp"

namespace replkit::refserver::replication {

using ldup::Csn;
using ldup::Primitive;
using store::EntryId;
using store::StoredEntry;

namespace {

// The CSNs of what no replica has made (glue's own class, Lost & Found) are none.
bool is_wanted(const Csn& csn, const ldup::UpdateVector& covered) {
  return !csn.replica_id().empty() && !covered.covers(csn);
}

std::string own_rdn(const StoredEntry& entry) {
  if (entry.superior != store::no_entry || entry.deleted) return store::given_rdn(entry);
  const auto dn = model::Dn::parse(entry.rdn);
  return dn.empty() ? std::string() : model::rdn_text(dn.rdns().front());
}

class Primitives {
 public:
  Primitives(const StoredEntry& entry, const ldup::UpdateVector& covered, const AttributeFilter& filter,
             const model::Schema& schema)
      : entry_(entry), covered_(covered), filter_(filter), schema_(schema) {}

  std::vector<Primitive> list(const store::Reader& reader) {
    const auto removed = entry_.deleted ? entry_.deleted : entry_.outlived;
    if (removed && is_wanted(*removed, covered_)) add(Primitive::Kind::remove_entry, *removed);
    add_structure(reader);
    for (const auto& attribute : entry_.attributes) {
      if (!filter_ || filter_(attribute.description)) add_attribute(attribute);
    }
    std::stable_sort(out_.begin(), out_.end(), [](const auto& a, const auto& b) { return a.csn < b.csn; });
    return std::move(out_);
  }

 private:
  Primitive& add(Primitive::Kind kind, const Csn& csn) {
    auto& out = out_.emplace_back();
    out.kind = kind;
    out.csn = csn;
    return out;
  }

  // A tombstone, the CSN of whose removal was changed, brings nothing to life elsewhere.
  bool is_news(const Csn& csn) const { return is_wanted(csn, covered_) && !(entry_.deleted && csn >= *entry_.deleted); }

  // The place and the name of an add that was moved or renamed since are not known any more: it gets those of today,
  // which the later primitives, or what the partner has got already, assert with their own CSNs.
  void add_structure(const store::Reader& reader) {
    const auto superior = superior_of(reader);
    const auto rdn = own_rdn(entry_);
    const bool is_top = !entry_.deleted && entry_.superior == store::no_entry;
    const bool placed = is_top || superior != model::Uuid();
    const bool added = placed && !rdn.empty() && is_news(entry_.csn);
    if (added) {
      auto& primitive = add(Primitive::Kind::add_entry, entry_.csn);
      primitive.superior = superior;
      primitive.rdn = rdn;
    }
    if (placed && entry_.superior_csn != entry_.csn && is_news(entry_.superior_csn)) {
      add(Primitive::Kind::move_entry, entry_.superior_csn).superior = superior;
    }
    const bool renamed = !rdn.empty() && entry_.rdn_csn != entry_.csn && is_news(entry_.rdn_csn);
    if (renamed) add(Primitive::Kind::rename_entry, entry_.rdn_csn).rdn = rdn;
    if (added || renamed) {
      const auto dn = model::Dn::parse(rdn);
      if (!dn.empty()) named_ = dn.rdns().front();
    }
  }

  model::Uuid superior_of(const store::Reader& reader) const {
    if (entry_.wanted_superior) return *entry_.wanted_superior;
    const auto head = entry_.superior == store::no_entry ? std::nullopt : reader.head(entry_.superior);
    return head ? head->uuid : model::Uuid();
  }

  // Whether the add or the rename says it all.
  bool goes_with_name(const store::StoredAttribute& attribute, const store::StoredValue& value) const {
    if (!value.distinguished || value.csn != entry_.rdn_csn) return false;
    return std::any_of(named_.begin(), named_.end(), [&](const model::Ava& ava) {
      return ava.value == value.bytes &&
             store::attribute_key(schema_, ava.type) == store::attribute_key(schema_, attribute.description);
    });
  }

  void add_attribute(const store::StoredAttribute& attribute) {
    const auto add_typed = [&](Primitive::Kind kind, const Csn& csn, const std::string& value) {
      if (!is_wanted(csn, covered_)) return;
      auto& primitive = add(kind, csn);
      primitive.type = attribute.description;
      primitive.value = value;
    };
    if (attribute.deleted) add_typed(Primitive::Kind::remove_attribute, *attribute.deleted, {});
    for (const auto& record : attribute.deleted_values) {
      add_typed(Primitive::Kind::remove_value, record.csn, record.bytes);
    }
    for (const auto& value : attribute.values) {
      if (entry_.deleted && value.csn >= *entry_.deleted) continue;
      if (!goes_with_name(attribute, value)) add_typed(Primitive::Kind::add_value, value.csn, value.bytes);
    }
  }

  const StoredEntry& entry_;
  const ldup::UpdateVector& covered_;
  const AttributeFilter& filter_;
  const model::Schema& schema_;
  model::Rdn named_;
  std::vector<Primitive> out_;
};

}  // namespace

ldup::EntryUpdate primitives_of(const store::Reader& reader, const StoredEntry& entry,
                                const ldup::UpdateVector& covered, const AttributeFilter& filter,
                                const model::Schema& schema) {
  if (!entry.former) return {entry.uuid, Primitives(entry, covered, filter, schema).list(reader)};
  auto whole = entry;
  store::restore_former(whole, schema);
  return {entry.uuid, Primitives(whole, covered, filter, schema).list(reader)};
}

Csn own_component(const store::Reader& reader, const std::string& replica_id) {
  constexpr std::uint32_t last_modification = 999'999;
  const auto last = reader.last_csn();
  return {last.time(), last.count(), replica_id, last_modification};
}

// --- What has changed ---

Harvest::Harvest(const store::Reader& reader, const Area& area, const model::Schema& schema, ldup::UpdateVector partner,
                 AttributeFilter filter, std::size_t leg)
    : area_(area), schema_(schema), partner_(std::move(partner)), filter_(std::move(filter)) {
  constexpr std::size_t batch = 4096;
  std::vector<store::ChangeMark> marks;
  for (const auto& origin : reader.origins()) {
    const auto& components = partner_.components();
    const auto known = components.find(origin);
    auto after =
        store::ChangeMark::end_of(known == components.end() ? Csn(Instant::min(), 0, origin, 0) : known->second);
    while (reader.changes(origin, after, batch, marks)) {
    }
  }
  std::sort(marks.begin(), marks.end(), [](const auto& a, const auto& b) { return a.csn < b.csn; });
  entries_.reserve(marks.size());
  for (const auto& mark : marks) entries_.push_back({mark.entry, false});
  std::sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  entries_.erase(
      std::unique(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.id == b.id; }),
      entries_.end());
  if (leg != 0 && entries_.size() > leg) {
    divide(reader, leg);
  } else {
    order_.reserve(marks.size());
    for (const auto& mark : marks) order_.push_back(mark.entry);
  }
}

// In the order of the oldest change that each entry has for the partner: what it got so far is then all there is up to
// the last one's. The newest, which the marks tell, would not do: an entry that was added early and modified late comes
// late, with its add.
void Harvest::divide(const store::Reader& reader, std::size_t leg) {
  struct First {
    Csn csn;
    EntryId entry;
  };
  const Scope scope(reader, area_);
  std::vector<First> firsts;
  firsts.reserve(entries_.size());
  for (const auto& pending : entries_) {
    const auto entry = scope.holds(reader, pending.id) ? reader.load(pending.id) : std::nullopt;
    if (!entry) continue;
    auto update = primitives_of(reader, *entry, partner_, filter_, schema_);
    if (!update.primitives.empty()) firsts.push_back({std::move(update.primitives.front().csn), pending.id});
  }
  std::sort(firsts.begin(), firsts.end(), [](const auto& a, const auto& b) { return a.csn < b.csn; });
  order_.reserve(firsts.size());
  ldup::UpdateVector passed;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    order_.push_back(firsts[i].entry);
    passed.merge(firsts[i].csn);
    if (i + 1 - begin < leg || i + 1 == firsts.size() || !(firsts[i].csn < firsts[i + 1].csn)) continue;
    legs_.push_back({i + 1, passed});
    begin = i + 1;
  }
}

// Not beyond its own vector: what is here of an origin whose changes come with a session now may have holes.
ldup::UpdateVector Harvest::reached(const ldup::UpdateVector& own) const {
  if (leg_ == legs_.size()) return own;
  ldup::UpdateVector out;
  for (const auto& [id, csn] : legs_[leg_].passed.components()) {
    const auto held = own.components().find(id);
    if (held != own.components().end()) out.merge(std::min(csn, held->second));
  }
  return out;
}

Harvest::Pending* Harvest::find(EntryId id) {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), id,
                                      [](const Pending& pending, EntryId wanted) { return pending.id < wanted; });
  return found == entries_.end() || found->id != id ? nullptr : &*found;
}

std::optional<ldup::EntryUpdate> Harvest::next(const store::Reader& reader) {
  const Scope scope(reader, area_);
  for (;;) {
    while (stack_.empty()) {
      if (at_ == order_.size() || (leg_ < legs_.size() && at_ == legs_[leg_].end)) return std::nullopt;
      for (auto id = order_[at_++]; id != store::no_entry; id = reader.superior(id)) {
        auto* pending = find(id);
        if (pending == nullptr || pending->sent) break;
        pending->sent = true;
        stack_.push_back(id);
      }
    }
    const auto id = stack_.back();
    stack_.pop_back();
    const auto entry = scope.holds(reader, id) ? reader.load(id) : std::nullopt;
    if (!entry) continue;
    auto update = primitives_of(reader, *entry, partner_, filter_, schema_);
    if (!update.primitives.empty()) return update;
  }
}

}  // namespace replkit::refserver::replication
