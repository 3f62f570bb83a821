// Remembers for some minutes that a password fitted a stored hash.
//
// A client that binds anew for each request (monitors and web applications do) would otherwise cost tens of
// milliseconds of all processors every time. What is kept is a keyed digest (HMAC-SHA-256 under a key made at start and
// kept nowhere else) of the stored hash and the password together: without the key it proves nothing about either, and
// with another stored hash it is another digest, so that a changed password ends it at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/secret.hpp"

namespace replkit::refserver::auth {

class VerificationCache {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::minutes life{5};  // from the verification, not from the last use
  static constexpr std::size_t capacity = 1024;   // when full, all are forgotten

  VerificationCache();

  // Safe to use from several threads.
  bool contains(std::string_view stored, const Secret& password, Time now) const;
  void add(std::string_view stored, const Secret& password, Time now);

 private:
  std::string digest_of(std::string_view stored, const Secret& password) const;

  const Secret key_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Time> ends_;
};

}  // namespace replkit::refserver::auth
