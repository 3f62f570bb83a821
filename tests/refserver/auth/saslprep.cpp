#include "tests/refserver/auth/saslprep.hpp"

#include <stringprep.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/base/text.hpp"

namespace replkit::refserver::auth {

namespace {

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

Secret prepare_password(const Secret& password) {
  const std::string_view text = password.reveal();
  // U+FDFA, three bytes, becomes 33: nothing grows more.
  std::array<char, 16 * 1024> buffer{};
  if (is_printable_ascii(text) || !is_utf8(text) || text.find('\0') != text.npos || text.size() > buffer.size() / 12) {
    return password;
  }
  std::copy(text.begin(), text.end(), buffer.begin());
  // Code points that Unicode 3.2 did not know pass as they are, as in a query: RFC 5802 forbids them, but people have
  // them in passwords and clients send them.
  const int code = stringprep(buffer.data(), buffer.size(), Stringprep_profile_flags{}, stringprep_saslprep);
  const std::string_view prepared(buffer.data());
  Secret result = code == STRINGPREP_OK && !prepared.empty() ? Secret(prepared) : password;
  wipe_memory(buffer.data(), buffer.size());
  return result;
}

}  // namespace replkit::refserver::auth
