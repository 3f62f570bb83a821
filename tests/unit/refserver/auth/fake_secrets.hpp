// Entries with passwords, as tests need them.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/model/dn.hpp"
#include "common/model/schema.hpp"
#include "tests/refserver/auth/authenticator.hpp"
#include "tests/refserver/auth/password.hpp"

namespace replkit::refserver::auth {

class FakeSecrets : public Secrets {
 public:
  std::optional<StoredSecrets> find(const std::string& dn_key) const override {
    const auto found = entries_.find(dn_key);
    return found == entries_.end() ? std::nullopt : std::optional(found->second);
  }

  Secret decoy_key() const override { return Secret(std::string(32, 'k')); }

  FakeSecrets& with(StoredSecrets entry) {
    std::string key;
    model::normalize_dn(entry.dn, model::Schema::standard(), key);
    entries_[key] = std::move(entry);
    return *this;
  }

 private:
  std::unordered_map<std::string, StoredSecrets> entries_;
};

inline constexpr PasswordCost cheap{.argon2_memory_kib = 64, .argon2_passes = 1, .scram_iterations = 4096};

// A directory of: uid=alice (hashed here, "wonderland"), uid=bob (imported {SSHA}, "builder"), uid=carol (no password),
// uid=dave (both, and DIGEST-MD5 for dave and the realm "example.com", "davidson"), all under
// ou=people,dc=example,dc=com.
inline std::unique_ptr<FakeSecrets> people() {
  auto secrets = std::make_unique<FakeSecrets>();
  const auto alice = hash_password(Secret("wonderland"), cheap);
  const auto dave = hash_password(Secret("davidson"), cheap);
  secrets->with({"uid=Alice,ou=People,dc=example,dc=com", {alice.user_password}, {alice.auth_password}})
      .with({"uid=bob,ou=People,dc=example,dc=com", {"{SSHA}gr+6rLBMPSmDEYILhXhYZkotpiUOko/m"}, {}})
      .with({"uid=carol,ou=People,dc=example,dc=com", {}, {}})
      .with({"uid=dave,ou=People,dc=example,dc=com",
             {dave.user_password},
             {digest_md5_secret("dave", "elsewhere", Secret("davidson")),
              digest_md5_secret("dave", "example.com", Secret("davidson")), dave.auth_password}})
      .with({"cn=App,dc=example,dc=com", {}, {}});
  return secrets;
}

inline AuthOptions people_options() {
  AuthOptions options;
  options.administrators = {{"cn=admin", hash_password(Secret("administrator"), cheap).user_password},
                            {"cn=robot",
                             "{SCRAM-SHA-256}4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFz"
                             "pcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="},  // pencil
                            {"cn=nopassword", ""}};
  options.maps = {{"uid=robot,cn=[^,]*,cn=auth", "cn=robot"},
                  {"uid=([^,]*)(,cn=[^,]*)?,cn=auth", "uid=$1,ou=people,dc=example,dc=com"},
                  {"gidNumber=0\\+uidNumber=0,cn=peercred,cn=external,cn=auth", "cn=admin"},
                  {"CN=([a-z]*),O=Example", "cn=$1,dc=example,dc=com"}};
  options.mechanisms = {"EXTERNAL", "SCRAM-SHA-256", "DIGEST-MD5", "PLAIN"};
  options.realm = "example.com";
  options.argon2_memory_kib = cheap.argon2_memory_kib;
  options.argon2_passes = cheap.argon2_passes;
  return options;
}

inline access::Security over_tls() {
  access::Security security;
  security.tls = true;
  security.strength = 256;
  return security;
}

}  // namespace replkit::refserver::auth
