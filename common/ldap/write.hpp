// What a change came to.
#pragma once

#include <string>
#include <vector>

#include "common/ldap/error.hpp"

namespace replkit::ldap {

// The result of one add, delete, modify or modifyDN. Everything that a server answers is an outcome.
struct WriteOutcome {
  ResultCode code = ResultCode::success;
  std::string diagnostic;  // the server's text
  std::string matched_dn;
  std::vector<std::string> referrals;

  bool done() const { return code == ResultCode::success; }
};

// Returns an outcome that is no success as the error it is; `server` is the URI.
LdapError error_of(const WriteOutcome& outcome, const std::string& server, const std::string& action);

}  // namespace replkit::ldap
