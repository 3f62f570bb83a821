// TLS on a session: StartTLS (RFC 4511 4.14) and ldaps. For common/ldap only.
#pragma once

#include <string>

#include "common/ldap/session.hpp"

namespace replkit::ldap {

// Protects the session as its options ask. A server that refuses StartTLS adds a warning when it was only tried;
// everything else that goes wrong throws LdapError.
void secure(Session& session);

// Does the handshake with the options' certificates, and these checks. Returns an empty string, or what libldap said
// went wrong. Throws LdapError(server_down) when the server is silent, LocalError when the files cannot be loaded,
// Cancelled.
std::string shake_hands(Session& session, CertificateCheck check);

// Asks the server for StartTLS; nothing of TLS is done yet. Returns the server's result.
Result request_start_tls(Session& session);

// Returns why the server's certificate is not accepted: expired, another name, unknown issuer; empty when it cannot be
// told. libldap over GnuTLS does not say it, so this connects once more, without a check, sends nothing, and looks at
// the certificate.
std::string explain_certificate(const Session& failed);

// Returns what may be wrong with our own certificate when a server wants one and ends the connection, which is all it
// does: expired, not valid yet, or not to the server's liking. Empty when the session has none that can be read.
std::string explain_own_certificate(const Session& session);

}  // namespace replkit::ldap
