// What ldap.conf, ldaprc and the LDAP* variables say for everything that has no option: read by libldap itself.
#pragma once

#include <string>
#include <vector>

namespace replkit::ldap {

// Returns the URIs in force (URI), none when nothing is configured.
std::vector<std::string> default_uris();

// Returns the search base (BASE), "" when nothing is configured.
std::string default_base();

// Returns the bind DN of the variable LDAPBINDDN, "" without. libldap does not tell what ldaprc's BINDDN says.
std::string default_bind_dn();

// Returns the SASL mechanism (SASL_MECH), "" when nothing is configured.
std::string default_sasl_mechanism();

}  // namespace replkit::ldap
