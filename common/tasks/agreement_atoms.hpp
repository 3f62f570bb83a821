// Agreements between replicas, on one server's copy of an area (draft-ietf-ldup-mrm-02 3.7 - 3.9), as plans.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/tasks/facts.hpp"
#include "common/tasks/plan.hpp"
#include "common/tasks/replica_atoms.hpp"

namespace replkit::tasks {

// What an agreement says besides its consumer. Nothing: not given; an empty text: to be removed (by a change).
struct AgreementValues {
  std::optional<std::string> consumer = {};     // the ID of a replica of the area, or a DN; empty: none
  std::optional<std::string> mechanism = {};    // an OID, or a word that mechanism_oid() takes
  std::optional<std::string> credentials = {};  // a DN
  std::optional<std::string> schedule = {};     // a DN
  std::optional<std::string> exclude = {};      // attributeExclusionFilter
  std::optional<std::string> description = {};
  std::string uuid = {};  // to add: the entryUUID it has on other servers; empty: the server makes one
};

// Returns the OID for "full", "incremental" or the names that mrm has for them; an OID as it is. Throws UsageError.
std::string mechanism_oid(std::string_view text);
// Returns "full" or "incremental" for their OIDs and names, "" for nothing, anything else as it is.
std::string mechanism_text(std::string_view value);

// Returns the DNs that the values name outside the replicas: to be looked up with missing_entries().
std::vector<std::string> named_entries(const AgreementValues& values);

// Each throws Precondition, or UsageError for arguments that can never work. `missing`: those of named_entries() that
// the server does not show.

// Returns the name an agreement gets when none is given.
std::string usual_name(const AreaFacts& area, const std::string& consumer);

// 3.7: adds an agreement below the supplier's replicaSubentry. An empty name is "to-CONSUMER".
Plan add_agreement(const ServerFacts& server, const AreaFacts& area, const std::string& supplier, const std::string& cn,
                   const AgreementValues& values, const std::vector<std::string>& missing, WriteOptions options = {});

// 3.8: removes it and what is below.
Plan delete_agreement(const ServerFacts& server, const AreaFacts& area, const std::string& supplier,
                      const std::string& cn, WriteOptions options = {});

// 3.9: changes what is given and differs.
Plan modify_agreement(const ServerFacts& server, const AreaFacts& area, const std::string& supplier,
                      const std::string& cn, const AgreementValues& values, const std::vector<std::string>& missing,
                      WriteOptions options = {});

}  // namespace replkit::tasks
