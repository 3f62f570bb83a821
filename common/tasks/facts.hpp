// What one server tells about itself and about an area of replication: what the plans are made from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.hpp"
#include "common/ldap/connection.hpp"
#include "common/model/entry.hpp"

namespace replkit::tasks {

enum class Kind : std::uint8_t { ldup, openldap, ds389, active_directory, other };

// Returns what people call the kind of server: "OpenLDAP".
std::string_view name_of(Kind kind);

// Returns the kind that the root DSE tells; other: it does not tell (an LDUP server may be known by its schema only).
Kind kind_of(const model::Entry& root_dse);

struct ServerFacts {
  std::string name;        // as the user calls it
  std::string uri;         // as it was connected to
  std::string identity;    // who the server takes us for (RFC 4532); empty: anonymous, or it does not say
  bool anonymous = false;  // it says that it takes us for nobody
  Kind kind = Kind::other;
  std::vector<std::string> naming_contexts;
  std::vector<std::string> controls;            // supportedControl
  std::vector<std::string> extensions;          // supportedExtension
  std::vector<std::string> mechanisms;          // supportedReplicationProtocols
  std::vector<std::string> context_roots;       // replicaContextRoots: its areas of replication
  std::vector<std::string> replica_subentries;  // replicaSubentries: its own replicas

  bool has_control(std::string_view control) const;
};

// One replica of an area, as this server's copy has it.
struct Replica {
  std::string id;                   // replicaID: the value of its cn, in lower case
  model::Entry entry;               // its replicaSubentry
  std::vector<model::Entry> below;  // agreements and schedules, superiors first

  std::vector<const model::Entry*> agreements() const;
  // Returns the agreement with this name (its cn, or its DN), or null.
  const model::Entry* find_agreement(std::string_view wanted) const;
};

struct AreaFacts {
  std::string dn;
  std::optional<model::Entry> root;  // with its user attributes and entryUUID; nothing: no such entry
  std::vector<Replica> replicas;     // by replicaID
  // Entries elsewhere that agreements name as their schedules.
  std::vector<model::Entry> schedules = {};
  // Why the server refers to others for its entries, in its own words, as when it waits for a full update; empty: it
  // does not. Replicas may be shown all the same, to those who manage replication.
  std::string closed = {};

  // Whether the root carries the class replicationContext, or must, as it is not shown.
  bool marked() const;
  const Replica* find(std::string_view id) const;
};

// A precondition of an atom does not hold: the message says what is so, where, and what to do next. Status 6: nothing
// was sent, as a server would have refused it.
class Precondition : public Error {
 public:
  explicit Precondition(const std::string& message) : Error(ExitStatus::refused, message) {}
};

// Read what the plans need. Throw LdapError, Cancelled.
ServerFacts read_server(ldap::Connection& connection, const std::string& name);
AreaFacts read_area(ldap::Connection& connection, const ServerFacts& server, const std::string& dn);

// Returns the DNs of the areas on the server: those of its root DSE, or else what a search of all its naming contexts
// finds (sorted, each once).
std::vector<std::string> read_area_dns(ldap::Connection& connection, const ServerFacts& server);

// Returns the DNs above replicas, sorted, that are none of `areas`: of areas that somebody ended by hand.
std::vector<std::string> read_stray_area_dns(ldap::Connection& connection, const ServerFacts& server,
                                             const std::vector<std::string>& areas);

// Returns the agreements of all areas on the server.
std::vector<model::Entry> read_agreements(ldap::Connection& connection, const ServerFacts& server);

// Returns which of the DNs name no entry that we may see.
std::vector<std::string> missing_entries(ldap::Connection& connection, const std::vector<std::string>& dns);

// Throws Precondition when the server is of another kind than LDUP, naming its native means for the noun ("area",
// "replica", "agreement").
void require_ldup(const ServerFacts& server, std::string_view noun);

// Throws unless something of the area is shown: Precondition when the server refers to others for it; an Error of
// rights (status 5) when we are bound as nobody. What is shown to nobody else either is no matter of this.
void require_visible(const ServerFacts& server, const AreaFacts& area);

// The same for what else may be hidden from nobody: `what` names it.
void require_somebody(const ServerFacts& server, std::string_view what);
// Throws likewise when none of the server's naming contexts shows us even its top: that there is no `what` says nothing
// then. One read for each context.
void require_sight(ldap::Connection& connection, const ServerFacts& server, std::string_view what);

// Returns the IDs of the replicas that supply this one, by these copies of the area: without any agreement all others.
std::vector<std::string> suppliers_of(const Replica& consumer, const std::vector<const AreaFacts*>& copies);

// Return what to do where the replica with this ID waits for a full update: who can send one, and how. Without
// `suppliers` by what the server itself knows.
std::string ways_to_fill(std::string_view id, const std::vector<std::string>& suppliers);
std::string ways_to_fill(const ServerFacts& server, const AreaFacts& area);

// Throws Precondition unless the area's root is there and marked as one, or require_visible() does.
void require_area(const ServerFacts& server, const AreaFacts& area);

// Returns the replica with this ID. Throws Precondition naming those that there are.
const Replica& require_replica(const ServerFacts& server, const AreaFacts& area, std::string_view id);

// Returns the server's own replica of the area: the one its root DSE names, or else the one with its URI (mrm 3.2);
// null when neither tells.
const Replica* own_replica(const ServerFacts& server, const AreaFacts& area);

// Returns the replica that others reach at this URI, by its host and port; null when there is none.
const Replica* replica_at(const AreaFacts& area, const std::string& uri);

// Returns "host:port" of an LDAP URL in lower case, the port always there; nothing when it is none.
std::optional<std::string> endpoint_of(std::string_view url);

}  // namespace replkit::tasks
