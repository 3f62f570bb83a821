// SASL EXTERNAL (RFC 4422 appendix A, RFC 4513 5.2.3): the connection itself has shown who the peer is. Not through
// Cyrus, which would add only a bound of 1024 bytes for DNs.
#pragma once

#include <memory>

#include "tests/refserver/auth/core.hpp"

namespace replkit::refserver::auth {

// Whether the peer has a verified client certificate or is a process of this machine (ldapi).
bool has_external_identity(const access::Security& security);

std::unique_ptr<SaslExchange> begin_external(const Core& core, const access::Security& security);

}  // namespace replkit::refserver::auth
