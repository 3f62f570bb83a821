// The classes and attributes of LDUP by every name that the drafts have for them: they changed between versions, and
// draft-ietf-ldup-mrm-02 itself spells some in several ways.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::ldup {

enum class ManagementClass : std::uint8_t {
  none,
  context,         // replicationContext: the root of an area
  replica,         // replicaSubentry-2
  agreement,       // replicaAgreementSubentry-2
  event_schedule,  // replicaEventSchedule
  time_schedule,   // replicaTimeSchedule
  credentials,     // ldupSimpleCredentials
};

// Returns the names and OIDs of a class that mean it as a value of objectClass, the canonical name first; empty for
// none.
std::span<const std::string_view> class_names(ManagementClass which);

// Returns the class that these values of objectClass make an entry of replication; none when they make it no such. An
// entry that is a replica or agreement is that even when it is the root of an area too.
ManagementClass class_of(std::span<const std::string> object_classes);

// Whether the entry is the root of an area: it has the class replicationContext, whatever else it is.
bool is_context(std::span<const std::string> object_classes);

// Returns the filter that finds the entries of a class whatever name the server knows it by:
// "(|(objectClass=replicaSubentry-2)(objectClass=replicaSubentry)...)".
std::string class_filter(ManagementClass which);

// Returns the names of an attribute, the given canonical one first.
std::vector<std::string_view> attribute_names(std::string_view canonical);

// Returns the replica ID that `text` spells, in lower case; empty when it is none: 1-64 letters, digits, '.', '_', '-'.
std::string replica_id(std::string_view text);

}  // namespace replkit::ldup
