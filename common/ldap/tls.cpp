#include "common/ldap/tls.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "common/base/files.hpp"
#include "common/base/time.hpp"
#include "common/ldap/watchdog.hpp"

namespace replkit::ldap {

namespace {

// Sets a path of the handle: what was given, or what ldap.conf says. libldap clears these in a new handle, and a
// context of our own would forget them.
void set_path(const Session& session, int option, const std::string& given, bool inherit) {
  if (!given.empty()) {
    if (::access(given.c_str(), R_OK) != 0) throw LocalError(fmt::format("{}: {}", given, last_error_text()));
    ldap_set_option(session.handle(), option, given.c_str());
  } else if (inherit) {
    char* configured = nullptr;
    ldap_get_option(nullptr, option, &configured);
    const CString owned(configured);
    if (owned) ldap_set_option(session.handle(), option, owned.get());
  }
}

void inherit_number(const Session& session, int option) {
  int value = 0;
  if (ldap_get_option(nullptr, option, &value) == LDAP_OPT_SUCCESS) ldap_set_option(session.handle(), option, &value);
}

void configure(const Session& session, CertificateCheck check) {
  const TlsOptions& tls = session.options().tls;
  const bool own_authority = !tls.ca_file.empty() || !tls.ca_directory.empty();
  const bool own_certificate = !tls.certificate_file.empty() || !tls.key_file.empty();
  set_path(session, LDAP_OPT_X_TLS_CACERTFILE, tls.ca_file, !own_authority);
  set_path(session, LDAP_OPT_X_TLS_CACERTDIR, tls.ca_directory, !own_authority);
  set_path(session, LDAP_OPT_X_TLS_CERTFILE, tls.certificate_file.empty() ? tls.key_file : tls.certificate_file,
           !own_certificate);
  set_path(session, LDAP_OPT_X_TLS_KEYFILE, tls.key_file.empty() ? tls.certificate_file : tls.key_file,
           !own_certificate);
  for (const int option : {LDAP_OPT_X_TLS_CIPHER_SUITE, LDAP_OPT_X_TLS_CRLFILE, LDAP_OPT_X_TLS_ECNAME}) {
    set_path(session, option, {}, true);
  }
  inherit_number(session, LDAP_OPT_X_TLS_PROTOCOL_MIN);
  inherit_number(session, LDAP_OPT_X_TLS_PROTOCOL_MAX);

  if (check != CertificateCheck::by_default) {
    const int level = check == CertificateCheck::never   ? LDAP_OPT_X_TLS_NEVER
                      : check == CertificateCheck::allow ? LDAP_OPT_X_TLS_ALLOW
                                                         : LDAP_OPT_X_TLS_DEMAND;
    ldap_set_option(session.handle(), LDAP_OPT_X_TLS_REQUIRE_CERT, &level);
  }
  const int client = 0;
  if (ldap_set_option(session.handle(), LDAP_OPT_X_TLS_NEWCTX, &client) != LDAP_OPT_SUCCESS) {
    throw LocalError(
        "the TLS settings cannot be used: check that the CA, certificate and key files are PEM and belong together");
  }
}

}  // namespace

Result request_start_tls(Session& session) {
  int id = 0;
  const int code = ldap_start_tls(session.handle(), nullptr, nullptr, &id);
  if (code != LDAP_SUCCESS) session.fail(code, "StartTLS");
  return session.wait_for_result(id, session.options().timeouts.connect, "StartTLS", ResultCode::server_down);
}

std::string shake_hands(Session& session, CertificateCheck check) {
  configure(session, check);
  const auto limit = session.options().timeouts.connect;
  session.set_blocking(true);
  int code = LDAP_SUCCESS;
  bool expired = false;
  {
    const Watchdog watchdog(session.descriptor(), limit, session.cancel());
    code = ldap_install_tls(session.handle());
    expired = watchdog.expired();
  }
  session.cancel().check();
  if (expired) {
    throw LdapError(ResultCode::server_down, session.uri(), "TLS handshake",
                    fmt::format("no answer within {}", format_duration(limit)));
  }
  if (code != LDAP_SUCCESS) {
    const std::string reason = session.diagnostic();
    return reason.empty() ? "the TLS handshake failed" : reason;
  }
  session.set_blocking(false);
  return {};
}

void secure(Session& session) {
  const TlsOptions& tls = session.options().tls;
  if (!session.is_ldaps()) {
    if (tls.start_tls == StartTls::no) return;
    const Result answer = request_start_tls(session);
    if (answer.code != LDAP_SUCCESS) {
      const LdapError refused(static_cast<ResultCode>(answer.code), session.uri(), "StartTLS refused",
                              answer.diagnostic);
      if (tls.start_tls == StartTls::required) {  // for whoever asked for TLS, it is TLS that failed
        throw LdapError(ResultCode::connect_error, session.uri(), "StartTLS refused",
                        fmt::format("{} ({}) {}", describe(refused.code()), answer.code, answer.diagnostic));
      }
      session.warnings.push_back(fmt::format("{}; going on without TLS", refused.what()));
      return;
    }
  }
  const std::string problem = shake_hands(session, tls.check);
  if (problem.empty()) return;
  const std::string explained = explain_certificate(session);
  if (!explained.empty()) throw LdapError(ResultCode::connect_error, session.uri(), "TLS", explained);
  const std::string own = explain_own_certificate(session);
  throw LdapError(ResultCode::connect_error, session.uri(), "TLS", own.empty() ? problem : problem + "; " + own);
}

}  // namespace replkit::ldap
