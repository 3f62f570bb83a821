// How the servers of a lab become a replica group: by the atoms of common/tasks, as repctl does it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/ldap/connection.hpp"
#include "tools/lab/lab.hpp"

namespace replkit::tools::lab {

// Opens a connection to the server as the lab's administrator, over TLS. Throws LdapError, Cancelled.
ldap::Connection connect(const Lab& lab, const Server& server, const CancelToken& cancel);

// Returns which of the servers before it (counted from 0) server `n` exchanges changes with: the first five all with
// each other, each further one with two of those.
std::vector<std::size_t> partners_of(std::size_t n);

// Makes those that are not yet of the replica group members of it; those without entries get them from the first member
// by a full update. What was begun before is gone on with. All must be up. Calls `say` before each step
// that may take long. Throws Error, Cancelled.
void join_group(Lab& lab, const CancelToken& cancel, const std::function<void(const std::string&)>& say);

// Tells the members of the group where the others are reached, when that is not what they know; those that are away
// hear of it later. Throws Cancelled.
void tell_uris(const Lab& lab, const CancelToken& cancel);

}  // namespace replkit::tools::lab
