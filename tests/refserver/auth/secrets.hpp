// Where the secrets of entries come from: the store, or a test.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/secret.hpp"

namespace replkit::refserver::store {
class Store;
}

namespace replkit::refserver::auth {

struct StoredSecrets {
  std::string dn;                           // as written
  std::vector<std::string> user_passwords;  // userPassword (RFC 4519 2.41), hashed
  std::vector<std::string> auth_passwords;  // authPassword (RFC 3112)
};

// Used by several threads at once.
class Secrets {
 public:
  virtual ~Secrets() = default;
  // Returns what is kept of the entry with this normalized DN; nothing when there is no such entry.
  virtual std::optional<StoredSecrets> find(const std::string& dn_key) const = 0;
  // Returns 32 random bytes, the same as long as the secrets are kept: challenges for users that do not exist are made
  // of them, and would else be told from real ones when the server starts again.
  virtual Secret decoy_key() const = 0;
};

// Returns the secrets in the store, which must live as long.
std::unique_ptr<Secrets> stored_secrets(store::Store& store);

}  // namespace replkit::refserver::auth
