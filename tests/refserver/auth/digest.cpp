#include "tests/refserver/auth/digest.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <memory>

#include "common/base/error.hpp"
#include "tests/refserver/auth/hashing_slot.hpp"

namespace replkit::refserver::auth {

namespace {

unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void check(int code, const char* function) {
  if (code != 1) throw Error(ExitStatus::bug, fmt::format("OpenSSL's {} failed", function));
}

const EVP_MD* algorithm_of(const char* name) {
  const EVP_MD* found = EVP_get_digestbyname(name);
  check(found ? 1 : 0, name);
  return found;
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  check(RAND_bytes(bytes(out), static_cast<int>(count)), "RAND_bytes");
  return out;
}

std::string digest(const char* algorithm, std::string_view first, std::string_view second) {
  const EVP_MD* md = algorithm_of(algorithm);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(md)), '\0');
  check(context && EVP_DigestInit_ex(context.get(), md, nullptr) == 1 &&
            EVP_DigestUpdate(context.get(), first.data(), first.size()) == 1 &&
            EVP_DigestUpdate(context.get(), second.data(), second.size()) == 1 &&
            EVP_DigestFinal_ex(context.get(), bytes(out), nullptr) == 1,
        "EVP_Digest");
  return out;
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  std::string out(32, '\0');
  check(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(data), data.size(), bytes(out), nullptr) !=
            nullptr,
        "HMAC");
  return out;
}

std::string pbkdf2(const char* algorithm, std::string_view password, std::string_view salt, unsigned iterations) {
  const EVP_MD* md = algorithm_of(algorithm);
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(md)), '\0');
  const HashingSlot slot;
  check(
      PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes(salt), static_cast<int>(salt.size()),
                        static_cast<int>(iterations), md, static_cast<int>(out.size()), bytes(out)),
      "PKCS5_PBKDF2_HMAC");
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace replkit::refserver::auth
