#include "tests/refserver/exchange/consumer.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/oids.hpp"
#include "tests/refserver/exchange/apply.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::exchange {

namespace {

using directory::Call;
using directory::Operation;
using directory::Wake;
using protocol::Refusal;
using protocol::Result;
using protocol::ResultCode;

constexpr std::size_t begin_threads = 4;
constexpr std::size_t most_texts = 1000;  // of one session, in the history
// draft-ietf-ldup-protocol-00 to -04; never assigned since.
constexpr auto excessive_csn_skew = static_cast<ResultCode>(200);

std::string make_cookie() {
  std::string out(16, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) != 1) {
    throw Error(ExitStatus::bug, "no random bytes");
  }
  return out;
}

const protocol::ExtendedRequest& extended(const Call& call) {
  return std::get<protocol::ExtendedRequest>(call.message.request);
}

Result success() {
  return {};
}

void append(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const auto& each : from) {
    if (to.size() < most_texts && std::find(to.begin(), to.end(), each) == to.end()) to.push_back(each);
  }
}

// The unsolicited message that ends a session from this side.
std::string abort_notice(const std::string& cookie) {
  std::string out;
  const protocol::Control control{std::string(ldup::oid::grouping_control), true,
                                  ldup::encode(ldup::GroupingControl{.cookie = cookie, .value = {}})};
  const auto value = ldup::encode(ldup::ReplicationUpdateNotice{.vector = {}, .abort = true});
  protocol::encode_extended_response(out, 0, success(), ldup::oid::replication_update_notice, value, {&control, 1});
  return out;
}

std::string group_answer(const std::string& cookie, const std::optional<ldup::UpdateVector>& vector) {
  const ldup::CreateReplGroupResponse inner{.vector = vector};
  return ldup::encode(ldup::CreateGroupingResponse{.cookie = cookie, .value = ldup::encode(inner)});
}

// What a supplier without a vector to say has published of itself.
ldup::UpdateVector published_vector(const store::Reader& reader, const LocalArea& area, const std::string& id) {
  const auto* replica = area.model.replica(id);
  const auto entry = replica == nullptr || !replica->uuid ? store::no_entry : reader.find(*replica->uuid);
  const auto stored = entry == store::no_entry ? std::nullopt : reader.load(entry);
  std::vector<std::string> values;
  if (const auto* attribute = stored ? stored->find("updateVector") : nullptr) {
    for (const auto& value : attribute->values) values.push_back(value.bytes);
  }
  try {
    return ldup::UpdateVector::parse(values);
  } catch (const ParseError&) {
    return {};
  }
}

}  // namespace

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
  session->active = core_.clock.now();
  auto& record = session->record;
  record.id = session->id;
  record.area = area->root_dn();
  record.partner = session->partner;
  record.peer = call.bound.security.peer;
  record.direction = Direction::received;
  record.kind = session->full ? SessionKind::full : SessionKind::incremental;
  record.started = session->active;

  const auto answer = std::make_shared<Answer>(call.message.id, extended(call).oid, std::move(wake));
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
  if (!session->full) {
    // An empty vector is not written: it is that of a replica that holds nothing.
    return answer->give(success(), group_answer(session->cookie, core_.vectors.get(session->area->root())));
  }
  pool_.submit([this, session, answer] {
    try {
      begin_full(session);
      answer->give(success(), group_answer(session->cookie, std::nullopt));
    } catch (const std::exception& error) {
      core_.log(LogLevel::error, fmt::format("full update of {}: {}", session->area->root_dn(), error.what()));
      answer->fail(std::current_exception());
      const std::lock_guard lock(mutex_);
      close(session, "failure", static_cast<int>(ResultCode::other), error.what());
    }
  });
}

// Says that the area has no content of its own any more, and removes what there is.
void Consumers::begin_full(const SessionPtr& session) {
  const Refresh refresh{session->area->root(), session->area->root_dn(), session->area->entries};
  core_.store.apply([&](store::Writer& writer) { save_refresh(writer, refresh); });
  core_.areas_changed();
  core_.areas();
  {
    const std::lock_guard lock(mutex_);
    session->wiping = true;
  }
  wipe(core_, *session->area);
  const std::lock_guard lock(mutex_);
  session->wiping = false;
  session->active = core_.clock.now();
}

// --- Updates ---

Consumers::SessionPtr Consumers::of_connection(std::uint64_t connection) const {
  const auto found = by_connection_.find(connection);
  return found == by_connection_.end() ? nullptr : found->second;
}

Consumers::SessionPtr Consumers::require(const Call& call, const std::string& cookie) {
  auto session = of_connection(call.bound.connection);
  const bool active = session && !session->closing && by_area_.contains(session->area->root()) &&
                      by_area_[session->area->root()] == session;
  if (!active || session->cookie != cookie) {
    throw Refusal(ResultCode::operations_error, "there is no such group on this connection");
  }
  session->active = core_.clock.now();
  return session;
}

// A clock that is far ahead would take everybody's with it.
void Consumers::check_time(const ldup::Csn& csn) const {
  if (csn.time() <= core_.clock.now() + core_.options.clock_skew) return;
  throw Refusal(excessive_csn_skew, "a CSN of the replica " + csn.replica_id() + " is too far in the future");
}

void Consumers::submit(const SessionPtr& session, store::Store::Change change,
                       std::function<void(std::exception_ptr)> done) {
  ++session->outstanding;
  ++outstanding_;
  core_.store.submit(std::move(change), [this, session, done = std::move(done)](std::exception_ptr error) {
    done(error);
    const std::lock_guard lock(mutex_);
    --session->outstanding;
    if (session->closing && session->outstanding == 0) release(session);
    --outstanding_;
    freed_.notify_all();
  });
}

// Tells the log what the supplier is not told.
void Consumers::report(const ConsumerSession& session, const std::exception_ptr& error) const {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& problem) {
    core_.log(LogLevel::error, fmt::format("session {} from {} of {}: {}", session.id, session.partner,
                                           session.area->root_dn(), problem.what()));
  }
}

std::unique_ptr<Operation> Consumers::update(const Call& call, const std::string& cookie, Wake wake) {
  const auto& request = extended(call);
  const auto answer = std::make_shared<Answer>(call.message.id, request.oid, std::move(wake));
  const std::lock_guard lock(mutex_);
  const auto session = require(call, cookie);
  if (session->stopped) {
    session->failed = true;
    answer->give({ResultCode::other, {}, "the session was stopped", {}}, {}, abort_notice(cookie));
    return waiting_for(answer);
  }
  push_update(session, request.value.value_or(""), [answer](const std::exception_ptr& error) {
    if (error) return answer->fail(error);
    answer->give(success());
  });
  return waiting_for(answer);
}

void Consumers::push_update(const SessionPtr& session, std::string_view value,
                            std::function<void(const std::exception_ptr&)> done) {
  ldup::EntryUpdate update;
  try {
    update = ldup::decode_entry_update(value);
    for (const auto& primitive : update.primitives) check_time(primitive.csn);
  } catch (const Error&) {
    session->failed = true;
    throw;
  }
  const bool first = session->full && session->record.updates == 0;  // the area's top entry
  ++session->record.updates;
  session->record.primitives += update.primitives.size();
  const auto applied = std::make_shared<Applied>();
  const auto shared = std::make_shared<const ldup::EntryUpdate>(std::move(update));
  submit(
      session,
      [this, session, applied, shared, first](store::Writer& writer) {
        try {
          if (first) {
            session->scope.root = shared->entry;
            auto refresh = Refresh{shared->entry, session->area->root_dn(), session->area->entries};
            remove_refresh(writer, session->area->root());
            save_refresh(writer, refresh);
          }
          *applied = apply_update(writer, core_, *session->area, session->scope, *shared, session->full);
        } catch (...) {
          session->failed = true;
          throw;
        }
      },
      [this, session, applied, done = std::move(done), first](std::exception_ptr error) {
        if (error) {
          session->failed = true;
          report(*session, error);
          return done(error);
        }
        if (first || applied->areas) core_.areas_changed();
        if (applied->own) core_.vectors.changed(session->area->root(), *applied->own);
        {
          const std::lock_guard inner(mutex_);
          if (applied->news) ++session->record.applied;
          if (applied->own) ++session->corrections;
          session->record.superseded += applied->superseded;
          append(session->record.schema_mismatches, applied->mismatches);
          append(session->record.events, applied->events);
          session->active = core_.clock.now();
        }
        done(nullptr);
      });
}

// --- Ending ---

std::unique_ptr<Operation> Consumers::end(const Call& call, Wake wake) {
  const auto& request = extended(call);
  const auto grouping = ldup::decode_end_grouping_request(request.value.value_or(""));
  ldup::EndReplGroupRequest wanted;
  if (grouping.value) wanted = ldup::decode_end_repl_group_request(*grouping.value);
  const auto answer = std::make_shared<Answer>(call.message.id, request.oid, std::move(wake));
  const std::lock_guard lock(mutex_);
  const auto session = require(call, grouping.cookie);
  push_end(session, wanted, [answer, wanted](const std::exception_ptr& error, const ldup::UpdateVector& vector) {
    if (error) return answer->fail(error);
    ldup::EndReplGroupResponse inner;
    if (wanted.return_vector) inner.vector = vector;
    answer->give(success(), ldup::encode(ldup::EndGroupingResponse{.value = ldup::encode(inner)}));
  });
  return waiting_for(answer);
}

void Consumers::push_end(const SessionPtr& session, const ldup::EndReplGroupRequest& wanted, EndDone done) {
  const auto vector = std::make_shared<ldup::UpdateVector>();
  const bool stopped = session->stopped;
  // A supplier that was stopped ends the group without saying what it has sent.
  const bool whole = wanted.vector.has_value() || !session->full;
  // Not one of the outstanding ones, which are all done when this is: the session is over before its supplier hears it.
  ++outstanding_;
  core_.store.submit(
      [this, session, vector, wanted, stopped, whole](store::Writer& writer) {
        if (session->failed || stopped) throw Refusal(ResultCode::other, "not all updates were applied");
        if (!whole) throw Refusal(ResultCode::other, "a full update that was not completed");
        const auto& own = core_.replica_id;
        if (session->full) {
          *vector = *wanted.vector;
          const auto before = core_.vectors.get(writer, session->area->root());
          if (const auto mine = before.components().find(own); mine != before.components().end()) {
            vector->merge(mine->second);
          }
          remove_refresh(writer, session->scope.root);
          restore_local(writer, core_.schema, session->area->entries);
        } else {
          *vector = merged(core_.vectors.get(writer, session->area->root()),
                           wanted.vector ? *wanted.vector : published_vector(writer, *session->area, session->partner));
        }
        // This replica may have been restored from a backup: it must not use its old CSNs again.
        if (const auto mine = vector->components().find(own); mine != vector->components().end()) {
          writer.see_csn(mine->second);
        }
        if (session->full || *vector != core_.vectors.get(writer, session->area->root())) {
          save_vector(writer, session->scope.root, *vector);
        }
      },
      [this, session, vector, done = std::move(done)](std::exception_ptr error) {
        if (!error && session->full) {
          core_.vectors.forget(session->area->root());
          core_.vectors.replaced(session->scope.root, *vector);
          core_.areas_changed();
        } else if (!error) {
          session->vector_raised = *vector != core_.vectors.get(session->area->root());
          core_.vectors.raised(session->area->root(), *vector);
        }
        {
          const std::lock_guard inner(mutex_);
          try {
            if (error) std::rethrow_exception(error);
            close(session, "success", 0, {});
          } catch (const std::exception& problem) {
            close(session, session->stopped ? "terminated" : "failure", static_cast<int>(ResultCode::other),
                  problem.what());
          }
        }
        done(error, *vector);
        const std::lock_guard last(mutex_);
        --outstanding_;
        freed_.notify_all();
      });
}

// --- Files ---

void Consumers::load(const LocalAreaPtr& area, const std::string& supplier, std::unique_ptr<OfflineReader> file) {
  const auto session = std::make_shared<ConsumerSession>();
  session->id = core_.next_session_id();
  session->area = area;
  session->scope = area->scope;
  session->partner = supplier;
  session->full = true;
  session->active = core_.clock.now();
  auto& record = session->record;
  record.id = session->id;
  record.area = area->root_dn();
  record.partner = supplier;
  record.peer = file->name();
  record.direction = Direction::received;
  record.kind = SessionKind::offline;
  record.reason = "triggered";
  record.started = session->active;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || by_area_.contains(area->root())) {
      throw Refusal(ResultCode::busy, "another session of this area is under way");
    }
    by_area_[area->root()] = session;
  }
  pool_.submit([this, session, reader = std::shared_ptr<OfflineReader>(std::move(file))] { load(session, *reader); });
}

// Goes as a session does, with a window of its own.
void Consumers::load(const SessionPtr& session, OfflineReader& file) {
  constexpr std::size_t window = 256;
  try {
    begin_full(session);
    while (auto value = file.next()) {
      std::unique_lock lock(mutex_);
      freed_.wait(lock, [&] { return session->outstanding < window; });
      if (session->stopped || session->failed) throw Refusal(ResultCode::other, "not all updates were applied");
      push_update(session, *value, [](const std::exception_ptr&) {});
    }
    const std::lock_guard lock(mutex_);
    push_end(session, {.return_vector = false, .vector = file.vector()},
             [](const std::exception_ptr&, const ldup::UpdateVector&) {});
  } catch (const std::exception& error) {
    core_.log(LogLevel::error, fmt::format("{}: {}", file.name(), error.what()));
    const std::lock_guard lock(mutex_);
    close(session, session->stopped ? "terminated" : "failure", 0, error.what());
  }
}

void Consumers::close(const SessionPtr& session, const std::string& result, int code, const std::string& text) {
  if (session->closing) return;
  session->closing = true;
  session->record.result = result;
  session->record.code = code;
  session->record.text = text;
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
  const auto count = static_cast<std::uint32_t>(record.applied);
  if (count > 0) core_.notify({.root = root, .attributes = {}, .count = count, .from = session->partner});
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
  std::vector<SessionPtr> silent;
  for (const auto& [root, session] : by_area_) {
    if (session->record.kind == SessionKind::offline || session->wiping) continue;
    if (!session->closing && session->outstanding == 0 && session->active + core_.options.idle < now) {
      silent.push_back(session);
    }
  }
  for (const auto& session : silent) close(session, "failure", 0, "the supplier was silent for too long");
}

}  // namespace replkit::refserver::exchange
