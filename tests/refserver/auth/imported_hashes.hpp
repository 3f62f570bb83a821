// Password hashes of other servers: verified, never made.
#pragma once

#include <cstddef>
#include <string_view>

namespace replkit::refserver::auth {

// Each returns whether the password fits the stored value (what stands behind "{SCHEME}").

// Base64 of the digest, followed by a salt or not.
bool digest_fits(const char* algorithm, std::string_view password, std::string_view stored);

// "iterations$salt$key", the latter two in base64 with '.' for '+' and without padding, as OpenLDAP's pw-pbkdf2 and
// passlib write it. Over a million iterations never fit.
bool pbkdf2_fits(const char* algorithm, std::string_view password, std::string_view stored);

// crypt(5): $1$, $2a$, $2b$, $2y$, $5$, $6$, $y$, up to about a second's work and 256 MiB. Not DES, which sees eight
// characters only.
bool crypt_fits(std::string_view password, std::string_view stored);

}  // namespace replkit::refserver::auth
