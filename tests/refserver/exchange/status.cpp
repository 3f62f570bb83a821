#include "tests/refserver/exchange/status.hpp"

#include "common/base/error.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/replication/reconcile.hpp"

namespace replkit::refserver::exchange {

void write_status(Core& core, const Partner& partner, const SupplierOutcome& outcome) {
  if (!partner.agreement || !partner.agreement->uuid) return;
  ldup::ReplicationStatus status;
  status.time = core.clock.now();
  const bool good = outcome.kind == SupplierOutcome::Kind::success;
  status.outcome = good ? ldup::ReplicationStatus::Outcome::success : ldup::ReplicationStatus::Outcome::failure;
  if (!good) status.reason = outcome.text;
  core.store.submit(
      [uuid = *partner.agreement->uuid, text = status.text()](store::Writer& writer) {
        const auto id = writer.find(uuid);
        auto entry = id == store::no_entry ? std::nullopt : writer.load(id);
        if (!entry || entry->deleted || entry->glue) return;
        auto* attribute = entry->find("replicationStatus");
        if (attribute == nullptr) {
          attribute = &entry->attributes.emplace_back();
          attribute->description = "replicationStatus";
        }
        // Not a change: it has no CSN.
        attribute->values = {{.bytes = text, .csn = ldup::Csn()}};
        writer.put(*entry);
      },
      [](std::exception_ptr) {});
}

void refresh_vector(Core& core, const LocalArea& area) {
  core.store.apply([&](store::Writer& writer) {
    auto vector = core.vectors.get(writer, area.root());
    if (show_vector(writer, area, vector, Showing::local)) save_vector(writer, area.root(), vector);
  });
}

void publish_vector(Core& core, const LocalArea& area) {
  if (core.vectors.get(area.root()) == core.vectors.published(area.root())) return;
  ldup::UpdateVector vector;
  bool done = false;
  core.store.apply([&](store::Writer& writer) {
    if (core.vectors.is_held(area.root())) return;
    vector = core.vectors.get(writer, area.root());
    done = show_vector(writer, area, vector, Showing::published);
    if (done) save_vector(writer, area.root(), vector);
  });
  if (!done) return;
  core.vectors.changed(area.root(), vector.components().at(core.replica_id));  // the publication itself
  core.vectors.raised(area.root(), vector);
  core.vectors.publish(area.root(), vector);
}

void publish_vector_of(Core& core, const LocalArea& area, const ldup::Replica& replica,
                       const ldup::UpdateVector& vector) {
  if (!replica.uuid) return;
  std::optional<ldup::Csn> csn;
  core.store.apply([&](store::Writer& writer) {
    csn.reset();
    if (!core.vectors.is_held(area.root())) csn = vouch_for(writer, *replica.uuid, vector);
  });
  if (csn) core.vectors.changed(area.root(), *csn);
}

void ensure_local_suffix(Core& core) {
  if (core.store.snapshot()->find(local_suffix) != store::no_entry) return;
  store::StoredEntry entry;
  entry.uuid = model::Uuid::random();
  entry.rdn = local_suffix;
  const auto add = [&](std::string description, std::vector<std::string> values, bool named = false) {
    auto& attribute = entry.attributes.emplace_back();
    attribute.description = std::move(description);
    for (auto& value : values) {
      attribute.values.push_back({.bytes = std::move(value), .csn = ldup::Csn(), .distinguished = named});
    }
  };
  add("objectClass", {"top", "applicationProcess"});
  add("structuralObjectClass", {"applicationProcess"});
  add("cn", {"replkit"}, true);
  core.store.apply([&](store::Writer& writer) {
    if (writer.find(local_suffix) == store::no_entry) writer.put(entry);
  });
}

void ensure_lost_and_found(Core& core, const LocalArea& area) {
  if (area.own == nullptr || area.refreshing) return;
  {
    const auto snapshot = core.store.snapshot();
    const auto id = snapshot->find(area.scope.lost_and_found());
    const auto head = id == store::no_entry ? std::nullopt : snapshot->head(id);
    if (head && !head->tombstone) return;
  }
  core.store.apply([&](store::Writer& writer) {
    replication::Reconciler(writer, core.schema, area.scope, {}).ensure_lost_and_found();
  });
}

}  // namespace replkit::refserver::exchange
