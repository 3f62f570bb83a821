#include "tests/refserver/exchange/upkeep.hpp"

#include <algorithm>
#include <chrono>

#include "tests/refserver/exchange/ended.hpp"
#include "tests/refserver/exchange/leaving.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/exchange/status.hpp"
#include "tests/refserver/replication/harvest.hpp"
#include "tests/refserver/replication/purge.hpp"

namespace replkit::refserver::exchange {

namespace {

constexpr std::chrono::milliseconds show_every{200};
constexpr std::size_t purge_piece = 500;

}  // namespace

void Upkeep::areas_changed(const Areas& areas) {
  complete_ = false;
  for (const auto& area : areas.all()) vector_raised(area->root());
  try {
    complete(areas);  // sessions of the areas as they are now begin next
  } catch (const std::exception& error) {
    core_.log(LogLevel::error, std::string("areas of replication: ") + error.what());
  }
}

Instant Upkeep::run(const Areas& areas, Instant now) {
  if (!complete_) complete(areas);
  const auto next = show_vectors(areas, now);
  return std::min(next, purge_some(now));
}

void Upkeep::complete(const Areas& areas) {
  for (const auto& area : areas.all()) {
    forget_left(core_, *area);
    end_waiting(core_, *area);
    ensure_lost_and_found(core_, *area);
    note_type(*area);
    note_ended(core_, *area);
  }
  complete_ = true;
}

// Before any session of the area as it is now.
void Upkeep::note_type(const LocalArea& area) {
  if (area.own == nullptr || area.refreshing) return;
  const bool read_only = !area.own->can_originate();
  if (read_only_since(*core_.store.snapshot(), area.root()).has_value() == read_only) return;
  core_.store.apply([&](store::Writer& writer) {
    set_read_only_since(writer, area.root(), read_only ? std::optional(writer.last_csn()) : std::nullopt);
  });
}

Instant Upkeep::show_vectors(const Areas& areas, Instant now) {
  auto next = Instant::max();
  for (auto at = to_show_.begin(); at != to_show_.end();) {
    auto& last = shown_[*at];
    last = std::min(last, now);  // clocks are set back
    if (now - last < show_every) {
      next = std::min(next, last + show_every);
      ++at;
      continue;
    }
    last = now;
    const auto area = areas.by_root(*at);
    if (area && area->own != nullptr && !area->refreshing) refresh_vector(core_, *area);
    at = to_show_.erase(at);
  }
  return next;
}

std::optional<ldup::Csn> Upkeep::bound_of(const LocalArea& area) const {
  std::vector<ldup::UpdateVector> vectors;
  std::vector<std::string> ids;
  const auto snapshot = core_.store.snapshot();
  for (const auto& replica : area.model.replicas()) {
    if (replica.can_originate()) ids.push_back(replica.id);  // of the others there are no changes to wait for
    vectors.push_back(shown_vector(replica));
    if (&replica != area.own) continue;
    vectors.back() = core_.vectors.get(area.root());
    vectors.back().merge(replication::own_component(*snapshot, core_.replica_id));
  }
  return replication::purge_bound(vectors, ids, core_.clock.now() - core_.options.purge_age);
}

bool Upkeep::begin_purge() {
  while (!purge_->areas.empty()) {
    const auto& area = *purge_->areas.back();
    if (area.own != nullptr && !area.refreshing && !core_.vectors.is_held(area.root())) {
      purge_->bound = bound_of(area);
      purge_->after = store::no_entry;
      if (purge_->bound) return true;
    }
    purge_->areas.pop_back();
  }
  return false;
}

Instant Upkeep::purge_some(Instant now) {
  if (!purge_) {
    next_purge_ = std::min(next_purge_, now + core_.options.purge_interval);
    if (now < next_purge_) return next_purge_;
    const auto snapshot = core_.store.snapshot();
    // Read anew: update vectors change without anybody being told.
    purge_.emplace(Purge{Areas(*snapshot, core_.schema, core_.replica_id).all(), std::nullopt, store::no_entry});
    next_purge_ = now + core_.options.purge_interval;
  }
  if (!purge_->bound && !begin_purge()) {
    purge_.reset();
    return next_purge_;
  }
  const auto& area = *purge_->areas.back();
  std::vector<store::EntryId> some;
  bool more = false;
  {
    const auto snapshot = core_.store.snapshot();
    more = replication::find_purgeable(*snapshot, core_.schema.model(), area.scope, *purge_->bound, purge_->after,
                                       purge_piece, some);
  }
  if (!some.empty()) {
    core_.store.apply([&](store::Writer& writer) {
      replication::purge(writer, core_.schema.model(), area.scope, *purge_->bound, some);
    });
  }
  if (!more) {
    purge_->areas.pop_back();
    purge_->bound.reset();
  }
  return now;
}

}  // namespace replkit::refserver::exchange
