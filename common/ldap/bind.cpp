#include "common/ldap/bind.hpp"

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/ldap/tls.hpp"

namespace replkit::ldap {

namespace {

void bind_simple(Session& session, const std::string& dn, std::string_view password) {
  const std::string action = dn.empty() ? "anonymous bind" : fmt::format("bind as {}", printable(dn));
  berval credentials = view_of(password);
  int id = 0;
  const int code = ldap_sasl_bind(session.handle(), dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, &id);
  if (code != LDAP_SUCCESS) session.fail(code, action);
  const Result result =
      session.wait_for_result(id, session.options().timeouts.connect, action, ResultCode::server_down);
  if (result.code != LDAP_SUCCESS) {
    throw LdapError(static_cast<ResultCode>(result.code), session.uri(), action, result.diagnostic, result.matched_dn);
  }
}

// With TLS 1.3 a server that wants a certificate, or another one, says so only after the handshake, by closing.
// (libldap calls that a local error when SASL has not sent anything yet.)
bool may_want_certificate(const Session& session, const LdapError& error) {
  const bool closed = error.code() == ResultCode::server_down && !error.diagnostic().starts_with("no answer");
  const bool external = equals_ignore_case(session.options().bind.mechanism, "EXTERNAL");
  return session.has_tls() && (closed || (external && error.code() == ResultCode::local_error));
}

// A server that makes guessing slow answers a wrong password late.
bool may_be_delayed(const Session& session, const LdapError& error) {
  const auto& options = session.options().bind;
  return options.method != BindMethod::anonymous && !options.password.empty() &&
         error.code() == ResultCode::server_down && error.diagnostic().starts_with("no answer");
}

std::string why_closed(const Session& session) {
  const std::string own = explain_own_certificate(session);
  return own.empty() ? "no client certificate was given, and the server may demand one" : own;
}

}  // namespace

void check_bind_options(const BindOptions& bind) {
  if (bind.method == BindMethod::simple && !bind.dn.empty() && bind.password.empty()) {
    throw UsageError(
        fmt::format("bind as {}: the password is empty; servers take that for an anonymous bind (RFC 4513 5.1.2)",
                    printable(bind.dn)));
  }
}

void bind(Session& session) {
  const BindOptions& options = session.options().bind;
  try {
    switch (options.method) {
      case BindMethod::anonymous:
        // Needless in LDAPv3, but it shows here and now whether an LDAP server answers and lets us in.
        return bind_simple(session, {}, {});
      case BindMethod::simple:
        return bind_simple(session, options.dn, options.password.reveal());
      case BindMethod::sasl:
        return bind_sasl(session);
    }
  } catch (const LdapError& error) {
    if (may_be_delayed(session, error)) {
      throw LdapError(error.code(), session.uri(), "bind",
                      error.diagnostic() + "; servers also let the answer to a wrong password wait: is it right?");
    }
    if (!may_want_certificate(session, error)) throw;
    const std::string what = error.diagnostic().empty() ? "" : error.diagnostic() + "; ";
    throw LdapError(error.code(), session.uri(), "bind", what + why_closed(session));
  }
}

}  // namespace replkit::ldap
