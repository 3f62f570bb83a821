#include "tests/refserver/exchange/requests.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/oids.hpp"
#include "tests/refserver/directory/answer.hpp"
#include "tests/refserver/directory/audit.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/exchange/asking.hpp"
#include "tests/refserver/exchange/outgoing.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::exchange {

namespace {

using directory::Call;
using directory::Operation;
using directory::Wake;
using protocol::ProtocolError;
using protocol::Refusal;
using protocol::Result;
using protocol::ResultCode;

const std::string& value_of(const Call& call) {
  const auto& request = extended(call);
  if (!request.value) throw ProtocolError::answer("the request has no value");
  return *request.value;
}

bool may(const Call& call, access::Right right, std::string_view key) {
  return call.view.all() || call.view.entry(key).has(right);
}

// One answer for whatever is wrong, so that nobody can find out what there is.
Refusal denied() {
  return {ResultCode::insufficient_access_rights, "permission denied"};
}

// Whether somebody has made both replicas on each server by itself: sessions would make two of each. Whoever has had
// changes of the other one is not apart: they were made anew while it was away.
bool is_set_up_apart(const Core& core, const LocalArea& area, const ldup::CreateReplGroupRequest& request) {
  return made_anew(core, area, request).size() == 2 &&
         !core.vectors.get(area.root()).components().contains(request.replica_id);
}

// Sessions carry passwords' hashes, and triggers are for administrators.
void require_protection(const Call& call) {
  const auto& security = call.bound.security;
  if (security.confidential() || security.loopback) return;
  throw Refusal(ResultCode::confidentiality_required, "replication is managed over TLS");
}

std::string cookie_of(const Call& call) {
  for (const auto& control : call.message.controls) {
    if (control.oid != ldup::oid::grouping_control && control.oid != ldup::oid::openldap_grouping_control) continue;
    if (!control.value) throw ProtocolError::answer("the grouping control has no value");
    return ldup::decode_grouping_control(*control.value).cookie;
  }
  throw ProtocolError::answer("the grouping control is missing");
}

void audit(const Call& call, const char* operation, const std::string& dn, ResultCode result) {
  if (call.context.audit == nullptr) return;
  directory::AuditRecord record;
  record.time = call.context.clock.now();
  record.caller = &call.caller;
  if (call.bound.key != call.caller.key) record.authenticated_dn = call.bound.dn;
  record.operation = operation;
  record.dn = dn;
  record.result = result;
  call.context.audit->record(record);
}

// Does `work`, and tells the audit trail how it began.
template <typename Work>
std::unique_ptr<Operation> audited(const Call& call, const char* operation, const std::string& dn, Work work) {
  try {
    auto out = work();
    audit(call, operation, dn, ResultCode::success);
    return out;
  } catch (...) {
    audit(call, operation, dn, directory::current_exception_result().code);
    throw;
  }
}

// What whoever triggered a session is told when it was not begun.
Result result_of(const SupplierOutcome& outcome) {
  const auto code = outcome.kind == SupplierOutcome::Kind::busy ? ResultCode::busy
                    : outcome.code == static_cast<int>(ResultCode::unwilling_to_perform)
                        ? ResultCode::unwilling_to_perform
                        : ResultCode::unavailable;
  return {code, {}, outcome.text, {}};
}

}  // namespace

Requests::Requests(Core& core, Cycles& cycles, Consumers& consumers, Scheduler& scheduler)
    : core_(core), cycles_(cycles), consumers_(consumers), scheduler_(scheduler), pool_(2) {}

// --- Sessions ---

std::unique_ptr<Operation> Requests::create_group(const Call& call, Wake wake) {
  const auto grouping = ldup::decode_create_grouping_request(value_of(call));
  if (grouping.type != ldup::oid::replication_grouping) {
    throw Refusal(ResultCode::unwilling_to_perform, "groups of this type are not known");
  }
  if (!grouping.value) throw ProtocolError::answer("the group has no value");
  const auto request = ldup::decode_create_repl_group_request(*grouping.value);
  if (call.bound.anonymous()) throw denied();
  require_protection(call);
  std::string key;
  if (!model::normalize_dn(request.area, core_.schema.model(), key)) throw denied();
  const auto area = core_.areas()->named(key);
  if (!area || !may(call, access::Right::replicate, area->key) || area->own == nullptr) throw denied();
  const bool known = area->model.replica(request.replica_id) != nullptr;
  if (!known || request.replica_id == core_.replica_id) throw denied();
  const bool full = request.protocol_oid == ldup::oid::full_update_protocol;
  if (!full && request.protocol_oid != ldup::oid::incremental_update_protocol) {
    throw ProtocolError::answer("the replication protocol is not known");
  }
  const auto* partner = area->model.replica(request.replica_id);
  if (!full && (!area->own->online || !partner->online)) throw Refusal(ResultCode::busy, "the replica is not online");
  if (request.initiator == ldup::Initiator::consumer) return ask_for_supply(call, area, request, std::move(wake));
  if (!full && consumers_.is_refreshing(area->root())) {
    throw Refusal(ResultCode::busy, "a full update is under way");  // another would begin it anew
  }
  if (!full && area->refreshing) {
    throw Refusal(ResultCode::unwilling_to_perform, "the replica waits for a full update");
  }
  if (!full && is_set_up_apart(core_, *area, request)) throw Refusal(ResultCode::other, set_up_apart);
  return consumers_.create(call, area, request, std::move(wake));
}

// The consumer has asked: this server opens a session of its own.
std::unique_ptr<Operation> Requests::ask_for_supply(const Call& call, const LocalAreaPtr& area,
                                                    const ldup::CreateReplGroupRequest& request, Wake wake) {
  const auto* partner = area->partner(request.replica_id);
  if (partner == nullptr || !partner->problem.empty()) throw denied();
  if (area->refreshing) throw Refusal(ResultCode::busy, "this replica waits for a full update itself");
  if (cycles_.is_busy(area->root(), request.replica_id)) {
    throw Refusal(ResultCode::busy, "a session is under way");
  }
  Demand demand;
  demand.area = area;
  demand.partner = request.replica_id;
  demand.full = request.protocol_oid == ldup::oid::full_update_protocol;
  demand.reason = "the consumer asked";
  scheduler_.demand(std::move(demand));
  const auto answer = answer_to(call, std::move(wake));
  answer->give({}, ldup::encode(ldup::CreateGroupingResponse{.cookie = core_.next_session_id(), .value = {}}));
  return waiting_for(answer);
}

std::unique_ptr<Operation> Requests::end_group(const Call& call, Wake wake) {
  return consumers_.end(call, std::move(wake));
}

std::unique_ptr<Operation> Requests::update(const Call& call, Wake wake) {
  value_of(call);
  return consumers_.update(call, cookie_of(call), std::move(wake));
}

// --- Triggers ---

Requests::Target Requests::find_target(const Call& call, const std::string& dn, const std::string& uri) const {
  require_protection(call);
  const auto key = directory::dn_key(call.context, dn);
  if (!may(call, access::Right::trigger, key)) throw denied();
  const auto area = core_.areas()->named(key);
  const auto* replica = area ? area->model.replica(dn) : nullptr;
  if (replica == nullptr || area->key == key) {
    throw Refusal(ResultCode::no_such_object, "there is no such replica here");
  }
  try {
    if (!replica->is_reached_by(model::LdapUrl::parse(uri))) {
      throw Refusal(ResultCode::unwilling_to_perform, "the replica does not have this URI");
    }
  } catch (const ParseError& error) {
    throw Refusal(ResultCode::invalid_attribute_syntax, std::string("the URI is no LDAP URL: ") + error.what());
  }
  return {area, replica};
}

std::unique_ptr<Operation> Requests::trigger(const Call& call, Wake wake) {
  const auto request = ldup::decode_trigger_replication_request(value_of(call));
  using Update = ldup::TriggerReplicationRequest::Update;
  using Mode = ldup::TriggerReplicationRequest::Mode;
  return audited(call, "triggerReplication", request.target, [&]() -> std::unique_ptr<Operation> {
    const auto target = find_target(call, request.target, request.uri);
    const auto& [area, replica] = target;
    if (request.mode == Mode::offline_write) return write_file(call, target, request, std::move(wake));
    if (request.mode == Mode::offline_read) return load_file(call, target, request, std::move(wake));
    if (area->own == nullptr || replica == area->own) {
      throw Refusal(ResultCode::unwilling_to_perform, "this server cannot replicate with that replica");
    }
    const auto* partner = area->partner(replica->id);
    const bool supplied = area->is_supplied_by(replica->id);
    if (partner == nullptr && !supplied) {
      throw Refusal(ResultCode::unwilling_to_perform, "no agreement with that replica, either way");
    }
    const bool full = request.update == Update::full;
    if (!full && (!area->own->online || !replica->online)) {
      throw Refusal(ResultCode::unwilling_to_perform, "not both replicas are online");
    }
    if (cycles_.is_busy(area->root()) || consumers_.is_busy(area->root())) {
      throw Refusal(ResultCode::busy, "a session of this area is under way");
    }
    const auto answer = answer_to(call, std::move(wake));
    if (partner != nullptr) {
      if (!partner->problem.empty()) throw Refusal(ResultCode::unwilling_to_perform, partner->problem);
      supply(target, request, !full && supplied, answer);
    } else {
      ask(target, request, answer);
    }
    return waiting_for(answer);
  });
}

// --- Sessions ---

void Requests::supply(const Target& target, const ldup::TriggerReplicationRequest& request, bool then_ask,
                      const std::shared_ptr<Answer>& answer) {
  const auto& area = target.area;
  const auto id = target.replica->id;
  const bool full = request.update == ldup::TriggerReplicationRequest::Update::full;
  const auto server = model::LdapUrl::parse(request.uri).server();
  const auto* partner = area->partner(id);
  ldup::TriggerReplicationResponse response;
  if (partner->agreement) response.agreement = partner->agreement->dn;
  Demand demand;
  demand.area = area;
  demand.partner = id;
  demand.full = full;
  demand.reason = "triggered";
  demand.servers = {server};
  demand.begun = [answer, response](bool begun, const SupplierOutcome& outcome) {
    if (!begun) return answer->give(result_of(outcome));
    answer->give({}, ldup::encode(response));
  };
  if (then_ask) {
    demand.ended = [this, area, id, server](const SupplierOutcome& outcome) {
      if (outcome.kind != SupplierOutcome::Kind::success) return;
      pool_.submit([this, area, id, server] {
        const auto asked = ask_supplier(core_, *area, id, {server}, false, cancel_);
        if (asked.kind != SupplierOutcome::Kind::success) {
          core_.log(LogLevel::warning, fmt::format("{} was asked for its changes: {}", id, asked.text));
        }
      });
    };
  }
  scheduler_.demand(std::move(demand));
}

void Requests::ask(const Target& target, const ldup::TriggerReplicationRequest& request,
                   const std::shared_ptr<Answer>& answer) {
  const bool full = request.update == ldup::TriggerReplicationRequest::Update::full;
  const auto server = model::LdapUrl::parse(request.uri).server();
  pool_.submit([this, area = target.area, id = target.replica->id, server, full, answer] {
    const auto outcome = ask_supplier(core_, *area, id, {server}, full, cancel_);
    if (outcome.kind != SupplierOutcome::Kind::success) return answer->give(result_of(outcome));
    answer->give({}, ldup::encode(ldup::TriggerReplicationResponse{}));
  });
}

std::unique_ptr<Operation> Requests::terminate(const Call& call, Wake wake) {
  const auto request = ldup::decode_terminate_replication_request(value_of(call));
  return audited(call, "terminateReplication", request.target, [&] {
    const auto [area, replica] = find_target(call, request.target, request.uri);
    const auto id = replica == area->own ? std::string() : replica->id;
    ldup::TerminateReplicationResponse response;
    response.sessions = cycles_.terminate(area->root(), id) + consumers_.terminate(area->root(), id);
    const auto answer = answer_to(call, std::move(wake));
    answer->give({}, ldup::encode(response));
    return waiting_for(answer);
  });
}

}  // namespace replkit::refserver::exchange
