#include "tests/refserver/exchange/consumer.hpp"

#include <fmt/format.h>

#include "common/base/error.hpp"
#include "common/ldup/cycle.hpp"
#include "common/ldup/grouping.hpp"
#include "tests/refserver/exchange/apply.hpp"
#include "tests/refserver/exchange/kept.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::exchange {

using directory::Call;
using directory::Operation;
using directory::Wake;
using protocol::Refusal;
using protocol::ResultCode;

namespace {

struct Lacking : Refusal {
  using Refusal::Refusal;
};

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

// What is to be said of updates that were not applied; empty when there are none.
std::string told_of_elsewhere(const ConsumerSession& session) {
  if (session.elsewhere == 0) return {};
  const auto* remedy = session.full ? "were left out; another full update is needed when both have the same areas"
                                    : "come again until both have the same areas";
  return fmt::format("{} updates are of what is another area here, and a part of {} for {}: they {}. The first: {}",
                     session.elsewhere, session.area->root_dn(), session.partner, remedy, session.first_elsewhere);
}

// What the end of a full update has found out.
struct FullEnd {
  bool lost = false;       // others may have changes of this replica that it has not
  bool went_back = false;  // it does not bring all that there was
  Returned returned;
};

// Takes over what has come. `vector`: the supplier's, which becomes this replica's.
FullEnd end_full(store::Writer& writer, Core& core, const ConsumerSession& session, ldup::UpdateVector& vector) {
  FullEnd out;
  const auto& area = *session.area;
  const auto before = core.vectors.get(writer, area.root());
  for (const auto& [id, csn] : before.components()) out.went_back |= id != core.replica_id && !vector.covers(csn);
  // What was deleted and purged is not to come back for a change of it; but the supplier may not know of all yet.
  const auto unknown = out.went_back ? replication::UnknownEntry::glue : replication::UnknownEntry::refuse;
  out.returned = return_own_changes(writer, core, area, session.scope, unknown, vector);
  const bool supplied = area.own != nullptr && has_supplied(writer, area.root(), area.own->uuid);
  const auto mine = before.components().find(core.replica_id);
  if (mine != before.components().end()) {
    writer.see_csn(mine->second);
    out.lost = !out.returned.complete && !vector.covers(mine->second) && supplied;
    if (!out.lost) vector.merge(mine->second);  // nobody has ever heard of what is gone
  }
  out.lost |= core.vectors.is_held(area.root());  // it had not all back before either
  out.went_back |= out.lost;
  set_recovering(writer, session.scope.root, out.lost);
  if (session.scope.root != area.root()) {
    set_recovering(writer, area.root(), false);
    if (supplied) set_supplied(writer, session.scope.root, area.own->uuid);
  }
  drop_own_changes(writer, area.root());
  remove_refresh(writer, session.scope.root);
  restore_local(writer, core.schema, area.entries);
  return out;
}

// Throws when the file does not go on to its end: before what there is gives way to it.
void check_whole(const std::filesystem::path& path) {
  try {
    OfflineReader file(path);
    while (const auto value = file.next()) ldup::decode_entry_update(*value);
  } catch (const LocalError& error) {
    throw Refusal(ResultCode::unwilling_to_perform, error.what());
  }
}

}  // namespace

std::unique_ptr<Operation> Consumers::end(const Call& call, Wake wake) {
  const auto grouping = ldup::decode_end_grouping_request(extended(call).value.value_or(""));
  ldup::EndReplGroupRequest wanted;
  if (grouping.value) wanted = ldup::decode_end_repl_group_request(*grouping.value);
  const auto answer = answer_to(call, std::move(wake));
  const std::lock_guard lock(mutex_);
  const auto session = require(call, grouping.cookie);
  push_end(session, wanted, [answer, wanted](const std::exception_ptr& error, const ldup::UpdateVector& vector) {
    if (error) return answer->fail(error);
    ldup::EndReplGroupResponse inner;
    if (wanted.return_vector) inner.vector = vector;
    answer->give({}, ldup::encode(ldup::EndGroupingResponse{.value = ldup::encode(inner)}));
  });
  return waiting_for(answer);
}

void Consumers::push_end(const SessionPtr& session, const ldup::EndReplGroupRequest& wanted, EndDone done) {
  const auto vector = std::make_shared<ldup::UpdateVector>();
  const auto theirs = std::make_shared<ldup::UpdateVector>();
  const auto full = std::make_shared<FullEnd>();
  const bool stopped = session->stopped;
  // A supplier that was stopped ends the group, and says nothing and asks nothing of vectors.
  const bool early = !wanted.vector && !wanted.return_vector;
  const bool whole = wanted.vector.has_value() || !session->full;
  // Not one of the outstanding ones, which are all done when this is: the session is over before its supplier hears it.
  ++outstanding_;
  core_.store.submit(
      [this, session, vector, theirs, full, wanted, stopped, whole, early](store::Writer& writer) {
        if (session->failed || stopped) throw Refusal(ResultCode::other, "not all updates were applied");
        if (!session->lacking.empty() && !early) {
          throw Lacking(ResultCode::no_such_object, "entries that were asked for have not come");
        }
        // The vector would say that they are here. They come again until the servers agree on where areas end.
        if (const auto told = told_of_elsewhere(*session); !told.empty() && !early && !session->full) {
          throw Refusal(ResultCode::other, told);
        }
        if (!whole) throw Refusal(ResultCode::other, "a full update that was not completed");
        const auto& own = core_.replica_id;
        if (session->full) {
          *vector = *wanted.vector;
          *full = end_full(writer, core_, *session, *vector);
        } else if (early) {
          *vector = core_.vectors.get(writer, session->area->root());
        } else {
          *theirs = wanted.vector ? *wanted.vector : published_vector(writer, *session->area, session->partner);
          *vector = merged(core_.vectors.get(writer, session->area->root()), *theirs);
        }
        // This replica may have been restored from a backup: it must not use its old CSNs again.
        if (const auto mine = vector->components().find(own); mine != vector->components().end()) {
          writer.see_csn(mine->second);
        }
        if (session->full || *vector != core_.vectors.get(writer, session->area->root())) {
          save_vector(writer, session->scope.root, *vector);
        }
        // Who has read a change here is not to read a vector without it.
        if (!session->full) show_vector(writer, *session->area, *vector, Showing::local);
      },
      [this, session, vector, theirs, full, early, done = std::move(done)](std::exception_ptr error) {
        if (!error && session->full) {
          core_.vectors.forget(session->area->root());
          const ldup::Csn now(floor<std::chrono::seconds>(core_.clock.now()), 0, core_.replica_id, 0);
          core_.vectors.replaced(session->scope.root, *vector, full->lost, std::max(now, core_.store.csns_since()));
          core_.areas_changed();
          auto& returned = full->returned;
          if (auto told = told_of_elsewhere(*session); !told.empty()) returned.events.push_back(std::move(told));
          for (const auto& event : returned.events) {
            core_.log(LogLevel::warning, fmt::format("{}: {}", session->area->root_dn(), event));
          }
          const std::lock_guard inner(mutex_);
          auto& events = session->record.events;
          events.insert(events.end(), returned.events.begin(), returned.events.end());
          session->corrections += returned.updates;
        } else if (!error) {
          const std::lock_guard inner(mutex_);
          session->vector_raised |= *vector != core_.vectors.get(session->area->root());
          core_.vectors.raised(session->area->root(), *theirs);  // what it says of this replica may be telling
          core_.vectors.raised(session->area->root(), *vector);
        }
        {
          const std::lock_guard inner(mutex_);
          try {
            if (error) std::rethrow_exception(error);
            if (early) {
              close(session, "terminated", 0, "the supplier stopped");
            } else {
              close(session, "success", 0, {});
            }
          } catch (const Lacking&) {
            session->active = core_.clock.now();  // the supplier sends them now, and then ends it again
          } catch (const std::exception& problem) {
            close(session, session->stopped ? "terminated" : "failure", static_cast<int>(ResultCode::other),
                  problem.what());
          }
        }
        done(error, *vector);
        // Its partner goes on by itself, unless it was a file.
        if (full->went_back) core_.went_back(session->scope.root, session->connection == 0 ? "" : session->partner);
        const std::lock_guard last(mutex_);
        --outstanding_;
        freed_.notify_all();
      });
}

// --- Files ---

void Consumers::load(const LocalAreaPtr& area, const std::string& supplier, std::unique_ptr<OfflineReader> file,
                     std::shared_ptr<Answer> answer) {
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
  pool_.submit([this, session, reader = std::shared_ptr<OfflineReader>(std::move(file)), answer = std::move(answer)] {
    load(session, *reader, *answer);
  });
}

// Goes as a session does, with a window of its own.
void Consumers::load(const SessionPtr& session, OfflineReader& file, Answer& answer) {
  constexpr std::size_t window = 256;
  bool whole = false;
  try {
    check_whole(file.path());
    whole = true;
    answer.give({}, ldup::encode(ldup::TriggerReplicationResponse{}));
    begin_full(session);
    while (auto value = file.next()) {
      std::unique_lock lock(mutex_);
      freed_.wait(lock, [&] { return session->outstanding < window; });
      if (session->stopped || session->failed) throw Refusal(ResultCode::other, "not all updates were applied");
      push_update(session, *value, [](const std::exception_ptr&) {});
    }
    const std::lock_guard lock(mutex_);
    if (session->stopped) throw Refusal(ResultCode::other, "the session was stopped");  // nobody waits for it then
    push_end(session, {.return_vector = false, .vector = file.vector()},
             [](const std::exception_ptr&, const ldup::UpdateVector&) {});
  } catch (const std::exception& error) {
    core_.log(LogLevel::error, fmt::format("{}: {}", file.name(), error.what()));
    if (!whole) answer.fail(std::current_exception());
    const std::lock_guard lock(mutex_);
    close(session, session->stopped ? "terminated" : "failure", 0, error.what());
  }
}

}  // namespace replkit::refserver::exchange
