// Base64 (RFC 4648 section 4) by OpenSSL, strict.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace replkit {

// Returns the base64 form, padded, on one line.
std::string base64_encode(std::string_view bytes);

// Returns the bytes; nothing when `text` has any other character, wrong padding or bits set after the last byte.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace replkit
