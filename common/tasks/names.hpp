// The names of the LDUP information model as the tasks write them, and entries read by every spelling of the drafts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/names.hpp"
#include "common/ldup/oids.hpp"
#include "common/model/entry.hpp"

namespace replkit::tasks {

// Canonical names (draft-ietf-ldup-infomod-06).
namespace name {
inline constexpr std::string_view context_class = "replicationContext";
inline constexpr std::string_view replica_class = "replicaSubentry-2";
inline constexpr std::string_view agreement_class = "replicaAgreementSubentry-2";
inline constexpr std::string_view subentry_class = "subentry";

inline constexpr std::string_view context_roots = "replicaContextRoots";
inline constexpr std::string_view replica_subentries = "replicaSubentries";
inline constexpr std::string_view exclusion_filter = "attributeExclusionFilter";
inline constexpr std::string_view inclusion_filter = "attributeInclusionFilter";
inline constexpr std::string_view replication_status = "replicationStatus";
inline constexpr std::string_view replica_type = "replicaType";
inline constexpr std::string_view update_vector = "updateVector";
inline constexpr std::string_view replica_uri = "replicaURI";
inline constexpr std::string_view replica_secondary_uri = "replicaSecondaryURI";
inline constexpr std::string_view lost_and_found = "lostAndFoundEntryDN";
inline constexpr std::string_view replica_online = "replicaOnline";
inline constexpr std::string_view replica_dn = "replicaDN";
inline constexpr std::string_view mechanism = "replicationMechanismOID";
inline constexpr std::string_view credentials_dn = "replicationCredentialsDN";
inline constexpr std::string_view schedule_dn = "replicationScheduleDN";
inline constexpr std::string_view subtree_specification = "subtreeSpecification";
}  // namespace name

namespace oid {
using ldup::oid::write_unwriteable;                                              // draft-ietf-ldup-mrm 3.16
inline constexpr std::string_view relax_rules = "1.3.6.1.4.1.4203.666.5.12";     // by which an Add gives an entryUUID
inline constexpr std::string_view subentries = "1.3.6.1.4.1.4203.1.10.1";        // RFC 3672
inline constexpr std::string_view ldup_subentries = "1.3.6.1.4.1.7628.5.101.1";  // draft-ietf-ldup-subentry
// Mechanisms of an agreement (draft-ietf-ldup-protocol-05 4).
inline constexpr std::string_view full_update = ldup::oid::full_update_protocol;
inline constexpr std::string_view incremental_update = ldup::oid::incremental_update_protocol;
}  // namespace oid

// What the entry is by its object classes, under any of their names.
ldup::ManagementClass class_of(const model::Entry& entry);

// Returns the values of the attribute under any of its names; none when it is absent.
std::vector<std::string> values_of(const model::Entry& entry, std::string_view canonical);
// Returns the first of them, or an empty string.
std::string first_of(const model::Entry& entry, std::string_view canonical);

// Whether two DNs name the same entry. What is no DN equals nothing but itself.
bool same_dn(std::string_view a, std::string_view b);
// Whether `dn` lies immediately below `parent`.
bool is_child(std::string_view dn, std::string_view parent);

// Returns the DN of an entry cn=VALUE below `parent`, escaped as RFC 4514 wants.
std::string child_dn(std::string_view cn, std::string_view parent);

// Returns the value of the first cn in the DN's own name; the whole name when it has none.
std::string cn_of(std::string_view dn);

}  // namespace replkit::tasks
