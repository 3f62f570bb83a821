// Binds: who the peer is. Everything here may take tens of milliseconds (password hashing): never on a thread that
// serves connections.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/secret.hpp"
#include "tests/refserver/access/caller.hpp"
#include "tests/refserver/protocol/result.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::auth {

// One [[administrator]] table: an identity that works while the tree is still empty. There may be an entry of the same
// DN; its password is not looked at.
struct Administrator {
  std::string dn;
  std::string password;  // hashed ({ARGON2}, {SCRAM-SHA-256}); empty: no password, certificates or ldapi only
};

// One [[map]] table: what a SASL user name or a certificate's subject stands for. First match wins.
struct IdentityMap {
  std::string pattern;  // an ECMAScript regular expression over "uid=NAME,cn=MECHANISM,cn=auth", the certificate's
                        // subject DN, or "gidNumber=G+uidNumber=U,cn=peercred,cn=external,cn=auth"
  std::string dn;       // with $1 ..
};

struct AuthOptions {
  std::vector<Administrator> administrators;
  std::vector<IdentityMap> maps;
  std::vector<std::string> mechanisms = {"EXTERNAL", "SCRAM-SHA-256", "PLAIN"};  // DIGEST-MD5 only when named
  std::string realm;                                                             // of DIGEST-MD5
  bool simple_needs_tls = true;  // not on ldapi or loopback; RFC 4513 5.1.3
  unsigned argon2_memory_kib = 19 * 1024;
  unsigned argon2_passes = 2;
};

struct BindOutcome {
  protocol::Result result;                        // success, saslBindInProgress or a refusal
  std::optional<std::string> server_credentials;  // of SASL
  std::optional<access::Caller> caller;           // with success
};

// A SASL bind of one or more steps. One at a time per connection; on one thread at a time.
class SaslExchange {
 public:
  virtual ~SaslExchange() = default;
  virtual BindOutcome step(const std::optional<Secret>& credentials) = 0;
};

class Authenticator {
 public:
  Authenticator(AuthOptions options, const schema::Schema& schema, const store::Store& store);
  ~Authenticator();

  // Simple bind (RFC 4513 5.1): anonymous, unauthenticated (refused: unwillingToPerform), name and password.
  // invalidCredentials says nothing about which of the two was wrong, and takes as long for unknown names.
  BindOutcome simple(const std::string& dn, const Secret& password, const access::Security& security) const;

  // Returns the mechanisms to offer over such a connection (supportedSASLMechanisms).
  std::vector<std::string> mechanisms(const access::Security& security) const;
  // Returns null when the mechanism is not offered (authMethodNotSupported).
  std::unique_ptr<SaslExchange> begin(const std::string& mechanism, const access::Security& security) const;

  // Returns the identity that "dn:..." or "u:..." names (RFC 4513 5.2.1.8); nothing when malformed or unknown.
  std::optional<access::Caller> authorization_identity(const std::string& authzid) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace replkit::refserver::auth
