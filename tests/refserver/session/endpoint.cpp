#include "tests/refserver/session/endpoint.hpp"

#include <sys/un.h>

#include <limits>

#include "common/base/error.hpp"
#include "common/model/ldap_url.hpp"

namespace replkit::refserver::session {

namespace {

constexpr std::uint16_t ldap_port = 389;
constexpr std::uint16_t ldaps_port = 636;

// An LDAP URL knows no port 0.
bool take_port_zero(std::string_view& uri) {
  while (uri.ends_with('/') && !uri.ends_with("//")) uri.remove_suffix(1);
  if (!uri.ends_with(":0")) return false;
  uri.remove_suffix(2);
  return true;
}

model::LdapUrl parse_url(std::string_view uri) {
  try {
    return model::LdapUrl::parse(uri);
  } catch (const ParseError& error) {
    throw UsageError(std::string(uri) + ": " + error.what());
  }
}

}  // namespace

Endpoint Endpoint::parse(std::string_view uri) {
  auto shortened = uri;
  const bool any_port = take_port_zero(shortened);
  auto url = parse_url(shortened);
  if (any_port) url.port = 0;
  const auto refuse = [&](const char* why) { throw UsageError(std::string(uri) + ": " + why); };
  if (!url.dn.empty() || !url.attributes.empty() || !url.scope.empty() || !url.filter.empty() ||
      !url.extensions.empty()) {
    refuse("a listener has no DN, attributes, scope, filter or extensions");
  }
  Endpoint out;
  if (url.scheme == "ldapi") {
    out.kind = Kind::ldapi;
    out.path = std::move(url.host);
    if (out.path.empty() || out.path.front() != '/') refuse("the path of the socket must be absolute (ldapi://%2F...)");
    if (out.path.size() >= sizeof(sockaddr_un::sun_path)) refuse("the path of the socket is too long");
    return out;
  }
  out.kind = url.scheme == "ldaps" ? Kind::ldaps : Kind::ldap;
  if (url.host != "*") out.host = std::move(url.host);
  const auto port = url.port.value_or(out.kind == Kind::ldaps ? ldaps_port : ldap_port);
  if (port > std::numeric_limits<std::uint16_t>::max()) refuse("there is no such port");
  out.port = static_cast<std::uint16_t>(port);
  return out;
}

std::string Endpoint::uri() const {
  model::LdapUrl url;
  url.scheme = kind == Kind::ldapi ? "ldapi" : kind == Kind::ldaps ? "ldaps" : "ldap";
  url.host = kind == Kind::ldapi ? path : host;
  if (kind != Kind::ldapi) url.port = port;
  return url.server();
}

}  // namespace replkit::refserver::session
