// Argon2 (RFC 9106) in its encoded form, "$argon2id$v=19$m=19456,t=2,p=1$salt$hash", as OpenLDAP's module keeps it.
#pragma once

#include <string>
#include <string_view>

namespace replkit::refserver::auth {

// Returns the Argon2id hash with a new salt of 16 bytes. Throws protocol::Refusal (busy) when there is no memory.
std::string argon2_hash(std::string_view password, unsigned memory_kib, unsigned passes);

// Whether the password fits an encoded hash of any of the three kinds. One that would cost more than 256 MiB, 1 GiB
// filled over all its passes or 16 lanes never fits. Throws protocol::Refusal (busy) when there is no memory.
bool argon2_fits(std::string_view password, std::string_view encoded);

}  // namespace replkit::refserver::auth
