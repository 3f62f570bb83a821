// Compares passwords with what is stored, without telling by the time it takes whether there was anything stored.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/secret.hpp"
#include "tests/refserver/auth/password.hpp"
#include "tests/refserver/auth/verification_cache.hpp"

namespace replkit::refserver::auth {

using PasswordCheck = std::function<bool(const Secret& password, std::string_view stored)>;

class PasswordVerifier {
 public:
  // `check` is asked for each comparison: password_fits() but in tests.
  explicit PasswordVerifier(const PasswordCost& cost, PasswordCheck check = password_fits);

  // Whether the password fits one of the stored values, of which the first eight count. A failure always takes the time
  // of an Argon2 hash of our cost at least, also when there is nothing stored. Throws protocol::Refusal (busy).
  bool fits(const Secret& password, std::span<const std::string> stored) const;

 private:
  const PasswordCheck check_;
  const std::string dummy_;
  mutable VerificationCache cache_;
};

}  // namespace replkit::refserver::auth
