#include "common/base/secret.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace replkit {

void wipe_memory(void* data, std::size_t size) noexcept {
  OPENSSL_cleanse(data, size);
}

Secret::Secret(Secret&& other) noexcept : value_(other.value_) {
  other.wipe();  // a moved short string leaves its bytes behind
}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    value_ = other.value_;
    other.wipe();
  }
  return *this;
}

void Secret::wipe() noexcept {
  wipe_memory(value_.data(), value_.size());
  value_.clear();
}

}  // namespace replkit
