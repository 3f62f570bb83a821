// A server that waits for a full update of an area serves nobody from it (draft-ietf-ldup-model-09 10).
#pragma once

#include <string>

#include "common/ldap/connection.hpp"

namespace replkit::directory {

// Returns why the server gives no entries of the area, in its own words, as while a full update replaces them or when
// one has not come to its end; empty: it gives them. Those who manage replication are shown replicas and agreements
// all the same. Throws LdapError when the server does not answer.
std::string why_closed(ldap::Connection& connection, const std::string& area);

}  // namespace replkit::directory
