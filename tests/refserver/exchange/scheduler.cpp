#include "tests/refserver/exchange/scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/ldup/topology.hpp"
#include "tests/refserver/exchange/status.hpp"
#include "tests/refserver/replication/purge.hpp"

namespace replkit::refserver::exchange {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_wait{1000};
constexpr milliseconds show_every{200};
constexpr std::chrono::seconds publish_every{60};
constexpr std::size_t most_notes = 100;  // of one area that wait
constexpr std::size_t most_demands = 1000;
constexpr std::size_t purge_piece = 500;

ldup::SessionResult result_of(SupplierOutcome::Kind kind) {
  switch (kind) {
    case SupplierOutcome::Kind::success:
      return ldup::SessionResult::success;
    case SupplierOutcome::Kind::busy:
      return ldup::SessionResult::busy;
    case SupplierOutcome::Kind::terminated:
    case SupplierOutcome::Kind::failed:
      return ldup::SessionResult::failed;
  }
  return ldup::SessionResult::failed;
}

// Returns the ID of each replica with those of the replicas that supply it.
std::map<std::string, std::set<std::string>> suppliers_of(const LocalArea& area) {
  std::map<std::string, std::set<std::string>> out;
  const auto& replicas = area.model.replicas();
  for (const auto& link : ldup::links_of(area.model)) {
    if (link.active && link.valid) out[replicas[link.consumer].id].insert(replicas[link.supplier].id);
  }
  return out;
}

SupplierOutcome refused(SupplierOutcome::Kind kind, std::string text) {
  SupplierOutcome out;
  out.kind = kind;
  out.text = std::move(text);
  return out;
}

}  // namespace

Scheduler::Scheduler(Core& core, Cycles& cycles, Consumers& consumers)
    : core_(core), cycles_(cycles), consumers_(consumers), random_(std::random_device{}()) {}

Scheduler::~Scheduler() {
  stop();
}

void Scheduler::start() {
  next_purge_ = core_.clock.now() + core_.options.purge_interval;
  thread_ = std::thread([this] { work(); });
}

void Scheduler::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (auto& demand : demands_) {
    if (demand.begun) demand.begun(false, refused(SupplierOutcome::Kind::failed, "the server is ending"));
  }
  demands_.clear();
}

void Scheduler::note(Note note) {
  {
    const std::lock_guard lock(mutex_);
    auto& waiting = notes_[note.root];
    const auto same = std::find_if(waiting.begin(), waiting.end(), [&](const Note& each) {
      return each.from == note.from && each.vector_only == note.vector_only && each.attributes == note.attributes;
    });
    if (same != waiting.end()) {
      same->count += note.count;
    } else if (waiting.size() < most_notes) {
      waiting.push_back(std::move(note));
    } else {
      waiting.back().count += note.count;
      if (!note.vector_only) waiting.back().vector_only = false;
      if (waiting.back().from != note.from) waiting.back().from.clear();
    }
  }
  wake_.notify_all();
}

void Scheduler::demand(Demand demand) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && demands_.size() < most_demands) {
      demands_.push_back(std::move(demand));
      wake_.notify_all();
      return;
    }
  }
  if (demand.begun) demand.begun(false, refused(SupplierOutcome::Kind::busy, "too many wait"));
}

void Scheduler::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    auto notes = std::exchange(notes_, {});
    auto ended = std::exchange(ended_, {});
    auto demands = std::exchange(demands_, {});
    lock.unlock();
    auto next = core_.clock.now() + longest_wait;
    try {
      auto areas = core_.areas();
      const auto now = core_.clock.now();
      if (areas != areas_) rebuild(areas, now);
      for (const auto& each : ended) take(each, now);
      for (const auto& [root, each] : notes) {
        for (const auto& note : each) take(note, now);
      }
      for (auto& each : demands) take(std::move(each), now);
      next = std::min({next, run_links(now), show_vectors(now), purge_some(now)});
      consumers_.expire(now);
    } catch (const std::exception& error) {
      core_.log(LogLevel::error, std::string("replication: ") + error.what());
    }
    lock.lock();
    const auto wait = std::chrono::ceil<milliseconds>(next - core_.clock.now());
    if (wait.count() > 0) {
      wake_.wait_for(lock, std::min(wait, longest_wait),
                     [&] { return stopping_ || !notes_.empty() || !ended_.empty() || !demands_.empty(); });
    }
  }
}

// --- Links ---

void Scheduler::rebuild(const std::shared_ptr<const Areas>& areas, Instant now) {
  std::set<Key> present;
  for (const auto& area : areas->all()) {
    to_show_.insert(area->root());
    ensure_lost_and_found(core_, *area);
    std::uint32_t place = 0;
    for (const auto& partner : area->partners) {
      present.insert({area->root(), partner.replica.id});
      set_link(area, partner, place++, now);
    }
  }
  for (auto at = links_.begin(); at != links_.end();) {
    // One that runs ends first, and is found not to be there then.
    at = present.contains(at->first) ? std::next(at) : links_.erase(at);
  }
  areas_ = areas;
}

void Scheduler::set_link(const LocalAreaPtr& area, const Partner& partner, std::uint32_t place, Instant now) {
  auto& link = links_[{area->root(), partner.replica.id}];
  link.area = area;
  link.partner = partner;
  const ldup::NotificationDelay delay{core_.options.notify_first, core_.options.notify_next};
  if (!link.timer) {
    const bool yields = core_.replica_id > partner.replica.id;
    const auto random = [this] { return std::uniform_real_distribution<double>(0, 1)(random_); };
    const ldup::Backoff backoff{core_.options.retry, core_.options.retry_most};
    link.timer = std::make_unique<ldup::CycleTimer>(partner.schedule, delay, place, yields, random, now, backoff);
    // Nobody knows what the partner lacks.
    link.timer->note(ldup::ChangeKind::ordinary, now);
  } else {
    link.timer->set_schedule(partner.schedule, now);
    link.timer->set_notification(delay, place);
  }
  link.groups.reset();
  if (const auto* event = partner.schedule.event()) {
    link.groups = std::make_unique<ldup::ChangeGroups>(*event, core_.schema.model());
  }
  link.suppliers = suppliers_of(*area)[partner.replica.id];
}

ldup::ChangeKind Scheduler::kind_of(const Link& link, const Note& note) const {
  if (note.vector_only) return ldup::ChangeKind::update_vector;
  auto out = ldup::ChangeKind::ordinary;
  if (!link.groups) return out;
  for (const auto& attribute : note.attributes) {
    const auto kind = link.groups->kind_of(std::string_view(attribute));
    if (kind == ldup::ChangeKind::group1) return kind;
    if (kind == ldup::ChangeKind::group2) out = kind;
  }
  return out;
}

void Scheduler::take(const Note& note, Instant now) {
  to_show_.insert(note.root);
  for (auto& [key, link] : links_) {
    if (key.first != note.root || key.second == note.from) continue;
    const auto kind = kind_of(link, note);
    if (kind == ldup::ChangeKind::update_vector) {
      if (!link.vector_since) link.vector_since = now;
      link.timer->note(kind, now, note.count);
    } else if (!note.from.empty() && link.suppliers.contains(note.from)) {
      // It probably comes to the partner straight from there.
      if (!link.relay) link.relay = now + core_.options.relay_wait;
      link.relayed += note.count;
    } else {
      link.timer->note(kind, now, note.count);
    }
  }
}

void Scheduler::take(const Ended& ended, Instant now) {
  const auto found = links_.find(ended.key);
  if (found == links_.end() || !found->second.running) return;
  auto& link = found->second;
  link.running = false;
  link.timer->ended(result_of(ended.kind), now);
  // What has changed since the full update began follows at once (draft-ietf-ldup-protocol-05 4.2).
  if (ended.full && ended.kind == SupplierOutcome::Kind::success) link.timer->note(ldup::ChangeKind::ordinary, now);
}

void Scheduler::take(Demand demand, Instant now) {
  const Key key{demand.area->root(), demand.partner};
  const auto found = links_.find(key);
  const auto refuse = [&](SupplierOutcome::Kind kind, const char* text) {
    if (demand.begun) demand.begun(false, refused(kind, text));
  };
  if (found == links_.end()) return refuse(SupplierOutcome::Kind::failed, "there is no agreement with this replica");
  if (found->second.running) return refuse(SupplierOutcome::Kind::busy, "a session with this replica is under way");
  run(key, found->second, std::move(demand), now);
}

void Scheduler::run(const Key& key, Link& link, Demand demand, Instant now) {
  Cycle cycle;
  cycle.area = link.area;
  cycle.partner = link.partner;
  cycle.full = demand.full;
  cycle.reason = std::move(demand.reason);
  cycle.servers = demand.servers.empty() ? link.partner.replica.servers() : std::move(demand.servers);
  cycle.begun = std::move(demand.begun);
  auto& published = published_[key.first];
  cycle.publish = link.vector_since.has_value() || now - published >= publish_every;
  if (cycle.publish) published = now;
  cycle.ended = [this, key, full = demand.full, then = std::move(demand.ended)](const SupplierOutcome& outcome) {
    {
      const std::lock_guard lock(mutex_);
      ended_.push_back({key, outcome.kind, full});
    }
    wake_.notify_all();
    if (then) then(outcome);
  };
  link.running = true;
  link.relay.reset();
  link.relayed = 0;
  link.vector_since.reset();
  link.timer->started(now);
  cycles_.start(std::move(cycle));
}

Instant Scheduler::run_links(Instant now) {
  auto next = Instant::max();
  for (auto& [key, link] : links_) {
    if (link.running) continue;
    if (link.relay && *link.relay <= now) {
      link.timer->note(ldup::ChangeKind::ordinary, now, std::max<std::uint32_t>(link.relayed, 1));
      link.relay.reset();
      link.relayed = 0;
    }
    if (link.vector_since && now - *link.vector_since >= core_.options.vector_interval) {
      link.timer->note(ldup::ChangeKind::ordinary, now);
      link.vector_since = now;
    }
    if (link.relay) next = std::min(next, *link.relay);
    if (!link.partner.incremental || !link.partner.online || link.area->refreshing) continue;
    const auto start = link.timer->next(now);
    if (!start) continue;
    if (start->at > now) {
      next = std::min(next, start->at);
      continue;
    }
    Demand demand;
    demand.reason = ldup::reason_name(start->why);
    if (start->is_retry) demand.reason += ", again";
    run(key, link, std::move(demand), now);
  }
  return next;
}

// --- Now and then ---

Instant Scheduler::show_vectors(Instant now) {
  auto next = Instant::max();
  for (auto at = to_show_.begin(); at != to_show_.end();) {
    auto& last = shown_[*at];
    if (now - last < show_every) {
      next = std::min(next, last + show_every);
      ++at;
      continue;
    }
    last = now;
    const auto area = areas_->by_root(*at);
    if (area && area->own != nullptr && !area->refreshing) refresh_vector(core_, *area);
    at = to_show_.erase(at);
  }
  return next;
}

bool Scheduler::begin_purge() {
  while (!purge_->areas.empty()) {
    const auto& area = *purge_->areas.back();
    if (area.own != nullptr && !area.refreshing) {
      std::vector<ldup::UpdateVector> vectors;
      std::vector<std::string> ids;
      const auto snapshot = core_.store.snapshot();
      for (const auto& replica : area.model.replicas()) {
        ids.push_back(replica.id);
        vectors.push_back(shown_vector(replica));
        if (&replica != area.own) continue;
        vectors.back() = core_.vectors.get(area.root());
        vectors.back().merge(replication::own_component(*snapshot, core_.replica_id));
      }
      purge_->bound = replication::purge_bound(vectors, ids, core_.clock.now() - core_.options.purge_age);
      purge_->after = store::no_entry;
      if (purge_->bound) return true;
    }
    purge_->areas.pop_back();
  }
  return false;
}

Instant Scheduler::purge_some(Instant now) {
  if (!purge_) {
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
    more = replication::find_purgeable(*snapshot, area.scope, *purge_->bound, purge_->after, purge_piece, some);
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
