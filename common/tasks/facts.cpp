#include "common/tasks/facts.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "common/directory/ldup/closed_area.hpp"
#include "common/model/dn.hpp"
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

}  // namespace

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
  if (!closed.empty()) return !replicas.empty();
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
  const auto identity = connection.who_am_i();
  facts.identity = identity.value_or("");
  facts.anonymous = identity && identity->empty();
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

namespace {

bool is_known(const AreaFacts& area, const std::string& dn) {
  const auto is_it = [&](const model::Entry& entry) { return same_dn(entry.dn, dn); };
  return std::any_of(area.schedules.begin(), area.schedules.end(), is_it) ||
         std::any_of(area.replicas.begin(), area.replicas.end(), [&](const Replica& replica) {
           return std::any_of(replica.below.begin(), replica.below.end(), is_it);
         });
}

// Reads what agreements name as their schedules and does not stand below a replica.
void read_schedules(ldap::Connection& connection, AreaFacts& area) {
  for (const auto& replica : area.replicas) {
    for (const auto* agreement : replica.agreements()) {
      const auto dn = first_of(*agreement, name::schedule_dn);
      if (dn.empty() || is_known(area, dn)) continue;
      try {
        if (auto entry = connection.read(dn, {"*", "+"})) area.schedules.push_back(std::move(*entry));
      } catch (const ldap::LdapError& error) {
        if (error.connection_lost()) throw;  // what is no DN, or is not shown, is no schedule
      }
    }
  }
}

}  // namespace

AreaFacts read_area(ldap::Connection& connection, const ServerFacts& server, const std::string& dn) {
  AreaFacts area;
  area.dn = dn;
  area.closed = directory::why_closed(connection, dn);
  try {
    area.root = connection.read(dn, {"*", "entryUUID"});  // as mrm 3.3 has it
  } catch (const ldap::LdapError& error) {
    if (area.closed.empty() || error.connection_lost()) throw;
  }
  if (!area.root && area.closed.empty()) return area;
  ldap::SearchRequest request;
  request.base = dn;
  request.scope = ldap::Scope::one;
  request.filter = ldup::class_filter(ldup::ManagementClass::replica);
  request.attributes = {"*", "+"};
  try {
    for (auto& entry : search_both(connection, server, request)) {
      Replica replica;
      replica.id = to_lower(cn_of(entry.dn));
      replica.below = read_below(connection, server, entry.dn);
      replica.entry = std::move(entry);
      area.replicas.push_back(std::move(replica));
    }
  } catch (const ldap::LdapError& error) {
    if (area.closed.empty() || error.connection_lost()) throw;
  }
  std::sort(area.replicas.begin(), area.replicas.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  read_schedules(connection, area);
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

std::vector<std::string> read_stray_area_dns(ldap::Connection& connection, const ServerFacts& server,
                                             const std::vector<std::string>& areas) {
  std::vector<std::string> found;
  const auto is_known = [&](const std::string& dn) {
    const auto same = [&](const std::string& each) { return same_dn(each, dn); };
    return std::any_of(areas.begin(), areas.end(), same) || std::any_of(found.begin(), found.end(), same);
  };
  for (const auto& context : server.naming_contexts) {
    ldap::SearchRequest request;
    request.base = context;
    request.filter = ldup::class_filter(ldup::ManagementClass::replica);
    request.attributes = {"1.1"};
    try {
      for (const auto& entry : search_both(connection, server, request)) {
        std::string parent(model::parent_of(entry.dn));
        if (!is_known(parent)) found.push_back(std::move(parent));
      }
    } catch (const ldap::LdapError& error) {
      // A context that is not shown, or in part only, tells of no strays.
      if (error.connection_lost()) throw;
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<model::Entry> read_agreements(ldap::Connection& connection, const ServerFacts& server) {
  std::vector<model::Entry> found;
  for (const auto& dn : read_area_dns(connection, server)) {
    ldap::SearchRequest request;
    request.base = dn;
    request.scope = ldap::Scope::subtree;
    request.filter = ldup::class_filter(ldup::ManagementClass::agreement);
    request.attributes = {"*", "+"};
    for (auto& entry : search_both(connection, server, request)) {
      const auto same = [&](const model::Entry& each) { return same_dn(each.dn, entry.dn); };
      if (std::none_of(found.begin(), found.end(), same)) found.push_back(std::move(entry));
    }
  }
  return found;
}

std::vector<std::string> missing_entries(ldap::Connection& connection, const std::vector<std::string>& dns) {
  std::vector<std::string> missing;
  for (const auto& dn : dns) {
    if (!dn.empty() && !connection.read(dn, {"1.1"})) missing.push_back(dn);
  }
  return missing;
}

}  // namespace replkit::tasks
