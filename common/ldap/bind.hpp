// Who to be on a session (RFC 4513). For common/ldap only.
#pragma once

#include "common/ldap/session.hpp"

namespace replkit::ldap {

// Binds as the session's options ask; TLS comes before. Throws LdapError, UsageError, Cancelled.
void bind(Session& session);

// The SASL part of it, by Cyrus.
void bind_sasl(Session& session);

// Throws UsageError when the options ask for something that is never right, before anything is sent.
void check_bind_options(const BindOptions& bind);

}  // namespace replkit::ldap
