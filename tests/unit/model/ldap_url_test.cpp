#include "common/model/ldap_url.hpp"

#include <gmock/gmock.h>

#include "common/base/error.hpp"

namespace replkit::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::size_t error_offset(std::string_view text) {
  try {
    LdapUrl::parse(text);
  } catch (const ParseError& error) {
    return error.offset();
  }
  ADD_FAILURE() << "accepted: " << text;
  return 0;
}

TEST(LdapUrl, Rfc4516Section4Examples) {
  auto url = LdapUrl::parse("ldap:///o=University%20of%20Michigan,c=US");
  EXPECT_EQ(url.host, "");
  EXPECT_EQ(url.dn, "o=University of Michigan,c=US");
  EXPECT_EQ(LdapUrl::parse("ldap://ldap1.example.net/o=University%20of%20Michigan,c=US").host, "ldap1.example.net");

  url = LdapUrl::parse("ldap://ldap1.example.net/o=University%20of%20Michigan,c=US?postalAddress");
  EXPECT_THAT(url.attributes, ElementsAre("postalAddress"));
  EXPECT_EQ(url.scope, "");

  url = LdapUrl::parse("ldap://ldap1.example.net:6666/o=University%20of%20Michigan,c=US??sub?(cn=Babs%20Jensen)");
  EXPECT_EQ(url.port, 6666U);
  EXPECT_THAT(url.attributes, IsEmpty());
  EXPECT_EQ(url.scope, "sub");
  EXPECT_EQ(url.filter, "(cn=Babs Jensen)");

  url = LdapUrl::parse("LDAP://ldap1.example.com/c=GB?objectClass?ONE");
  EXPECT_EQ(url.scheme, "ldap");
  EXPECT_EQ(url.scope, "ONE");

  EXPECT_EQ(LdapUrl::parse("ldap://ldap2.example.com/o=Question%3f,c=US?mail").dn, "o=Question?,c=US");
  EXPECT_EQ(LdapUrl::parse("ldap://ldap3.example.com/o=Babsco,c=US??"
                           "?(four-octet=%5c00%5c00%5c00%5c04)")
                .filter,
            R"((four-octet=\00\00\00\04))");
  EXPECT_EQ(LdapUrl::parse("ldap://ldap.example.com/o=An%20Example%5C2C%20Inc.,c=US").dn,
            R"(o=An Example\2C Inc.,c=US)");
  EXPECT_EQ(LdapUrl::parse("ldap://ldap.example.net").dn, "");
  EXPECT_EQ(LdapUrl::parse("ldap://ldap.example.net/").dn, "");
  EXPECT_EQ(LdapUrl::parse("ldap://ldap.example.net/?").dn, "");

  url = LdapUrl::parse("ldap:///??sub??e-bindname=cn=Manager%2cdc=example%2cdc=com");
  EXPECT_THAT(url.extensions, ElementsAre("e-bindname=cn=Manager,dc=example,dc=com"));
  EXPECT_THAT(LdapUrl::parse("ldap:///??sub?"
                             "?!e-bindname=x,y")
                  .extensions,
              ElementsAre("!e-bindname=x", "y"));
}

TEST(LdapUrl, ServersAndAddresses) {
  EXPECT_EQ(LdapUrl::parse("ldaps://Host:636/dc=x").server(), "ldaps://Host:636");
  EXPECT_EQ(LdapUrl::parse("ldap://host:/").server(), "ldap://host");
  const auto v6 = LdapUrl::parse("ldap://[2001:db8::7]:389/c=GB?objectClass?one");
  EXPECT_EQ(v6.host, "2001:db8::7");
  EXPECT_EQ(v6.port, 389U);
  EXPECT_EQ(v6.server(), "ldap://[2001:db8::7]:389");
  EXPECT_EQ(LdapUrl::parse("ldap://[::1]").server(), "ldap://[::1]");
  const auto zone = LdapUrl::parse("ldap://[fe80::1%25eth0]/");
  EXPECT_EQ(zone.host, "fe80::1%eth0");
  EXPECT_EQ(zone.server(), "ldap://[fe80::1%25eth0]");
  const auto socket = LdapUrl::parse("ldapi://%2Fvar%2frun%2Fldapi/dc=x");
  EXPECT_EQ(socket.host, "/var/run/ldapi");
  EXPECT_EQ(socket.dn, "dc=x");
  EXPECT_EQ(socket.server(), "ldapi://%2Fvar%2Frun%2Fldapi");
  EXPECT_EQ(LdapUrl::parse("ldapi://").server(), "ldapi://");
  EXPECT_EQ(LdapUrl::parse("ldapi:///").host, "");
}

TEST(LdapUrl, ErrorsNameTheByte) {
  EXPECT_EQ(error_offset("host"), 0U);
  EXPECT_EQ(error_offset("http://host"), 0U);
  EXPECT_EQ(error_offset("ldap://host:x/"), 12U);
  EXPECT_EQ(error_offset("ldap://host:0/"), 12U);
  EXPECT_EQ(error_offset("ldap://host:65536/"), 12U);
  EXPECT_EQ(error_offset("ldap://[::1/"), 7U);
  EXPECT_EQ(error_offset("ldap://[host]/"), 8U);
  EXPECT_EQ(error_offset("ldap://[::1]x/"), 12U);
  EXPECT_EQ(error_offset("ldap://a%3Ab/"), 7U);
  EXPECT_EQ(error_offset("ldap://::1/"), 8U);
  EXPECT_EQ(error_offset("ldap://h/dc=%zz"), 12U);
  EXPECT_EQ(error_offset("ldap://h/dc=%4"), 12U);
  EXPECT_EQ(error_offset("ldap://h/dc=a b"), 13U);
  EXPECT_EQ(error_offset("ldap://h/?a,,b"), 12U);
  EXPECT_EQ(error_offset("ldap://h/??all"), 11U);
  EXPECT_EQ(error_offset("ldap://h?x"), 8U);
  EXPECT_EQ(error_offset("ldap://h/????a?b"), 14U);
  EXPECT_THROW(LdapUrl::parse("ldap://" + std::string(70'000, 'a')), ParseError);
}

}  // namespace
}  // namespace replkit::model
