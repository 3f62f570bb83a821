// What the tests of common/ldap against slapd share.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/ldap/connection.hpp"
#include "tests/support/slapd.hpp"

namespace replkit::ldap {

inline ConnectionOptions anonymous(const std::string& uri) {
  ConnectionOptions options;
  options.uri = uri;
  return options;
}

inline ConnectionOptions simple(const std::string& uri, std::string_view dn,
                                std::string_view password = support::password) {
  ConnectionOptions options = anonymous(uri);
  options.bind.method = BindMethod::simple;
  options.bind.dn = dn;
  options.bind.password = Secret(password);
  return options;
}

inline ConnectionOptions sasl(const std::string& uri, const std::string& mechanism, const std::string& user = {},
                              std::string_view password = support::password) {
  ConnectionOptions options = anonymous(uri);
  options.bind.method = BindMethod::sasl;
  options.bind.mechanism = mechanism;
  options.bind.authentication_id = user;
  options.bind.password = Secret(password);
  return options;
}

// Returns the error that opening gives; fails the test when it opens.
inline LdapError open_error(const ConnectionOptions& options) {
  const CancelToken cancel;
  try {
    Connection::open(options, cancel);
  } catch (const LdapError& error) {
    return error;
  }
  ADD_FAILURE() << "opened " << options.uri;
  return LdapError(ResultCode::success, "", "", "");
}

// Returns the suffix entry and `count` people, uid=u0 and on, each with `filler` bytes of description.
inline std::string people(const std::string& suffix, int count, std::size_t filler = 20) {
  std::string ldif =
      fmt::format("dn: {}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n", suffix);
  const std::string text(filler, 'x');
  for (int i = 0; i < count; ++i) {
    ldif += fmt::format(
        "dn: uid=u{0},{1}\nobjectClass: inetOrgPerson\nuid: u{0}\ncn: User {0}\nsn: N{0}\ndescription: {2}\n\n", i,
        suffix, text);
  }
  return ldif;
}

}  // namespace replkit::ldap
