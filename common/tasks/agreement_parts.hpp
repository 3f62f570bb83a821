// What the atoms about agreements have in common. For common/tasks only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/tasks/agreement_atoms.hpp"

namespace replkit::tasks {

// An attribute with the value it is to have; an empty value: it is to go.
struct Wanted {
  std::string_view attribute;
  std::string value;
};

// Returns what the values that are given say. Throws UsageError, Precondition.
std::vector<Wanted> wanted_of(const ServerFacts& server, const AreaFacts& area, const Replica& supplier,
                              const AgreementValues& values);
bool is_so(const model::Entry& entry, const Wanted& wanted);

// Returns the ID of the replica with this DN, the DN when there is none.
std::string id_of(const AreaFacts& area, const std::string& dn);

// Note entries that are named and missing; that the supplier lacks what the consumer holds (mrm 4.2.2); whom the end of
// the agreement would part (mrm 3.8).
void note_missing(const ServerFacts& server, const std::vector<std::string>& missing, Plan& plan);
void note_conflicts(const ServerFacts& server, const AreaFacts& area, const Replica& supplier,
                    const std::string& consumer_dn, Plan& plan);
void note_partition(const ServerFacts& server, const AreaFacts& area, const Replica& supplier,
                    const model::Entry& agreement, Plan& plan);

}  // namespace replkit::tasks
