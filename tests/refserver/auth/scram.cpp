#include "tests/refserver/auth/scram.hpp"

#include <fmt/format.h>

#include <utility>

#include "common/base/base64.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/auth/digest.hpp"

namespace replkit::refserver::auth {

namespace {

constexpr std::string_view scheme = "SCRAM-SHA-256";
constexpr std::size_t key_size = 32;
constexpr std::size_t max_salt_size = 256;
constexpr unsigned max_iterations = 1'000'000;

// Returns the two sides of the first ':'.
std::optional<std::pair<std::string_view, std::string_view>> halves(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos) return std::nullopt;
  return std::pair{text.substr(0, colon), text.substr(colon + 1)};
}

// Takes the scheme off, with the spaces that RFC 3112 allows around '$'.
std::optional<std::string_view> without_scheme(std::string_view value) {
  value = trim(value);
  if (value.starts_with('{')) {
    const auto end = value.find('}');
    if (end == value.npos || !equals_ignore_case(value.substr(1, end - 1), scheme)) return std::nullopt;
    return value.substr(end + 1);
  }
  const auto end = value.find('$');
  if (end == value.npos || trim(value.substr(0, end)) != scheme) return std::nullopt;
  return value.substr(end + 1);
}

}  // namespace

ScramSecret scram_secret(std::string_view password, std::string salt, unsigned iterations) {
  const std::string salted = pbkdf2("SHA256", password, salt, iterations);
  return {.iterations = iterations,
          .salt = std::move(salt),
          .stored_key = digest("SHA256", hmac_sha256(salted, "Client Key")),
          .server_key = hmac_sha256(salted, "Server Key")};
}

std::string to_auth_password(const ScramSecret& secret) {
  return fmt::format("{}${}:{}${}:{}", scheme, secret.iterations, base64_encode(secret.salt),
                     base64_encode(secret.stored_key), base64_encode(secret.server_key));
}

std::optional<ScramSecret> parse_scram(std::string_view value) {
  const auto rest = without_scheme(value);
  if (!rest) return std::nullopt;
  const auto parts = split(*rest, '$');
  if (parts.size() != 2) return std::nullopt;
  const auto info = halves(trim(parts[0]));
  const auto keys = halves(trim(parts[1]));
  if (!info || !keys) return std::nullopt;
  const auto iterations = parse_uint(info->first);
  auto salt = base64_decode(info->second);
  auto stored_key = base64_decode(keys->first);
  auto server_key = base64_decode(keys->second);
  if (!iterations || *iterations == 0 || *iterations > max_iterations) return std::nullopt;
  if (!salt || salt->empty() || salt->size() > max_salt_size) return std::nullopt;
  if (!stored_key || stored_key->size() != key_size) return std::nullopt;
  if (!server_key || server_key->size() != key_size) return std::nullopt;
  return ScramSecret{static_cast<unsigned>(*iterations), std::move(*salt), std::move(*stored_key),
                     std::move(*server_key)};
}

bool scram_fits(std::string_view password, const ScramSecret& secret) {
  return equal_in_constant_time(scram_secret(password, secret.salt, secret.iterations).stored_key, secret.stored_key);
}

}  // namespace replkit::refserver::auth
