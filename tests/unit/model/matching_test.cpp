#include "common/model/matching.hpp"

#include <gtest/gtest.h>

#include <random>

namespace replkit::model {
namespace {

using namespace std::string_literals;
using enum ValueKind;

std::string normal(ValueKind kind, std::string_view value) {
  std::string out = "old content";
  normalize_value(kind, value, Schema::standard(), out);
  return out;
}

std::string malformed(std::string_view value) {
  return "\0"s + std::string(value);
}

TEST(Matching, CaseAndSpaces) {
  EXPECT_EQ(normal(case_ignore, "  John   SMITH "), "john smith");
  EXPECT_EQ(normal(case_exact, "  John   SMITH "), "John SMITH");
  EXPECT_EQ(normal(octets, "  John   SMITH "), "  John   SMITH ");
  EXPECT_EQ(normal(case_ignore, ""), "");
  EXPECT_EQ(normal(case_ignore, "   "), "");
  EXPECT_EQ(normal(case_exact, "\u00c4  \u00a0B "), "\u00c4 B");
}

TEST(Matching, StringPreparation) {
  EXPECT_EQ(normal(case_ignore, "stra\u00dfe"), "strasse") << "B.2 folds to several";
  EXPECT_EQ(normal(case_ignore, "\u00c9A"), "\u00e9a");
  EXPECT_EQ(normal(case_exact, "e\u0301"), "\u00e9") << "NFKC composes";
  EXPECT_EQ(normal(case_exact, "\ufb01"), "fi") << "NFKC decomposes for compatibility";
  EXPECT_EQ(normal(case_exact, "so\u00adft\u200b"), "soft") << "mapped to nothing";
  EXPECT_EQ(normal(case_exact, "a\tb\nc\u0085d\u3000e"), "a b c d e") << "mapped to space";
  EXPECT_EQ(normal(case_exact,
                   "a\x01\x7f"
                   "b\0c"s),
            "abc")
      << "control characters go";
  EXPECT_EQ(normal(case_ignore, "\u0410\u0411"), "\u0430\u0431");
  EXPECT_EQ(normal(case_ignore, "\u212a"), "k") << "the Kelvin sign";
}

TEST(Matching, ProhibitedAndMalformed) {
  EXPECT_EQ(normal(case_ignore, "A\xff"), malformed("A\xff"));
  EXPECT_EQ(normal(case_ignore, "A\ue000"), malformed("A\ue000")) << "private use";
  EXPECT_EQ(normal(case_ignore, "A\ufffd"), malformed("A\ufffd"));
  EXPECT_EQ(normal(case_ignore, "A\U0001F600"), malformed("A\U0001F600")) << "not in Unicode 3.2";
  EXPECT_TRUE(is_malformed_form(case_ignore, normal(case_ignore, "A\xff")));
  EXPECT_FALSE(is_malformed_form(octets, normal(octets, "\0"s)));
  std::string marks = "a";
  for (int i = 0; i < 1001; ++i) marks += "\u0301";
  EXPECT_EQ(normal(case_ignore, marks), malformed(marks));
}

TEST(Matching, ASpaceWithACombiningMarkIsNoSpace) {
  EXPECT_EQ(normal(case_exact, "a  \u0301"), "a  \u0301");
  EXPECT_EQ(normal(case_exact, " \u0301a"), " \u0301a");
  EXPECT_EQ(normal(case_exact, "\u00b4"), " \u0301") << "the acute accent alone decomposes to one";
  EXPECT_EQ(normal(telephone, "1-\u0301-2"),
            "1-\u0301"
            "2");
}

TEST(Matching, NumbersAndPhones) {
  EXPECT_EQ(normal(numeric, " 12 34 "), "1234");
  EXPECT_EQ(normal(numeric, "12a"), malformed("12a"));
  EXPECT_EQ(normal(numeric, "12\u00a034"), "1234");
  EXPECT_EQ(normal(telephone, "+49 (0) 89-12 X"), "+49(0)8912x");
  EXPECT_EQ(normal(telephone, "1\u20102\u22123\uff0d4"), "1234");
  EXPECT_EQ(normal(integer, "007"), "7");
  EXPECT_EQ(normal(integer, "-0"), "0");
  EXPECT_EQ(normal(integer, "-010"), "-10");
  EXPECT_EQ(normal(integer, "123456789012345678901234567890"), "123456789012345678901234567890");
  for (const char* bad : {"", "-", "+1", " 1", "1 ", "0x1"}) EXPECT_EQ(normal(integer, bad), malformed(bad));
}

TEST(Matching, BooleanUuidOid) {
  EXPECT_EQ(normal(boolean, "true"), "TRUE");
  EXPECT_EQ(normal(boolean, "False"), "FALSE");
  EXPECT_EQ(normal(boolean, "yes"), malformed("yes"));
  EXPECT_EQ(normal(uuid, "597AE2F6-16A6-1027-98F4-D28B5365DC14"), "597ae2f6-16a6-1027-98f4-d28b5365dc14");
  EXPECT_EQ(normal(uuid, "597ae2f616a6102798f4d28b5365dc14"), malformed("597ae2f616a6102798f4d28b5365dc14"));
  EXPECT_EQ(normal(oid, "inetOrgPerson"), "inetorgperson");
  EXPECT_EQ(normal(oid, "2.5.6.6"), "person");
  EXPECT_EQ(normal(oid, "2.5.4.3"), "cn");
  EXPECT_EQ(normal(oid, "1.2.3.4"), "1.2.3.4");
  EXPECT_EQ(normal(oid, "a b"), malformed("a b"));
}

TEST(Matching, TimesAreInstants) {
  EXPECT_EQ(normal(generalized_time, "20261121074549Z"), "20261121074549Z");
  EXPECT_EQ(normal(generalized_time, "20261121084549+0100"), "20261121074549Z");
  EXPECT_EQ(normal(generalized_time, "202611210745Z"), "20261121074500Z");
  EXPECT_EQ(normal(generalized_time, "20261121074549.0Z"), "20261121074549Z");
  EXPECT_EQ(normal(generalized_time, "20261121074549,25Z"), "20261121074549.25Z");
  EXPECT_EQ(normal(generalized_time, "2026112107.5Z"), "20261121073000Z");
  EXPECT_EQ(normal(generalized_time, "20240229000000Z"), "20240229000000Z");
  for (const char* bad : {"", "20230229000000Z", "20261121074549", "20261121074549.1234567Z", "20261321074549Z"}) {
    EXPECT_EQ(normal(generalized_time, bad), malformed(bad));
  }
}

TEST(Matching, Names) {
  EXPECT_EQ(normal(dn, "CN=A , DC=B"), "cn=a,dc=b");
  EXPECT_EQ(normal(dn, "no dn"), malformed("no dn"));
  EXPECT_EQ(normal(dn, ""), "");
  EXPECT_EQ(normal(name_and_uid, "CN=A#'0101'B"), "cn=a#'0101'B");
  EXPECT_EQ(normal(name_and_uid, "CN=A#''B"), "cn=a#''B");
  EXPECT_EQ(normal(name_and_uid, "CN=A"), "cn=a");
  EXPECT_NE(normal(name_and_uid, "CN=A\\#'01'B"), normal(name_and_uid, "CN=A#'01'B"));
  EXPECT_EQ(normal(name_and_uid, "CN=A#'02'B"), "cn=a#'02'b") << "no bits: part of the name";
  EXPECT_EQ(normal(name_and_uid, "'B"), malformed("'B"));
}

// --- Properties ---

constexpr ValueKind kinds[] = {octets,  case_exact, case_ignore,  numeric,          telephone, integer,
                               boolean, dn,         name_and_uid, generalized_time, uuid,      oid};

std::string random_value(std::mt19937& random, bool ascii) {
  static const char* const pieces[] = {
      "a",      "B",    " ",  "  ",     "-",      "7",      "0",      "TRUE",   "20261121074549", "Z",
      "cn=x",   ",",    ".5", "(",      "\u00c9", "\u00df", "\u0301", "\u00a8", "\u3000",         "\ufb01",
      "\u0410", "\xff", "\t", "\u4e2d", "\u0130", "\u0345", "\u1e9b", "\u200b", "\u1100\u1161",   "\u00c5"};
  std::string value;
  for (auto parts = random() % 6; parts > 0; --parts) value += pieces[random() % (ascii ? 14 : std::size(pieces))];
  return value;
}

TEST(MatchingProperties, FastPathGivesWhatTheSlowPathGives) {
  std::mt19937 random(5);
  std::string slow;
  for (int i = 0; i < 100'000; ++i) {
    const auto kind = kinds[random() % std::size(kinds)];
    const auto value = random_value(random, i % 2 == 0);
    normalize_value_slowly(kind, value, Schema::standard(), slow);
    ASSERT_EQ(normal(kind, value), slow) << static_cast<int>(kind) << ": " << value;
  }
}

TEST(MatchingProperties, NormalFormIsItsOwnNormalForm) {
  std::mt19937 random(6);
  for (int i = 0; i < 100'000; ++i) {
    const auto kind = kinds[random() % std::size(kinds)];
    const auto once = normal(kind, random_value(random, i % 2 == 0));
    if (is_malformed_form(kind, once)) continue;
    ASSERT_EQ(normal(kind, once), once) << static_cast<int>(kind);
  }
}

// Long values go through NFKC in pieces: where they are cut must not matter.
TEST(MatchingProperties, LongValuesAreCutWhereItDoesNotMatter) {
  static const char* const pieces[] = {"a",      "\u0301", "\u0316", "e",      "\u1100", "\u1161", "\u11a8",
                                       "\u3133", "\u3131", "\u314f", "\u30ab", "\uff76", "\uff9e", "\uffa1",
                                       "\uffc2", "\uac00", "\u0386", "\u09c7", "\u09be", "\u1025", "\u102e",
                                       "\u0dd9", "\u0dcf", "\u0dca", "\u0db3", "\u0344", "\u1e9b"};
  std::mt19937 random(8);
  for (int i = 0; i < 5'000; ++i) {
    std::string value;
    for (auto parts = random() % 30; parts > 0; --parts) value += pieces[random() % std::size(pieces)];
    const std::string pad(240 + random() % 16, 'x');
    const auto alone = normal(case_exact, "x" + value);
    const auto padded = normal(case_exact, pad + value);
    ASSERT_EQ(is_malformed_form(case_exact, alone), is_malformed_form(case_exact, padded)) << value;
    if (!is_malformed_form(case_exact, alone)) {
      ASSERT_EQ(padded, pad.substr(1) + alone) << value;
    }
  }
}

// Every code point that is allowed keeps its normal form: catches a wrong short cut around NFKC.
TEST(MatchingProperties, EachLetterAloneAndBesideAnother) {
  for (char32_t c = 0x80; c < 0xFFFF; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const auto utf8 = std::string{static_cast<char>(c < 0x800 ? 0xC0 | c >> 6 : 0xE0 | c >> 12)} +
                      (c < 0x800 ? std::string{} : std::string{static_cast<char>(0x80 | (c >> 6 & 0x3F))}) +
                      static_cast<char>(0x80 | (c & 0x3F));
    for (const auto kind : {case_exact, case_ignore}) {
      // The ligature is not inert, so the second string goes through NFKC whole.
      const auto alone = normal(kind, "x" + utf8 + "x");
      const auto beside = normal(kind, "x" + utf8 + "x\ufb01");
      ASSERT_EQ(is_malformed_form(kind, alone) ? alone : normal(kind, alone), alone)
          << std::hex << static_cast<unsigned>(c);
      if (!is_malformed_form(kind, alone)) {
        ASSERT_EQ(alone + "fi", beside) << std::hex << static_cast<unsigned>(c);
      }
    }
  }
}

}  // namespace
}  // namespace replkit::model
