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

std::string ways_to_fill(const ServerFacts& server, const AreaFacts& area) {
  const auto* own = own_replica(server, area);
  const auto id = own == nullptr ? std::string("ID") : own->id;
  std::vector<std::string> suppliers;
  for (const auto& replica : area.replicas) {
    const auto agreements = replica.agreements();
    const bool supplies = own != nullptr && std::any_of(agreements.begin(), agreements.end(), [&](const auto* each) {
                            return same_dn(first_of(*each, name::replica_dn), own->entry.dn);
                          });
    if (supplies) suppliers.push_back(replica.id);
  }
  return fmt::format(
      "repctl cycle trigger --full {} on the server of {} sends it one, or, here, repctl cycle trigger "
      "--offline-read FILE {}",
      id, suppliers.empty() ? "a replica that supplies it" : fmt::format("{}", fmt::join(suppliers, " or ")), id);
}

void require_visible(const ServerFacts& server, const AreaFacts& area) {
  if (area.root || !area.replicas.empty()) return;
  if (area.closed.empty()) return require_somebody(server, printable(area.dn));
  throw Precondition(
      fmt::format("{}: refers to other servers for {}: {}; as somebody with the right to replicate you are shown what "
                  "it is about. If it waits for a full update: {}",
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
  const auto here = endpoint_of(server.uri);
  if (!here) return nullptr;
  for (const auto& replica : area.replicas) {
    auto uris = values_of(replica.entry, name::replica_uri);
    const auto more = values_of(replica.entry, name::replica_secondary_uri);
    uris.insert(uris.end(), more.begin(), more.end());
    for (const auto& uri : uris) {
      if (endpoint_of(uri) == here) return &replica;
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
