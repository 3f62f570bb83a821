// Whether changes that an update vector lacks are missing in the entries, too.
#pragma once

#include <optional>
#include <string>

#include "common/ldap/connection.hpp"
#include "common/ldup/csn.hpp"

namespace replkit::directory {

// Changes that one replica made.
struct ChangeRange {
  std::string origin;              // its ID
  std::optional<ldup::Csn> after;  // newer than this; nothing: all
  ldup::Csn upto;
};

// Returns whether an entry below `area`, a deleted one or that of a replica too, has such a change on the holder that
// it does not have on the other; update vectors do not count. Nothing when one of them does not tell, as it takes the
// right to meta-data, or when there are more than 100,000. Reads what has changed since, on both; throws LdapError,
// Cancelled.
std::optional<bool> lacks_changes(ldap::Connection& other, ldap::Connection& holder, const std::string& area,
                                  const ChangeRange& changes);

}  // namespace replkit::directory
