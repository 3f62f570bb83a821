#include "tests/refserver/exchange/cycles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/error.hpp"
#include "common/ldup/oids.hpp"
#include "common/wire/result_code.hpp"
#include "tests/refserver/exchange/connector.hpp"
#include "tests/refserver/exchange/ended.hpp"
#include "tests/refserver/exchange/outgoing.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/exchange/status.hpp"

namespace replkit::refserver::exchange {

namespace {

std::string_view result_name(SupplierOutcome::Kind kind) {
  constexpr std::string_view names[] = {"success", "busy", "failure", "terminated"};
  return names[static_cast<std::size_t>(kind)];
}

ldup::CreateReplGroupRequest request_for(const Core& core, const Cycle& cycle) {
  auto out = request_for(core, cycle.partner, cycle.full, ldup::Initiator::supplier);
  auto& table = out.replica_ids.emplace();
  for (const auto& replica : cycle.area->model.replicas()) {
    const bool known = std::any_of(table.begin(), table.end(), [&](const auto& each) { return each.id == replica.id; });
    if (replica.uuid && !replica.id.empty() && !known) table.push_back({replica.id, *replica.uuid});
  }
  return out;
}

// Refusals do not tell whether the other server has the area at all; its root DSE does, to those who may see it.
bool shows_area(ldap::Connection& connection, const LocalArea& area) {
  try {
    const auto root = connection.read("", {"replicaContextRoots"});
    const auto* roots = root ? root->find("replicaContextRoots") : nullptr;
    return roots != nullptr && std::any_of(roots->values.begin(), roots->values.end(),
                                           [&](const auto& dn) { return area.model.normalized(dn) == area.key; });
  } catch (const ldap::LdapError&) {
    return true;  // the refusal says what it can
  }
}

}  // namespace

Cycles::Cycles(Core& core) : core_(core), recovery_(core), pool_(core.options.sessions) {}

Cycles::~Cycles() {
  stop({});
}

std::string Cycles::start(Cycle cycle) {
  auto running = std::make_shared<Running>();
  running->id = core_.next_session_id();
  running->cycle = std::move(cycle);
  running->queued = core_.clock.now();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) running->stop = true;
    running_.push_back(running);
  }
  pool_.submit([this, running] { run(running); });
  return running->id;
}

bool Cycles::is_busy(const model::Uuid& root, const std::string& partner) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(running_.begin(), running_.end(), [&](const RunningPtr& each) {
    return each->cycle.area->root() == root && (partner.empty() || each->cycle.partner.replica.id == partner);
  });
}

std::int32_t Cycles::terminate(const model::Uuid& root, const std::string& partner) {
  const std::lock_guard lock(mutex_);
  std::int32_t count = 0;
  for (const auto& each : running_) {
    if (each->cycle.area->root() != root || (!partner.empty() && each->cycle.partner.replica.id != partner)) continue;
    if (!each->stop.exchange(true)) ++count;
  }
  return count;
}

void Cycles::stop(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (const auto& each : running_) each->stop = true;
  ended_.wait_for(lock, grace, [&] { return running_.empty(); });
  for (const auto& each : running_) {
    each->cut_off = true;
    if (each->link) each->link->cancel.request();
  }
  ended_.wait(lock, [&] { return running_.empty(); });
}

struct Cycles::Begun {
  Begun(const Core& core, PartnerLinkPtr its_link, const std::atomic<bool>& stop)
      : link(std::move(its_link)), connected(core, *link->connection, stop) {}

  const PartnerLinkPtr link;
  ConnectedSession connected;
  bool taken = false;  // by the consumer
};

void Cycles::adopt(Running& running, const PartnerLinkPtr& link) {
  const std::lock_guard lock(mutex_);
  if (running.cut_off) throw Cancelled("the session was cut off before it began");
  running.link = link;
}

// Over the connection of the session before if there is one, which may have been closed since: then over a new one.
std::unique_ptr<Cycles::Begun> Cycles::begin(Running& running) {
  const auto& cycle = running.cycle;
  const auto credentials = credentials_for(core_, cycle.partner);
  auto link =
      links_.take({cycle.area->root(), cycle.partner.replica.id}, credentials, cycle.servers, core_.clock.now());
  for (const bool again : {false, true}) {
    if (!link && !again) continue;
    try {
      if (again) {
        link = std::make_shared<PartnerLink>();
        link->credentials = credentials;
        link->opened = core_.clock.now();
      }
      adopt(running, link);
      if (!link->connection) link->connection.emplace(connect(core_, cycle.partner, cycle.servers, link->cancel));
      auto begun = std::make_unique<Begun>(core_, link, running.stop);
      begun->taken = begun->connected.session.begin(request_for(core_, cycle));
      return begun;
    } catch (const Cancelled&) {
      throw;
    } catch (const Error&) {
      if (again) throw;
    }
  }
  return nullptr;
}

void Cycles::supply(Running& running, SupplierOutcome& outcome, std::string& peer) {
  auto& cycle = running.cycle;
  if (running.stop) throw Cancelled("the session was stopped before it began");
  if (cycle.publish) publish_vector(core_, *cycle.area);
  auto begun = begin(running);
  if (!begun->taken && !cycle.full &&
      begun->connected.session.outcome().code == static_cast<int>(wire::ResultCode::unwilling_to_perform)) {
    // One that broke off has left the consumer with nothing, and nothing else helps.
    cycle.full = true;
    cycle.reason += ", the consumer waits for a full update";
    begun = begin(running);
  }
  peer = begun->link->connection->uri();
  outcome = begun->connected.session.outcome();
  if (!begun->taken && outcome.code == static_cast<int>(wire::ResultCode::insufficient_access_rights) &&
      !shows_area(*begun->link->connection, *cycle.area)) {
    outcome.text += ": it has no area " + cycle.area->root_dn() + ", or does not show it to whom we bind as";
  }
  const auto theirs = outcome.consumer.value_or(ldup::UpdateVector());
  if (begun->taken && !cycle.full && recovery_.has_lost(*cycle.area, cycle.partner.replica.id, theirs)) {
    begun.reset();
    const auto link = std::make_shared<PartnerLink>();
    adopt(running, link);
    const auto asked = ask_to_supply(core_, cycle.partner, {peer}, false, link->cancel);
    if (asked.kind != SupplierOutcome::Kind::success) {
      throw Error(ExitStatus::refused,
                  "this replica lacks changes of its own that the other has, which was asked for "
                  "them and refuses: " +
                      asked.text);
    }
    throw Error(ExitStatus::refused,
                "this replica lacks changes of its own that the other has, and has asked for them: "
                "was it restored from a backup, or does another server have its replica ID?");
  }
  if (cycle.begun) std::exchange(cycle.begun, nullptr)(begun->taken, outcome);
  if (begun->taken) {
    note_supply(*cycle.area);
    send(running, begun->connected.session, outcome, theirs);
  }
  if (outcome.kind == SupplierOutcome::Kind::success) vouch(cycle, outcome);
  const bool whole = outcome.kind == SupplierOutcome::Kind::success || outcome.kind == SupplierOutcome::Kind::busy;
  if (whole) links_.keep({cycle.area->root(), cycle.partner.replica.id}, begun->link, core_.clock.now());
}

void Cycles::send(Running& running, SupplierSession& session, SupplierOutcome& outcome,
                  const ldup::UpdateVector& theirs) {
  auto& cycle = running.cycle;
  try {
    Outgoing source(core_, cycle.area, cycle.partner, cycle.full, theirs);
    session.run(source);
    if (session.outcome().kind == SupplierOutcome::Kind::success) {
      forget_ended(core_, cycle.area->root(), source.ended());
    }
    // What has come so far is the consumer's for good, and others get their turn with it.
    while (session.outcome().kind == SupplierOutcome::Kind::success && source.go_on()) {
      if (session.begin(request_for(core_, cycle))) session.run(source);
    }
    if (session.outcome().kind == SupplierOutcome::Kind::success) {
      forget_covered(core_, cycle.area->root(), cycle.partner.replica.id, source.covered());
    }
  } catch (...) {
    outcome = session.outcome();
    throw;
  }
  outcome = session.outcome();
}

// Before anything is sent.
void Cycles::note_supply(const LocalArea& area) {
  const auto& own = area.own->uuid;
  if (has_supplied(*core_.store.snapshot(), area.root(), own)) return;
  core_.store.apply([&](store::Writer& writer) { set_supplied(writer, area.root(), own); });
}

// Purging waits for what all replicas hold (draft-ietf-ldup-model-09 12): one that never supplies could not say it.
void Cycles::vouch(const Cycle& cycle, const SupplierOutcome& outcome) {
  const auto& replica = cycle.partner.replica;
  if (!outcome.consumer || !cycle.area->supplies_nobody(replica.id)) return;
  const auto& root = cycle.area->root();
  const auto now = core_.clock.now();
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    auto& said = vouched_[{root, replica.id}];
    if (!has_news(root, said.vector, *outcome.consumer)) return;
    due = now - said.at >= core_.options.vector_interval;
    if (due) said = {now, *outcome.consumer};
  }
  if (due) publish_vector_of(core_, *cycle.area, replica, *outcome.consumer);
  core_.notify({.root = root, .attributes = {}, .count = 1, .from = {}, .vector_only = true});
}

// Whether a replica has more than it was known to have. What was only published of vectors does not count: else each
// publication would be news for the next.
bool Cycles::has_news(const model::Uuid& root, const ldup::UpdateVector& before, const ldup::UpdateVector& now) const {
  for (const auto& [id, csn] : now.components()) {
    if (id != core_.replica_id && !before.covers(csn)) return true;
  }
  const auto last = core_.vectors.last_asked(root);
  return last ? !before.covers(*last) : before.empty();
}

// Says how a session went: what goes wrong again and again only once, as the history has it each time.
void Cycles::tell(const Cycle& cycle, const SessionRecord& record) {
  {
    const std::lock_guard lock(mutex_);
    auto& last = told_[{cycle.area->root(), record.partner}];
    if (!record.text.empty() && last == record.text) return;
    last = record.text;
  }
  core_.log(record.text.empty() ? LogLevel::debug : LogLevel::warning,
            fmt::format("session {} to {} of {}: {} updates, {}{}", record.id, record.partner, record.area,
                        record.updates, record.result, record.text.empty() ? "" : ": " + record.text));
}

// A status tells seconds: of a success right after another there is nothing to say, and each costs a write to the disk.
bool Cycles::is_news(const Cycle& cycle, const SupplierOutcome& outcome, Instant now) {
  const std::lock_guard lock(mutex_);
  const PartnerLinks::Key key{cycle.area->root(), cycle.partner.replica.id};
  if (outcome.kind != SupplierOutcome::Kind::success) {
    succeeded_.erase(key);
    return true;
  }
  const auto [said, first] = succeeded_.try_emplace(key, now);
  if (!first && now - said->second < std::chrono::seconds(1)) return false;
  said->second = now;
  return true;
}

void Cycles::run(const RunningPtr& running) {
  auto& cycle = running->cycle;
  SessionRecord record;
  record.started = core_.clock.now();
  SupplierOutcome outcome;
  try {
    supply(*running, outcome, record.peer);
  } catch (const Cancelled& error) {
    outcome.kind = SupplierOutcome::Kind::terminated;
    outcome.text = error.what();
  } catch (const std::exception& error) {
    // The consumer may have refused an update before it closed the connection: that says more.
    if (outcome.kind != SupplierOutcome::Kind::failed || outcome.text.empty()) outcome.text = error.what();
    outcome.kind = SupplierOutcome::Kind::failed;
  }
  record.id = running->id;
  record.area = cycle.area->root_dn();
  record.partner = cycle.partner.replica.id;
  record.direction = Direction::sent;
  record.kind = cycle.full ? SessionKind::full : SessionKind::incremental;
  record.reason = cycle.reason;
  record.ended = core_.clock.now();
  record.updates = outcome.updates;
  record.primitives = outcome.primitives;
  record.result = result_name(outcome.kind);
  record.code = outcome.code;
  record.text = outcome.text;
  core_.history.write(record);
  tell(cycle, record);
  if (is_news(cycle, outcome, record.ended)) write_status(core_, cycle.partner, outcome);
  if (cycle.begun) cycle.begun(false, outcome);
  {
    const std::lock_guard lock(mutex_);
    running_.remove(running);
  }
  if (cycle.ended) cycle.ended(outcome);
  ended_.notify_all();
}

}  // namespace replkit::refserver::exchange
