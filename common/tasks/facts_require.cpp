// What tasks ask of the facts: who is who, and whether all is as they need it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/text.hpp"
#include "common/model/ldap_url.hpp"
#include "common/tasks/facts.hpp"
#include "common/tasks/names.hpp"

namespace replkit::tasks {

namespace {

std::string native_means(Kind kind) {
  switch (kind) {
    case Kind::openldap:
      return "OpenLDAP: what it replicates is said by olcSyncrepl and olcServerID (and olcMultiProvider) of cn=config, "
             "or by syncrepl in slapd.conf (slapd-config(5), slapo-syncprov(5))";
    case Kind::ds389:
      return "389 Directory Server: its replicas are cn=replica,cn=SUFFIX,cn=mapping tree,cn=config, its agreements "
             "nsds5replicationagreement entries below (dsconf replication, dsconf repl-agmt)";
    case Kind::active_directory:
      return "Active Directory: its replicas are nTDSDSA objects below cn=Sites, its agreements nTDSConnection objects "
             "(repadmin, samba-tool drs)";
    case Kind::ldup:
    case Kind::other:
      break;
  }
  return "no LDUP server: its schema has no replicationContext, or may not be read by us; see its own manual";
}

std::string ids_of(const AreaFacts& area) {
  std::vector<std::string> ids;
  for (const auto& replica : area.replicas) ids.push_back(replica.id);
  return ids.empty() ? "it has none yet" : fmt::format("it has {}", fmt::join(ids, ", "));
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::ldup:
      return "LDUP";
    case Kind::openldap:
      return "OpenLDAP";
    case Kind::ds389:
      return "389 Directory Server";
    case Kind::active_directory:
      return "Active Directory";
    case Kind::other:
      break;
  }
  return "LDAP";
}

void require_ldup(const ServerFacts& server, std::string_view noun) {
  if (server.kind == Kind::ldup) return;
  throw Precondition(
      fmt::format("{}: has no {} of LDUP. This is {}", printable(server.name), noun, native_means(server.kind)));
}

void require_somebody(const ServerFacts& server, std::string_view what) {
  if (!server.anonymous) return;
  throw Error(
      ExitStatus::authentication,
      fmt::format("{}: shows {} to nobody, and we are bound as nobody there: say who you are with -D and -W (or "
                  "-y FILE), or by an inventory, replkit-inventory(5)",
                  printable(server.name), what));
}

void require_sight(ldap::Connection& connection, const ServerFacts& server, std::string_view what) {
  require_somebody(server, what);
  for (const auto& context : server.naming_contexts) {
    if (connection.read(context, {"1.1"})) return;
  }
  throw Error(
      ExitStatus::authentication,
      fmt::format("{}: shows {} no entry of {}, so that {} may be there or not: the right to read it is missing, "
                  "or nothing is there yet",
                  printable(server.name), server.identity.empty() ? "us" : printable(server.identity),
                  fmt::join(server.naming_contexts, ", "), what));
}

std::vector<std::string> suppliers_of(const Replica& consumer, const std::vector<const AreaFacts*>& copies) {
  std::vector<std::string> all;
  std::vector<std::string> by_agreement;
  bool any_agreement = false;
  const auto put = [](std::vector<std::string>& to, const std::string& id) {
    if (std::find(to.begin(), to.end(), id) == to.end()) to.push_back(id);
  };
  for (const auto* copy : copies) {
    for (const auto& replica : copy->replicas) {
      const auto agreements = replica.agreements();
      any_agreement = any_agreement || !agreements.empty();
      if (same_dn(replica.entry.dn, consumer.entry.dn)) continue;
      put(all, replica.id);
      for (const auto* agreement : agreements) {
        if (same_dn(first_of(*agreement, name::replica_dn), consumer.entry.dn)) put(by_agreement, replica.id);
      }
    }
  }
  return any_agreement ? by_agreement : all;
}

std::string ways_to_fill(std::string_view id, const std::vector<std::string>& suppliers) {
  const auto by_file = fmt::format("or, here, repctl cycle trigger --offline-read FILE {}", id);
  if (suppliers.empty()) {
    return fmt::format(
        "no agreement to supply {0} is known: where the entries are repctl agreement add ITS-ID {0}, then there repctl "
        "cycle trigger --full {0}; {1}",
        id, by_file);
  }
  return fmt::format("repctl cycle trigger --full {} on the server of {} sends it one; {}", id,
                     fmt::join(suppliers, " or "), by_file);
}

std::string ways_to_fill(const ServerFacts& server, const AreaFacts& area) {
  const auto* own = own_replica(server, area);
  return own == nullptr ? ways_to_fill("ID", {"a replica that supplies it"})
                        : ways_to_fill(own->id, suppliers_of(*own, {&area}));
}

void require_visible(const ServerFacts& server, const AreaFacts& area) {
  if (area.root || !area.replicas.empty()) return;
  if (area.closed.empty()) return require_somebody(server, printable(area.dn));
  throw Precondition(
      fmt::format("{}: refers to other servers for {}: {}; as somebody with the right to manage replication you are "
                  "shown what it is about. If it waits for a full update: {}",
                  printable(server.name), printable(area.dn), printable(area.closed), ways_to_fill(server, area)));
}

void require_area(const ServerFacts& server, const AreaFacts& area) {
  require_visible(server, area);
  if (area.marked()) return;
  if (!area.root) {
    throw Precondition(fmt::format(
        "{}: there is no entry {} here, or we may not see it: create it, or take it over from a server that has it "
        "with repctl area copy-base",
        printable(server.name), printable(area.dn)));
  }
  throw Precondition(
      fmt::format("{}: {} is no area of replication (no replicationContext): make it one with repctl "
                  "area add{}",
                  printable(server.name), printable(area.dn),
                  area.replicas.empty() ? "" : ", or remove the replicas it has with repctl area delete"));
}

const Replica& require_replica(const ServerFacts& server, const AreaFacts& area, std::string_view id) {
  const auto* replica = area.find(id);
  if (replica != nullptr) return *replica;
  require_visible(server, area);
  throw Precondition(fmt::format("{}: the area {} has no replica {} here: {}; repctl replica create adds one",
                                 printable(server.name), printable(area.dn), printable(id), ids_of(area)));
}

const Replica* own_replica(const ServerFacts& server, const AreaFacts& area) {
  for (const auto& dn : server.replica_subentries) {
    for (const auto& replica : area.replicas) {
      if (same_dn(dn, replica.entry.dn)) return &replica;
    }
  }
  return replica_at(area, server.uri);
}

const Replica* replica_at(const AreaFacts& area, const std::string& uri) {
  const auto here = endpoint_of(uri);
  if (!here) return nullptr;
  for (const auto& replica : area.replicas) {
    auto uris = values_of(replica.entry, name::replica_uri);
    const auto more = values_of(replica.entry, name::replica_secondary_uri);
    uris.insert(uris.end(), more.begin(), more.end());
    for (const auto& each : uris) {
      if (endpoint_of(each) == here) return &replica;
    }
  }
  return nullptr;
}

std::optional<std::string> endpoint_of(std::string_view url) {
  try {
    const auto parsed = model::LdapUrl::parse(url);
    if (parsed.scheme == "ldapi" || parsed.host.empty()) return std::nullopt;
    return fmt::format("{}:{}", to_lower(parsed.host), parsed.port.value_or(parsed.scheme == "ldaps" ? 636 : 389));
  } catch (const ParseError&) {
    return std::nullopt;
  }
}

}  // namespace replkit::tasks
