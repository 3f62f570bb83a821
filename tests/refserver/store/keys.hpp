// Keys of any length within LMDB's limit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace replkit::refserver::store {

inline constexpr std::size_t max_key = 511;  // LMDB's
inline constexpr std::size_t digest_size = 32;
// What remains of the beginning of a key that is too long.
inline constexpr std::size_t kept_prefix = max_key - digest_size;

// Replaces the end of a key that is too long by the SHA-256 digest of the whole. Keys of just the limit are taken for
// too long as well, so that no key of its own can equal a shortened one.
void shorten_key(std::string& key);
inline bool is_shortened(std::string_view key) {
  return key.size() == max_key;
}

}  // namespace replkit::refserver::store
