// What the parts of an Authenticator share.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/base/secret.hpp"
#include "tests/refserver/auth/authenticator.hpp"
#include "tests/refserver/auth/identities.hpp"
#include "tests/refserver/auth/password_verifier.hpp"

namespace replkit::refserver::auth {

struct Core {
  AuthOptions options;
  std::unique_ptr<Secrets> secrets;
  Identities identities;
  PasswordVerifier verifier;
  MayActAs may_act_as;
  // Makes up the secrets of users that do not exist: the same for a name each time, so that they look real.
  Secret decoy_key;

  // Returns whom a bind that asks for `authzid` ends as: the authenticated caller itself, or who it may act as; nothing
  // when it may not.
  std::optional<access::Caller> authorize(const access::Caller& caller, const std::string& authzid,
                                          const std::string& mechanism) const;
};

BindOutcome refused(protocol::ResultCode code, std::string diagnostic);
// Whatever was wrong: the name, the password or the form of a message.
BindOutcome invalid_credentials();
BindOutcome succeeded(access::Caller caller, const std::string& mechanism, const access::Security& security);

}  // namespace replkit::refserver::auth
