#include "tests/refserver/auth/authenticator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/auth/core.hpp"
#include "tests/refserver/auth/cyrus.hpp"
#include "tests/refserver/auth/digest.hpp"
#include "tests/refserver/auth/external.hpp"
#include "tests/refserver/auth/scram.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::auth {

using protocol::ResultCode;

namespace {

constexpr std::string_view known_mechanisms[] = {"EXTERNAL", scram_name, "DIGEST-MD5", "PLAIN"};

void check(const AuthOptions& options) {
  for (const auto& mechanism : options.mechanisms) {
    if (std::find(std::begin(known_mechanisms), std::end(known_mechanisms), mechanism) == std::end(known_mechanisms)) {
      throw UsageError(fmt::format("SASL mechanism \"{}\": there are {}", printable(mechanism),
                                   "EXTERNAL, SCRAM-SHA-256, DIGEST-MD5 and PLAIN"));
    }
  }
  const auto& configured = options.mechanisms;
  if (options.realm.empty() && std::find(configured.begin(), configured.end(), "DIGEST-MD5") != configured.end()) {
    throw UsageError("DIGEST-MD5 needs a realm");
  }
  // What we make we must also be willing to verify.
  if (options.argon2_memory_kib < 8 || options.argon2_memory_kib > 256 * 1024 || options.argon2_passes < 1 ||
      options.argon2_passes > 1024 * 1024 / options.argon2_memory_kib) {
    throw UsageError("the cost of Argon2: from 8 KiB to 256 MiB of memory, at most 1 GiB times passes");
  }
}

// Answers what may not be done over the connection it was made for.
class RefusedExchange : public SaslExchange {
 public:
  explicit RefusedExchange(BindOutcome outcome) : outcome_(std::move(outcome)) {}
  BindOutcome step(const std::optional<Secret>& /*credentials*/) override { return outcome_; }

 private:
  const BindOutcome outcome_;
};

}  // namespace

BindOutcome refused(ResultCode code, std::string diagnostic) {
  return {.result = {.code = code, .matched_dn = {}, .diagnostic = std::move(diagnostic), .referrals = {}},
          .server_credentials = {},
          .caller = {}};
}

BindOutcome invalid_credentials() {
  return refused(ResultCode::invalid_credentials, "");
}

BindOutcome succeeded(access::Caller caller, const std::string& mechanism, const access::Security& security) {
  caller.mechanism = mechanism;
  caller.security = security;
  return {.result = {}, .server_credentials = {}, .caller = std::move(caller)};
}

std::optional<access::Caller> Core::authorize(const access::Caller& caller, const std::string& authzid,
                                              const std::string& mechanism) const {
  if (authzid.empty()) return caller;
  auto target = identities.authorization(authzid, mechanism);
  if (!target) return std::nullopt;
  if (target->key == caller.key) return caller;
  if (!may_act_as || !identities.exists(*target) || !may_act_as(caller, target->key)) return std::nullopt;
  return target;
}

Authenticator::Authenticator(AuthOptions options, const model::Schema& schema, std::unique_ptr<Secrets> secrets,
                             MayActAs may_act_as, PasswordCheck check_password) {
  check(options);
  const Secrets& lookup = *secrets;
  Identities identities(options.administrators, options.maps, schema, lookup);
  auto decoy_key = lookup.decoy_key();
  const PasswordCost cost{.argon2_memory_kib = options.argon2_memory_kib, .argon2_passes = options.argon2_passes};
  core_ = std::unique_ptr<const Core>(new Core{.options = std::move(options),
                                               .secrets = std::move(secrets),
                                               .identities = std::move(identities),
                                               .verifier = PasswordVerifier(cost, std::move(check_password)),
                                               .may_act_as = std::move(may_act_as),
                                               .decoy_key = std::move(decoy_key)});
  start_cyrus();
}

Authenticator::~Authenticator() = default;

BindOutcome Authenticator::simple(const std::string& dn, const Secret& password,
                                  const access::Security& security) const {
  auto caller = core_->identities.caller(dn);
  if (!caller) return refused(ResultCode::invalid_dn_syntax, "the name is not a DN");
  if (password.empty()) {
    if (caller->anonymous()) return succeeded(access::Caller(), "", security);
    // RFC 4513 5.1.2: clients that forget the password would take the success for an authentication.
    return refused(ResultCode::unwilling_to_perform, "a name without a password proves nothing");
  }
  if (core_->options.simple_needs_tls && !security.confidential() && !security.loopback) {
    return refused(ResultCode::confidentiality_required, "passwords are taken over TLS only");
  }
  try {
    const auto stored = caller->anonymous() ? std::vector<std::string>() : core_->identities.user_passwords(*caller);
    if (!core_->verifier.fits(password, stored)) return invalid_credentials();
  } catch (const protocol::Refusal& refusal) {
    return {.result = refusal.result(), .server_credentials = {}, .caller = {}};
  }
  return succeeded(std::move(*caller), "simple", security);
}

std::vector<std::string> Authenticator::mechanisms(const access::Security& security) const {
  std::vector<std::string> offered;
  for (const auto& mechanism : core_->options.mechanisms) {
    const bool possible = mechanism == "EXTERNAL" ? has_external_identity(security)
                          : mechanism == "PLAIN"  ? security.confidential() && cyrus_has(mechanism)
                                                  : cyrus_has(mechanism);
    if (possible) offered.push_back(mechanism);
    if (possible && mechanism == scram_name && !security.channel_bindings.empty())
      offered.emplace_back(scram_plus_name);
  }
  return offered;
}

std::unique_ptr<SaslExchange> Authenticator::begin(const std::string& mechanism,
                                                   const access::Security& security) const {
  const auto& configured = core_->options.mechanisms;
  const bool plus = equals_ignore_case(mechanism, scram_plus_name) && !security.channel_bindings.empty();
  const std::string_view wanted = plus ? scram_name : std::string_view(mechanism);
  const auto found = std::find_if(configured.begin(), configured.end(),
                                  [&](const std::string& each) { return equals_ignore_case(each, wanted); });
  if (found == configured.end()) return nullptr;
  if (*found == "EXTERNAL") return begin_external(*core_, security);
  if (!cyrus_has(*found)) return nullptr;
  if (*found == "PLAIN" && !security.confidential()) {
    return std::make_unique<RefusedExchange>(
        refused(ResultCode::confidentiality_required, "PLAIN is taken over TLS only"));
  }
  return begin_cyrus(*core_, plus ? std::string(scram_plus_name) : *found, security);
}

std::optional<access::Caller> Authenticator::authorization_identity(const std::string& authzid) const {
  auto caller = core_->identities.authorization(authzid, "");
  if (!caller || !core_->identities.exists(*caller)) return std::nullopt;
  return caller;
}

}  // namespace replkit::refserver::auth
