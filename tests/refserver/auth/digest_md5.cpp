#include "tests/refserver/auth/digest_md5.hpp"

#include <fmt/format.h>

#include <set>

#include "common/base/base64.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/auth/digest.hpp"
#include "tests/refserver/auth/password.hpp"
#include "tests/refserver/auth/saslprep.hpp"

namespace replkit::refserver::auth {

namespace {

constexpr std::string_view scheme = "DIGEST-MD5";
constexpr std::size_t secret_size = 16;

// RFC 2831 2.1.2.1: what ISO 8859-1 can hold is hashed in it.
std::string hashed_form(std::string_view utf8) {
  std::string latin1;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    if (lead < 0x80) {
      latin1 += utf8[i];
    } else if ((lead == 0xC2 || lead == 0xC3) && i + 1 < utf8.size()) {
      latin1 += static_cast<char>((lead & 0x03U) << 6U | (static_cast<unsigned char>(utf8[++i]) & 0x3FU));
    } else {
      return std::string(utf8);
    }
  }
  return latin1;
}

bool is_name(char c) {
  return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-';
}
bool is_in_token(char c) {
  return c > ' ' && c < 127 && c != ',' && c != '"';
}

// Takes what `accepted` accepts off the front.
std::string_view take(std::string_view& text, bool (*accepted)(char)) {
  std::size_t size = 0;
  while (size < text.size() && accepted(text[size])) ++size;
  const auto taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

bool take_quoted(std::string_view& text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

std::string info(std::string_view user, std::string_view realm) {
  return base64_encode(user) + ":" + base64_encode(realm);
}

}  // namespace

std::string digest_md5_secret(std::string_view user, std::string_view realm, const Secret& password) {
  const Secret prepared = prepare_password(password);
  std::string hashed = hashed_form(prepared.reveal());
  std::string text = fmt::format("{}:{}:{}", hashed_form(user), hashed_form(realm), hashed);
  const std::string secret = digest("MD5", text);
  wipe_memory(hashed.data(), hashed.size());
  wipe_memory(text.data(), text.size());
  return fmt::format("{}${}${}", scheme, info(user, realm), base64_encode(secret));
}

std::optional<std::string> parse_digest_md5(std::string_view auth_password, std::string_view user,
                                            std::string_view realm) {
  const auto parts = split(auth_password, '$');
  if (parts.size() != 3 || trim(parts[0]) != scheme || trim(parts[1]) != info(user, realm)) return std::nullopt;
  auto secret = base64_decode(trim(parts[2]));
  if (!secret || secret->size() != secret_size) return std::nullopt;
  return secret;
}

bool is_digest_response(std::string_view message) {
  std::set<std::string, IgnoreCaseLess> names;
  if (message.find('\0') != message.npos) return false;
  while (true) {
    take(message, [](char c) { return c == ',' || is_ascii_space(c); });
    if (message.empty()) return true;
    const auto name = take(message, is_name);
    take(message, is_ascii_space);
    if (name.empty() || !message.starts_with('=') || !names.emplace(name).second) return false;
    message.remove_prefix(1);
    take(message, is_ascii_space);
    if (!message.starts_with('"')) {
      take(message, is_in_token);
    } else if (!take_quoted(message)) {
      return false;
    }
    take(message, is_ascii_space);
    if (!message.empty() && message[0] != ',') return false;
  }
}

}  // namespace replkit::refserver::auth
