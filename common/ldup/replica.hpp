// A replica of an area: its replicaSubentry-2 (draft-ietf-ldup-infomod-08 7.3.2), immediately below the area's root.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/entry_reader.hpp"
#include "common/ldup/finding.hpp"
#include "common/ldup/fractional_filter.hpp"
#include "common/model/dn.hpp"
#include "common/model/entry.hpp"
#include "common/model/ldap_url.hpp"
#include "common/model/subtree_specification.hpp"
#include "common/model/uuid.hpp"

namespace replkit::ldup {

// The values of replicaType. Primary is reserved in the last infomod and named by draft-ietf-ldup-mrm-02: an updateable
// one of which an area has at most one.
enum class ReplicaType : std::uint8_t { primary = 1, updateable = 2, read_only = 3 };

// Returns "primary", "updateable" or "read-only".
std::string_view type_name(ReplicaType type);

struct Replica {
  std::string dn;
  // What the RDN cn=... says, in lower case: the replica's part of CSNs. Empty when it is no replica ID.
  std::string id;
  std::optional<model::Uuid> uuid;
  std::vector<std::string> uris;            // replicaURI
  std::vector<std::string> secondary_uris;  // replicaSecondaryURI: when none of those answers
  ReplicaType type = ReplicaType::read_only;
  bool online = false;
  FractionalFilter filter;
  std::string lost_and_found_dn;
  model::SubtreeSpecification subtree;     // of the area, what the replica holds
  std::vector<std::string> update_vector;  // CSNs as they are there
  std::string description;

  // Returns what the entry says; what is wrong or missing is put into `findings` and left at its default: type
  // read-only, not online, lost and found below the root, the whole area, everything held.
  static Replica read(const EntryReader& entry, Findings& findings);
  static Replica read(const model::Entry& entry, Findings& findings);

  // Returns the entry to add: without update vector and UUID, which servers give.
  model::Entry to_entry() const;

  // The DN of the area's root, the parent of this entry; empty when `dn` is none.
  std::string context_dn() const;
  bool can_originate() const { return type != ReplicaType::read_only; }
  // Whether it holds entries of the whole area, not only of a subtree.
  bool holds_whole_area() const {
    return subtree.base.empty() && subtree.chop_before.empty() && subtree.chop_after.empty() && subtree.minimum == 0 &&
           !subtree.maximum && !subtree.filter;
  }

  // Returns the servers to try, in order: "ldap://host:port".
  std::vector<std::string> servers() const;
  // Whether the URL has scheme, host and port of one of the replica's own; nothing else of it counts
  // (draft-ietf-ldup-infomod-08 7.2.4).
  bool is_reached_by(const model::LdapUrl& url) const;
};

// Returns the DN of a replica: cn=ID,CONTEXT.
std::string replica_dn(std::string_view id, const model::Dn& context);

// Whether both name the same server: scheme, host (whatever its case) and port, which is 389, or 636 for ldaps, when
// none is given.
bool same_server(const model::LdapUrl& a, const model::LdapUrl& b);

}  // namespace replkit::ldup
