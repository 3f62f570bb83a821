#include "tests/refserver/exchange/outgoing.hpp"

#include <algorithm>

namespace replkit::refserver::exchange {

namespace {

constexpr std::size_t snapshot_updates = 500;

ldup::SendRule rule_for(const Core& core, const Partner& partner) {
  return {partner.replica.filter, partner.agreement ? partner.agreement->exclusion : ldup::AttributeList(),
          core.schema.model()};
}

bool is_whole(const model::SubtreeSpecification& subtree) {
  return subtree.text() == model::SubtreeSpecification().text();
}

bool is_typed(const ldup::Primitive& primitive) {
  using Kind = ldup::Primitive::Kind;
  return primitive.kind == Kind::add_value || primitive.kind == Kind::remove_value ||
         primitive.kind == Kind::remove_attribute;
}

}  // namespace

Outgoing::Outgoing(Core& core, LocalAreaPtr area, const Partner& partner, bool full, const ldup::UpdateVector& consumer)
    : core_(core),
      area_(std::move(area)),
      partner_(partner),
      rule_(rule_for(core, partner)),
      whole_subtree_(is_whole(partner.replica.subtree)),
      vector_(core.vectors.get(area_->root())),
      areas_(core.areas()),
      snapshot_(core.store.snapshot()) {
  const auto& schema = core.schema.model();
  const auto filter = [this](std::string_view description) { return is_sent(description); };
  if (full) {
    all_.emplace(*snapshot_, area_->scope, schema, filter);
  } else {
    changes_.emplace(*snapshot_, area_->scope, schema, consumer, filter, core.options.session_entries);
  }
}

std::optional<ldup::EntryUpdate> Outgoing::read() {
  if (all_) return all_->next(*snapshot_);
  if (++read_ > snapshot_updates) {
    snapshot_.reset();
    snapshot_ = core_.store.snapshot();
    read_ = 0;
  }
  return changes_->next(*snapshot_);
}

// Returns whether anything is left of it.
bool Outgoing::filter(ldup::EntryUpdate& update) {
  if (areas_->is_managed(update.entry)) return true;
  if (!whole_subtree_) {
    const auto id = snapshot_->find(update.entry);
    const auto head = id == store::no_entry ? std::nullopt : snapshot_->head(id);
    if (head && !head->tombstone && !area_->model.holds(snapshot_->dn(id), partner_.replica)) return false;
  }
  if (!area_->own->can_originate()) {
    // What was changed on a read-only replica stays there (draft-ietf-ldup-mrm-02 3.16).
    std::erase_if(update.primitives,
                  [&](const ldup::Primitive& primitive) { return primitive.csn.replica_id() == core_.replica_id; });
  }
  if (rule_.sends_all()) return !update.primitives.empty();
  std::erase_if(update.primitives, [&](const ldup::Primitive& primitive) {
    return is_typed(primitive) && !ldup::is_always_sent(model::Description(primitive.type, core_.schema.model())) &&
           !rule_.sends(primitive.type);
  });
  return !update.primitives.empty();
}

std::vector<ldup::EntryUpdate> Outgoing::whole(const model::Uuid& entry) {
  const replication::Scope scope(*snapshot_, area_->scope);
  std::vector<ldup::EntryUpdate> out;
  for (auto id = snapshot_->find(entry); id != store::no_entry && scope.holds(*snapshot_, id);
       id = snapshot_->superior(id)) {
    const auto stored = snapshot_->load(id);
    if (!stored) break;
    auto update = replication::primitives_of(
        *snapshot_, *stored, {}, [this](std::string_view description) { return is_sent(description); },
        core_.schema.model());
    if (filter(update)) out.push_back(std::move(update));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

ldup::UpdateVector Outgoing::vector() const {
  return changes_ ? changes_->reached(vector_) : vector_;
}

std::optional<ldup::EntryUpdate> Outgoing::next() {
  while (auto update = read()) {
    if (filter(*update)) return update;
  }
  return std::nullopt;
}

}  // namespace replkit::refserver::exchange
