// Values and their syntaxes (RFC 4517 3.3; its examples are among these).
#include <gtest/gtest.h>

#include "tests/refserver/schema/syntax.hpp"

namespace replkit::refserver::schema {
namespace {

struct Case {
  const char* syntax;  // the end of the OID for those of RFC 4517
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

class SyntaxTest : public testing::TestWithParam<Case> {};

TEST_P(SyntaxTest, TellsGoodFromBad) {
  const std::string given = GetParam().syntax;
  const auto* syntax = find_syntax(given.find('.') == given.npos ? "1.3.6.1.4.1.1466.115.121.1." + given : given);
  ASSERT_NE(syntax, nullptr) << given;
  const auto valid = [&](const std::string& value) { return syntax->valid == nullptr || syntax->valid(value); };
  for (const auto& value : GetParam().good) EXPECT_TRUE(valid(value)) << syntax->description << ": " << value;
  for (const auto& value : GetParam().bad) EXPECT_FALSE(valid(value)) << syntax->description << ": " << value;
}

const std::string der_certificate = std::string("\x30\x82\x01\x00", 4) + std::string(256, 'x');

INSTANTIATE_TEST_SUITE_P(
    Rfc4517, SyntaxTest,
    testing::Values(
        Case{"3",
             {"( 2.5.18.1 NAME 'createTimestamp' EQUALITY generalizedTimeMatch SYNTAX 1.2 SINGLE-VALUE )"},
             {"", "2.5.18.1", "( )", "( 2.5.18.1", "( 2.5.18.1 ) x"}},
        Case{"6", {"'0101111101'B", "''B"}, {"", "0101", "'0102'B", "'01'", "'01'b", "'B", "01'B"}},
        Case{"7", {"TRUE", "FALSE"}, {"", "true", "1", "TRUE ", "YES"}},
        Case{"11", {"US", "AU", "x1"}, {"", "U", "USA", "\xC3\xA4", "a_"}},
        Case{"12",
             {"", "CN=Steve Kille,O=Isode Limited,C=GB", "OU=Sales+CN=J.  Smith,DC=example,DC=net", "1.3.6=#04024869",
              "CN=Before\\0dAfter,O=Test", "cn=a, o=b", "cn=\xC3\xA4", "x=y"},
             {"x", "cn", "=x", "cn=a,", ",cn=a", "cn=a,,o=b", "cn=\\x", "c n=a", "cn=a+", "-a=b", "cn=a,1=b"}},
        Case{"14", {"telephone $ videotex", "any", "g3fax$ia5", "MHS"}, {"", "fax", "telephone $", "telephone, any"}},
        Case{"15",
             {"This is a value of Directory String containing #!%#@.", "\xC3\xA4", " ", "\n"},
             {"", "\xE4", "a\xC3", "\xED\xA0\x80"}},
        Case{"16", {"( 2.5.6.4 DESC 'content rule for organization' NOT ( x121Address $ telexNumber ) )"}, {"", "()"}},
        Case{"17",
             {"( 2 DESC 'organization structure rule' FORM 2.5.15.3 )", "(1 FORM x SUP ( 1 2 ))"},
             {"", "( x FORM y )", "( 2 FORM", "2"}},
        Case{"21",
             {"person#(sn$EQ)#oneLevel", "person# (sn $EQ&( cn$EQ|l$SUBSTR)) # wholeSubtree",
              "2.5.6.6#?true#baseobject"},
             {"", "person#(sn)#oneLevel", "person#(sn$EQ#oneLevel", "person#sn$EQ", "person#sn$EQ#here",
              "#sn$EQ#oneLevel"}},
        Case{"22",
             {"+1 512 555 0100", "+1 512 555 0100$twoDimensional", "1$fineResolution$uncompressed"},
             {"", "$b4Length", "1$huge", "1$", "1_2"}},
        Case{"24",
             {"199412161032Z", "199412160532-0500", "20261121074549Z", "20261121074549.5Z", "2026112107,25Z"},
             {"", "199412161032", "19941316103200Z", "1994121610Zx", "20261121246060Z", "20261121074549.Z"}},
        Case{"25",
             {"person#sn$EQ", "sn$EQ", "(sn$EQ|!cn$APPROX)&l$GE", "?false"},
             {"", "sn", "sn$XX", "(sn$EQ", "sn$EQ)", "#sn$EQ", "sn$EQ&", std::string(1000, '(') + "sn$EQ"}},
        Case{"26", {"", "a@b.c", "\x01\x7F"}, {"\x80", "\xC3\xA4"}},
        Case{"27",
             {"1321", "0", "-1", "123456789012345678901234567890"},
             {"", "-", "-0", "007", "1.5", "+1", " 1", "x"}},
        Case{"28", {"\xFF\xD8\xFF\xE0rest", "\xFF\xD8\xFF\xE1rest"}, {"", "GIF89a", "\xFF\xD8"}},
        Case{"30", {"( 2.5.13.2 NAME 'caseIgnoreMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"}, {"", "x"}},
        Case{"31", {"( 2.5.13.16 APPLIES ( givenName $ surname ) )"}, {"( )"}},
        Case{"34",
             {"1.3.6.1.4.1.1466.0=#04024869,O=Test,C=GB#'0101'B", "cn=a", "cn=a#''B"},
             {"#'0101'B'", "x#'01'B", "cn=a,#'01'B"}},
        Case{"36", {"15 079 672 281", " ", "0"}, {"", "1-2", "a"}},
        Case{"37",
             {"( 2.5.6.2 NAME 'country' SUP top STRUCTURAL MUST c MAY ( searchGuide $ description ) )"},
             {"", "()"}},
        Case{"38", {"1.2.3.4", "cn", "a-b1"}, {"", "1", "1.", ".1", "1..2", "01.2", "a b", "-a", "1a"}},
        Case{"39", {"internet$a@b.c", "x400 $anything"}, {"", "internet", "$a", "inter*net$a"}},
        Case{"40", {"", std::string("\0\xFF", 2)}, {}},
        Case{"41",
             {"1234 Main St.$Anytown, CA 12345$USA", "\\241,000,000 Sweepstakes$PO Box 1000000$Anytown, CA 12345$USA",
              "a\\5Cb", "\xC3\xA4$b"},
             {"", "a$", "$a", "a$$b", "a\\b", "a\\", "\xE4$b"}},
        Case{"44", {"This is a PrintableString.", "'()+,-./:? ="}, {"", "a@b", "a_b", "a*", "\xC3\xA4"}},
        Case{"45", {"{}", "{ base \"ou=x\" }"}, {"", "{", "x"}},
        Case{"50", {"+1 512 315 0280", "+61 3 9896 7830"}, {"", "+1*512", "\xC3\xA4"}},
        Case{"51", {"T1$graphic:abc$misc:\\24", "T1"}, {"", "$graphic:a", "T1$x:y", "T1$graphic", "T1$page:\\00"}},
        Case{"52", {"12345$023$ABCDE"}, {"", "12345$023", "1$2$3$4", "1$$3"}},
        Case{"53",
             {"9412161032Z", "941216103259Z", "9412160532-0500", "9412161032"},
             {"", "941216", "9413161032Z", "9412161032X", "9412162532Z", "9412161032-05"}},
        Case{"54", {"( 1.3.6.1.4.1.1466.115.121.1.15 DESC 'Directory String' )"}, {"", "Directory String"}},
        Case{"58", {"Isode*", "*a", "a*b*c", "*a*", "a\\2A*"}, {"", "*", "a", "a**b", "a\\*b", "a\\00*"}},
        Case{"8",
             {der_certificate, std::string("\x30\x00", 2)},
             {"", "x", der_certificate + "x", "-----BEGIN CERTIFICATE-----", std::string("\x30\x80\x00\x00", 4),
              "\x30\x84\x01"}}));

INSTANTIATE_TEST_SUITE_P(
    Others, SyntaxTest,
    testing::Values(
        Case{"1.3.6.1.1.16.1",
             {"597ae2f6-16a6-1027-98f4-d28b5365dc14", "597AE2F6-16A6-1027-98F4-D28B5365DC14"},
             {"", "597ae2f616a6102798f4d28b5365dc14", "597ae2f6-16a6-1027-98f4-d28b5365dc1g"}},
        Case{"1.3.6.1.4.1.4203.666.11.2.1",
             {"20261121074549.164125Z#000000#001#000000", "20261121074549Z#000000#00#000000"},
             {"", "20261121074549Z", "20261121074549.164125Z#000000#001", "20261321074549Z#000000#001#000000",
              "20261121074549Z#00000g#001#000000", "20261121074549Z#000000##000000", "2026112107Z#000000#001#000000"}},
        Case{"2.25.181348535598521182392638709585471321732.1.1.1",
             {"19980810184431Z#000015#replica-1.a#000000"},
             {"19980810184431Z#000015#a b#000000"}},
        Case{"1.3.6.1.4.1.4203.1.1.2",
             {"SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy", "MD5 $ salt $ value", "X$$"},
             {"", "SCRAM-SHA-256", "md5$a$b", "MD5$a b$c", "MD5$a$b$c", "$a$b"}},
        Case{"1.3.6.1.1.1.0.0",
             {"(host,user,domain)", "(,,)", "(h, -, )"},
             {"", "host,user,domain", "(a,b)", "(a,b,c,d)", "(a*,b,c)"}},
        Case{
            "1.3.6.1.1.1.0.1", {"root=fs:/nfsroot/dev"}, {"", "root", "=fs:/x", "root=:/x", "root=fs:", "root:fs=x"}}));

TEST(Syntax, UnknownIsNull) {
  EXPECT_EQ(find_syntax("1.2.3"), nullptr);
  EXPECT_EQ(find_syntax(""), nullptr);
}

TEST(Syntax, EachIsThereOnce) {
  for (const auto& syntax : syntaxes()) EXPECT_EQ(find_syntax(syntax.oid), &syntax) << syntax.oid;
}

}  // namespace
}  // namespace replkit::refserver::schema
