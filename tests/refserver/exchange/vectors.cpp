#include "tests/refserver/exchange/vectors.hpp"

#include <algorithm>
#include <memory>

#include "common/base/error.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/replication/harvest.hpp"

namespace replkit::refserver::exchange {

namespace {

// Takes this replica's changes after the vector's component.
void add_own(const store::Reader& reader, const LocalArea& area, const std::string& origin, ldup::UpdateVector& out) {
  constexpr std::size_t batch = 1000;
  const Scope scope(reader, area.scope);
  const auto known = out.components().find(origin);
  auto after = known == out.components().end() ? store::ChangeMark{ldup::Csn(Instant::min(), 0, origin, 0), 0}
                                               : store::ChangeMark::end_of(known->second);
  std::vector<store::ChangeMark> marks;
  for (bool more = true; more;) {
    marks.clear();
    more = reader.changes(origin, after, batch, marks);
    for (const auto& mark : marks) {
      if (scope.holds(reader, mark.entry)) out.merge(mark.csn);
    }
  }
}

}  // namespace

void Vectors::load(const store::Reader& reader, const Areas& areas, const ldup::Csn& since) {
  for (const auto& area : areas.all()) {
    {
      const std::lock_guard lock(mutex_);
      if (vectors_.contains(area->root())) continue;
    }
    const auto kept = load_vector(reader, area->root());
    auto vector = kept.value_or(ldup::UpdateVector());
    const bool recovering = is_recovering(reader, area->root());
    {
      const std::lock_guard lock(mutex_);
      own_[area->root()] = {.since = since, .held = recovering || is_restored(reader)};
    }
    if (kept && recovering) {
      // Its own component is as it was then.
    } else if (kept) {
      add_own(reader, *area, replica_id_, vector);
    } else {
      for (const auto& origin : reader.origins()) add_own(reader, *area, origin, vector);
    }
    raised(area->root(), vector);
    const std::lock_guard lock(mutex_);
    // What others have overwritten shows in no entry any more, and was made all the same.
    if (auto& own = own_[area->root()]; !own.held) own.sure = replication::own_component(reader, replica_id_);
  }
}

ldup::UpdateVector Vectors::get(const model::Uuid& root) const {
  const std::lock_guard lock(mutex_);
  const auto found = vectors_.find(root);
  return found == vectors_.end() ? ldup::UpdateVector() : found->second;
}

ldup::UpdateVector Vectors::get(const store::Writer& writer, const model::Uuid& root) const {
  const auto known = get(root);
  auto kept = load_vector(writer, root);
  if (!kept) return known;
  const auto own = known.components().find(replica_id_);
  if (own != known.components().end()) kept->merge(own->second);
  return *kept;
}

void Vectors::changed(const model::Uuid& root, const ldup::Csn& csn) {
  if (csn.replica_id() != replica_id_) return;
  const std::lock_guard lock(mutex_);
  auto& own = own_[root];
  own.first = own.first ? std::min(*own.first, csn) : csn;
  own.last = own.last ? std::max(*own.last, csn) : csn;
  if (!own.held) vectors_[root].merge(csn);
}

// Another replica has all of this one's changes up to this one, and has sent what this one had said that it lacks.
// Returns whether the component may be raised to it.
bool Vectors::raise_own(Own& own, const ldup::Csn& csn) const {
  if (own.has_made(csn)) return !own.held;  // what is missing before that is another matter
  if (own.first && !own.held && own.sure < csn) {
    own.suspect = true;  // nobody was told that this is missing here
    return false;
  }
  own.sure = own.sure ? std::max(*own.sure, csn) : csn;
  return true;
}

void Vectors::raise(const model::Uuid& root, const ldup::UpdateVector& by) {
  auto& vector = vectors_[root];
  auto& own = own_[root];
  for (const auto& [id, csn] : by.components()) {
    if (id != replica_id_ || raise_own(own, csn)) vector.merge(csn);
  }
}

void Vectors::raised(const model::Uuid& root, const ldup::UpdateVector& by) {
  const std::lock_guard lock(mutex_);
  raise(root, by);
}

void Vectors::replaced(const model::Uuid& root, const ldup::UpdateVector& by, bool lost, const ldup::Csn& since) {
  const std::lock_guard lock(mutex_);
  vectors_[root] = by;
  const auto own = by.components().find(replica_id_);
  own_[root] = {.sure = own == by.components().end() ? std::nullopt : std::optional(own->second),
                .since = since,
                .suspect = lost};
}

void Vectors::forget(const model::Uuid& root) {
  const std::lock_guard lock(mutex_);
  vectors_.erase(root);
}

void Vectors::hold(const model::Uuid& root) {
  const std::lock_guard lock(mutex_);
  auto& own = own_[root];
  own.held = true;
  own.suspect = false;
  ldup::UpdateVector lowered;
  for (const auto& [id, csn] : vectors_[root].components()) {
    if (id != replica_id_) lowered.merge(csn);
  }
  if (own.sure) lowered.merge(*own.sure);
  vectors_[root] = std::move(lowered);
}

void Vectors::release(const store::Reader& reader, const LocalArea& area) {
  auto vector = get(area.root());
  // Of a copy that nobody else can complete, what is here is all there is.
  const auto origins = is_awaiting(reader, area.root()) ? reader.origins() : std::vector<std::string>{replica_id_};
  for (const auto& origin : origins) add_own(reader, area, origin, vector);
  const std::lock_guard lock(mutex_);
  auto& own = own_[area.root()];
  if (own.last) vector.merge(*own.last);
  own = {.since = own.since};
  raise(area.root(), vector);
  const auto& components = vectors_[area.root()].components();
  if (const auto mine = components.find(replica_id_); mine != components.end()) own.sure = mine->second;
}

bool Vectors::is_held(const model::Uuid& root) const {
  const std::lock_guard lock(mutex_);
  const auto found = own_.find(root);
  return found != own_.end() && found->second.held;
}

bool Vectors::is_suspect(const model::Uuid& root) const {
  const std::lock_guard lock(mutex_);
  const auto found = own_.find(root);
  return found != own_.end() && found->second.suspect;
}

bool Vectors::has_lost(const model::Uuid& root, const ldup::Csn& theirs) const {
  const std::lock_guard lock(mutex_);
  const auto found = own_.find(root);
  if (found == own_.end()) return false;
  const auto& own = found->second;
  return (!own.sure || theirs > *own.sure) && !own.has_made(theirs);
}

void Vectors::asked(const model::Uuid& root, const ldup::Csn& csn) {
  if (csn.replica_id() != replica_id_) return;
  const std::lock_guard lock(mutex_);
  auto& last = asked_[root];
  last = std::max(last, csn);
}

std::optional<ldup::Csn> Vectors::last_asked(const model::Uuid& root) const {
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(root);
  return found == asked_.end() ? std::nullopt : std::optional(found->second);
}

ldup::UpdateVector Vectors::published(const model::Uuid& root) const {
  const std::lock_guard lock(mutex_);
  const auto found = published_.find(root);
  return found == published_.end() ? ldup::UpdateVector() : found->second;
}

void Vectors::publish(const model::Uuid& root, const ldup::UpdateVector& vector) {
  const std::lock_guard lock(mutex_);
  published_[root] = vector;
}

ldup::UpdateVector merged(ldup::UpdateVector a, const ldup::UpdateVector& b) {
  for (const auto& [id, csn] : b.components()) a.merge(csn);
  return a;
}

ldup::UpdateVector shown_vector(const ldup::Replica& replica) {
  try {
    return ldup::UpdateVector::parse(replica.update_vector);
  } catch (const ParseError&) {
    return {};
  }
}

namespace {

// The entry of a replica, and its update vector as it stands there.
struct Shown {
  store::StoredEntry entry;
  store::StoredAttribute* attribute = nullptr;
  std::vector<std::string> values;
};

// Returns nothing when there is no such entry.
std::unique_ptr<Shown> load_shown(const store::Writer& writer, const model::Uuid& replica) {
  const auto id = writer.find(replica);
  auto entry = id == store::no_entry ? std::nullopt : writer.load(id);
  if (!entry || entry->deleted || entry->glue) return nullptr;
  auto out = std::make_unique<Shown>();
  out->entry = std::move(*entry);
  out->attribute = out->entry.find("updateVector");
  if (out->attribute == nullptr) {
    out->attribute = &out->entry.attributes.emplace_back();
    out->attribute->description = "updateVector";
  }
  for (const auto& value : out->attribute->values) out->values.push_back(value.bytes);
  return out;
}

void set_values(Shown& shown, const ldup::UpdateVector& vector, const ldup::Csn& csn) {
  shown.attribute->values.clear();
  for (auto& value : vector.values()) shown.attribute->values.push_back({.bytes = std::move(value), .csn = csn});
}

// As the replace of a client is. Returns the CSN of the values.
ldup::Csn begin_change(Shown& shown, store::Writer& writer) {
  const auto csn = writer.next_csn();
  shown.attribute->deleted = csn;
  shown.attribute->deleted_values.clear();
  return csn.with_modification(1);
}

}  // namespace

bool show_vector(store::Writer& writer, const LocalArea& area, ldup::UpdateVector& vector, Showing how) {
  if (area.own == nullptr || !area.own->uuid || vector.empty()) return false;
  const auto shown = load_shown(writer, *area.own->uuid);
  if (!shown || (how == Showing::local && vector.values() == shown->values)) return false;
  auto csn = shown->attribute->values.empty() ? ldup::Csn() : shown->attribute->values.front().csn;
  if (how == Showing::published) {
    csn = begin_change(*shown, writer);
    vector.merge(csn);
  }
  set_values(*shown, vector, csn);
  writer.put(shown->entry);
  return true;
}

std::optional<ldup::Csn> vouch_for(store::Writer& writer, const model::Uuid& replica,
                                   const ldup::UpdateVector& vector) {
  const auto shown = load_shown(writer, replica);
  if (!shown || vector.empty() || vector.values() == shown->values) return std::nullopt;
  const auto csn = begin_change(*shown, writer);
  set_values(*shown, vector, csn);
  writer.put(shown->entry);
  return csn;
}

}  // namespace replkit::refserver::exchange
