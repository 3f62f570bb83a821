// Replicas of an area on one server's copy of it (draft-ietf-ldup-mrm-02 3.4 - 3.6, 3.10, 3.11), as plans.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/replica.hpp"
#include "common/tasks/facts.hpp"
#include "common/tasks/plan.hpp"

namespace replkit::tasks {

using ldup::ReplicaType;

// Returns "primary", "updateable", "read-only"; anything else as it is, "unknown (7)".
std::string type_text(std::string_view replica_type);

// Returns the ID in lower case. Throws UsageError unless it has 1 to 64 of a-z 0-9 . _ -
std::string check_replica_id(std::string_view id);
// Throws UsageError unless it is an ldap:// or ldaps:// URL with host and port at most: the rest would be ignored.
void check_replica_uri(std::string_view uri);

struct NewReplica {
  std::string id;
  std::vector<std::string> uris;  // at least one
  std::vector<std::string> secondary_uris = {};
  ReplicaType type = ReplicaType::updateable;
  bool online = false;
  std::string lost_and_found = {};          // empty: cn=lostAndFound below the area
  std::string subtree_specification = {};   // empty: all of the area
  std::optional<std::string> exclude = {};  // attributeExclusionFilter
  std::optional<std::string> include = {};  // attributeInclusionFilter
  std::optional<std::string> description = {};
  std::string uuid = {};  // the entryUUID it has on other servers; empty: the server makes one
};

// Each throws Precondition, or UsageError for arguments that can never work.

// Returns the DN of the entry below which a replica holds the area; empty: all of it. Throws ParseError.
std::string base_of_part(const AreaFacts& area, const std::string& subtree_specification);

// 3.4: adds a replicaSubentry. One that is there with these very values is skipped. `missing`: the base of its part,
// when the server does not show it.
Plan create_replica(const ServerFacts& server, const AreaFacts& area, const NewReplica& replica,
                    WriteOptions options = {}, const std::vector<std::string>& missing = {});

// 3.5: removes a replicaSubentry and all below it, and the agreements of others to supply it.
Plan delete_replica(const ServerFacts& server, const AreaFacts& area, const std::string& id, WriteOptions options = {});

// 3.6.1, with Write-Unwriteable.
Plan set_replica_type(const ServerFacts& server, const AreaFacts& area, const std::string& id, ReplicaType type,
                      WriteOptions options = {});

// 3.6.2, with Write-Unwriteable: replaces both filters; neither: a full replica.
Plan set_replica_filter(const ServerFacts& server, const AreaFacts& area, const std::string& id,
                        const std::optional<std::string>& exclude, const std::optional<std::string>& include,
                        WriteOptions options = {});

struct UriChange {
  std::string add;         // empty: only remove
  std::string remove;      // empty: the one there is
  bool secondary = false;  // of replicaSecondaryURI
};

// 3.6.3: takes one URI for another.
Plan set_replica_uri(const ServerFacts& server, const AreaFacts& area, const std::string& id, const UriChange& change,
                     WriteOptions options = {});

// 3.10, 3.11: sets replicaOnline, which does not replicate, on this server.
Plan set_replica_online(const ServerFacts& server, const AreaFacts& area, const std::string& id, bool online,
                        WriteOptions options = {});

}  // namespace replkit::tasks
