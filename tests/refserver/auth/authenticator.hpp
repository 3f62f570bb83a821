// Binds: who the peer is. Everything here may take tens of milliseconds (password hashing): never on a thread that
// serves connections.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/secret.hpp"
#include "common/model/schema.hpp"
#include "tests/refserver/access/caller.hpp"
#include "tests/refserver/auth/password_verifier.hpp"
#include "tests/refserver/auth/secrets.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::schema {
class Schema;
}
namespace replkit::refserver::store {
class Store;
}

namespace replkit::refserver::auth {

// One [[administrator]] table: an identity that works while the tree is still empty. There may be an entry of the same
// DN; its password is not looked at.
struct Administrator {
  std::string dn;
  // Hashed; a {SCRAM-SHA-256} one serves SCRAM too. Empty: no password, certificates or ldapi only.
  std::string password;
};

// One [[map]] table: what a SASL user name or a certificate's subject stands for. First match wins.
struct IdentityMap {
  // An ECMAScript regular expression that fits, whatever the case, the whole of "uid=NAME,cn=MECHANISM,cn=auth", of the
  // certificate's subject DN, of "gidNumber=G+uidNumber=U,cn=peercred,cn=external,cn=auth", or of "uid=NAME,cn=auth"
  // for "u:NAME" outside of SASL. NAME is escaped as in a DN. Names of more than 256 bytes, and DNs of more than 1024,
  // fit nothing.
  std::string pattern;
  std::string dn;  // with $1 ..
};

struct AuthOptions {
  std::vector<Administrator> administrators;
  std::vector<IdentityMap> maps;
  std::vector<std::string> mechanisms = {"EXTERNAL", "SCRAM-SHA-256", "PLAIN"};  // DIGEST-MD5 only when named
  std::string realm;             // of DIGEST-MD5, which needs one: it is part of the stored secrets
  bool simple_needs_tls = true;  // not on ldapi or loopback; RFC 4513 5.1.3
  unsigned argon2_memory_kib = 19 * 1024;
  unsigned argon2_passes = 2;
};

struct BindOutcome {
  protocol::Result result;                        // success, saslBindInProgress or a refusal
  std::optional<std::string> server_credentials;  // of SASL
  std::optional<access::Caller> caller;           // with success
};

// A SASL bind of one or more steps. One at a time per connection; on one thread at a time. It ends with the first
// outcome other than saslBindInProgress, or by being dropped, and must not outlive its Authenticator.
class SaslExchange {
 public:
  virtual ~SaslExchange() = default;
  // `credentials` as in the request: absent is not the same as empty (RFC 4513 5.2.1.2).
  virtual BindOutcome step(const std::optional<Secret>& credentials) = 0;
};

// Whether the caller, who has proved to be that, may act as the entry of this normalized DN instead (RFC 4513 5.2.1.8).
using MayActAs = std::function<bool(const access::Caller& caller, const std::string& target_key)>;

class Authenticator {
 public:
  // Without `may_act_as` nobody acts as anybody else. Throws UsageError naming what is wrong in the options.
  Authenticator(AuthOptions options, const schema::Schema& schema, store::Store& store, MayActAs may_act_as = {});
  // The same over secrets from elsewhere: for tests.
  Authenticator(AuthOptions options, const model::Schema& schema, std::unique_ptr<Secrets> secrets,
                MayActAs may_act_as = {}, PasswordCheck check = password_fits);
  ~Authenticator();

  // Simple bind (RFC 4513 5.1): anonymous, unauthenticated (refused: unwillingToPerform), name and password.
  // invalidCredentials says nothing about which of the two was wrong, and takes as long for unknown names.
  BindOutcome simple(const std::string& dn, const Secret& password, const access::Security& security) const;

  // Returns the mechanisms to offer over such a connection (supportedSASLMechanisms).
  std::vector<std::string> mechanisms(const access::Security& security) const;
  // Returns null when the mechanism is not one of the configured (authMethodNotSupported). One that is, but not over
  // such a connection, gives an exchange that is refused with the code that fits.
  std::unique_ptr<SaslExchange> begin(const std::string& mechanism, const access::Security& security) const;

  // Returns the identity that "dn:..." or "u:..." names (RFC 4513 5.2.1.8), anonymous for "" and "dn:"; nothing when
  // malformed or unknown. Mechanism, security and connection are left for the caller to fill in.
  std::optional<access::Caller> authorization_identity(const std::string& authzid) const;

 private:
  std::unique_ptr<const struct Core> core_;
};

}  // namespace replkit::refserver::auth
