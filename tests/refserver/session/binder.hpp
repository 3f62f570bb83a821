// What a session asks to learn who its peer is: the seam between sessions and auth::Authenticator.
#pragma once

#include <memory>
#include <string>

#include "common/base/secret.hpp"
#include "tests/refserver/auth/authenticator.hpp"

namespace replkit::refserver::session {

// Called on the threads for binds, several at a time. As auth::Authenticator, whose functions of the same names these
// are.
class Binder {
 public:
  virtual ~Binder() = default;
  virtual auth::BindOutcome simple(const std::string& dn, const Secret& password, const access::Security& security) = 0;
  // Returns null when the mechanism is not offered.
  virtual std::unique_ptr<auth::SaslExchange> begin(const std::string& mechanism, const access::Security& security) = 0;
};

}  // namespace replkit::refserver::session
