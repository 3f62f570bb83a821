#include "tests/refserver/auth/external.hpp"

#include <fmt/format.h>

#include <utility>

namespace replkit::refserver::auth {

namespace {

constexpr std::size_t max_authzid_size = 16 * 1024;

class External : public SaslExchange {
 public:
  External(const Core& core, access::Security security) : core_(core), security_(std::move(security)) {}

  BindOutcome step(const std::optional<Secret>& credentials) override {
    if (!has_external_identity(security_)) {
      return refused(protocol::ResultCode::inappropriate_authentication,
                     "EXTERNAL needs a client certificate that verified, or ldapi");
    }
    // RFC 4422: without an initial response the server asks for one, once.
    if (!credentials && !std::exchange(asked_, true)) {
      return {.result = {.code = protocol::ResultCode::sasl_bind_in_progress,
                         .matched_dn = {},
                         .diagnostic = {},
                         .referrals = {}},
              .server_credentials = "",
              .caller = {}};
    }
    const std::string authzid(credentials ? credentials->reveal() : std::string_view());
    if (authzid.size() > max_authzid_size) return invalid_credentials();
    const auto caller = core_.identities.subject(name());
    if (!caller || caller->anonymous()) return invalid_credentials();
    auto authorized = core_.authorize(*caller, authzid, "EXTERNAL");
    if (!authorized) {
      return refused(protocol::ResultCode::insufficient_access_rights, "not allowed to act as the named identity");
    }
    return succeeded(std::move(*authorized), "EXTERNAL", security_);
  }

 private:
  std::string name() const {
    if (!security_.certificate_subject.empty()) return security_.certificate_subject;
    return fmt::format("gidNumber={}+uidNumber={},cn=peercred,cn=external,cn=auth", *security_.peer_gid,
                       *security_.peer_uid);
  }

  const Core& core_;
  const access::Security security_;
  bool asked_ = false;
};

}  // namespace

bool has_external_identity(const access::Security& security) {
  return !security.certificate_subject.empty() || (security.peer_uid && security.peer_gid);
}

std::unique_ptr<SaslExchange> begin_external(const Core& core, const access::Security& security) {
  return std::make_unique<External>(core, security);
}

}  // namespace replkit::refserver::auth
