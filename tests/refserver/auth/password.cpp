#include "tests/refserver/auth/password.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "common/base/text.hpp"
#include "tests/refserver/auth/argon2.hpp"
#include "tests/refserver/auth/digest.hpp"
#include "tests/refserver/auth/imported_hashes.hpp"
#include "tests/refserver/auth/saslprep.hpp"
#include "tests/refserver/auth/scram.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::auth {

namespace {

constexpr std::size_t max_stored_size = 1024;

struct Scheme {
  std::string_view name;
  // Whether the password fits what stands behind "{name}"; null: known to be a hash, but not to us.
  bool (*fits)(std::string_view password, std::string_view stored);
};

template <const char* algorithm>
bool plain_digest(std::string_view password, std::string_view stored) {
  return digest_fits(algorithm, password, stored);
}
template <const char* algorithm>
bool key_derivation(std::string_view password, std::string_view stored) {
  return pbkdf2_fits(algorithm, password, stored);
}
constexpr char md5[] = "MD5";
constexpr char sha1[] = "SHA1";
constexpr char sha256[] = "SHA256";
constexpr char sha384[] = "SHA384";
constexpr char sha512[] = "SHA512";

bool scram(std::string_view password, std::string_view stored) {
  const auto secret = parse_scram("{SCRAM-SHA-256}" + std::string(stored));
  return secret && scram_fits(password, *secret);
}

constexpr Scheme schemes[] = {
    {"ARGON2", argon2_fits},
    {"SCRAM-SHA-256", scram},
    {"SSHA", plain_digest<sha1>},
    {"SHA", plain_digest<sha1>},
    {"SMD5", plain_digest<md5>},
    {"MD5", plain_digest<md5>},
    {"SSHA256", plain_digest<sha256>},
    {"SHA256", plain_digest<sha256>},
    {"SSHA384", plain_digest<sha384>},
    {"SHA384", plain_digest<sha384>},
    {"SSHA512", plain_digest<sha512>},
    {"SHA512", plain_digest<sha512>},
    {"PBKDF2", key_derivation<sha1>},
    {"PBKDF2-SHA1", key_derivation<sha1>},
    {"PBKDF2-SHA256", key_derivation<sha256>},
    {"PBKDF2-SHA512", key_derivation<sha512>},
    {"CRYPT", crypt_fits},
    // Of OpenLDAP's modules and 389 Directory Server. {SASL} and {KERBEROS} name another place to ask.
    {"APR1", nullptr},
    {"BCRYPT", nullptr},
    {"BSDMD5", nullptr},
    {"GOST_YESCRYPT", nullptr},
    {"KERBEROS", nullptr},
    {"LANMAN", nullptr},
    {"NS-MTA-MD5", nullptr},
    {"PBKDF2_SHA256", nullptr},
    {"SASL", nullptr},
    {"TOTP1", nullptr},
    {"TOTP256", nullptr},
    {"TOTP512", nullptr},
    {"UNIX", nullptr},
};

struct Split {
  const Scheme* scheme;
  std::string_view stored;
};

std::optional<Split> split_scheme(std::string_view value) {
  const auto end = value.find('}');
  if (!value.starts_with('{') || end == value.npos) return std::nullopt;
  const auto* found = std::find_if(std::begin(schemes), std::end(schemes), [&](const Scheme& scheme) {
    return equals_ignore_case(scheme.name, value.substr(1, end - 1));
  });
  if (found == std::end(schemes)) return std::nullopt;
  return Split{found, value.substr(end + 1)};
}

}  // namespace

StoredPassword hash_password(const Secret& password, const PasswordCost& cost) {
  if (password.empty()) throw protocol::Refusal(protocol::ResultCode::constraint_violation, "the password is empty");
  if (password.reveal().size() > max_password_size) {
    throw protocol::Refusal(protocol::ResultCode::constraint_violation, "the password is longer than 1024 bytes");
  }
  const Secret prepared = prepare_password(password);
  return {.user_password = "{ARGON2}" + argon2_hash(prepared.reveal(), cost.argon2_memory_kib, cost.argon2_passes),
          .auth_password = to_auth_password(scram_secret(prepared.reveal(), random_bytes(16), cost.scram_iterations))};
}

bool is_hashed(std::string_view user_password) {
  return split_scheme(user_password).has_value();
}

bool password_fits(const Secret& password, std::string_view stored) {
  if (password.reveal().size() > max_password_size || stored.size() > max_stored_size) return false;
  const auto split = split_scheme(stored);
  if (!split || !split->scheme->fits) return false;
  // Ours were made from the prepared form, imported ones as a rule from what was typed.
  const Secret prepared = prepare_password(password);
  if (split->scheme->fits(prepared.reveal(), split->stored)) return true;
  return prepared.reveal() != password.reveal() && split->scheme->fits(password.reveal(), split->stored);
}

Secret generate_password() {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t length = 20;
  std::string out;
  while (out.size() < length) {
    for (const char c : random_bytes(2 * length)) {
      // Six bits; those that are no letter are thrown away, so that all letters are as likely.
      const auto index = static_cast<std::size_t>(c & 0x3F);
      if (index < letters.size() && out.size() < length) out += letters[index];
    }
  }
  Secret password(out);
  wipe_memory(out.data(), out.size());
  return password;
}

}  // namespace replkit::refserver::auth
