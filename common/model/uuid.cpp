#include "common/model/uuid.hpp"

#include <openssl/evp.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"

namespace replkit::model {

namespace {

constexpr bool is_hyphen(std::size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

// RFC 4122 4.1.1 and 4.1.3.
void mark(Uuid& uuid, std::uint8_t version) {
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0F) | (version << 4));
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
}

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid out;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_hyphen(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const auto digit = hex_digit(text[i]);
    if (!digit) return std::nullopt;
    auto& byte = out.bytes[digits++ / 2];
    byte = static_cast<std::uint8_t>((byte << 4) | *digit);
  }
  return out;
}

Uuid Uuid::random() {
  Uuid out;
  for (std::size_t have = 0; have < out.bytes.size();) {
    const auto n = ::getrandom(out.bytes.data() + have, out.bytes.size() - have, 0);
    if (n < 0 && errno != EINTR) throw LocalError("cannot get random bytes: " + last_error_text());
    if (n > 0) have += static_cast<std::size_t>(n);
  }
  mark(out, 4);
  return out;
}

Uuid Uuid::named(const Uuid& space, std::string_view name) {
  std::string bytes(space.bytes.begin(), space.bytes.end());
  bytes += name;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    throw LocalError("cannot compute a SHA-1 digest");
  }
  Uuid out;
  std::copy_n(digest.begin(), out.bytes.size(), out.bytes.begin());
  mark(out, 5);
  return out;
}

std::string Uuid::text() const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (const auto byte : bytes) {
    if (is_hyphen(out.size())) out += '-';
    out += digits[byte >> 4];
    out += digits[byte & 0x0F];
  }
  return out;
}

}  // namespace replkit::model
