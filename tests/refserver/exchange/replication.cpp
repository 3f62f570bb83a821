#include "tests/refserver/exchange/replication.hpp"

#include <algorithm>
#include <array>

#include "common/base/text.hpp"
#include "common/ldup/oids.hpp"
#include "common/model/dn.hpp"
#include "tests/refserver/directory/held_search.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/managed.hpp"
#include "tests/refserver/directory/referral.hpp"
#include "tests/refserver/directory/search_plan.hpp"
#include "tests/refserver/exchange/asking.hpp"
#include "tests/refserver/exchange/leaving.hpp"
#include "tests/refserver/exchange/requests.hpp"
#include "tests/refserver/exchange/state.hpp"
#include "tests/refserver/exchange/status.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::exchange {

namespace {

using directory::Call;
using directory::LocalChange;
using protocol::Refusal;
using protocol::ResultCode;
namespace oid = ldup::oid;

// Returns the DN that the request is about; nothing when it is about none.
const std::string* dn_of(const protocol::Request& request) {
  const auto get = [](const auto& each) -> const std::string* {
    using Type = std::decay_t<decltype(each)>;
    if constexpr (std::is_same_v<Type, protocol::SearchRequest>) {
      return &each.base;
    } else if constexpr (requires { each.dn; }) {
      return &each.dn;
    } else {
      return nullptr;
    }
  };
  return std::visit(get, request);
}

// Refers to those who can do it: replicas that take changes, or for reads any. `reason` goes with it.
Refusal refer(const LocalArea& area, const std::string& dn, bool to_write, const char* reason) {
  std::vector<std::string> uris;
  for (const auto& replica : area.model.replicas()) {
    if (&replica == area.own || (to_write && !replica.can_originate())) continue;
    for (const auto& server : replica.servers()) {
      const std::string_view uri = server;
      const auto some = directory::referral_uris({&uri, 1}, dn, {}, std::nullopt);
      uris.insert(uris.end(), some.begin(), some.end());
    }
  }
  if (uris.empty()) return {to_write ? ResultCode::unwilling_to_perform : ResultCode::unavailable, reason};
  auto result = directory::referral_refusal(std::move(uris)).result();
  result.diagnostic = reason;
  return Refusal(std::move(result));
}

// An entry belongs to its area, and some have their place in it.
void check_place(const Areas& areas, const LocalAreaPtr& area, const store::Reader& reader, const LocalChange& change) {
  const bool moves = change.operation == protocol::Operation::modify_dn;
  if (!moves && change.operation != protocol::Operation::remove) return;
  const bool own = area && area->own != nullptr;
  if (own && moves &&
      (change.key == area->key || (model::parent_of(change.key) == area->key && area->model.replica(change.key)))) {
    throw Refusal(ResultCode::unwilling_to_perform, "the root of an area and its replicas keep their names");
  }
  const auto target = moves ? areas.of_entry(change.new_key) : area;
  if (target != area && (own || (target && target->own != nullptr))) {
    throw Refusal(ResultCode::affects_multiple_dsas, "the new name is in another area of replication");
  }
  const auto head = own ? reader.head(reader.find(change.key)) : std::nullopt;
  if (head && head->uuid == area->scope.lost_and_found()) {
    throw Refusal(ResultCode::unwilling_to_perform, "what updates displace goes below this entry");
  }
}

// As the change finds it: one before it in the same transaction may have changed the type.
bool can_originate(const store::Reader& reader, const ldup::Replica& own) {
  store::LiveEntry entry;
  const auto id = own.uuid ? reader.find(*own.uuid) : store::no_entry;
  const auto* type = id != store::no_entry && reader.read(id, entry) ? entry.find("replicaType") : nullptr;
  if (type == nullptr || type->values.empty()) return own.can_originate();
  return type->values.front() != std::to_string(static_cast<int>(ldup::ReplicaType::read_only));
}

// Why reads are refused, and what ends it.
const char* closed(bool under_way) {
  return under_way ? "the content of this area is being replaced by a full update, which is under way"
                   : "this replica waits for a full update: have a replica that supplies it send one, or have a file "
                     "of one read here; where there is none, delete the entry of this replica";
}

// Whether somebody who manages replication deletes the entry of this server's replica, or one below it.
bool takes_out(const Call& call, const LocalArea& area) {
  const auto* request = std::get_if<protocol::DeleteRequest>(&call.message.request);
  return request != nullptr && is_of_own_replica(area, directory::dn_key(call.context, request->dn)) &&
         directory::may_manage_replication(call, area.key);
}

// Whether somebody who manages replication asks for its own entries: what was kept of those tells him about an area
// without content.
bool asks_for_management(const Call& call, const LocalArea& area) {
  const auto* request = std::get_if<protocol::SearchRequest>(&call.message.request);
  if (request == nullptr || !directory::may_manage_replication(call, area.key)) return false;
  if (call.controls.manage_dsa_it || call.controls.subentries.value_or(false)) return true;
  const auto base = directory::dn_key(call.context, request->base);
  if (request->scope != protocol::Scope::base && base == area.key) {
    return directory::asks_for_ldup(request->filter, call.context.schema.model());
  }
  return std::any_of(area.entries.begin(), area.entries.end(),
                     [&](const model::Entry& entry) { return area.model.normalized(entry.dn) == base; });
}

// Whether the change may change what the areas are.
bool matters_to(const Core& core, const Areas& areas, const LocalChange& change) {
  switch (change.operation) {
    case protocol::Operation::remove:
    case protocol::Operation::modify_dn:
      return areas.has_managed_below(change.key);
    case protocol::Operation::add:
      return is_management_class(change.classes);
    default:
      return std::any_of(change.attributes.begin(), change.attributes.end(),
                         [&](const auto& each) { return matters_to_areas(core.schema.model(), each); });
  }
}

// Has the scheduler start the sessions that send it.
void notify_of(const Core& core, const Areas& areas, const LocalChange& change) {
  for (const auto* key : {&change.key, &change.new_key}) {
    const auto area = key->empty() ? nullptr : areas.of_entry(*key);
    if (area) core.notify({.root = area->root(), .attributes = change.attributes, .count = 1, .from = {}});
  }
}

constexpr const char* recovering =
    "this replica was restored from a backup: it takes changes when it has met all whom it supplies";

}  // namespace

struct Replication::Parts {
  Parts(const schema::Schema& schema, store::Store& store, const Clock& clock, Options options,
        const std::string& replica_id, Log log)
      : core(schema, store, clock, std::move(options), replica_id, std::move(log)),
        asking(core),
        consumers(core),
        cycles(core),
        scheduler(core, cycles, consumers),
        requests(core, cycles, consumers, scheduler) {
    core.notify = [this](Note note) { scheduler.note(std::move(note)); };
    core.went_back = [this](const model::Uuid& root, const std::string& but) { asking.ask_all(root, but); };
  }

  Core core;
  Asking asking;
  Consumers consumers;
  Cycles cycles;
  Scheduler scheduler;
  Requests requests;
};

Replication::Replication(const schema::Schema& schema, store::Store& store, const Clock& clock, Options options,
                         const std::string& replica_id, Log log)
    : parts_(std::make_unique<Parts>(schema, store, clock, std::move(options), replica_id, std::move(log))) {
  parts_->cycles.recovery().find_copy();
  parts_->core.areas();  // before the first request: an area may be closed
}

Replication::~Replication() {
  stop({});
}

void Replication::start() {
  ensure_local_suffix(parts_->core);
  parts_->cycles.recovery().start();
  parts_->scheduler.start();
  parts_->asking.start();
}

void Replication::stop(std::chrono::milliseconds grace) {
  parts_->asking.stop();
  parts_->scheduler.stop();
  parts_->requests.stop();
  parts_->consumers.stop();
  parts_->cycles.stop(grace);
}

void Replication::reopen() {
  parts_->core.history.reopen();
}

std::vector<std::string> Replication::operations() const {
  return {std::string(oid::create_grouping), std::string(oid::end_grouping), std::string(oid::replication_update),
          std::string(oid::trigger_replication), std::string(oid::terminate_replication)};
}

std::vector<std::string> Replication::aliases() const {
  return {std::string(oid::openldap_create_grouping), std::string(oid::openldap_end_grouping)};
}

bool Replication::takes_control(std::string_view operation, std::string_view control) const {
  return operation == oid::replication_update &&
         (control == oid::grouping_control || control == oid::openldap_grouping_control);
}

std::unique_ptr<directory::Operation> Replication::start(Call call, directory::Wake wake) {
  auto& requests = parts_->requests;
  const auto& name = std::get<protocol::ExtendedRequest>(call.message.request).oid;
  if (name == oid::replication_update) return requests.update(call, std::move(wake));
  if (name == oid::create_grouping || name == oid::openldap_create_grouping) {
    return requests.create_group(call, std::move(wake));
  }
  if (name == oid::end_grouping || name == oid::openldap_end_grouping) {
    return requests.end_group(call, std::move(wake));
  }
  if (name == oid::trigger_replication) return requests.trigger(call, std::move(wake));
  return requests.terminate(call, std::move(wake));
}

void Replication::describe_root(const Call& call, const store::Reader& /*reader*/, model::Entry& root) const {
  root.add("supportedReplicationProtocols", oid::full_update_protocol);
  root.add("supportedReplicationProtocols", oid::incremental_update_protocol);
  root.add("supportedGroupingTypes", oid::replication_grouping);
  root.add("supportedControl", oid::grouping_control);
  for (const auto& area : parts_->core.areas()->all()) {
    if (!call.may_see(area->key)) continue;
    root.add("replicaContextRoots", area->root_dn());
    if (area->own != nullptr) root.add("replicaSubentries", area->own->dn);
  }
}

void Replication::admit(const Call& call) {
  const auto* extended = std::get_if<protocol::ExtendedRequest>(&call.message.request);
  const auto& name = extended == nullptr ? std::string() : extended->oid;
  const bool in_session =
      name == oid::replication_update || name == oid::end_grouping || name == oid::openldap_end_grouping;
  if (!in_session && parts_->consumers.is_grouped(call.bound.connection)) {
    throw Refusal(ResultCode::operations_error, "the connection belongs to a replication session");
  }
  const auto* dn = dn_of(call.message.request);
  auto areas = parts_->core.last_areas();
  if (dn == nullptr || dn->empty() || !areas) return;
  const bool any =
      std::any_of(areas->all().begin(), areas->all().end(), [](const auto& each) { return each->refreshing; });
  if (!any) return;
  areas = parts_->core.areas();  // it may have ended just now
  const auto area = areas->of_entry(directory::dn_key(call.context, *dn));
  if (!area || !area->refreshing || asks_for_management(call, *area)) return;
  if (takes_out(call, *area) && !parts_->consumers.is_refreshing(area->root())) {
    return put_back_management(parts_->core, *area);
  }
  throw refer(*area, *dn, false, closed(parts_->consumers.is_refreshing(area->root())));
}

std::unique_ptr<directory::Operation> Replication::search(const Call& call) {
  const auto& base = std::get<protocol::SearchRequest>(call.message.request).base;
  const auto areas = parts_->core.last_areas();
  if (base.empty() || !areas) return nullptr;
  const auto area = areas->of_entry(directory::dn_key(call.context, base));
  if (!area || !area->refreshing || !asks_for_management(call, *area)) return nullptr;
  return directory::search_held(call, area->entries);
}

void Replication::check(const Call& call, const store::Reader& reader, const LocalChange& change) {
  auto& core = parts_->core;
  const auto areas = core.areas();
  const auto area = areas->of_entry(change.key);
  const auto* dn = dn_of(call.message.request);
  const auto is_secret = [](const std::string& name) { return equals_ignore_case(name, "ldupBindPassword"); };
  const auto& security = call.bound.security;
  if (!security.confidential() && !security.loopback &&
      std::any_of(change.attributes.begin(), change.attributes.end(), is_secret)) {
    throw Refusal(ResultCode::confidentiality_required, "passwords of agreements are set over TLS");
  }
  // Not only as the areas were when they were last read: it may begin with the change before this one.
  if (area && (area->refreshing || is_refreshing(reader, area->root()))) {
    if (change.operation == protocol::Operation::remove && !is_refreshing(reader, area->root()) &&
        is_of_own_replica(*area, change.key)) {
      return;
    }
    throw refer(*area, dn == nullptr ? change.key : *dn, false, closed(parts_->consumers.is_refreshing(area->root())));
  }
  check_place(*areas, area, reader, change);
  if (area && area->own != nullptr && !change.forced) {
    const bool recovers = core.vectors.is_held(area->root()) || core.vectors.is_suspect(area->root());
    const bool local = change.operation == protocol::Operation::modify &&
                       std::all_of(change.attributes.begin(), change.attributes.end(), [&](const std::string& each) {
                         return is_local_attribute(core.schema.model(), each);
                       });
    const char* reason = recovers ? recovering : "this replica is read-only";
    const bool may = can_originate(reader, *area->own) && !recovers;
    if (!may && !local) throw refer(*area, dn == nullptr ? change.key : *dn, true, reason);
  }
}

// Sessions begin while the change goes to the disk, and read when it is there (Outgoing). Those of areas as the change
// makes them cannot: and once it is on disk, the areas may not show any more that it is one of these.
void Replication::made(LocalChange& change) noexcept {
  try {
    const auto areas = parts_->core.areas();
    change.held_back = matters_to(parts_->core, *areas, change);
    if (!change.held_back) notify_of(parts_->core, *areas, change);
  } catch (const std::exception& error) {
    parts_->core.log(LogLevel::error, std::string("replication: ") + error.what());
  }
}

void Replication::changed(const LocalChange& change) noexcept {
  try {
    auto& core = parts_->core;
    const auto areas = core.areas();
    for (const auto* key : {&change.key, &change.new_key}) {
      const auto area = key->empty() ? nullptr : areas->of_entry(*key);
      if (!area) continue;
      core.vectors.changed(area->root(), change.csn);
      core.vectors.asked(area->root(), change.csn);
    }
    if (!change.held_back) return;
    core.areas_changed();
    notify_of(core, *areas, change);
    core.notify({});  // the scheduler has something to read, whichever area it is
  } catch (const std::exception& error) {
    parts_->core.log(LogLevel::error, std::string("replication: ") + error.what());
  }
}

bool Replication::is_grouped(std::uint64_t connection) const {
  return parts_->consumers.is_grouped(connection);
}

void Replication::forget(std::uint64_t connection) {
  parts_->consumers.forget(connection);
}

}  // namespace replkit::refserver::exchange
