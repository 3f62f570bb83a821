// What suppliers bind with: entries of ldupSimpleCredentials (ldup-mrm(7)) on one server, as plans.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/secret.hpp"
#include "common/ldap/connection.hpp"
#include "common/tasks/facts.hpp"
#include "common/tasks/plan.hpp"

namespace replkit::tasks {

// Where a server keeps what it does not replicate.
inline constexpr std::string_view local_suffix = "cn=replkit";

// Returns the DN that is meant by a DN, or by a name alone: cn=NAME below the local suffix. Throws UsageError.
std::string credentials_dn(std::string_view name);
// Returns the name alone where it says enough.
std::string credentials_name(std::string_view dn);

// Nothing: not given.
struct CredentialsValues {
  std::optional<std::string> bind_dn = {};
  std::optional<Secret> password = {};
  std::optional<std::string> mechanism = {};  // "simple", "EXTERNAL", "SCRAM-SHA-256"
  std::optional<bool> start_tls = {};
  std::optional<std::string> description = {};
};

// Whether a password belongs to it: not with EXTERNAL.
bool wants_password(const std::optional<model::Entry>& present, const CredentialsValues& values);

// Returns those below the local suffix.
std::vector<model::Entry> read_credentials(ldap::Connection& connection);

// Returns the agreements that name these credentials, or this schedule.
std::vector<model::Entry> users_of(const std::vector<model::Entry>& agreements, std::string_view attribute,
                                   std::string_view dn);

// Each takes the entry as it is, nothing when there is none, and throws Precondition, or UsageError for values that can
// never work. Passwords are in the plan's steps, which are never shown with them.

// `superior_is_there`: whether the entry above is.
Plan add_credentials(const ServerFacts& server, const std::string& dn, const std::optional<model::Entry>& present,
                     bool superior_is_there, const CredentialsValues& values);
Plan modify_credentials(const ServerFacts& server, const std::string& dn, const std::optional<model::Entry>& present,
                        const CredentialsValues& values);
// `users`: the agreements that name it.
Plan delete_credentials(const ServerFacts& server, const std::string& dn, const std::optional<model::Entry>& present,
                        const std::vector<model::Entry>& users);

}  // namespace replkit::tasks
