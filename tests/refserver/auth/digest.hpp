// What OpenSSL offers for passwords, in strings. All of these throw Error when OpenSSL fails.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace replkit::refserver::auth {

std::string random_bytes(std::size_t count);

// Returns the digest by its OpenSSL name ("SHA256").
std::string digest(const char* algorithm, std::string_view first, std::string_view second = {});

std::string hmac_sha256(std::string_view key, std::string_view data);

// Returns as many bytes as the digest has. Holds a HashingSlot.
std::string pbkdf2(const char* algorithm, std::string_view password, std::string_view salt, unsigned iterations);

// Whether the two are equal; of equal length, the time does not tell where they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace replkit::refserver::auth
