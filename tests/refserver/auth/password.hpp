// Passwords at rest. Setting a cleartext one makes an Argon2id userPassword and a SCRAM-SHA-256 authPassword (RFC
// 5803); imported hashes serve simple binds and PLAIN only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/secret.hpp"

namespace replkit::refserver::auth {

// In bytes; nothing longer is hashed or fits.
inline constexpr std::size_t max_password_size = 1024;

struct PasswordCost {
  unsigned argon2_memory_kib = 19 * 1024;
  unsigned argon2_passes = 2;
  unsigned scram_iterations = 4096;
};

// What is stored for a password.
struct StoredPassword {
  std::string user_password;  // "{ARGON2}$argon2id$..."
  std::string auth_password;  // "SCRAM-SHA-256$4096:salt$StoredKey:ServerKey"
};

// Hashes the password, prepared by SASLprep (RFC 4013) when it is text. Takes tens of milliseconds and
// cost.argon2_memory_kib; not more of them run at once than there are processors. Throws protocol::Refusal:
// constraintViolation for an empty password or one over max_password_size, busy when there is no memory.
StoredPassword hash_password(const Secret& password, const PasswordCost& cost);

// Returns a further authPassword value, for DIGEST-MD5 (RFC 2831): "DIGEST-MD5$user:realm$secret", each in base64. It
// serves this SASL user name and realm only, and is as good as the password there: make it only when configured to.
std::string digest_md5_secret(std::string_view user, std::string_view realm, const Secret& password);

// Whether a userPassword value begins with the "{SCHEME}" of a hash that servers keep; everything else is cleartext, to
// be hashed. Also for schemes that never fit here: who steals such a value must not be able to log in with it.
bool is_hashed(std::string_view user_password);

// Whether the password fits the stored value: {ARGON2}, {SSHA}, {SHA}, {SMD5}, {MD5}, {SSHA256}, {SHA256} and so with
// 384 and 512, {PBKDF2}, {PBKDF2-SHA1}, {PBKDF2-SHA256}, {PBKDF2-SHA512}, {CRYPT} (the forms of crypt(5) that begin
// with $1$, $2a$, $2b$, $2y$, $5$, $6$ or $y$), {SCRAM-SHA-256}. Unknown schemes, malformed values and costs far over
// what is usual never fit. Where the two differ does not show in the time it takes. Throws protocol::Refusal (busy)
// when there is no memory.
bool password_fits(const Secret& password, std::string_view stored);

// Returns a new password for Password Modify (RFC 3062): 20 characters of 62.
Secret generate_password();

}  // namespace replkit::refserver::auth
