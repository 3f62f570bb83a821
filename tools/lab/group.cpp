#include "tools/lab/group.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/tasks/agreement_atoms.hpp"
#include "common/tasks/area_atoms.hpp"
#include "common/tasks/cycle_atoms.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/replica_atoms.hpp"
#include "tools/lab/site.hpp"

namespace replkit::tools::lab {

namespace {

using ldap::ResultCode;
using Trigger = ldup::TriggerReplicationRequest;

constexpr std::size_t hubs = 5;
constexpr std::size_t links_of_others = 2;
constexpr std::size_t largest_password = 4096;
constexpr auto pause = std::chrono::milliseconds(20);

void create(Site& site, const Server& replica, bool online, const std::string& uuid) {
  tasks::NewReplica wanted;
  wanted.id = replica.name;
  wanted.uris = {Lab::uri(replica)};
  wanted.online = online;
  wanted.uuid = uuid;
  site.perform([&](const auto& area) { return tasks::create_replica(site.facts, area, wanted); });
}

void link(Site& site, const std::string& one, const std::string& other) {
  for (const auto& [supplier, consumer] : {std::pair(one, other), std::pair(other, one)}) {
    tasks::AgreementValues values;
    values.consumer = consumer;
    site.perform([&, &from = supplier, &to = consumer](const auto& area) {
      return tasks::add_agreement(site.facts, area, from,
                                  tasks::usual_name(area, tasks::require_replica(site.facts, area, to).entry.dn),
                                  values, {});
    });
  }
}

void set_online(Site& site, const std::string& replica) {
  site.perform([&](const auto& area) { return tasks::set_replica_online(site.facts, area, replica, true); });
}

std::string uuid_of(Site& site, const std::string& replica) {
  const auto area = site.area();
  return std::string(tasks::require_replica(site.facts, area, replica).entry.first("entryUUID"));
}

// How the supplier's last session with the consumer ended; empty before there was one.
std::string last_session(Site& supplier, const std::string& agreement) {
  const auto entry = supplier.connection.read(agreement, {std::string(tasks::name::replication_status)});
  return entry ? tasks::first_of(*entry, tasks::name::replication_status) : std::string();
}

// Has the supplier send everything it holds, and waits until that is done.
void send_everything(Site& supplier, const std::string& consumer, const CancelToken& cancel) {
  const auto area = supplier.area();
  const auto request = tasks::trigger_request(supplier.facts, area, {.replica = consumer, .uri = {}},
                                              Trigger::Update::full, Trigger::Mode::online, {});
  const auto& own = tasks::require_replica(supplier.facts, area, supplier.facts.name);
  const auto* agreement = own.find_agreement("to-" + consumer);
  const std::string agreement_dn = agreement == nullptr ? std::string() : agreement->dn;
  const auto before = last_session(supplier, agreement_dn);
  for (;;) {
    const auto outcome = tasks::trigger(supplier.connection, request);
    if (outcome.result.done()) break;
    if (outcome.result.code != ResultCode::busy) {
      throw Error(ldap::status_of(outcome.result.code), tasks::explain(supplier.facts, area, request, outcome.result));
    }
    cancel.wait(pause);
    cancel.check();
  }
  std::string now;
  while ((now = last_session(supplier, agreement_dn)) == before) {
    cancel.wait(pause);
    cancel.check();
  }
  if (now.find("Success") == std::string::npos) {
    throw Error(ExitStatus::refused, fmt::format("the full update of {} failed: {}", consumer, printable(now)));
  }
}

void join(const Lab& lab, Site& first, const Server& newcomer, const CancelToken& cancel) {
  const auto& name = newcomer.name;
  const auto& supplier = lab.server(first.facts.name);
  // What it is told before it is ready would only be refused: for the first one it is suspended, and others do not know
  // of its agreements.
  create(first, newcomer, false, {});
  link(first, supplier.name, name);
  Site site(lab, newcomer, cancel);
  const auto source = first.area();
  site.perform([&](const auto& area) {
    if (newcomer.has_data) return tasks::add_area(site.facts, area);
    return area.root ? tasks::Plan() : tasks::copy_base(first.facts, source, site.facts, area);
  });
  create(site, newcomer, false, uuid_of(first, name));
  create(site, supplier, true, uuid_of(first, supplier.name));
  if (!newcomer.has_data) send_everything(first, name, cancel);
  set_online(site, name);
  set_online(first, name);
}

std::size_t index_of(const Lab& lab, const Server& server) {
  std::size_t index = 0;
  while (lab.servers()[index].name != server.name) ++index;
  return index;
}

}  // namespace

ldap::Connection connect(const Lab& lab, const Server& server, const CancelToken& cancel) {
  ldap::ConnectionOptions options;
  options.uri = Lab::uri(server);
  options.tls.start_tls = ldap::StartTls::required;
  options.tls.ca_file = lab.authority_file().string();
  options.bind.method = ldap::BindMethod::simple;
  options.bind.dn = lab.bind_dn();
  options.bind.password = Secret(read_file(lab.password_file(), largest_password));
  return ldap::Connection::open(options, cancel);
}

std::vector<std::size_t> partners_of(std::size_t n) {
  std::vector<std::size_t> out;
  if (n < hubs) {
    for (std::size_t i = 0; i < n; ++i) out.push_back(i);
  } else {
    for (std::size_t i = 0; i < links_of_others; ++i) out.push_back((n + i) % hubs);
  }
  return out;
}

void join_group(Lab& lab, const CancelToken& cancel, const std::function<void(const std::string&)>& say) {
  const std::vector servers(lab.servers());
  if (std::all_of(servers.begin(), servers.end(), [](const Server& server) { return server.member; })) return;
  auto supplier = std::find_if(servers.begin(), servers.end(), [](const Server& server) { return server.member; });
  if (supplier == servers.end()) supplier = servers.begin();
  Site first(lab, *supplier, cancel);
  if (!supplier->member) {
    first.perform([&](const auto& area) { return tasks::add_area(first.facts, area); });
    create(first, *supplier, true, {});
    lab.set_member(supplier->name);
    first.facts = tasks::read_server(first.connection, supplier->name);
  }
  for (const Server& server : servers) {
    if (server.member || server.name == supplier->name) continue;
    if (!server.has_data) say(fmt::format("{} gets a full update from {}", server.name, supplier->name));
    join(lab, first, server, cancel);
    for (const std::size_t partner : partners_of(index_of(lab, server))) {
      if (servers[partner].name != supplier->name) link(first, servers[partner].name, server.name);
    }
    lab.set_member(server.name);
  }
}

void tell_uris(const Lab& lab, const CancelToken& cancel) {
  for (const Server& server : lab.servers()) {
    if (!server.member || !Lab::running(server) || Lab::is_cut(server)) continue;
    try {
      Site site(lab, server, cancel);
      for (const Server& other : lab.servers()) {
        site.perform([&](const auto& area) {
          const auto* replica = area.find(other.name);
          if (replica == nullptr) return tasks::Plan();
          const auto known = tasks::values_of(replica->entry, tasks::name::replica_uri);
          if (known.size() != 1 || tasks::endpoint_of(known[0]) == tasks::endpoint_of(Lab::uri(other)))
            return tasks::Plan();
          return tasks::set_replica_uri(site.facts, area, other.name, {.add = Lab::uri(other), .remove = {}});
        });
      }
    } catch (const Cancelled&) {
      throw;
    } catch (const Error&) {
      // It is away, or is being replaced: the others tell it.
    }
  }
}

}  // namespace replkit::tools::lab
