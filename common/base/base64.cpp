#include "common/base/base64.hpp"

#include <openssl/evp.h>

#include <limits>

namespace replkit {

std::string base64_encode(std::string_view bytes) {
  std::string out;
  // EVP_EncodeBlock counts in int: encode in pieces whose length is a multiple of three.
  constexpr std::size_t piece = 3U << 20;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto part = bytes.substr(at, piece);
    const auto old = out.size();
    out.resize(old + (part.size() + 2) / 3 * 4 + 1);
    const int written =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + old),
                        reinterpret_cast<const unsigned char*>(part.data()), static_cast<int>(part.size()));
    out.resize(old + static_cast<std::size_t>(written));
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.empty()) return std::string();
  if (text.size() % 4 != 0 || text.size() > std::numeric_limits<int>::max()) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  // EVP_DecodeBlock trims white space and takes '=' anywhere: refuse both before it sees them.
  for (const char c : text.substr(0, text.size() - padding)) {
    const bool ok = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    if (!ok) return std::nullopt;
  }
  std::string out(text.size() / 4 * 3, '\0');
  const int written =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (written < 0) return std::nullopt;
  const auto length = static_cast<std::size_t>(written) - padding;
  for (std::size_t i = length; i < out.size(); ++i) {
    if (out[i] != '\0') return std::nullopt;
  }
  out.resize(length);
  return out;
}

}  // namespace replkit
