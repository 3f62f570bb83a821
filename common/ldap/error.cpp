#include "common/ldap/error.hpp"

#include <fmt/format.h>
#include <ldap.h>

#include "common/base/text.hpp"

namespace replkit::ldap {

namespace {

// What to do next, for the codes people meet; empty for the others.
std::string_view hint_for(ResultCode code) {
  switch (code) {
    case ResultCode::invalid_credentials:
      return "the name or the password is wrong";
    case ResultCode::confidentiality_required:
      return "use StartTLS (-ZZ), ldaps:// or ldapi://";
    case ResultCode::stronger_auth_required:
      return "the server wants TLS (-ZZ) or a stronger bind";
    case ResultCode::inappropriate_authentication:
      return "the server does not allow this kind of bind for this entry, or no anonymous one";
    case ResultCode::insufficient_access:
      return "bind as an identity with the right, or change the server's access rules";
    case ResultCode::unavailable_critical_extension:
      return "the server does not know a control that was asked for";
    case ResultCode::size_limit_exceeded:
    case ResultCode::admin_limit_exceeded:
      return "bind as an identity without this limit, or read in pages";
    case ResultCode::busy:
    case ResultCode::unavailable:
      return "try again later";
    default:
      return {};
  }
}

// One line, in which no server can upset a terminal.
std::string compose(ResultCode code, const std::string& server, const std::string& action,
                    const std::string& diagnostic, const std::string& matched_dn) {
  std::string text = fmt::format("{}: {}: {}", printable(server), action, describe(code));
  if (static_cast<int>(code) > 0) text += fmt::format(" ({})", static_cast<int>(code));
  if (!diagnostic.empty()) text += ": " + printable(trim(diagnostic));
  if (!matched_dn.empty()) text += fmt::format("; the nearest entry that exists is {}", printable(matched_dn));
  const bool reason_told = (code == ResultCode::busy || code == ResultCode::unavailable) && !diagnostic.empty();
  if (const std::string_view hint = hint_for(code); !hint.empty() && !reason_told) text += fmt::format("; {}", hint);
  return text;
}

}  // namespace

LdapError::LdapError(ResultCode code, const std::string& server, const std::string& action,
                     const std::string& diagnostic, const std::string& matched_dn)
    : Error(status_of(code), compose(code, server, action, diagnostic, matched_dn)),
      code_(code),
      server_(server),
      diagnostic_(diagnostic),
      matched_dn_(matched_dn) {}

bool LdapError::connection_lost() const {
  return code_ == ResultCode::server_down || code_ == ResultCode::connect_error;
}

ExitStatus status_of(ResultCode code) {
  switch (code) {
    case ResultCode::success:
      return ExitStatus::done;
    case ResultCode::server_down:
    case ResultCode::connect_error:
      return ExitStatus::connection;
    case ResultCode::auth_method_not_supported:
    case ResultCode::stronger_auth_required:
    case ResultCode::confidentiality_required:
    case ResultCode::inappropriate_authentication:
    case ResultCode::invalid_credentials:
    case ResultCode::insufficient_access:
    case ResultCode::local_error:  // Cyrus: no ticket, no common mechanism
    case ResultCode::auth_unknown:
      return ExitStatus::authentication;
    case ResultCode::time_limit_exceeded:
    case ResultCode::size_limit_exceeded:
    case ResultCode::referral:
    case ResultCode::admin_limit_exceeded:
    case ResultCode::timeout:
      return ExitStatus::undecided;
    case ResultCode::filter_error:
      return ExitStatus::usage;
    default:
      return ExitStatus::refused;
  }
}

std::string describe(ResultCode code) {
  return ldap_err2string(static_cast<int>(code));
}

}  // namespace replkit::ldap
