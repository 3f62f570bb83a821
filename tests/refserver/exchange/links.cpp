#include "tests/refserver/exchange/links.hpp"

#include <algorithm>

#include "common/ldup/topology.hpp"

namespace replkit::refserver::exchange {

namespace {

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

ldup::ChangeKind kind_of(const Link& link, const Note& note) {
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

}  // namespace

Links::Links(const Core& core) : core_(core), random_(std::random_device{}()) {}

void Links::rebuild(const Areas& areas, Instant now) {
  std::set<LinkKey> present;
  for (const auto& area : areas.all()) {
    std::uint32_t place = 0;
    for (const auto& partner : area->partners) {
      present.insert({area->root(), partner.replica.id});
      set(area, partner, place++, now);
    }
  }
  // One that runs ends first, and is found not to be there then.
  std::erase_if(links_, [&](const auto& each) { return !present.contains(each.first); });
}

void Links::set(const LocalAreaPtr& area, const Partner& partner, std::uint32_t place, Instant now) {
  auto& link = links_[{area->root(), partner.replica.id}];
  link.area = area;
  link.partner = partner;
  const ldup::NotificationDelay delay{core_.options.notify_first, core_.options.notify_next};
  // One that recovers (recovery.hpp) waits for no window: it takes no changes until it has met its partners.
  const auto schedule = core_.vectors.is_held(area->root()) ? ldup::Schedule() : partner.schedule;
  if (!link.timer) {
    const bool yields = core_.replica_id > partner.replica.id;
    const auto random = [this] { return std::uniform_real_distribution<double>(0, 1)(random_); };
    const ldup::Backoff backoff{core_.options.retry, core_.options.retry_most};
    link.timer = std::make_unique<ldup::CycleTimer>(schedule, delay, place, yields, random, now, backoff);
    // Nobody knows what the partner lacks.
    link.timer->note(ldup::ChangeKind::ordinary, now);
  } else {
    link.timer->set_schedule(schedule, now);
    link.timer->set_notification(delay, place);
  }
  link.groups.reset();
  if (const auto* event = schedule.event()) {
    link.groups = std::make_unique<ldup::ChangeGroups>(*event, core_.schema.model());
  }
  link.suppliers = suppliers_of(*area)[partner.replica.id];
}

Link* Links::find(const LinkKey& key) {
  const auto found = links_.find(key);
  return found == links_.end() ? nullptr : &found->second;
}

void Links::note(const Note& note, Instant now) {
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

void Links::started(Link& link, Instant published, Instant now) {
  link.running = true;
  link.relay.reset();
  link.relayed = 0;
  if (link.vector_since && *link.vector_since <= published) link.vector_since.reset();
  link.timer->started(now);
}

void Links::ended(const LinkKey& key, SupplierOutcome::Kind kind, bool full, Instant now) {
  auto* link = find(key);
  if (link == nullptr || !link->running) return;
  link->running = false;
  link->timer->ended(result_of(kind), now);
  // What has changed since the full update began follows at once (draft-ietf-ldup-protocol-05 4.2).
  if (full && kind == SupplierOutcome::Kind::success) link->timer->note(ldup::ChangeKind::ordinary, now);
}

// Takes what has waited for others to send it, and a vector that has been news for too long, as changes.
void Links::pass_on(Link& link, Instant now) const {
  if (link.relay && *link.relay <= now) {
    link.timer->note(ldup::ChangeKind::ordinary, now, std::max<std::uint32_t>(link.relayed, 1));
    link.relay.reset();
    link.relayed = 0;
  }
  if (link.vector_since && now - *link.vector_since >= core_.options.vector_interval) {
    link.timer->note(ldup::ChangeKind::ordinary, now);
    link.vector_since = now;
  }
}

Instant Links::next(Instant now, std::vector<Due>& due) {
  auto out = Instant::max();
  for (auto& [key, link] : links_) {
    if (link.running) continue;
    pass_on(link, now);
    if (link.relay) out = std::min(out, *link.relay);
    if (!link.partner.incremental || !link.partner.online || link.area->refreshing) continue;
    const auto start = link.timer->next(now);
    if (!start) continue;
    if (start->at > now) {
      out = std::min(out, start->at);
    } else {
      due.push_back({.key = key,
                     .reason = std::string(ldup::reason_name(start->why)) + (start->is_retry ? ", again" : ""),
                     .for_vector = start->why == ldup::StartReason::update_vector});
    }
  }
  return out;
}

}  // namespace replkit::refserver::exchange
