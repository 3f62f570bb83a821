#include "common/ldap/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/ldap/search.hpp"

namespace replkit::ldap {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StatusOf, SortsResultsIntoTheTable) {
  EXPECT_EQ(status_of(ResultCode::success), ExitStatus::done);
  for (const auto code : {ResultCode::server_down, ResultCode::connect_error}) {
    EXPECT_EQ(status_of(code), ExitStatus::connection);
  }
  for (const auto code : {ResultCode::invalid_credentials, ResultCode::insufficient_access,
                          ResultCode::confidentiality_required, ResultCode::stronger_auth_required,
                          ResultCode::auth_method_not_supported, ResultCode::inappropriate_authentication}) {
    EXPECT_EQ(status_of(code), ExitStatus::authentication);
  }
  for (const auto code : {ResultCode::size_limit_exceeded, ResultCode::time_limit_exceeded,
                          ResultCode::admin_limit_exceeded, ResultCode::referral, ResultCode::timeout}) {
    EXPECT_EQ(status_of(code), ExitStatus::undecided);
  }
  for (const auto code : {ResultCode::no_such_object, ResultCode::unwilling_to_perform, ResultCode::busy,
                          ResultCode::other, static_cast<ResultCode>(4711)}) {
    EXPECT_EQ(status_of(code), ExitStatus::refused);
  }
}

TEST(LdapError, NamesServerActionDiagnosticAndHint) {
  const LdapError error(ResultCode::confidentiality_required, "ldap://a", "bind as cn=x", "TLS first");
  EXPECT_STREQ(
      error.what(),
      "ldap://a: bind as cn=x: Confidentiality required (13): TLS first; use StartTLS (-ZZ), ldaps:// or ldapi://");
  EXPECT_EQ(error.server(), "ldap://a");
  EXPECT_EQ(error.diagnostic(), "TLS first");
}

TEST(LdapError, NamesTheMatchedDn) {
  const LdapError error(ResultCode::no_such_object, "ldap://a", "read ou=x,dc=b", "", "dc=b");
  EXPECT_STREQ(error.what(), "ldap://a: read ou=x,dc=b: No such object (32); the nearest entry that exists is dc=b");
}

TEST(LdapError, SaysTryAgainOnlyWhereTheServerSaysNothing) {
  EXPECT_THAT(LdapError(ResultCode::unavailable, "s", "a", "").what(), HasSubstr("try again later"));
  for (const auto code : {ResultCode::busy, ResultCode::unavailable}) {
    EXPECT_THAT(LdapError(code, "s", "a", "Invalid credentials").what(), Not(HasSubstr("try again later")));
  }
}

TEST(LdapError, KeepsOneLineWhateverTheServerSays) {
  const LdapError error(ResultCode::other, "ldap://a", "read", "one\ntwo\x1b[31m three\n");
  EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
  EXPECT_THAT(error.what(), Not(HasSubstr("\x1b")));
}

TEST(LdapError, TellsALostConnection) {
  EXPECT_TRUE(LdapError(ResultCode::server_down, "s", "a", "").connection_lost());
  EXPECT_FALSE(LdapError(ResultCode::timeout, "s", "a", "").connection_lost());
  EXPECT_FALSE(LdapError(ResultCode::busy, "s", "a", "").connection_lost());
}

TEST(ErrorOf, TellsReferralsFromRefusals) {
  SearchOutcome outcome;
  outcome.referral_count = 2;
  outcome.referrals = {"ldap://other/dc=x"};
  EXPECT_EQ(error_of(outcome, "s", "a").code(), ResultCode::referral);
  EXPECT_THAT(error_of(outcome, "s", "a").what(), HasSubstr("ldap://other/dc=x"));
  outcome.code = ResultCode::size_limit_exceeded;
  EXPECT_EQ(error_of(outcome, "s", "a").code(), ResultCode::size_limit_exceeded);
}

}  // namespace
}  // namespace replkit::ldap
