// Damage for a lab: what nobody could have got by replication, and what replication neither heals nor spreads. It is
// made by the operations with meta-data (draft-ietf-ldup-mrm-02 3.15), under change numbers that all servers know.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/ldap/connection.hpp"
#include "common/ldup/metadata.hpp"

namespace replkit::tools::lab {

// What was done to one entry, in words for people.
struct Damage {
  std::string dn;
  std::string what;
};

// Take `each` entries away from a server, and change a value of as many, rename as many, and add as many that are
// nowhere else: entries without children, spread over the whole, and as they were in ids, times and change numbers. Or
// add `count` entries as a server has them that was away for longer than the others remember what they deleted: last
// changed at `since`. Entries that lend themselves to nothing are passed over; so there may be fewer. Throw LdapError.
std::vector<Damage> diverge(ldap::Connection& server, const std::string& base, std::size_t each);
std::vector<Damage> linger(ldap::Connection& server, const std::string& base, std::size_t count, Instant since);

// --- The parts of it ---

// Returns those without children, in a mixed but always the same order.
std::vector<std::string> leaves(const std::vector<std::string>& dns);

// Returns the entry as it would be added again, with the suffix to its name; nothing when it cannot be named so.
std::optional<ldup::AddWithMetaDataRequest> renamed(const ldup::SearchMetaDataEntry& entry, std::string_view suffix);
// The same for another entry like it, with an id of its own and without deletion records.
std::optional<ldup::AddWithMetaDataRequest> copied(const ldup::SearchMetaDataEntry& entry, std::string_view suffix);
// Makes all of it as if it had been added then, and not changed since.
void date_back(ldup::AddWithMetaDataRequest& entry, Instant since);

// Returns the change of an attribute that takes any text, under the greatest of its change numbers; nothing when the
// entry has none.
std::optional<ldup::ModifyWithMetaDataRequest> changed(const ldup::SearchMetaDataEntry& entry);

}  // namespace replkit::tools::lab
