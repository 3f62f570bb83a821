#include "common/directory/replica.hpp"

#include <algorithm>

#include "common/base/text.hpp"
#include "common/directory/ldap/plain_replica.hpp"
#include "common/directory/ldup/ldup_replica.hpp"
#include "common/directory/openldap/openldap_replica.hpp"
#include "common/ldup/names.hpp"
#include "common/model/dn.hpp"

namespace replkit::directory {

namespace {

std::vector<std::string> values_of(const model::Entry& entry, std::string_view description) {
  const auto* attribute = entry.find(description);
  return attribute == nullptr ? std::vector<std::string>{} : attribute->values;
}

// Returns the values of an attribute of LDUP, whichever of its names the server uses.
std::vector<std::string> ldup_values_of(const model::Entry& entry, std::string_view canonical) {
  for (const auto name : ldup::attribute_names(canonical)) {
    if (auto values = values_of(entry, name); !values.empty()) return values;
  }
  return {};
}

// Returns the longest naming context that holds `base`; empty when none does.
std::string context_of(const RootDse& root, const std::string& base) {
  const auto& schema = model::Schema::standard();
  std::string wanted;
  model::normalize_dn(base, schema, wanted);
  std::string best;
  std::string best_normalized;
  std::string normalized;
  for (const auto& context : root.naming_contexts) {
    model::normalize_dn(context, schema, normalized);
    if (model::is_at_or_below(wanted, normalized) && normalized.size() >= best_normalized.size()) {
      best = context;
      best_normalized = normalized;
    }
  }
  return best;
}

}  // namespace

std::string_view name_of(ServerKind kind) {
  switch (kind) {
    case ServerKind::openldap:
      return "openldap";
    case ServerKind::ldup:
      return "ldup";
    case ServerKind::ldap:
      break;
  }
  return "ldap";
}

RootDse read_root_dse(ldap::Connection& connection) {
  const auto entry = connection.read("", {"*", "+"});
  RootDse root;
  if (!entry) return root;
  root.object_classes = values_of(*entry, "objectClass");
  root.naming_contexts = values_of(*entry, "namingContexts");
  root.supported_controls = values_of(*entry, "supportedControl");
  root.subschema_subentry = entry->first("subschemaSubentry");
  root.config_context = entry->first("configContext");
  root.monitor_context = entry->first("monitorContext");
  root.vendor_name = entry->first("vendorName");
  root.vendor_version = entry->first("vendorVersion");
  root.replication_protocols = values_of(*entry, "supportedReplicationProtocols");
  root.replica_context_roots = ldup_values_of(*entry, "replicaContextRoots");
  root.replica_subentries = ldup_values_of(*entry, "replicaSubentries");
  return root;
}

ServerKind detect(const RootDse& root) {
  const bool openldap = std::any_of(root.object_classes.begin(), root.object_classes.end(),
                                    [](const auto& name) { return equals_ignore_case(name, "OpenLDAProotDSE"); });
  if (openldap) return ServerKind::openldap;
  return speaks_ldup(root) ? ServerKind::ldup : ServerKind::ldap;
}

std::unique_ptr<Replica> Replica::open(const ldap::ConnectionOptions& options, const std::string& base,
                                       const CancelToken& cancel) {
  auto connection = ldap::Connection::open(options, cancel);
  auto root = read_root_dse(connection);
  auto context = context_of(root, base);
  switch (detect(root)) {
    case ServerKind::openldap:
      return std::make_unique<OpenldapReplica>(options, std::move(connection), std::move(root), std::move(context));
    case ServerKind::ldup:
      return std::make_unique<LdupReplica>(options, std::move(connection), std::move(root), std::move(context), base);
    case ServerKind::ldap:
      break;
  }
  return std::make_unique<PlainReplica>(options, std::move(connection), std::move(root), std::move(context));
}

Replica::Replica(ldap::ConnectionOptions options, ldap::Connection connection, RootDse root, std::string context)
    : options_(std::move(options)),
      connection_(std::move(connection)),
      root_(std::move(root)),
      context_(std::move(context)) {}

Replica::~Replica() = default;

void Replica::reconnect(const CancelToken& cancel) {
  connection_ = ldap::Connection::open(options_, cancel);
}

const model::Schema& Replica::schema() {
  if (schema_) return *schema_;
  schema_ = model::Schema::standard();
  if (root_.subschema_subentry.empty()) return *schema_;
  try {
    const auto entry =
        connection_.read(root_.subschema_subentry, {"attributeTypes", "objectClasses"}, "(objectClass=subschema)");
    if (entry) {
      const auto types = values_of(*entry, "attributeTypes");
      const auto classes = values_of(*entry, "objectClasses");
      if (!types.empty()) schema_ = model::Schema::parse(types, classes);
    }
  } catch (const ldap::LdapError& error) {
    if (error.connection_lost()) throw;  // a schema that may not be read is no reason to stop: the standard one serves
  }
  return *schema_;
}

}  // namespace replkit::directory
