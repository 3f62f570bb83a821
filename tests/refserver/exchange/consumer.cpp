#include "tests/refserver/exchange/consumer.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/oids.hpp"
#include "tests/refserver/exchange/apply.hpp"
#include "tests/refserver/exchange/kept.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::exchange {

namespace {

using directory::Call;
using directory::Operation;
using directory::Wake;
using protocol::Refusal;
using protocol::ResultCode;

constexpr std::size_t begin_threads = 4;

std::string make_cookie() {
  std::string out(16, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) != 1) {
    throw Error(ExitStatus::bug, "no random bytes");
  }
  return out;
}

std::string group_answer(const std::string& cookie, const std::optional<ldup::UpdateVector>& vector) {
  const ldup::CreateReplGroupResponse inner{.vector = vector};
  return ldup::encode(ldup::CreateGroupingResponse{.cookie = cookie, .value = ldup::encode(inner)});
}

// Tells which replica IDs of the supplier's table are those of other replicas here: their CSNs could be the same. No
// reason to refuse it, since a replica that was made anew is known elsewhere first.
std::vector<std::string> strangers(const LocalArea& area, const ldup::CreateReplGroupRequest& request) {
  constexpr std::size_t most = 100;
  std::vector<std::string> out;
  if (!request.replica_ids) return out;
  for (const auto& row : *request.replica_ids) {
    const auto* replica = area.model.replica(row.id);
    if (replica == nullptr || !replica->uuid || *replica->uuid == row.subentry || out.size() == most) continue;
    out.push_back(fmt::format("two replicas have the ID {}: {} here, {} for the supplier", row.id,
                              replica->uuid->text(), row.subentry.text()));
  }
  return out;
}

// Whether the area has no content now: the session before may have been a full update that broke off.
bool is_closed(Core& core, const model::Uuid& root) {
  const auto area = core.areas()->by_root(root);
  return !area || area->refreshing;
}

}  // namespace

std::map<model::Uuid, model::Uuid> made_anew(const Core& core, const LocalArea& area,
                                             const ldup::CreateReplGroupRequest& request) {
  std::map<model::Uuid, model::Uuid> out;
  if (!request.replica_ids) return out;
  for (const auto& row : *request.replica_ids) {
    if (row.id != area.own->id && row.id != request.replica_id) continue;
    const auto* replica = area.model.replica(row.id);
    if (replica == nullptr || !replica->uuid || *replica->uuid == row.subentry) continue;
    if (core.store.snapshot()->find(row.subentry) == store::no_entry) out.emplace(row.subentry, *replica->uuid);
  }
  return out;
}

Consumers::Consumers(Core& core) : core_(core), pool_(begin_threads) {}

Consumers::~Consumers() {
  stop();
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [&] { return outstanding_ == 0 && waiting_ == 0; });
}

void Consumers::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (const auto& [root, session] : by_area_) session->stopped = true;
  freed_.notify_all();
}

// --- Beginning ---

std::unique_ptr<Operation> Consumers::create(const Call& call, const LocalAreaPtr& area,
                                             const ldup::CreateReplGroupRequest& request, Wake wake) {
  const auto session = std::make_shared<ConsumerSession>();
  session->id = core_.next_session_id();
  session->cookie = make_cookie();
  session->connection = call.bound.connection;
  session->area = area;
  session->scope = area->scope;
  session->partner = request.replica_id;
  session->full = request.protocol_oid == ldup::oid::full_update_protocol;
  if (!session->full) session->anew = made_anew(core_, *area, request);
  session->active = core_.clock.now();
  auto& record = session->record;
  record.id = session->id;
  record.area = area->root_dn();
  record.partner = session->partner;
  record.peer = call.bound.security.peer;
  record.direction = Direction::received;
  record.kind = session->full ? SessionKind::full : SessionKind::incremental;
  record.started = session->active;
  record.events = strangers(*area, request);

  const auto answer = answer_to(call, std::move(wake));
  std::unique_lock lock(mutex_);
  if (stopping_) throw Refusal(ResultCode::busy, "the server is ending");
  const auto running = by_area_.find(area->root());
  if (running == by_area_.end()) {
    by_area_[area->root()] = session;
    by_connection_[session->connection] = session;
    lock.unlock();
    begin(session, answer);
  } else if (waiting_ >= begin_threads - 1 || core_.options.busy_wait.count() == 0) {
    throw Refusal(ResultCode::busy, "another session of this area is under way");
  } else {
    ++waiting_;
    by_connection_[session->connection] = session;
    pool_.submit([this, session, answer] {
      std::unique_lock waiting(mutex_);
      const auto& root = session->area->root();
      freed_.wait_for(waiting, core_.options.busy_wait,
                      [&] { return stopping_ || session->closing || !by_area_.contains(root); });
      --waiting_;
      freed_.notify_all();
      if (stopping_ || session->closing || by_area_.contains(root)) {
        by_connection_.erase(session->connection);
        waiting.unlock();
        return answer->give({ResultCode::busy, {}, "another session of this area is under way", {}});
      }
      by_area_[root] = session;
      session->active = core_.clock.now();
      waiting.unlock();
      begin(session, answer);
    });
  }
  return waiting_for(answer);
}

void Consumers::begin(const SessionPtr& session, const std::shared_ptr<Answer>& answer) {
  if (!session->full && is_closed(core_, session->area->root())) {
    const std::string reason = "the replica waits for a full update";
    answer->give({ResultCode::unwilling_to_perform, {}, reason, {}});
    const std::lock_guard lock(mutex_);
    return close(session, "failure", static_cast<int>(ResultCode::unwilling_to_perform), reason);
  }
  if (!session->full) {
    // An empty vector is not written: it is that of a replica that holds nothing.
    session->vector = core_.vectors.get(session->area->root());
    return answer->give({}, group_answer(session->cookie, session->vector));
  }
  pool_.submit([this, session, answer] {
    try {
      begin_full(session);
      answer->give({}, group_answer(session->cookie, std::nullopt));
    } catch (const std::exception& error) {
      core_.log(LogLevel::error, fmt::format("full update of {}: {}", session->area->root_dn(), error.what()));
      answer->fail(std::current_exception());
      const std::lock_guard lock(mutex_);
      close(session, session->stopped ? "terminated" : "failure", static_cast<int>(ResultCode::other), error.what());
    }
  });
}

// Says that the area has no content of its own any more, and removes what there is. The area stays the session's until
// that is done, also when its supplier is gone: another's entries would go with the old ones.
void Consumers::begin_full(const SessionPtr& session) {
  const auto check = [&] {
    const std::lock_guard lock(mutex_);
    if (session->stopped || session->closing) throw Refusal(ResultCode::other, "the session was stopped");
  };
  const auto done = [&] {
    const std::lock_guard lock(mutex_);
    session->wiping = false;
    session->active = core_.clock.now();
    --session->outstanding;
    if (session->closing && session->outstanding == 0) release(session);
  };
  {
    const std::lock_guard lock(mutex_);
    if (session->closing) throw Refusal(ResultCode::other, "the session was stopped");
    session->wiping = true;
    ++session->outstanding;
  }
  try {
    const Refresh refresh{session->area->root(), session->area->root_dn(), session->area->entries};
    core_.store.apply([&](store::Writer& writer) { save_refresh(writer, refresh); });
    core_.areas_changed();
    core_.areas();
    keep_own_changes(core_, *session->area, session->partner);
    wipe(core_, *session->area, check);
  } catch (...) {
    done();
    throw;
  }
  done();
}

// --- What runs ---

void Consumers::close(const SessionPtr& session, const std::string& result, int code, const std::string& text) {
  if (session->closing) return;
  session->closing = true;
  session->record.result = result;
  session->record.code = code;
  session->record.text = session->problem.empty() ? text : session->problem;
  if (session->outstanding == 0) release(session);
}

void Consumers::release(const SessionPtr& session) {
  const auto root = session->area->root();
  const auto running = by_area_.find(root);
  const bool began = running != by_area_.end() && running->second == session;
  const auto connection = by_connection_.find(session->connection);
  if (connection != by_connection_.end() && connection->second == session) by_connection_.erase(connection);
  if (began) by_area_.erase(running);
  freed_.notify_all();
  if (!began) return;
  auto& record = session->record;
  record.ended = core_.clock.now();
  core_.history.write(record);
  core_.log(record.result == "success" ? LogLevel::debug : LogLevel::warning,
            fmt::format("session {} from {} of {}: {} updates, {}{}", session->id, session->partner, record.area,
                        record.updates, record.result, record.text.empty() ? "" : ": " + record.text));
  // Were update vectors alone news like others, three replicas would tell each other theirs for ever.
  if (session->news > 0) {
    core_.notify({.root = root, .attributes = {}, .count = session->news, .from = session->partner});
  }
  if (session->corrections > 0) core_.notify({.root = root, .attributes = {}, .count = 1, .from = {}});
  if (session->vector_raised)
    core_.notify({.root = root, .attributes = {}, .count = 1, .from = {}, .vector_only = true});
}

bool Consumers::is_grouped(std::uint64_t connection) const {
  const std::lock_guard lock(mutex_);
  return by_connection_.contains(connection);
}

bool Consumers::is_busy(const model::Uuid& root) const {
  const std::lock_guard lock(mutex_);
  return by_area_.contains(root);
}

bool Consumers::is_refreshing(const model::Uuid& root) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_area_.find(root);
  return found != by_area_.end() && found->second->full;
}

void Consumers::forget(std::uint64_t connection) {
  const std::lock_guard lock(mutex_);
  if (const auto session = of_connection(connection)) {
    close(session, session->stopped ? "terminated" : "failure", 0, "the connection ended before the session");
    freed_.notify_all();
  }
}

std::int32_t Consumers::terminate(const model::Uuid& root, const std::string& partner) {
  const std::lock_guard lock(mutex_);
  const auto found = by_area_.find(root);
  if (found == by_area_.end() || found->second->closing) return 0;
  if (!partner.empty() && found->second->partner != partner) return 0;
  found->second->stopped = true;
  return 1;
}

void Consumers::expire(Instant now) {
  const std::lock_guard lock(mutex_);
  constexpr std::chrono::milliseconds stop_time = std::chrono::seconds(5);  // it would be told with its next update
  std::vector<SessionPtr> silent;
  for (const auto& [root, session] : by_area_) {
    if (session->record.kind == SessionKind::offline || session->wiping) continue;
    session->active = std::min(session->active, now);  // clocks are set back
    const auto patience = session->stopped ? std::min(core_.options.idle, stop_time) : core_.options.idle;
    if (!session->closing && session->outstanding == 0 && session->active + patience < now) {
      silent.push_back(session);
    }
  }
  for (const auto& session : silent) {
    close(session, session->stopped ? "terminated" : "failure", 0, "the supplier was silent for too long");
  }
}

}  // namespace replkit::refserver::exchange
