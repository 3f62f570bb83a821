#include "common/ldap/defaults.hpp"

#include <ldap.h>

#include <cstdlib>
#include <memory>

#include "common/base/text.hpp"

namespace replkit::ldap {

namespace {

std::string global_option(int option) {
  char* text = nullptr;
  if (ldap_get_option(nullptr, option, &text) != LDAP_OPT_SUCCESS || text == nullptr) return {};
  const std::unique_ptr<char, decltype(&ldap_memfree)> owner(text, &ldap_memfree);
  return text;
}

}  // namespace

std::vector<std::string> default_uris() {
  std::vector<std::string> uris;
  const auto configured = global_option(LDAP_OPT_URI);
  for (const auto uri : split(configured, ' ')) {
    if (!uri.empty()) uris.emplace_back(uri);
  }
  // Without any configuration libldap says ldap://localhost: nobody asked for that server.
  if (uris.size() == 1 &&
      (uris[0] == "ldap://localhost" || uris[0] == "ldap://localhost:389" || uris[0] == "ldap://localhost:389/"))
    uris.clear();
  return uris;
}

std::string default_base() {
  return global_option(LDAP_OPT_DEFBASE);
}

std::string default_bind_dn() {
  if (std::getenv("LDAPNOINIT") != nullptr) return {};
  const char* dn = std::getenv("LDAPBINDDN");
  return dn == nullptr ? "" : dn;
}

std::string default_sasl_mechanism() {
  return global_option(LDAP_OPT_X_SASL_MECH);
}

}  // namespace replkit::ldap
