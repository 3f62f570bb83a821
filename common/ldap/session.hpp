// What the parts of common/ldap share: one libldap handle on one socket, and how to wait for it. For common/ldap only.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/ldap/error.hpp"
#include "common/ldap/handle.hpp"
#include "common/ldap/options.hpp"

namespace replkit::ldap {

// The result part of an answer (RFC 4511 4.1.9).
struct Result {
  int code = 0;
  std::string diagnostic;
  std::string matched_dn;
  std::vector<std::string> referrals;
  ControlList controls;
};

class Session {
 public:
  // Connects the socket and makes a handle of it; nothing is sent. Throws LdapError(server_down), UsageError,
  // Cancelled.
  Session(const ConnectionOptions& options, const CancelToken& cancel);

  LDAP* handle() const { return handle_.get(); }
  const std::string& uri() const { return options_.uri; }
  const ConnectionOptions& options() const { return options_; }
  const CancelToken& cancel() const { return *cancel_; }
  const std::string& host() const { return host_; }  // "localhost" when the URI names none
  bool is_local() const { return scheme_ == "ldapi"; }
  bool is_ldaps() const { return scheme_ == "ldaps"; }
  bool has_tls() const { return ldap_tls_inplace(handle()) == 1; }
  int descriptor() const;

  // Throws LdapError(server_down) when an earlier operation lost the connection: libldap would connect again, as
  // nobody.
  void require_alive(const std::string& action) const;

  // Waits for the message (all: the whole answer) in short slices. Throws LdapError when the connection is lost, or
  // with `when_silent` when nothing came within `limit`; Cancelled. In each case the operation is abandoned.
  Message wait(int id, std::chrono::milliseconds limit, const std::string& action, ResultCode when_silent);

  // As wait(), and returns the result in it.
  Result wait_for_result(int id, std::chrono::milliseconds limit, const std::string& action, ResultCode when_silent);

  // Calls ldap_result() for one message with this patience. Returns the message, or null when there is none yet; throws
  // LdapError when the connection is lost. `id` may be LDAP_RES_ANY.
  Message poll(int id, std::chrono::milliseconds patience, const std::string& action);

  void abandon(int id) noexcept;

  // Throws the error that libldap recorded for a call that failed with `code`.
  [[noreturn]] void fail(int code, const std::string& action);

  // libldap's text about the last error.
  std::string diagnostic() const;

  // The socket blocks only during the TLS handshake; otherwise half a message from the server would hold us for ever.
  void set_blocking(bool blocking) const;

  // Reads big pieces from the socket instead of a header and a body for each message.
  void read_ahead() const;

  // Returns the values of an attribute of the root DSE; none when it has none or does not show it.
  std::vector<std::string> read_root_attribute(const std::string& attribute, std::chrono::milliseconds limit);

  void forget_password() { options_.bind.password = Secret(); }

  std::vector<std::string> warnings;

 private:
  void open_handle();
  void set_options() const;

  ConnectionOptions options_;
  const CancelToken* cancel_;
  std::string scheme_;
  std::string host_;
  Handle handle_;
  bool lost_ = false;
};

// Returns the result in the last message of an answer. A message that cannot be decoded throws
// LdapError(protocol_error).
Result parse_result(const Session& session, LDAPMessage* message, const std::string& action);

}  // namespace replkit::ldap
