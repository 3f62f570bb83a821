// SASLprep (RFC 4013): one form for a password that keyboards spell in several.
#pragma once

#include "common/base/secret.hpp"

namespace replkit::refserver::auth {

// Returns the password mapped and normalized by SASLprep. One that is no text (malformed UTF-8, control characters) or
// nothing but what SASLprep drops is returned as it is: LDAP allows any octets (RFC 4519 2.41). At most
// max_password_size bytes may be given.
Secret prepare_password(const Secret& password);

}  // namespace replkit::refserver::auth
