#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>

#include "common/base/text.hpp"
#include "common/compare/secrets.hpp"
#include "tools/replcompare.hpp"

namespace replkit::tools {

std::string_view word_of(compare::DifferenceKind kind) {
  switch (kind) {
    case compare::DifferenceKind::missing:
      return "missing";
    case compare::DifferenceKind::renamed:
      return "renamed";
    case compare::DifferenceKind::changed:
      break;
  }
  return "changed";
}

std::string_view word_of(compare::Verdict verdict) {
  switch (verdict) {
    case compare::Verdict::in_flight:
      return "in_flight";
    case compare::Verdict::diverged:
      return "diverged";
    case compare::Verdict::unknown:
      break;
  }
  return "unknown";
}

std::string_view word_of(compare::WaitsFor waits_for) {
  switch (waits_for) {
    case compare::WaitsFor::change:
      return "change";
    case compare::WaitsFor::refresh:
      return "refresh";
    case compare::WaitsFor::settle:
      return "settle";
    case compare::WaitsFor::file:
      return "file";
    case compare::WaitsFor::nothing:
      break;
  }
  return "";
}

Redactor::Redactor(bool show_secrets) : show_secrets_(show_secrets), key_(32, '\0') {
  RAND_bytes(reinterpret_cast<unsigned char*>(key_.data()), static_cast<int>(key_.size()));
}

bool Redactor::hides(std::string_view attribute) const {
  return !show_secrets_ && compare::is_secret(attribute);
}

std::string Redactor::digest(std::string_view value) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), reinterpret_cast<const unsigned char*>(value.data()),
       value.size(), out.data(), &length);
  return to_hex({reinterpret_cast<const char*>(out.data()), 8});
}

}  // namespace replkit::tools
