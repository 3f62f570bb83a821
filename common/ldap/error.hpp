// What a server or the way to it answered, as an exception.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.hpp"

namespace replkit::ldap {

// Result codes that code of ours looks at (RFC 4511 4.1.9 and libldap's own below zero).
enum class ResultCode : int {
  success = 0,
  operations_error = 1,
  protocol_error = 2,
  time_limit_exceeded = 3,
  size_limit_exceeded = 4,
  auth_method_not_supported = 7,
  stronger_auth_required = 8,
  referral = 10,
  admin_limit_exceeded = 11,
  unavailable_critical_extension = 12,
  confidentiality_required = 13,
  no_such_attribute = 16,
  undefined_attribute_type = 17,
  constraint_violation = 19,
  attribute_or_value_exists = 20,
  no_such_object = 32,
  invalid_dn_syntax = 34,
  inappropriate_authentication = 48,
  invalid_credentials = 49,
  insufficient_access = 50,
  busy = 51,
  unavailable = 52,
  unwilling_to_perform = 53,
  object_class_violation = 65,
  not_allowed_on_non_leaf = 66,
  entry_already_exists = 68,
  other = 80,
  server_down = -1,
  local_error = -2,
  timeout = -5,
  auth_unknown = -6,
  filter_error = -7,
  connect_error = -11,
};

class LdapError : public Error {
 public:
  // `server` is the URI; `action` says what was tried ("search below dc=example,dc=com"); diagnostic is the server's
  // own text.
  LdapError(ResultCode code, const std::string& server, const std::string& action, const std::string& diagnostic,
            const std::string& matched_dn = {});

  ResultCode code() const { return code_; }
  const std::string& server() const { return server_; }
  const std::string& diagnostic() const { return diagnostic_; }
  const std::string& matched_dn() const { return matched_dn_; }
  // Whether the connection is lost: nothing more will come from it.
  bool connection_lost() const;

 private:
  ResultCode code_;
  std::string server_;
  std::string diagnostic_;
  std::string matched_dn_;
};

// Returns the exit status for a result: 4 for connection and TLS, 5 for authentication and rights, 2 for limits,
// time-outs and referrals (the answer is partial), 6 for every other refusal.
ExitStatus status_of(ResultCode code);

// Returns libldap's text for the code.
std::string describe(ResultCode code);

}  // namespace replkit::ldap
