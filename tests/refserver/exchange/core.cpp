#include "tests/refserver/exchange/core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/text.hpp"
#include "common/model/descriptions.hpp"

namespace replkit::refserver::exchange {

Core::Core(const schema::Schema& its_schema, store::Store& its_store, const Clock& its_clock, Options its_options,
           std::string its_replica_id, Log its_log)
    : schema(its_schema),
      store(its_store),
      clock(its_clock),
      options(std::move(its_options)),
      replica_id(std::move(its_replica_id)),
      log(std::move(its_log)),
      vectors(replica_id),
      history(options.history),
      started_(clock.now()) {}

std::shared_ptr<const Areas> Core::areas() {
  const std::lock_guard reading(reading_);
  // Before the snapshot: what changes from now on makes them stale again.
  if (stale_.exchange(false) || !last_areas()) {
    std::shared_ptr<const Areas> fresh;
    try {
      const auto snapshot = store.snapshot();
      fresh = std::make_shared<const Areas>(*snapshot, schema, replica_id);
      vectors.load(*snapshot, *fresh, store.csns_since());
    } catch (...) {
      stale_ = true;  // still
      throw;
    }
    for (const auto& finding : fresh->findings()) {
      if (finding.severity != ldup::Severity::note) log(LogLevel::warning, ldup::describe(finding));
    }
    if (const auto before = last_areas()) take_over(*before, *fresh);
    const std::lock_guard lock(mutex_);
    areas_ = std::move(fresh);
  }
  return last_areas();
}

// What was changed here in an area that has ended is of the one around it from now on, and news in it: nobody else may
// have seen that there was an inner one.
void Core::take_over(const Areas& before, const Areas& now) {
  for (const auto& area : before.all()) {
    const auto outer = now.by_root(area->root()) ? nullptr : now.of_entry(area->key);
    if (!outer) continue;
    const auto vector = vectors.get(area->root());
    const auto own = vector.components().find(replica_id);
    if (own != vector.components().end()) vectors.changed(outer->root(), own->second);
    notify({.root = outer->root(), .attributes = {}, .count = 1, .from = {}});
  }
}

std::shared_ptr<const Areas> Core::last_areas() const {
  const std::lock_guard lock(mutex_);
  return areas_;
}

std::string Core::next_session_id() {
  return fmt::format("{}-{}-{}", replica_id, format_generalized_time(started_), ++sessions_);
}

bool is_local_attribute(const model::Schema& schema, std::string_view description) {
  constexpr std::array<std::string_view, 5> local{"replicaOnline", "replicationStatus", "replicaContextRoots",
                                                  "replicaSubentries", "ldupBindPassword"};
  const auto base = model::base_type(description);
  if (std::any_of(local.begin(), local.end(), [&](auto name) { return equals_ignore_case(name, base); })) return true;
  const auto* type = schema.attribute(base);
  if (type == nullptr || type->names.empty()) return false;
  return std::any_of(local.begin(), local.end(),
                     [&](auto name) { return equals_ignore_case(name, type->names.front()); });
}

}  // namespace replkit::refserver::exchange
