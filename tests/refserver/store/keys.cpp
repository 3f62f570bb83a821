#include "tests/refserver/store/keys.hpp"

#include <openssl/evp.h>

#include "common/base/error.hpp"

namespace replkit::refserver::store {

void shorten_key(std::string& key) {
  if (key.size() < max_key) return;
  unsigned char digest[EVP_MAX_MD_SIZE];
  if (EVP_Digest(key.data(), key.size(), digest, nullptr, EVP_sha256(), nullptr) != 1) {
    throw LocalError("cannot compute a SHA-256 digest");
  }
  key.resize(kept_prefix);
  key.append(digest, digest + digest_size);
}

}  // namespace replkit::refserver::store
