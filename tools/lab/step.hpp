// Whether the servers of a lab have the same changes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/ldap/connection.hpp"
#include "common/ldup/csn.hpp"
#include "tools/lab/lab.hpp"

namespace replkit::tools::lab {

// A server of the group, and which changes it has, as the entry of its own replica says.
struct Position {
  std::string server;
  ldap::Connection* connection = nullptr;
  bool online = false;  // not suspended there
  bool waits = false;   // all that it holds is to be replaced, and it shows nothing until then
  ldup::UpdateVector vector;
};

// Returns it, with no changes at all while all that the server holds is being replaced; nothing when it has no replica.
// Throws LdapError.
std::optional<Position> read_position(ldap::Connection& connection, const Lab& lab, const std::string& server);

// Returns for each which servers made changes of entries that it does not have, though another one has them. Servers
// tell each other of their update vectors only now and then, so that these alone do not count. Throws LdapError.
std::vector<std::vector<std::string>> find_lacks(const Lab& lab, const std::vector<Position>& positions);

// Waits until no member that can be reached, and is not suspended, lacks anything of the others. Returns false after
// `limit`. Throws LdapError, Cancelled.
bool wait_in_step(const Lab& lab, std::chrono::milliseconds limit, const CancelToken& cancel);

}  // namespace replkit::tools::lab
