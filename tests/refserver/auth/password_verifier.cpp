#include "tests/refserver/auth/password_verifier.hpp"

#include <algorithm>
#include <utility>

#include "tests/refserver/auth/argon2.hpp"
#include "tests/refserver/auth/digest.hpp"

namespace replkit::refserver::auth {

namespace {

constexpr std::size_t max_values = 8;
constexpr std::string_view argon2_scheme = "{ARGON2}";

}  // namespace

PasswordVerifier::PasswordVerifier(const PasswordCost& cost, PasswordCheck check)
    : check_(std::move(check)),
      dummy_(std::string(argon2_scheme) + argon2_hash(random_bytes(16), cost.argon2_memory_kib, cost.argon2_passes)) {}

bool PasswordVerifier::fits(const Secret& password, std::span<const std::string> stored) const {
  stored = stored.first(std::min(stored.size(), max_values));
  const auto now = std::chrono::steady_clock::now();
  const bool known = password.reveal().size() <= max_password_size &&
                     std::any_of(stored.begin(), stored.end(),
                                 [&](const std::string& value) { return cache_.contains(value, password, now); });
  if (known) return true;
  bool slow = false;
  for (const auto& value : stored) {
    if (check_(password, value)) {
      cache_.add(value, password, now);
      return true;
    }
    slow = slow || value.starts_with(argon2_scheme);
  }
  // Nothing here, or hashes that are quickly compared: the client must not see it.
  if (!slow) check_(password, dummy_);
  return false;
}

}  // namespace replkit::refserver::auth
