#include "tests/refserver/auth/argon2.hpp"

#include <argon2.h>

#include <array>
#include <cstdint>
#include <optional>

#include "common/base/text.hpp"
#include "tests/refserver/auth/digest.hpp"
#include "tests/refserver/auth/hashing_slot.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::auth {

namespace {

constexpr std::uint64_t max_memory_kib = 256 * 1024;
constexpr std::uint64_t max_filled_kib = 1024 * 1024;
constexpr std::uint64_t max_lanes = 16;
constexpr std::size_t max_encoded_size = 512;

void check(int code) {
  if (code == ARGON2_OK) return;
  throw protocol::Refusal(protocol::ResultCode::busy, "not enough memory to hash a password");
}

struct Kind {
  std::string_view prefix;
  argon2_type type;
};
constexpr Kind kinds[] = {{"$argon2id$", Argon2_id}, {"$argon2i$", Argon2_i}, {"$argon2d$", Argon2_d}};

// Whether "m=4096,t=3,p=1" is a cost we are willing to pay.
bool is_bearable(std::string_view parameters) {
  const auto parts = split(parameters, ',');
  constexpr std::string_view names[] = {"m=", "t=", "p="};
  std::array<std::uint64_t, 3> values{};
  if (parts.size() != values.size()) return false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!parts[i].starts_with(names[i])) return false;
    const auto number = parse_uint(parts[i].substr(names[i].size()));
    if (!number) return false;
    values[i] = *number;
  }
  const auto [memory, passes, lanes] = values;
  return memory <= max_memory_kib && passes <= max_filled_kib && memory * passes <= max_filled_kib &&
         lanes <= max_lanes;
}

std::optional<argon2_type> bearable_kind(std::string_view encoded) {
  if (encoded.size() > max_encoded_size || encoded.find('\0') != encoded.npos) return std::nullopt;
  for (const auto& kind : kinds) {
    if (!encoded.starts_with(kind.prefix)) continue;
    auto parts = split(encoded.substr(kind.prefix.size()), '$');
    if (parts.size() == 4) parts.erase(parts.begin());  // the version, which the oldest do not have
    if (parts.size() == 3 && is_bearable(parts[0])) return kind.type;
  }
  return std::nullopt;
}

}  // namespace

std::string argon2_hash(std::string_view password, unsigned memory_kib, unsigned passes) {
  constexpr std::uint32_t lanes = 1;
  constexpr std::uint32_t hash_size = 32;
  const std::string salt = random_bytes(16);
  std::string encoded(
      argon2_encodedlen(passes, memory_kib, lanes, static_cast<std::uint32_t>(salt.size()), hash_size, Argon2_id),
      '\0');
  const HashingSlot slot;
  check(argon2id_hash_encoded(passes, memory_kib, lanes, password.data(), password.size(), salt.data(), salt.size(),
                              hash_size, encoded.data(), encoded.size()));
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool argon2_fits(std::string_view password, std::string_view encoded) {
  const auto kind = bearable_kind(encoded);
  if (!kind) return false;
  const HashingSlot slot;
  const int code = argon2_verify(std::string(encoded).c_str(), password.data(), password.size(), *kind);
  if (code == ARGON2_MEMORY_ALLOCATION_ERROR || code == ARGON2_THREAD_FAIL) check(code);
  return code == ARGON2_OK;
}

}  // namespace replkit::refserver::auth
