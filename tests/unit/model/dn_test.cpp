#include "common/model/dn.hpp"

#include <gmock/gmock.h>

#include "common/base/error.hpp"
#include "common/model/schema.hpp"

namespace replkit::model {
namespace {

using namespace std::string_literals;

std::string normal(std::string_view text) {
  return Dn::parse(text).normalized(Schema::standard());
}
std::string value(std::string_view text) {
  return Dn::parse(text).rdns().at(0).at(0).value;
}

std::size_t error_offset(std::string_view text) {
  try {
    Dn::parse(text);
  } catch (const ParseError& error) {
    return error.offset();
  }
  ADD_FAILURE() << "accepted: " << text;
  return 0;
}

TEST(Dn, Rfc4514Section4Examples) {
  EXPECT_EQ(Dn::parse("UID=jsmith,DC=example,DC=net").size(), 3U);
  const auto multi = Dn::parse("OU=Sales+CN=J.  Smith,DC=example,DC=net");
  ASSERT_EQ(multi.rdns()[0].size(), 2U);
  EXPECT_EQ(multi.rdns()[0][1].value, "J.  Smith");
  EXPECT_EQ(value(R"(CN=James \"Jim\" Smith\, III,DC=example,DC=net)"), "James \"Jim\" Smith, III");
  EXPECT_EQ(value(R"(CN=Before\0dAfter,DC=example,DC=net)"), "Before\rAfter");
  const auto oid = Dn::parse("1.3.6.1.4.1.1466.0=#04024869");
  EXPECT_EQ(oid.rdns()[0][0].value, "Hi");
  EXPECT_FALSE(oid.rdns()[0][0].is_ber);
  EXPECT_EQ(value(R"(CN=Lu\C4\8Di\C4\87)"), "Lu\u010di\u0107");
}

TEST(Dn, TextGivesTheExamplesBack) {
  for (const std::string text : {"UID=jsmith,DC=example,DC=net", "OU=Sales+CN=J.  Smith,DC=example,DC=net",
                                 R"(CN=James \"Jim\" Smith\, III,DC=example,DC=net)", "CN=Lu\u010di\u0107", ""}) {
    EXPECT_EQ(Dn::parse(text).text(), text);
  }
}

TEST(Dn, EveryEscape) {
  EXPECT_EQ(value(R"(cn=\ \#\"\+\,\;\<\=\>\\\ )"), " #\"+,;<=>\\ ");
  EXPECT_EQ(Dn::parse(R"(cn=\ a\"\+\,\;\<\=\>\\\ )").text(), R"(cn=\ a\"\+\,\;\<=\>\\\ )");
  EXPECT_EQ(Dn::parse(R"(cn=\#a#)").text(), R"(cn=\#a#)");
  EXPECT_EQ(Dn::parse(R"(cn=\20)").text(), R"(cn=\ )");
  EXPECT_EQ(value(R"(cn=a\00b)"), "a\0b"s);
  EXPECT_EQ(Dn::parse(R"(cn=a\00b)").text(), R"(cn=a\00b)");
  EXPECT_EQ(Dn::parse(R"(cn=a\ff\41)").text(), R"(cn=a\ffA)");
}

TEST(Dn, WhatServersTakeBesidesTheRfc) {
  EXPECT_EQ(Dn::parse("  cn = a  b  ; dc = x  ").text(), "cn=a  b,dc=x");
  EXPECT_EQ(Dn::parse(R"(cn="a, \"b\" + c ",dc=x)").text(), R"(cn=a\, \"b\" \+ c\ ,dc=x)");
  EXPECT_EQ(Dn::parse("OID.2.5.4.3=x").text(), "2.5.4.3=x");
  EXPECT_EQ(Dn::parse("cn=").text(), "cn=");
}

TEST(Dn, BerValues) {
  EXPECT_EQ(value("cn=#0c03414243"), "ABC");
  EXPECT_EQ(value("cn=#04810141"), "A");
  const auto kept = Dn::parse("cn=#02010A");
  EXPECT_TRUE(kept.rdns()[0][0].is_ber);
  EXPECT_EQ(kept.text(), "cn=#02010a");
  EXPECT_EQ(normal("CN=#02010A"), "cn=#02010a");
  EXPECT_NE(normal("cn=#02010A"), normal("cn=\\#02010A"));
  EXPECT_TRUE(Dn::parse("cn=#0405").rdns()[0][0].is_ber) << "the length goes beyond the end";
  EXPECT_EQ(normal("cn=#0c03414243"), normal("cn=abc"));
}

TEST(Dn, ErrorsNameTheByte) {
  EXPECT_EQ(error_offset("cn=a,"), 5U);
  EXPECT_EQ(error_offset("cn=a,,dc=x"), 5U);
  EXPECT_EQ(error_offset("cn"), 2U);
  EXPECT_EQ(error_offset("=a"), 0U);
  EXPECT_EQ(error_offset("c n=a"), 2U);
  EXPECT_EQ(error_offset("cn=a\\"), 5U);
  EXPECT_EQ(error_offset("cn=a\\g"), 5U);
  EXPECT_EQ(error_offset("cn=a\\4"), 5U);
  EXPECT_EQ(error_offset("cn=\"a"), 3U);
  EXPECT_EQ(error_offset("cn=\"a\"b"), 6U);
  EXPECT_EQ(error_offset("cn=#4"), 4U);
  EXPECT_EQ(error_offset("cn=#04zz"), 6U);
  EXPECT_EQ(error_offset("cn=a<b"), 4U);
  EXPECT_EQ(error_offset("cn=a\"b"), 4U);
  EXPECT_EQ(error_offset("cn=a\0b"s), 4U);
  EXPECT_EQ(error_offset("2.5.04=a"), 0U);
  EXPECT_EQ(error_offset("dc=x+"), 5U);
}

TEST(Dn, Bounds) {
  std::string rdns = "a=1";
  for (int i = 1; i < 512; ++i) rdns += ",a=1";
  EXPECT_EQ(Dn::parse(rdns).size(), 512U);
  EXPECT_THROW(Dn::parse(rdns + ",a=1"), ParseError);
  EXPECT_NO_THROW(Dn::parse("cn=" + std::string(65533, 'x')));
  EXPECT_THROW(Dn::parse("cn=" + std::string(65534, 'x')), ParseError);
  std::string out;
  EXPECT_FALSE(normalize_dn(rdns + ",a=1", Schema::standard(), out));
  EXPECT_FALSE(normalize_dn("cn=" + std::string(65534, 'x'), Schema::standard(), out));
}

TEST(Dn, NormalFormFollowsTheSchema) {
  EXPECT_EQ(normal("commonName=  John   SMITH ,DC=Example"), "cn=john smith,dc=example");
  EXPECT_EQ(normal("2.5.4.3=x"), "cn=x");
  EXPECT_EQ(normal("oid.2.5.4.3=x"), "cn=x");
  EXPECT_EQ(normal("SN=b+CN=a"), normal("cn=A+surname=B"));
  EXPECT_EQ(normal("SN=b+CN=a"), "cn=a+sn=b");
  EXPECT_EQ(normal("uidNumber=007"), "uidnumber=7");
  EXPECT_EQ(normal("homeDirectory=/Home/A"), "homedirectory=/Home/A");
  EXPECT_EQ(normal("NoSuchType=AbC"), "nosuchtype=abc") << "unknown types ignore case";
  EXPECT_EQ(normal("jpegPhoto=AbC"), "jpegphoto=abc") << "so do types without an equality rule";
  EXPECT_EQ(normal("cn=STRASSE"), normal("cn=stra\u00dfe"));
  EXPECT_EQ(normal("cn=\\20 x\\20"), "cn=x");
  EXPECT_EQ(normal("cn="), "cn=");
}

TEST(Dn, MalformedValuesEqualOnlyThemselves) {
  EXPECT_EQ(normal("cn=a\\ffB"),
            "cn=#0403"
            "61ff42");
  EXPECT_NE(normal("cn=a\\ffB"), normal("cn=a\\ffb"));
  EXPECT_EQ(normal("cn=a\\ffB"), normal("cn=a\xff"
                                        "B"));
  EXPECT_EQ(normal("uidNumber=x1"), "uidnumber=#04027831");
}

TEST(Dn, DnsWithinDns) {
  EXPECT_EQ(normal("member=CN\\=A\\, DC\\=X"), "member=cn=a\\,dc=x");
  EXPECT_EQ(normal("uniqueMember=\"CN=A#'01'B\""), "uniquemember=cn=a#'01'B");
  std::string deep = "x";
  for (int i = 0; i < 5000; ++i) deep.insert(0, "member=");
  EXPECT_THAT(normal(deep), testing::HasSubstr("#04"));
}

TEST(NormalizeDn, TellsWhatIsNoDn) {
  std::string out = "old";
  EXPECT_FALSE(normalize_dn("Not A DN", Schema::standard(), out));
  EXPECT_EQ(out, "Not A DN");
  EXPECT_FALSE(normalize_dn(" ", Schema::standard(), out)) << "only nothing at all is the root DSE's";
  EXPECT_TRUE(normalize_dn("", Schema::standard(), out));
  EXPECT_EQ(out, "");
  EXPECT_TRUE(normalize_dn("UID=A B,DC=Example", Schema::standard(), out));
  EXPECT_EQ(out, "uid=a b,dc=example");
}

TEST(NormalizeDn, PlainDnsTakeTheFastPath) {
  std::string out;
  for (const char* plain : {"uid=a b,OU=People,dc=example,dc=com", "cn=", "mail=a@b.c,o=X", "unknown=Y", ""}) {
    EXPECT_TRUE(normalize_plain_dn(plain, Schema::standard(), out)) << plain;
  }
  for (const char* other : {"cn=a\\2cb", "cn=\"a\"", "cn=a+sn=b", "cn=#0401", "cn=\u00e9", "cn= a", "cn=a ", "cn=a  b",
                            "cn=a, o=b", "cn =a", "member=cn", "uidNumber=1", "2.5.4.3=x", "cn=a,", "cn"}) {
    EXPECT_FALSE(normalize_plain_dn(other, Schema::standard(), out)) << other;
  }
}

TEST(Dn, Ancestry) {
  EXPECT_EQ(Dn::parse("cn=a,dc=b,dc=c").parent().text(), "dc=b,dc=c");
  EXPECT_TRUE(Dn::parse("dc=c").parent().empty());
  EXPECT_TRUE(Dn().parent().empty());
  EXPECT_EQ(parent_of("cn=a\\,b,dc=c"), "dc=c");
  EXPECT_EQ(parent_of("cn=a\\\\,dc=c"), "dc=c");
  EXPECT_EQ(parent_of("dc=c"), "");
  EXPECT_EQ(parent_of("cn=a\\"), "");
  EXPECT_TRUE(is_at_or_below("cn=a,dc=b", "dc=b"));
  EXPECT_TRUE(is_at_or_below("dc=b", "dc=b"));
  EXPECT_TRUE(is_at_or_below("dc=b", ""));
  EXPECT_TRUE(is_at_or_below("cn=a\\\\,dc=b", "dc=b"));
  EXPECT_FALSE(is_at_or_below("cn=a\\,dc=b", "dc=b"));
  EXPECT_FALSE(is_at_or_below("cn=a,xdc=b", "dc=b"));
  EXPECT_FALSE(is_at_or_below("xdc=b", "dc=b"));
  EXPECT_FALSE(is_at_or_below("dc=b", "cn=a,dc=b"));
}

}  // namespace
}  // namespace replkit::model
