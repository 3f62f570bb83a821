// The LDIF that turns one source into another: adds parents first, deletes children first, old values named so that
// nothing else than what was compared is overwritten, and so that it can be undone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/compare/fingerprint.hpp"
#include "common/compare/result.hpp"
#include "common/model/ldif.hpp"

namespace replkit::compare {

struct RepairOptions {
  std::size_t wanted = 0;       // the source that is right
  std::size_t current = 1;      // the source that is to become the same
  bool keep_identity = true;    // adds carry entryUUID and the create and modify attributes (Relax Rules control)
  bool change_identity = true;  // with that: modifies may replace an entry's id
  directory::Part part = {};    // what the source that is written to holds
};

struct Repair {
  std::vector<model::ChangeRecord> changes;
  std::vector<std::vector<std::string>> comments;  // for each change: what it takes away, as comment lines
  std::uint64_t in_flight = 0;                     // differences left out because replication may still mend them
  std::uint64_t not_detailed = 0;                  // left out because they were not read in full, or have no DN
  std::uint64_t outside = 0;                       // left out because one of the names is outside of the part
  bool identities_differ = false;                  // entries whose id will differ from the wanted one
  // A name goes from one entry to another: what stands below moves along, also where it differs in nothing and should
  // stay. Compare again afterwards.
  bool names_change_hands = false;
};

// Returns the changes for these differences. Those in flight are left out, and those one of the two sources was not
// asked about.
Repair plan_repair(const std::vector<Difference>& differences, const RepairOptions& options,
                   const FingerprintRules& rules);

// The Relax Rules control (draft-zeilenga-ldap-relax), which lets an administrator set what servers set by themselves.
inline constexpr const char* relax_control = "1.3.6.1.4.1.4203.666.5.12";

}  // namespace replkit::compare
