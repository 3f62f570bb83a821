#include "tests/refserver/exchange/outgoing.hpp"

#include <algorithm>
#include <functional>

#include "tests/refserver/exchange/state.hpp"

namespace replkit::refserver::exchange {

namespace {

constexpr std::size_t snapshot_updates = 500;

ldup::SendRule rule_for(const Core& core, const Partner& partner) {
  return {partner.replica.filter, partner.agreement ? partner.agreement->exclusion : ldup::AttributeList(),
          core.schema.model()};
}

// Whether its entry was moved or renamed: what is below it then went along without a change of its own.
bool is_placed_anew(const ldup::EntryUpdate& update) {
  return std::any_of(update.primitives.begin(), update.primitives.end(), std::mem_fn(&ldup::Primitive::says_where));
}

// What the session was begun for may be on its way to the disk.
const Vectors& settled(Core& core) {
  core.store.settle();
  return core.vectors;
}

}  // namespace

Outgoing::Outgoing(Core& core, LocalAreaPtr area, const Partner& partner, bool full, const ldup::UpdateVector& consumer)
    : core_(core),
      area_(std::move(area)),
      partner_(partner),
      rule_(rule_for(core, partner)),
      whole_subtree_(partner.replica.holds_whole_area()),
      vector_(settled(core).get(area_->root())),
      areas_(core.areas()),
      snapshot_(core.store.snapshot()),
      covered_(covered_for(*snapshot_, area_->root(), partner_.replica.id)) {
  if (!area_->own->can_originate()) stays_since_ = read_only_since(*snapshot_, area_->root());
  const auto& schema = core.schema.model();
  const auto filter = [this](std::string_view description) { return is_sent(description); };
  if (full) {
    all_.emplace(*snapshot_, area_->scope, schema, filter);
  } else {
    ended_ = ended_for(*snapshot_, area_->root(), partner_.replica.id);
    // A session that was begun for the area as it was before leaves it to the next one.
    const auto& inner = area_->scope.inner_roots;
    std::erase_if(
        ended_, [&](const EndedArea& each) { return std::find(inner.begin(), inner.end(), each.root) != inner.end(); });
    changes_.emplace(*snapshot_, area_->scope, schema, covered_.lowered(consumer), filter,
                     core.options.session_entries);
  }
}

// A long piece of work has a new snapshot now and then.
void Outgoing::count() {
  if (++read_ <= snapshot_updates) return;
  snapshot_.reset();
  snapshot_ = core_.store.snapshot();
  read_ = 0;
}

std::optional<ldup::EntryUpdate> Outgoing::read() {
  count();
  return all_ ? all_->next(*snapshot_) : changes_->next(*snapshot_);
}

// Whether it belongs to the part of the area that the partner has. All that is known of deleted entries does.
bool Outgoing::is_in_part(const model::Uuid& entry) const {
  if (whole_subtree_) return true;
  const auto id = snapshot_->find(entry);
  const auto head = id == store::no_entry ? std::nullopt : snapshot_->head(id);
  return !head || head->tombstone || area_->model.needs(snapshot_->dn(id), partner_.replica);
}

// Returns whether anything is left of it.
bool Outgoing::filter(ldup::EntryUpdate& update) {
  if (areas_->is_managed(update.entry)) return true;
  if (!is_in_part(update.entry)) {
    if (all_) return false;
    // The partner may have had it: where it is now tells him that it has left.
    std::erase_if(update.primitives, [](const ldup::Primitive& primitive) { return !primitive.says_where(); });
  }
  if (stays_since_) {
    std::erase_if(update.primitives, [&](const ldup::Primitive& primitive) {
      return primitive.csn.replica_id() == core_.replica_id && primitive.csn > *stays_since_;
    });
  }
  if (rule_.sends_all()) return !update.primitives.empty();
  std::erase_if(update.primitives, [&](const ldup::Primitive& primitive) {
    return primitive.is_typed() && !ldup::is_always_sent(model::Description(primitive.type, core_.schema.model())) &&
           !rule_.sends(primitive.type);
  });
  return !update.primitives.empty();
}

// Returns all there is of an entry; nothing when there is nothing for the partner.
std::optional<ldup::EntryUpdate> Outgoing::all_of(store::EntryId id) {
  const auto stored = snapshot_->load(id);
  if (!stored) return std::nullopt;
  auto update = replication::primitives_of(
      *snapshot_, *stored, {}, [this](std::string_view description) { return is_sent(description); },
      core_.schema.model());
  return filter(update) ? std::optional(std::move(update)) : std::nullopt;
}

std::vector<ldup::EntryUpdate> Outgoing::whole(const model::Uuid& entry) {
  const replication::Scope scope(*snapshot_, area_->scope);
  std::vector<ldup::EntryUpdate> out;
  for (auto id = snapshot_->find(entry); id != store::no_entry && scope.holds(*snapshot_, id);
       id = snapshot_->superior(id)) {
    if (auto update = all_of(id)) out.push_back(std::move(*update));
    // What a deleted one was below is not needed for it, and may have been deleted below it.
    if (const auto head = snapshot_->head(id); !head || head->tombstone) break;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

// Takes the next entry of a subtree that may be new to the partner.
std::optional<ldup::EntryUpdate> Outgoing::next_below() {
  const auto id = arrived_.back();
  arrived_.pop_back();
  const replication::Scope scope(*snapshot_, area_->scope);
  if (!scope.holds(*snapshot_, id)) return std::nullopt;
  constexpr std::size_t batch = 1000;
  std::string after;
  while (snapshot_->children(id, after, batch, arrived_)) {
  }
  return all_of(id);
}

// Takes the next entry of the inner areas that have ended. What is above them may be new to the partner, too.
std::optional<ldup::EntryUpdate> Outgoing::next_ended() {
  for (;;) {
    count();
    if (!above_.empty()) {
      auto update = std::move(above_.back());
      above_.pop_back();
      return update;
    }
    if (inner_) {
      auto update = inner_->next(*snapshot_);
      if (!update) {
        inner_.reset();
      } else if (filter(*update)) {
        return update;
      }
      continue;
    }
    if (ended_at_ == ended_.size()) return std::nullopt;
    replication::Area inner{.root = ended_[ended_at_++].root,
                            .root_dn = {},
                            .lost_and_found_dn = {},
                            .inner_roots = area_->scope.inner_roots};
    above_ = whole(inner.root);
    std::reverse(above_.begin(), above_.end());
    inner_.emplace(*snapshot_, inner, core_.schema.model(),
                   [this](std::string_view description) { return is_sent(description); });
  }
}

ldup::UpdateVector Outgoing::vector() const {
  return changes_ ? changes_->reached(vector_) : vector_;
}

std::optional<ldup::EntryUpdate> Outgoing::next() {
  if (auto update = next_ended()) return update;
  for (;;) {
    if (!arrived_.empty()) {
      if (auto update = next_below()) return update;
      continue;
    }
    auto update = read();
    if (!update) return std::nullopt;
    if (changes_ && !whole_subtree_ && is_placed_anew(*update) && is_in_part(update->entry)) {
      arrived_.push_back(snapshot_->find(update->entry));
    } else if (filter(*update)) {
      return update;
    }
  }
}

}  // namespace replkit::refserver::exchange
