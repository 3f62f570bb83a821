#include "tests/refserver/exchange/consumer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/oids.hpp"
#include "tests/refserver/exchange/apply.hpp"
#include "tests/refserver/exchange/covered.hpp"
#include "tests/refserver/exchange/kept.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::exchange {

using directory::Call;
using directory::Operation;
using directory::Wake;
using protocol::Refusal;
using protocol::ResultCode;
using replication::UnknownEntry;

namespace {

constexpr std::size_t most_texts = 1000;    // of one session, in the history
constexpr std::size_t most_asked = 10'000;  // entries that a supplier owes at once
// draft-ietf-ldup-protocol-00 to -04; never assigned since.
constexpr auto excessive_csn_skew = static_cast<ResultCode>(200);

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
  protocol::encode_extended_response(out, 0, {}, ldup::oid::replication_update_notice, value, {&control, 1});
  return out;
}

}  // namespace

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

// Those that were made anew come after what they were has gone. Otherwise they were made apart, the top of the area
// perhaps as well.
void Consumers::check_anew(const store::Reader& reader, const ConsumerSession& session,
                           const ldup::EntryUpdate& update) {
  if (session.anew.empty()) return;
  const auto found = session.anew.find(update.entry);
  const auto head = found == session.anew.end() ? std::nullopt : reader.head(reader.find(found->second));
  const bool other_top =
      update.entry != session.scope.root &&
      std::any_of(update.primitives.begin(), update.primitives.end(), [](const auto& primitive) {
        return primitive.kind == ldup::Primitive::Kind::add_entry && primitive.superior == model::Uuid();
      });
  if (other_top || (head && !head->tombstone && !head->glue)) throw Refusal(ResultCode::other, set_up_apart);
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

// Tells the log and the history, whatever the supplier is told.
void Consumers::report(ConsumerSession& session, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& problem) {
    const std::lock_guard lock(mutex_);
    if (session.problem.empty()) session.problem = printable(problem.what());
    core_.log(LogLevel::error, fmt::format("session {} from {} of {}: {}", session.id, session.partner,
                                           session.area->root_dn(), problem.what()));
  }
}

// What comes whole, as a full update or because it was asked for, is taken for what it is.
UnknownEntry Consumers::policy(ConsumerSession& session, const model::Uuid& entry) const {
  if (session.full || session.asked.erase(entry) > 0 || session.asked.size() >= most_asked) return UnknownEntry::glue;
  return core_.options.consistency == Consistency::strict ? UnknownEntry::refuse : UnknownEntry::ask;
}

std::unique_ptr<Operation> Consumers::update(const Call& call, const std::string& cookie, Wake wake) {
  const auto answer = answer_to(call, std::move(wake));
  const std::lock_guard lock(mutex_);
  const auto session = require(call, cookie);
  if (session->stopped) {
    session->failed = true;
    answer->give({ResultCode::other, {}, "the session was stopped", {}}, {}, abort_notice(cookie));
    return waiting_for(answer);
  }
  push_update(session, extended(call).value.value_or(""), [answer](const std::exception_ptr& error) {
    if (error) return answer->fail(error);
    answer->give({});
  });
  return waiting_for(answer);
}

void Consumers::push_update(const SessionPtr& session, std::string_view value,
                            std::function<void(const std::exception_ptr&)> done) {
  ldup::EntryUpdate update;
  try {
    update = ldup::decode_entry_update(value);
    for (const auto& primitive : update.primitives) check_time(primitive.csn);
  } catch (const Error& error) {
    session->failed = true;
    if (session->problem.empty()) session->problem = printable(error.what());
    throw;
  }
  const bool first = session->full && session->record.updates == 0;  // the area's top entry
  ++session->record.updates;
  session->record.primitives += update.primitives.size();
  const auto unknown = policy(*session, update.entry);
  const auto applied = std::make_shared<Applied>();
  const auto shared = std::make_shared<const ldup::EntryUpdate>(std::move(update));
  submit(
      session,
      [this, session, applied, shared, first, unknown](store::Writer& writer) {
        try {
          if (first) {
            session->scope.root = shared->entry;
            auto refresh = Refresh{shared->entry, session->area->root_dn(), session->area->entries};
            remove_refresh(writer, session->area->root());
            if (shared->entry != session->area->root()) drop_own_changes(writer, session->area->root());
            save_refresh(writer, refresh);
          }
          check_anew(writer, *session, *shared);
          const bool counted = applied->elsewhere;  // it is done again
          *applied = apply_update(writer, core_, *session->area, session->scope, *shared, unknown);
          if (applied->news && !session->full) {
            note_covered(writer, *session->area, session->partner, *shared, session->vector, core_.next_session_id());
          }
          if (applied->elsewhere && session->elsewhere++ == 0) session->first_elsewhere = applied->events.front();
          if (counted) --session->elsewhere;
          if (applied->incomplete) {
            session->lacking.insert(shared->entry);
          } else {
            session->lacking.erase(shared->entry);
          }
        } catch (...) {
          session->failed = true;
          throw;
        }
      },
      [this, session, applied, done = std::move(done), first, entry = shared->entry](std::exception_ptr error) {
        if (error) {
          session->failed = true;
          report(*session, error);
          return done(error);
        }
        if (first || applied->areas) core_.areas_changed();
        if (applied->own) core_.vectors.changed(session->area->root(), *applied->own);
        {
          const std::lock_guard inner(mutex_);
          if (applied->incomplete) session->asked.insert(entry);
          if (applied->news) ++session->record.applied;
          if (applied->news && !applied->vector_only) ++session->news;
          if (applied->vector_only) session->vector_raised = true;
          if (applied->own) ++session->corrections;
          session->record.superseded += applied->superseded;
          append(session->record.schema_mismatches, applied->mismatches);
          append(session->record.events, applied->events);
          session->active = core_.clock.now();
        }
        if (!applied->incomplete) return done(nullptr);
        done(std::make_exception_ptr(
            Refusal(ResultCode::no_such_object, "the entry " + entry.text() + " or its superior is not here")));
      });
}

}  // namespace replkit::refserver::exchange
