#include "tests/refserver/auth/cyrus_exchange.hpp"

#include <sasl/prop.h>

#include <utility>

#include "tests/refserver/auth/cyrus.hpp"
#include "tests/refserver/auth/cyrus_callbacks.hpp"
#include "tests/refserver/auth/digest.hpp"
#include "tests/refserver/auth/digest_md5.hpp"
#include "tests/refserver/auth/scram.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::auth {

using protocol::ResultCode;

namespace {

constexpr std::size_t max_message_size = 16 * 1024;

void dispose(sasl_conn_t* connection) {
  sasl_dispose(&connection);
}

}  // namespace

CyrusExchange::CyrusExchange(const Core& core, std::string mechanism, access::Security security)
    : core_(core),
      mechanism_(std::move(mechanism)),
      plus_(mechanism_ == scram_plus_name),
      security_(std::move(security)),
      callbacks_(callbacks_of(*this)),
      connection_(nullptr, dispose) {}

// What the name of a user stands for does not depend on the channel binding.
std::string CyrusExchange::family() const {
  return plus_ ? std::string(scram_name) : mechanism_;
}

bool CyrusExchange::open() {
  const char* realm = core_.options.realm.empty() ? "localhost" : core_.options.realm.c_str();
  sasl_conn_t* made = nullptr;
  // Without a name of this machine Cyrus would ask the resolver for one. It announces DIGEST-MD5's realm.
  if (sasl_server_new("ldap", realm, nullptr, nullptr, nullptr, callbacks_.data(), SASL_SUCCESS_DATA, &made) !=
      SASL_OK) {
    return false;
  }
  connection_.reset(made);
  // No security layers of SASL's own: the strongest here is DIGEST-MD5's RC4, and the only mechanism in use that has
  // any. Confidentiality is TLS' business.
  sasl_security_properties_t properties{};
  properties.security_flags = SASL_SEC_NOANONYMOUS;
  return sasl_setprop(made, SASL_SEC_PROPS, &properties) == SASL_OK;
}

BindOutcome CyrusExchange::step(const std::optional<Secret>& credentials) {
  if (over_) return invalid_credentials();
  const std::string_view message = credentials ? credentials->reveal() : std::string_view("");
  if (message.size() > max_message_size || (mechanism_ == "DIGEST-MD5" && !is_digest_response(message))) {
    return outcome(SASL_BADPROT, {});
  }
  if (!connection_ && !open()) {
    failure_ = protocol::Result{.code = ResultCode::unavailable, .matched_dn = {}, .diagnostic = {}, .referrals = {}};
    return outcome(SASL_FAIL, {});
  }
  if (mechanism_.starts_with(scram_name) && !message.empty() && !std::exchange(said_, true) &&
      !bind_to_channel(message)) {
    return outcome(SASL_BADPROT, {});
  }
  const char* data = nullptr;
  unsigned size = 0;
  int code = SASL_OK;
  if (std::exchange(started_, true)) {
    code = sasl_server_step(connection_.get(), message.data(), static_cast<unsigned>(message.size()), &data, &size);
  } else {
    code = sasl_server_start(connection_.get(), mechanism_.c_str(), credentials ? message.data() : nullptr,
                             static_cast<unsigned>(message.size()), &data, &size);
  }
  return outcome(code, data ? std::string_view(data, size) : std::string_view());
}

bool CyrusExchange::bind_to_channel(std::string_view message) {
  const auto& bindings = security_.channel_bindings;
  // "y": the client could bind, but thinks that we cannot. We offered it, so somebody on the way took it out (RFC 5802
  // 6).
  if (!message.starts_with("p=")) return !plus_ && (!message.starts_with('y') || bindings.empty());
  // The client half of Cyrus calls the mechanism SCRAM-SHA-256 when it binds to the channel, too.
  const auto found = bindings.find(std::string(message.substr(2, message.find(',') - 2)));
  if (found == bindings.end()) return false;
  binding_.name = found->first.c_str();
  binding_.data = reinterpret_cast<const unsigned char*>(found->second.data());
  binding_.len = found->second.size();
  return sasl_setprop(connection_.get(), SASL_CHANNEL_BINDING, &binding_) == SASL_OK;
}

BindOutcome CyrusExchange::outcome(int code, std::string_view data) {
  if (code == SASL_CONTINUE) {
    auto challenge = refused(ResultCode::sasl_bind_in_progress, "");
    challenge.server_credentials = std::string(data);
    return challenge;
  }
  over_ = true;
  if (failure_) return {.result = *failure_, .server_credentials = {}, .caller = {}};
  if (unauthorized_) {
    return refused(ResultCode::insufficient_access_rights, "not allowed to act as the named identity");
  }
  if (code == SASL_NOMEM) return refused(ResultCode::busy, "not enough memory");
  if (code != SASL_OK || !authorized_) return invalid_credentials();
  auto success = succeeded(std::move(*authorized_), mechanism_, security_);
  if (!data.empty()) success.server_credentials = std::string(data);
  return success;
}

int CyrusExchange::take_name(std::string_view name, bool authentication, bool authorization) {
  if (authentication) {
    user_ = name;
    caller_ = core_.identities.user(name, family());
    if (!caller_ || caller_->anonymous()) return SASL_BADAUTH;
  }
  if (authorization) authzid_ = authentication ? std::string_view() : name;
  return SASL_OK;
}

int CyrusExchange::check_password(std::string_view password) {
  if (!caller_) return SASL_BADAUTH;
  return core_.verifier.fits(Secret(password), core_.identities.user_passwords(*caller_)) ? SASL_OK : SASL_BADAUTH;
}

int CyrusExchange::authorize() {
  if (!caller_) return SASL_BADAUTH;
  // Some clients send the user name itself as the identity they want.
  authorized_ = core_.authorize(*caller_, authzid_ == user_ ? "" : authzid_, family());
  unauthorized_ = !authorized_;
  return authorized_ ? SASL_OK : SASL_NOAUTHZ;
}

int CyrusExchange::give_secret(propctx* properties) const {
  if (!caller_) return SASL_BADAUTH;
  if (family() == scram_name) {
    const std::string secret = scram_secret_of_user();
    return prop_set(properties, "*authPassword", secret.data(), static_cast<int>(secret.size()));
  }
  if (mechanism_ == "DIGEST-MD5") {
    const std::string secret = digest_secret_of_user();
    return prop_set(properties, "*cmusaslsecretDIGEST-MD5", secret.data(), static_cast<int>(secret.size()));
  }
  return SASL_OK;
}

// For a user without a secret, existing or not, one that nobody knows the password of: the exchange goes its usual way
// and fails at its end.
std::string CyrusExchange::scram_secret_of_user() const {
  for (const auto& value : core_.identities.auth_passwords(*caller_)) {
    if (const auto secret = parse_scram(value)) return to_auth_password(*secret);
  }
  const auto decoy = [&](const char* purpose) { return hmac_sha256(core_.decoy_key.reveal(), purpose + caller_->key); };
  return to_auth_password({.iterations = PasswordCost().scram_iterations,
                           .salt = decoy("salt ").substr(0, 16),
                           .stored_key = decoy("stored key "),
                           .server_key = decoy("server key ")});
}

std::string CyrusExchange::digest_secret_of_user() const {
  for (const auto& value : core_.identities.auth_passwords(*caller_)) {
    if (auto secret = parse_digest_md5(value, user_, core_.options.realm)) return std::move(*secret);
  }
  return random_bytes(16);
}

void CyrusExchange::failed() noexcept {
  try {
    throw;
  } catch (const protocol::Refusal& refusal) {
    failure_ = refusal.result();
  } catch (...) {
    failure_ = protocol::Result{.code = ResultCode::other, .matched_dn = {}, .diagnostic = {}, .referrals = {}};
  }
}

std::unique_ptr<SaslExchange> begin_cyrus(const Core& core, const std::string& mechanism,
                                          const access::Security& security) {
  return std::make_unique<CyrusExchange>(core, mechanism, security);
}

}  // namespace replkit::refserver::auth
