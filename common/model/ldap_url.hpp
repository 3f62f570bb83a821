// LDAP URLs (RFC 4516), with the schemes ldap, ldaps and ldapi.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::model {

struct LdapUrl {
  std::string scheme;  // lower case
  std::string host;    // decoded; without brackets for IPv6; the socket's path for ldapi
  std::optional<unsigned> port;
  std::string dn;
  std::vector<std::string> attributes;
  std::string scope;  // as written: base, one, sub, children; empty: not given
  std::string filter;
  std::vector<std::string> extensions;

  // Throws ParseError with the offset.
  static LdapUrl parse(std::string_view text);

  // Returns scheme://host:port with what a URL must escape escaped, and no trailing slash: what names a server.
  std::string server() const;
};

}  // namespace replkit::model
