// The port: what one server can tell of its replica of an area of replication, whatever kind of server it is. One
// adapter a kind.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/directory/entry_record.hpp"
#include "common/ldap/connection.hpp"
#include "common/ldup/csn.hpp"
#include "common/model/schema.hpp"

namespace replkit::directory {

enum class ServerKind : std::uint8_t { openldap, ldup, ldap /* any LDAPv3 server, without replication metadata */ };

// Returns the kind's name as the output formats write it: "openldap", "ldup", "ldap".
std::string_view name_of(ServerKind kind);

// The root DSE (RFC 4512 5.1), as far as the toolkit looks at it. What the server hides is empty.
struct RootDse {
  std::vector<std::string> object_classes;
  std::vector<std::string> naming_contexts;
  std::vector<std::string> supported_controls;
  std::string subschema_subentry;
  std::string config_context;
  std::string monitor_context;
  std::string vendor_name;
  std::string vendor_version;
  std::vector<std::string> replication_protocols;  // supportedReplicationProtocols of LDUP: OIDs
  std::vector<std::string> replica_context_roots;  // its areas of replication
  std::vector<std::string> replica_subentries;     // its own replicas of them
};

RootDse read_root_dse(ldap::Connection& connection);
ServerKind detect(const RootDse& root);

// Whether the replica is being refreshed: then its update vector may run ahead of its data.
enum class Refresh : std::uint8_t { idle, running, unknown };

// Whether a replica holds an entry with this DN; none: it holds all there are.
using Part = std::function<bool(std::string_view dn)>;

// What does not replicate, and where that was learned.
struct Unreplicated {
  std::vector<std::string> excluded;             // never replicate
  std::optional<std::vector<std::string>> only;  // when set, nothing but these replicates
  std::vector<std::string> notes;                // for the user: what was found, or why it could not be looked up
  Part part;                                     // set when the replica holds a part of its area only
};

class Replica {
 public:
  // Connects, reads the root DSE and returns the adapter for the kind of server found. `base` is the DN the caller
  // works on. Throws LdapError, Cancelled.
  static std::unique_ptr<Replica> open(const ldap::ConnectionOptions& options, const std::string& base,
                                       const CancelToken& cancel);
  virtual ~Replica();

  virtual ServerKind kind() const = 0;

  // The operational attribute that names an entry whatever its DN; empty when the server has none.
  virtual std::string id_attribute() const = 0;
  // The operational attribute with the CSN of an entry's last change; empty when the server has none.
  virtual std::string csn_attribute() const = 0;
  // Returns the CSN that a value of csn_attribute() spells; nothing when it is malformed.
  virtual std::optional<ldup::Csn> parse_csn(std::string_view value) const = 0;

  // Returns the newest change held of each replica; nothing when the server keeps no such vector or hides it.
  virtual std::optional<ldup::UpdateVector> update_vector() = 0;
  virtual Refresh refresh() = 0;
  // Why the server gives no entries of the area that holds the base, in its own words, as while it waits for a full
  // update; empty: it gives them. What it shows all the same is not the area.
  virtual std::string closed() { return {}; }
  virtual Unreplicated unreplicated() = 0;
  // Returns the number of entries in the database that holds the context, counted by the server itself; nothing when it
  // does not tell.
  virtual std::optional<std::uint64_t> entry_count() = 0;
  // Whether searches by id_attribute() go through an index; nothing when that cannot be learned.
  virtual std::optional<bool> id_is_indexed() = 0;

  // The roots below the base of further areas of replication, where the area that holds the base ends.
  virtual std::vector<std::string> subordinate_areas() { return {}; }
  // Returns a filter that matches what `filter` does, and that makes the server show entries of replication too.
  virtual std::string showing_all(const std::string& filter) const { return filter; }

  struct Records {
    bool told = false;   // the server has records, and this identity may see them
    std::string reason;  // why not; empty: it has none
  };
  using RecordVisitor = std::function<void(std::size_t index, EntryRecord&& record)>;
  // Looks up what the server keeps of the entries with these ids, and calls the visitor for each of which it keeps
  // something, alive or deleted. Throws LdapError.
  virtual Records read_records(const std::vector<std::string>& /*ids*/, const RecordVisitor& /*visitor*/) { return {}; }

  const RootDse& root_dse() const { return root_; }
  // The naming context that holds the base, as the server writes it; empty when it holds none.
  const std::string& context() const { return context_; }
  // The server's schema; Schema::standard() when it cannot be read.
  const model::Schema& schema();
  ldap::Connection& connection() { return connection_; }
  const std::string& uri() const { return connection_.uri(); }

  // Drops the connection and opens it anew. Throws LdapError.
  void reconnect(const CancelToken& cancel);

 protected:
  Replica(ldap::ConnectionOptions options, ldap::Connection connection, RootDse root, std::string context);

 private:
  ldap::ConnectionOptions options_;
  ldap::Connection connection_;
  RootDse root_;
  std::string context_;
  std::optional<model::Schema> schema_;
};

}  // namespace replkit::directory
