#include "tests/refserver/auth/verification_cache.hpp"

#include "tests/refserver/auth/digest.hpp"

namespace replkit::refserver::auth {

VerificationCache::VerificationCache() : key_(random_bytes(32)) {}

std::string VerificationCache::digest_of(std::string_view stored, const Secret& password) const {
  // Both parts have a fixed length, so that none can pass for another.
  std::string parts = hmac_sha256(key_.reveal(), stored) + hmac_sha256(key_.reveal(), password.reveal());
  std::string digest = hmac_sha256(key_.reveal(), parts);
  wipe_memory(parts.data(), parts.size());
  return digest;
}

bool VerificationCache::contains(std::string_view stored, const Secret& password, Time now) const {
  const std::string digest = digest_of(stored, password);
  const std::scoped_lock lock(mutex_);
  const auto found = ends_.find(digest);
  return found != ends_.end() && now < found->second;
}

void VerificationCache::add(std::string_view stored, const Secret& password, Time now) {
  std::string digest = digest_of(stored, password);
  const std::scoped_lock lock(mutex_);
  if (ends_.size() >= capacity) ends_.clear();
  ends_.insert_or_assign(std::move(digest), now + life);
}

}  // namespace replkit::refserver::auth
