#include "tests/refserver/auth/imported_hashes.hpp"

#include <crypt.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "common/base/base64.hpp"
#include "common/base/secret.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/auth/digest.hpp"
#include "tests/refserver/auth/hashing_slot.hpp"

namespace replkit::refserver::auth {

namespace {

constexpr std::uint64_t max_pbkdf2_iterations = 1'000'000;
constexpr std::uint64_t max_crypt_rounds = 500'000;
constexpr std::uint64_t max_bcrypt_cost = 14;  // the logarithm

std::optional<std::string> decode_unpadded(std::string_view text) {
  std::string padded(text);
  std::replace(padded.begin(), padded.end(), '.', '+');
  padded.append((4 - padded.size() % 4) % 4, '=');
  return base64_decode(padded);
}

// Whether computing crypt(5) with this setting takes no more than about a second and 256 MiB.
bool is_bearable_crypt(std::string_view setting) {
  const auto parts = split(setting, '$');  // "", id, parameters or salt, ...
  if (parts.size() < 4 || !parts[0].empty()) return false;
  const std::string_view id = parts[1];
  const std::string_view parameters = parts[2];
  if (id == "1") return true;
  if (id == "5" || id == "6") {
    constexpr std::string_view rounds = "rounds=";
    if (!parameters.starts_with(rounds)) return true;
    const auto number = parse_uint(parameters.substr(rounds.size()));
    return number && *number <= max_crypt_rounds;
  }
  if (id == "2a" || id == "2b" || id == "2y") {
    const auto cost = parse_uint(parameters);
    return cost && *cost <= max_bcrypt_cost;
  }
  if (id == "y") {
    // The parameters that crypt_gensalt(3) makes: 'j', then 2^(n+3) blocks (7: 1024, D: 65536), of 1 or 4 KiB.
    constexpr std::string_view blocks = "789ABCD";
    return parameters.size() == 3 && parameters[0] == 'j' && blocks.find(parameters[1]) != blocks.npos &&
           (parameters[2] == '5' || parameters[2] == 'T');
  }
  return false;
}

}  // namespace

bool digest_fits(const char* algorithm, std::string_view password, std::string_view stored) {
  const auto bytes = base64_decode(stored);
  if (!bytes) return false;
  const auto size = digest(algorithm, "").size();
  if (bytes->size() < size) return false;
  const std::string_view view = *bytes;
  return equal_in_constant_time(digest(algorithm, password, view.substr(size)), view.substr(0, size));
}

bool pbkdf2_fits(const char* algorithm, std::string_view password, std::string_view stored) {
  const auto parts = split(stored, '$');
  if (parts.size() != 3) return false;
  const auto iterations = parse_uint(parts[0]);
  const auto salt = decode_unpadded(parts[1]);
  const auto key = decode_unpadded(parts[2]);
  if (!iterations || *iterations == 0 || *iterations > max_pbkdf2_iterations || !salt || !key) return false;
  return equal_in_constant_time(pbkdf2(algorithm, password, *salt, static_cast<unsigned>(*iterations)), *key);
}

bool crypt_fits(std::string_view password, std::string_view stored) {
  const std::string setting(stored);
  // It stops at a NUL, so that what stands behind one would not count.
  if (password.find('\0') != password.npos || stored.find('\0') != stored.npos) return false;
  if (!is_bearable_crypt(setting)) return false;
  const Secret phrase(password);                     // a std::string inside, so that a NUL follows
  const auto data = std::make_unique<crypt_data>();  // 32 KiB
  const HashingSlot slot;
  const char* made = crypt_r(phrase.reveal().data(), setting.c_str(), data.get());
  const bool fits = made && equal_in_constant_time(made, setting);
  wipe_memory(data.get(), sizeof(crypt_data));
  return fits;
}

}  // namespace replkit::refserver::auth
