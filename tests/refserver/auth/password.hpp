// Passwords at rest. Setting a cleartext one makes an Argon2id userPassword and a SCRAM-SHA-256 authPassword (RFC
// 5803); imported hashes serve simple binds and PLAIN only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/secret.hpp"

namespace replkit::refserver::auth {

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

// Takes tens of milliseconds and cost.argon2_memory_kib; not more of them run at once than there are processors.
StoredPassword hash_password(const Secret& password, const PasswordCost& cost);

// Whether a userPassword value is one of the hashes we know ("{SCHEME}..."); everything else is cleartext, to be
// hashed.
bool is_hashed(std::string_view user_password);

// Whether the password fits the stored value: {ARGON2}, {SSHA}, {SHA}, {SSHA256}, {SSHA512}, {PBKDF2-SHA256} ({CRYPT}
// as crypt(3) has it), {SCRAM-SHA-256}. Unknown schemes never fit. Takes the same time wherever the two differ.
bool password_fits(const Secret& password, std::string_view stored);

// Returns a new password for Password Modify (RFC 3062): 20 characters of 62.
Secret generate_password();

}  // namespace replkit::refserver::auth
