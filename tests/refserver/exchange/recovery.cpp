#include "tests/refserver/exchange/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tests/refserver/exchange/state.hpp"

namespace replkit::refserver::exchange {

void Recovery::find_copy() {
  const auto identity = core_.store.identity();
  const auto kept = kept_identity(*core_.store.snapshot());
  if (kept == identity) return;
  core_.store.apply([&](store::Writer& writer) {
    if (kept && !is_restored(writer)) set_restored(writer, {});
    keep_identity(writer, identity);
  });
}

void Recovery::start() {
  const auto made = restored_from(*core_.store.snapshot());
  const auto areas = core_.areas();
  for (const auto& area : areas->all()) {
    if (core_.vectors.is_held(area->root())) core_.went_back(area->root(), {});
  }
  if (!made) return;
  core_.store.apply([&](store::Writer& writer) {
    for (const auto& area : areas->all()) {
      if (area->own == nullptr) continue;
      set_recovering(writer, area->root(), true);
      save_vector(writer, area->root(), core_.vectors.get(area->root()));
    }
    clear_restored(writer);
  });
  for (const auto& area : areas->all()) {
    if (area->own == nullptr) continue;
    core_.log(LogLevel::warning,
              fmt::format("{}: {}; it takes changes when all whom it supplies have been met", area->root_dn(),
                          made->empty() ? "the store is a copy, or was moved" : "restored from a backup of " + *made));
  }
  if (made->empty()) return;
  const auto time = parse_generalized_time(*made);
  if (!time || core_.clock.now() - *time > core_.options.purge_age) {
    core_.log(LogLevel::error,
              "the backup is older than purge_age: what was deleted since may not be known any more; "
              "have the areas of replication filled by full updates");
  }
}

void Recovery::begin(const LocalArea& area) {
  if (core_.vectors.is_held(area.root())) return;
  core_.log(LogLevel::warning,
            fmt::format(
                "{}: others have changes of this replica that it has not: was it restored from a copy, or does another "
                "server have its replica ID? It takes changes when it has them, and all whom it supplies have been met",
                area.root_dn()));
  {
    const std::lock_guard lock(mutex_);
    met_.erase(area.root());
  }
  core_.store.apply([&](store::Writer& writer) {
    core_.vectors.hold(area.root());
    set_recovering(writer, area.root(), true);
    save_vector(writer, area.root(), core_.vectors.get(area.root()));
  });
  core_.went_back(area.root(), {});
  core_.areas_changed();                                                          // schedules do not count meanwhile
  core_.notify({.root = area.root(), .attributes = {}, .count = 1, .from = {}});  // all are to be met
}

bool Recovery::has_lost(const LocalArea& area, const std::string& partner, const ldup::UpdateVector& theirs) {
  const auto found = theirs.components().find(core_.replica_id);
  const bool lost = found != theirs.components().end() && core_.vectors.has_lost(area.root(), found->second);
  if (!lost) {
    {
      const std::lock_guard lock(mutex_);
      met_[area.root()].insert(partner);
    }
    if (core_.vectors.is_held(area.root())) core_.notify({});  // it may be over
    return false;
  }
  begin(area);
  // What it makes one day comes after that.
  core_.store.apply([&](store::Writer& writer) {
    writer.see_csn(found->second);
    save_vector(writer, area.root(), core_.vectors.get(writer, area.root()));
  });
  return true;
}

void Recovery::settle(const Areas& areas) {
  for (const auto& area : areas.all()) {
    const auto& root = area->root();
    if (core_.vectors.is_suspect(root)) begin(*area);
    if (area->own == nullptr || area->refreshing || !core_.vectors.is_held(root)) continue;
    {
      const std::lock_guard lock(mutex_);
      const auto& met = met_[root];
      const bool all = std::all_of(area->partners.begin(), area->partners.end(), [&](const Partner& each) {
        return !each.incremental || !each.online || met.contains(each.replica.id);
      });
      if (!all) continue;
    }
    core_.store.apply([&](store::Writer& writer) {
      core_.vectors.release(writer, *area);
      set_recovering(writer, root, false);
      clear_awaiting(writer, root);
      save_vector(writer, root, core_.vectors.get(root));
    });
    core_.areas_changed();  // their schedules count again
    core_.notify({});
    core_.log(LogLevel::info, fmt::format("{}: has back what it had lost, and takes changes again", area->root_dn()));
  }
}

}  // namespace replkit::refserver::exchange
