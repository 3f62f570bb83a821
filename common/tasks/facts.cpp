#include "common/tasks/facts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/ldap_url.hpp"
#include "common/model/schema.hpp"
#include "common/tasks/names.hpp"

namespace replkit::tasks {

namespace {

bool contains(const std::vector<std::string>& list, std::string_view wanted) {
  return std::any_of(list.begin(), list.end(), [&](const auto& each) { return equals_ignore_case(each, wanted); });
}

std::string key_of(std::string_view dn) {
  std::string out;
  model::normalize_dn(dn, model::Schema::standard(), out);
  return out;
}

// Whether the schema that the server publishes has the LDUP classes.
bool has_ldup_schema(ldap::Connection& connection, const std::string& subschema) {
  if (subschema.empty()) return false;
  const auto entry = connection.read(subschema, {"objectClasses"}, "(objectClass=subschema)");
  if (!entry) return false;
  const auto* classes = entry->find("objectClasses");
  if (classes == nullptr) return false;
  return std::any_of(classes->values.begin(), classes->values.end(), [](const auto& definition) {
    return definition.find("'replicationContext'") != std::string::npos;
  });
}

// Searches with the subentries control and without: one finds subentries (RFC 3672), the other agreements of
// infomod-08, which are none.
std::vector<model::Entry> search_both(ldap::Connection& connection, const ServerFacts& server,
                                      ldap::SearchRequest request) {
  std::vector<model::Entry> found;
  std::vector<std::string> keys;
  const auto collect = [&] {
    const auto outcome = connection.search(request, [&](const ldap::EntryView& view) {
      auto key = key_of(view.dn());
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) return;
      keys.push_back(std::move(key));
      found.push_back(view.copy());
    });
    if (outcome.code == ldap::ResultCode::no_such_object) return;
    // What lies behind a referral is no part of this copy.
    if (outcome.code != ldap::ResultCode::success) {
      throw ldap::error_of(outcome, server.uri, "search below " + printable(request.base));
    }
  };
  if (server.has_control(oid::subentries)) {
    request.controls.push_back(
        {.oid = std::string(oid::subentries), .critical = true, .value = std::string("\x01\x01\xff", 3)});
    collect();
    request.controls.clear();
  } else if (server.has_control(oid::ldup_subentries)) {
    request.controls.push_back({.oid = std::string(oid::ldup_subentries), .critical = true, .value = {}});
    collect();
    request.controls.clear();
  }
  collect();
  return found;
}

// Superiors first.
void sort_by_depth(std::vector<model::Entry>& entries) {
  const auto depth = [](const model::Entry& entry) {
    try {
      return model::Dn::parse(entry.dn).size();
    } catch (const ParseError&) {
      return std::size_t{0};
    }
  };
  std::stable_sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
    const auto da = depth(a);
    const auto db = depth(b);
    return da != db ? da < db : key_of(a.dn) < key_of(b.dn);
  });
}

std::vector<model::Entry> read_below(ldap::Connection& connection, const ServerFacts& server, const std::string& dn) {
  ldap::SearchRequest request;
  request.base = dn;
  request.scope = ldap::Scope::subtree;
  request.attributes = {"*", "+"};
  auto entries = search_both(connection, server, request);
  std::erase_if(entries, [&](const auto& entry) { return same_dn(entry.dn, dn); });
  sort_by_depth(entries);
  return entries;
}

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

Kind kind_of(const model::Entry& root) {
  const auto* classes = root.find("objectClass");
  if (classes != nullptr && contains(classes->values, "OpenLDAProotDSE")) return Kind::openldap;
  if (root.find("dsServiceName") != nullptr) return Kind::active_directory;
  const std::string vendor(root.first("vendorName"));
  if (vendor.find("389") != std::string::npos || vendor.find("Red Hat") != std::string::npos) return Kind::ds389;
  return values_of(root, name::context_roots).empty() ? Kind::other : Kind::ldup;
}

bool ServerFacts::has_control(std::string_view control) const {
  return std::find(controls.begin(), controls.end(), control) != controls.end();
}

std::vector<const model::Entry*> Replica::agreements() const {
  std::vector<const model::Entry*> out;
  for (const auto& each : below) {
    if (class_of(each) == ldup::ManagementClass::agreement && is_child(each.dn, entry.dn)) out.push_back(&each);
  }
  return out;
}

const model::Entry* Replica::find_agreement(std::string_view wanted) const {
  for (const auto* agreement : agreements()) {
    if (equals_ignore_case(cn_of(agreement->dn), wanted) || same_dn(agreement->dn, wanted)) return agreement;
  }
  return nullptr;
}

bool AreaFacts::marked() const {
  const auto* classes = root ? root->find("objectClass") : nullptr;
  return classes != nullptr && ldup::is_context(classes->values);
}

const Replica* AreaFacts::find(std::string_view id) const {
  for (const auto& replica : replicas) {
    if (equals_ignore_case(replica.id, id)) return &replica;
  }
  return nullptr;
}

ServerFacts read_server(ldap::Connection& connection, const std::string& name) {
  ServerFacts facts;
  facts.name = name;
  facts.uri = connection.uri();
  facts.identity = connection.who_am_i().value_or("");
  const auto root = connection.read("", {"*", "+"}).value_or(model::Entry());
  facts.kind = kind_of(root);
  if (facts.kind == Kind::other && has_ldup_schema(connection, std::string(root.first("subschemaSubentry")))) {
    facts.kind = Kind::ldup;
  }
  facts.naming_contexts = values_of(root, "namingContexts");
  facts.controls = values_of(root, "supportedControl");
  facts.extensions = values_of(root, "supportedExtension");
  facts.mechanisms = values_of(root, "supportedReplicationProtocols");
  facts.context_roots = values_of(root, name::context_roots);
  facts.replica_subentries = values_of(root, name::replica_subentries);
  return facts;
}

AreaFacts read_area(ldap::Connection& connection, const ServerFacts& server, const std::string& dn) {
  AreaFacts area;
  area.dn = dn;
  area.root = connection.read(dn, {"*", "entryUUID"});  // as mrm 3.3 has it
  if (!area.root) return area;
  ldap::SearchRequest request;
  request.base = dn;
  request.scope = ldap::Scope::one;
  request.filter = ldup::class_filter(ldup::ManagementClass::replica);
  request.attributes = {"*", "+"};
  for (auto& entry : search_both(connection, server, request)) {
    Replica replica;
    replica.id = to_lower(cn_of(entry.dn));
    replica.below = read_below(connection, server, entry.dn);
    replica.entry = std::move(entry);
    area.replicas.push_back(std::move(replica));
  }
  std::sort(area.replicas.begin(), area.replicas.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return area;
}

std::vector<std::string> read_area_dns(ldap::Connection& connection, const ServerFacts& server) {
  if (!server.context_roots.empty()) {
    auto roots = server.context_roots;
    std::sort(roots.begin(), roots.end());
    return roots;
  }
  std::vector<std::string> found;
  for (const auto& context : server.naming_contexts) {
    ldap::SearchRequest request;
    request.base = context;
    request.filter = ldup::class_filter(ldup::ManagementClass::context);
    request.attributes = {"1.1"};
    const auto outcome =
        connection.search(request, [&](const ldap::EntryView& view) { found.emplace_back(view.dn()); });
    if (outcome.code != ldap::ResultCode::success && outcome.code != ldap::ResultCode::no_such_object) {
      throw ldap::error_of(outcome, server.uri, "search below " + printable(context));
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<std::string> missing_entries(ldap::Connection& connection, const std::vector<std::string>& dns) {
  std::vector<std::string> missing;
  for (const auto& dn : dns) {
    if (!dn.empty() && !connection.read(dn, {"1.1"})) missing.push_back(dn);
  }
  return missing;
}

void require_ldup(const ServerFacts& server, std::string_view noun) {
  if (server.kind == Kind::ldup) return;
  throw Precondition(
      fmt::format("{}: has no {} of LDUP. This is {}", printable(server.name), noun, native_means(server.kind)));
}

void require_area(const ServerFacts& server, const AreaFacts& area) {
  if (!area.root) {
    throw Precondition(fmt::format(
        "{}: there is no entry {} here, or we may not see it: create it, or take it over from a server that has it "
        "with repctl area copy-base",
        printable(server.name), printable(area.dn)));
  }
  if (area.marked()) return;
  throw Precondition(
      fmt::format("{}: {} is no area of replication (no replicationContext): make it one with repctl "
                  "area add",
                  printable(server.name), printable(area.dn)));
}

const Replica& require_replica(const ServerFacts& server, const AreaFacts& area, std::string_view id) {
  const auto* replica = area.find(id);
  if (replica != nullptr) return *replica;
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
