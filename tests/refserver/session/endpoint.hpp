// Where to listen, from the text of a URI.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace replkit::refserver::session {

struct Endpoint {
  enum class Kind : std::uint8_t { ldap, ldaps, ldapi };
  Kind kind = Kind::ldap;
  std::string host;  // without brackets; empty: all addresses
  std::uint16_t port = 0;
  std::string path;  // of ldapi

  // Throws UsageError.
  static Endpoint parse(std::string_view uri);
  // Returns the URI. An empty host stays empty.
  std::string uri() const;
};

}  // namespace replkit::refserver::session
