#include "tests/refserver/replication/reconcile.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/error.hpp"
#include "common/model/dn.hpp"

namespace replkit::refserver::replication {

using ldup::Csn;
using ldup::Primitive;
using store::EntryId;
using store::no_entry;
using store::Place;
using store::StoredEntry;

namespace {

bool has_kind(const ldup::EntryUpdate& update, Primitive::Kind kind) {
  return std::any_of(update.primitives.begin(), update.primitives.end(),
                     [kind](const Primitive& primitive) { return primitive.kind == kind; });
}

void check_rdns(const ldup::EntryUpdate& update) {
  for (const auto& primitive : update.primitives) {
    if (primitive.kind != Primitive::Kind::add_entry && primitive.kind != Primitive::Kind::rename_entry) continue;
    if (model::Dn::parse(primitive.rdn).size() != 1) throw ParseError("'" + primitive.rdn + "' is no RDN", 0);
  }
}

}  // namespace

std::string_view text_of(Event::Kind kind) {
  constexpr std::array<std::string_view, 10> texts{"glue made",
                                                   "glue dropped",
                                                   "glue resolved",
                                                   "name conflict",
                                                   "name conflict settled",
                                                   "moved to Lost & Found",
                                                   "name reasserted",
                                                   "name lost",
                                                   "not applied",
                                                   "unknown attribute type"};
  return texts.at(static_cast<std::size_t>(kind));
}

void Reconciler::report(Event::Kind kind, const StoredEntry& entry, std::string detail) {
  const auto dn = entry.id != no_entry && !entry.deleted ? writer_.dn(entry.id) : entry.last_dn;
  out_.events.push_back({kind, entry.uuid, dn, std::move(detail)});
}

// Glue without anything of its own is not known either: it was made for a child.
bool Reconciler::is_unknown(const std::optional<StoredEntry>& entry, const ldup::EntryUpdate& update) const {
  if (is_fixed(update.entry)) return false;
  if (has_kind(update, Primitive::Kind::add_entry) || has_kind(update, Primitive::Kind::remove_entry)) return false;
  return !entry || (store::is_bare_glue(*entry) && !entry->outlived);
}

// Suppliers send superiors first, where the consumer's vector does not say that it has them.
bool Reconciler::lacks_superior(const ldup::EntryUpdate& update) const {
  Csn removed;
  for (const auto& primitive : update.primitives) {
    if (primitive.kind == Primitive::Kind::remove_entry) removed = std::max(removed, primitive.csn);
  }
  return std::any_of(update.primitives.begin(), update.primitives.end(), [&](const Primitive& primitive) {
    if (primitive.kind != Primitive::Kind::add_entry && primitive.kind != Primitive::Kind::move_entry) return false;
    if (primitive.csn < removed) return false;  // where it was
    return !is_fixed(update.entry) && !is_fixed(primitive.superior) && primitive.superior != update.entry &&
           writer_.find(primitive.superior) == no_entry;
  });
}

// Whether the entry, or a superior that it is given, is of another area or of none: what a supplier may do here says
// nothing of those.
bool Reconciler::leaves_area(EntryId entry, const ldup::EntryUpdate& update) const {
  if (is_fixed(update.entry)) return false;
  const Scope scope(writer_, area_);
  const auto is_outside = [&](EntryId id) {
    if (id == no_entry || scope.holds(writer_, id)) return false;
    const auto lost = writer_.find(lost_and_found_);  // stands where someone has put it
    return lost == no_entry || !is_below(id, lost);
  };
  return is_outside(entry) ||
         std::any_of(update.primitives.begin(), update.primitives.end(), [&](const Primitive& primitive) {
           const bool names_one =
               primitive.kind == Primitive::Kind::add_entry || primitive.kind == Primitive::Kind::move_entry;
           return names_one && is_outside(writer_.find(primitive.superior));
         });
}

EntryState Reconciler::load_state(StoredEntry entry) const {
  model::Uuid superior;
  if (entry.superior != no_entry) {
    if (const auto head = writer_.head(entry.superior)) superior = head->uuid;
  }
  return {std::move(entry), superior, schema_.model()};
}

// The area's top and Lost & Found are not moved, renamed or deleted; the first can be added.
bool Reconciler::may_apply(const Primitive& primitive, const StoredEntry& entry) {
  using Kind = Primitive::Kind;
  if (!is_fixed(entry.uuid) || primitive.kind == Kind::add_value || primitive.kind == Kind::remove_value ||
      primitive.kind == Kind::remove_attribute) {
    return true;
  }
  if (primitive.kind == Kind::add_entry && entry.uuid == area_.root) return true;
  report(Event::Kind::not_applied, entry);
  return false;
}

Reconciled Reconciler::apply(const ldup::EntryUpdate& update) {
  out_ = {};
  tree_changed_ = false;
  check_rdns(update);
  if (update.entry == lost_and_found_) ensure_lost_and_found();
  const auto id = writer_.find(update.entry);
  auto entry = id == no_entry ? std::nullopt : writer_.load(id);
  if (leaves_area(id, update)) {
    out_.verdict = Verdict::elsewhere;
    out_.events.push_back({Event::Kind::not_applied, update.entry, entry && !entry->deleted ? writer_.dn(id) : "",
                           "it is, or would be, in another area"});
    return std::move(out_);
  }
  if (options_.unknown != UnknownEntry::glue && is_unknown(entry, update)) {
    out_.verdict = options_.unknown == UnknownEntry::refuse ? Verdict::lingering : Verdict::incomplete;
    return std::move(out_);
  }
  if (options_.unknown == UnknownEntry::ask && lacks_superior(update)) {
    out_.verdict = Verdict::incomplete;
    return std::move(out_);
  }
  if (!entry) {
    entry.emplace();
    entry->uuid = update.entry;
  }
  if (id == no_entry && update.entry != area_.root && writer_.find(area_.root) == no_entry) {
    throw LocalError("an update came before the top entry of its area");
  }
  auto state = load_state(std::move(*entry));
  bool news = false;
  for (const auto& primitive : update.primitives) {
    writer_.see_csn(primitive.csn);
    if (!may_apply(primitive, state.entry())) continue;
    const auto merged = state.merge(primitive);
    news = news || merged == Merged::news;
    if (merged == Merged::superseded) ++out_.superseded;
    const bool typed = primitive.kind == Primitive::Kind::add_value && merged == Merged::news;
    if (typed && schema_.model().attribute(model::base_type(primitive.type)) == nullptr) {
      report(Event::Kind::unknown_type, state.entry(), primitive.type);
    }
  }
  if (!news) return std::move(out_);
  out_.verdict = Verdict::applied;
  settle(state, false);
  if (tree_changed_) retry_displaced();
  return std::move(out_);
}

// Makes the entry what its state says: an entry, glue or a tombstone.
void Reconciler::settle(EntryState& state, bool has_child) {
  const auto before = store::place_of(state.entry());
  state.settle();
  if (is_fixed(state.entry().uuid)) return settle_fixed(state, before);
  const bool live =
      state.alive() || state.has_content() || has_child || (before && writer_.has_children(state.entry().id));
  if (!live) return hide(state, before);
  const bool was_glue = before && state.entry().glue;
  place(state, before);
  state.part_former();
  name(state);
  state.make_live();
  put(state.entry(), before);
  const auto& entry = state.entry();
  if (entry.glue && !was_glue) report(Event::Kind::glue_made, entry);
  if (!entry.glue && was_glue) report(Event::Kind::glue_resolved, entry);
}

void Reconciler::hide(EntryState& state, const std::optional<Place>& before) {
  auto& entry = state.entry();
  if (before) {
    entry.last_dn = writer_.dn(entry.id);
    tree_changed_ = true;
  }
  entry.superior = writer_.find(state.superior());
  if (state.superior() != model::Uuid()) entry.wanted_superior = state.superior();
  store::set_name(entry, schema_.model(), state.rdn());
  if (!before) {
    // For the time when what was above it is not known: so that searches with meta-data find its records all the same.
    entry.last_dn = (entry.rdn.empty() ? "entryUUID=" + entry.uuid.text() : entry.rdn) + "," + area_.root_dn;
  }
  const bool was_glue = before && entry.glue;
  if (state.has_records()) {
    state.make_tombstone();
    put(entry, before);
  } else if (entry.id != no_entry) {
    // Glue for nothing: its place is given back first.
    state.make_tombstone();
    put(entry, before);
    writer_.erase(entry.id);
  }
  if (was_glue) report(Event::Kind::glue_dropped, entry);
  if (state.was_displaced()) set_displaced(entry.uuid, false);
}

// The area's top and its Lost & Found entry stay where they are.
void Reconciler::settle_fixed(EntryState& state, const std::optional<Place>& before) {
  auto& entry = state.entry();
  const auto rdn = before ? before->rdn : std::string();
  if (!before && entry.uuid == area_.root) {
    entry.rdn = area_.root_dn;
    const auto above = model::Dn::parse(area_.root_dn).parent().normalized(schema_.model());
    entry.superior = above.empty() ? no_entry : writer_.find(above);
    if (entry.superior != no_entry) entry.rdn = model::rdn_text(model::Dn::parse(area_.root_dn).rdns().front());
  }
  state.part_former();
  state.make_live();
  entry.glue = false;
  entry.outlived.reset();
  entry.former.reset();
  const auto whole = entry.rdn;
  const auto dn = model::Dn::parse(whole);
  store::set_name(entry, schema_.model(), dn.empty() ? std::string() : model::rdn_text(dn.rdns().front()));
  entry.rdn = whole;
  entry.given_rdn.reset();
  put(entry, before);
  if (entry.uuid == area_.root) ensure_lost_and_found();
}

// Finds the superior, which is made when it is missing, and looks whether that makes a loop.
void Reconciler::place(EntryState& state, const std::optional<Place>& before) {
  auto& entry = state.entry();
  if (before && !state.moved() && !state.was_displaced() && state.has_place()) return;
  if (!state.has_place()) {
    entry.superior = ensure_lost_and_found();
  } else {
    const bool own = state.superior() == entry.uuid;
    const auto superior = own ? entry.id : ensure_live(state.superior());
    if (!own && !(before && is_below(superior, entry.id))) {
      entry.superior = superior;
    } else {
      entry.superior = ensure_lost_and_found();
      report(Event::Kind::lost_and_found, entry);
      if (options_.read_only) {
        entry.wanted_superior = state.superior();
      } else {
        state.set_superior(lost_and_found_, writer_.next_csn());
      }
    }
  }
  if (state.was_displaced() != entry.wanted_superior.has_value()) {
    set_displaced(entry.uuid, entry.wanted_superior.has_value());
  }
  if (!before || before->superior != entry.superior) tree_changed_ = true;
}

void Reconciler::name(EntryState& state) {
  auto& entry = state.entry();
  const std::string given = state.has_name() ? state.rdn() : std::string();
  auto lost = store::set_name(entry, schema_.model(), given);
  if (lost.empty()) return;
  if (!state.alive() || options_.read_only || !options_.protect_names) {
    return report(Event::Kind::name_lost, entry, model::rdn_text(lost));
  }
  const auto csn = writer_.next_csn();
  const auto rdn = model::Dn::parse(given);
  for (const auto& ava : rdn.rdns().front()) state.merge_naming_value(ava.type, ava.value, csn);
  state.set_rdn_csn(csn);
  state.settle();
  store::set_name(entry, schema_.model(), given);
  report(Event::Kind::name_reasserted, entry, model::rdn_text(lost));
}

void Reconciler::put(StoredEntry& entry, const std::optional<Place>& before) {
  const bool shared = before && store::base_rdn(before->rdn) != before->rdn;
  const auto result = store::put_named(writer_, schema_.model(), entry, before);
  if (result.conflict && !(shared && before->rdn == entry.rdn && before->superior == entry.superior)) {
    report(Event::Kind::name_conflict, entry);
  }
  for (const auto id : result.renamed) {
    const auto head = writer_.head(id);
    const auto kind = store::base_rdn(head->rdn) == head->rdn ? Event::Kind::name_settled : Event::Kind::name_conflict;
    out_.events.push_back({kind, head->uuid, writer_.dn(id), {}});
  }
  if (result.dropped) {
    const auto head = writer_.head(*result.dropped);
    if (head) out_.events.push_back({Event::Kind::glue_dropped, head->uuid, {}, {}});
  }
}

// Returns the entry of this UUID, which gets a child: glue when it is not there.
EntryId Reconciler::ensure_live(const model::Uuid& uuid) {
  if (uuid == lost_and_found_) return ensure_lost_and_found();
  const auto id = writer_.find(uuid);
  StoredEntry entry;
  entry.uuid = uuid;
  if (id != no_entry) {
    if (const auto head = writer_.head(id); head && !head->tombstone) return id;
    auto found = writer_.load(id);
    if (found) entry = std::move(*found);
  }
  auto state = load_state(std::move(entry));
  settle(state, true);
  return state.entry().id;
}

bool Reconciler::is_below(EntryId id, EntryId above) const {
  for (; id != no_entry; id = writer_.superior(id)) {
    if (id == above) return true;
  }
  return false;
}

EntryId Reconciler::ensure_lost_and_found() {
  const auto uuid = lost_and_found_;
  const auto id = writer_.find(uuid);
  std::optional<store::EntryHead> head;
  if (id != no_entry) head = writer_.head(id);
  if (head && !head->tombstone) return id;
  const auto root = writer_.find(area_.root);
  if (root == no_entry) return no_entry;
  StoredEntry entry;
  entry.id = id;
  entry.uuid = uuid;
  entry.superior = root;
  auto rdn = std::string("cn=lostAndFound");
  if (!area_.lost_and_found_dn.empty()) {
    const auto dn = model::Dn::parse(area_.lost_and_found_dn);
    rdn = model::rdn_text(dn.rdns().front());
    if (const auto above = writer_.find(dn.parent().normalized(schema_.model())); above != no_entry) {
      entry.superior = above;
    }
  }
  const auto add = [&](std::string description, std::vector<std::string> values) {
    auto& attribute = entry.attributes.emplace_back();
    attribute.description = std::move(description);
    for (auto& value : values) attribute.values.push_back({.bytes = std::move(value), .csn = Csn()});
  };
  add("objectClass", {"top", "applicationProcess"});
  add("structuralObjectClass", {"applicationProcess"});
  const auto named = model::Dn::parse(rdn);
  for (const auto& ava : named.rdns().front()) add(ava.type, {ava.value});
  store::set_name(entry, schema_.model(), rdn);
  return store::put_named(writer_, schema_.model(), entry, std::nullopt).id;
}

}  // namespace replkit::refserver::replication
