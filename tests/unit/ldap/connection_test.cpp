// What Connection::open() refuses before it sends anything.
#include "common/ldap/connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace replkit::ldap {
namespace {

using testing::HasSubstr;

TEST(ConnectionOptions, RefusesADnWithoutAPassword) {
  ConnectionOptions options;
  options.uri = "ldap://127.0.0.1:1";
  options.bind.method = BindMethod::simple;
  options.bind.dn = "cn=admin,dc=example,dc=com";
  const CancelToken cancel;
  try {
    Connection::open(options, cancel);
    FAIL() << "opened";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("password is empty"));
    EXPECT_THAT(error.what(), HasSubstr("cn=admin,dc=example,dc=com"));
  }
}

TEST(ConnectionOptions, RefusesWhatIsNotTheUriOfOneServer) {
  const CancelToken cancel;
  for (const char* uri : {"", "localhost", "http://localhost", "ldap://a ldap://b", "ldap://a:port", "ldap://[::1"}) {
    ConnectionOptions options;
    options.uri = uri;
    EXPECT_THROW(Connection::open(options, cancel), UsageError) << uri;
  }
}

TEST(ConnectionOptions, RefusesToOpenWhenTheRunIsOver) {
  ConnectionOptions options;
  options.uri = "ldap://127.0.0.1:1";
  CancelToken cancel;
  cancel.request();
  EXPECT_THROW(Connection::open(options, cancel), Cancelled);
}

}  // namespace
}  // namespace replkit::ldap
