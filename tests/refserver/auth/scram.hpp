// The secret a server keeps for SCRAM-SHA-256 (RFC 5802, 7677): it proves that a client knows the password without
// being of use to log in elsewhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace replkit::refserver::auth {

// The mechanism, and as it is called with channel binding.
inline constexpr std::string_view scram_name = "SCRAM-SHA-256";
inline constexpr std::string_view scram_plus_name = "SCRAM-SHA-256-PLUS";

struct ScramSecret {
  unsigned iterations = 0;
  std::string salt;
  std::string stored_key;
  std::string server_key;
};

// Returns the secret of a (prepared) password.
ScramSecret scram_secret(std::string_view password, std::string salt, unsigned iterations);

// Returns the authPassword value (RFC 5803): "SCRAM-SHA-256$4096:salt$StoredKey:ServerKey".
std::string to_auth_password(const ScramSecret& secret);

// Returns the secret of an authPassword value, or of a configured "{SCRAM-SHA-256}4096:salt$StoredKey:ServerKey";
// nothing when it is neither, malformed, or wants over a million iterations.
std::optional<ScramSecret> parse_scram(std::string_view value);

bool scram_fits(std::string_view password, const ScramSecret& secret);

}  // namespace replkit::refserver::auth
