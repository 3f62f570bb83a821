#include "common/ldup/csn.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "common/base/error.hpp"

namespace replkit::ldup {
namespace {

TEST(Csn, ReadsTheFormOfOpenLdap) {
  const auto csn = Csn::parse("20261121074549.164125Z#00000a#001#0000ff");
  EXPECT_EQ(format_utc(csn.time()), "2026-11-21T07:45:49.164125Z");
  EXPECT_EQ(csn.count(), 10U);
  EXPECT_EQ(csn.replica_id(), "001");
  EXPECT_EQ(csn.modification(), 255U);
  EXPECT_EQ(csn.text(), "20261121074549.164125Z#00000a#001#0000ff");
}

// infomod 7.1.1.
TEST(Csn, ReadsTheFormOfLdup) {
  const auto csn = Csn::parse("20261121074549Z#000015#Berlin-1.a_b#000020");
  EXPECT_EQ(format_utc(csn.time()), "2026-11-21T07:45:49Z");
  EXPECT_EQ(csn.count(), 15U);
  EXPECT_EQ(csn.replica_id(), "berlin-1.a_b");
  EXPECT_EQ(csn.modification(), 20U);
  EXPECT_EQ(csn.ldup_text(), "20261121074549Z#000015#berlin-1.a_b#000020");
  EXPECT_EQ(csn.text(), "20261121074549.000000Z#00000f#berlin-1.a_b#000014");
  EXPECT_EQ(Csn::parse(csn.text()), csn);
  EXPECT_EQ(Csn::parse("20261121074549Z#4294967295#" + std::string(64, 'x') + "#1").ldup_text(),
            "20261121074549Z#4294967295#" + std::string(64, 'x') + "#000001");
}

TEST(Csn, KeepsFractionsOfOpenLdapInEitherForm) {
  const auto csn = Csn::parse("20261121074549.164125Z#00000a#001#0000ff");
  EXPECT_EQ(csn.ldup_text(), csn.text());
  EXPECT_EQ(Csn::parse("20261121074549.000000Z#00000a#001#0000ff").ldup_text(), "20261121074549Z#000010#001#000255");
}

TEST(Csn, HasAFormForTheLeast) {
  EXPECT_EQ(Csn().ldup_text(), "00000101000000Z#000000##000000");
  EXPECT_EQ(Csn::parse("00000101000000Z#000000##000000"), Csn());
  EXPECT_THROW(Csn::parse("00000101000000Z#000001##000000"), ParseError);
  EXPECT_THROW(Csn::parse("00000101000000Z#000000##000000 "), ParseError);
}

TEST(Csn, WritesTheFormOfOpenLdap) {
  EXPECT_EQ(Csn::parse("20261121074549.5Z#A#Fff#1").text(), "20261121074549.500000Z#00000a#fff#000001");
  EXPECT_EQ(Csn::parse("20261121074549.000001Z#FFFFFFFF#0000ABCD#FFFFFFFF").text(),
            "20261121074549.000001Z#ffffffff#0000abcd#ffffffff");
  EXPECT_EQ(Csn::parse("19691231235959.999999Z#0#1#0").text(), "19691231235959.999999Z#000000#1#000000");
  EXPECT_EQ(Csn::parse("00000101000000Z#0#1#0").text(), "00000101000000.000000Z#000000#1#000000");
}

struct Malformed {
  const char* text;
  std::size_t offset;
  const char* problem;
};

class CsnMalformed : public testing::TestWithParam<Malformed> {};

TEST_P(CsnMalformed, IsRefusedWithItsPlace) {
  try {
    Csn::parse(GetParam().text);
    FAIL() << GetParam().text;
  } catch (const ParseError& error) {
    EXPECT_EQ(error.offset(), GetParam().offset) << GetParam().text;
    EXPECT_THAT(error.what(), testing::HasSubstr(GetParam().problem));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, CsnMalformed,
    testing::Values(Malformed{"", 0, "14 digits"}, Malformed{"2026112107454Z#000000#001#000000", 0, "14 digits"},
                    Malformed{"202611210745490Z#000000#001#000000", 0, "14 digits"},
                    Malformed{" 20261121074549Z#000000#001#000000", 0, "14 digits"},
                    Malformed{"20261321074549Z#000000#001#000000", 0, "no such date"},
                    Malformed{"20260230074549Z#000000#001#000000", 0, "no such date"},
                    Malformed{"20261121244549Z#000000#001#000000", 0, "no such date"},
                    Malformed{"20261121074549.Z#000000#001#000000", 15, "fraction"},
                    Malformed{"20261121074549.1234567Z#000000#001#000000", 15, "fraction"},
                    Malformed{"20261121074549,5Z#000000#001#000000", 14, "'Z'"},
                    Malformed{"20261121074549+0100#000000#001#000000", 14, "'Z'"},
                    Malformed{"20261121074549z#000000#001#000000", 14, "'Z'"},
                    Malformed{"20261121074549Z", 15, "change count"},
                    Malformed{"20261121074549Z##001#000000", 16, "10 decimal digits"},
                    Malformed{"20261121074549Z#4294967296#001#000000", 16, "change count"},
                    Malformed{"20261121074549Z#00000000001#001#000000", 16, "change count"},
                    Malformed{"20261121074549Z#00000a#001#000000", 21, "replica ID"},
                    Malformed{"20261121074549.0Z#123456789#001#000000", 18, "8 hexadecimal digits"},
                    Malformed{"20261121074549.0Z#g#001#000000", 18, "change count"},
                    Malformed{"20261121074549Z#000000", 22, "replica ID"},
                    Malformed{"20261121074549Z#000000##000000", 23, "1 to 64 characters"},
                    Malformed{"20261121074549Z#000000#0/1#000000", 24, "modification number"},
                    Malformed{"20261121074549Z#000000#b\xc3\xa4r#000000", 24, "modification number"},
                    Malformed{"20261121074549Z#000000#001", 26, "modification number"},
                    Malformed{"20261121074549Z#000000#001#", 27, "modification number"},
                    Malformed{"20261121074549Z#000000#001#-00001", 27, "modification number"},
                    Malformed{"20261121074549Z#000000#001#000000 ", 33, "nothing may follow"},
                    Malformed{"20261121074549Z#000000#001#000000#0", 33, "nothing may follow"}));

TEST(Csn, NamesHostileTextWithoutControlCharacters) {
  try {
    Csn::parse("\x1b[31m");
    FAIL();
  } catch (const ParseError& error) {
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("\x1b")));
  }
}

TEST(Csn, OrdersByTimeCountReplicaAndModification) {
  const std::vector<std::string> rising{
      "20261121074549.164125Z#000001#002#000001", "20261121074549.164125Z#000001#002#000002",
      "20261121074549.164125Z#000001#003#000000", "20261121074549.164125Z#000002#001#000000",
      "20261121074549.164126Z#000000#001#000000", "20261121074550Z#000000#001#000000",
      "20261121074550Z#000000#001.#000000",       "20261121074550Z#000000#002#000000",
      "20261121074550Z#000000#a#000000"};
  for (std::size_t i = 1; i < rising.size(); ++i) {
    EXPECT_LT(Csn::parse(rising[i - 1]), Csn::parse(rising[i])) << rising[i];
    EXPECT_GT(Csn::parse(rising[i]), Csn::parse(rising[i - 1])) << rising[i];
  }
}

// Returns a CSN in the form of OpenLDAP, its fields from a small range, so that many are equal or neighbours.
std::string random_text(std::mt19937& random) {
  const auto up_to = [&](unsigned n) { return std::uniform_int_distribution<unsigned>(0, n)(random); };
  char out[64];
  std::snprintf(out, sizeof out, "%04u%02u%02u%02u%02u%02u.%06uZ#%06x#%03x#%06x", 1969 + up_to(2), 1 + up_to(11),
                1 + up_to(27), up_to(23), up_to(59), up_to(59), up_to(1) * up_to(999999), up_to(2), up_to(2), up_to(2));
  return out;
}

TEST(Csn, OrdersAsItsTextDoesInFormsOfEqualWidth) {
  std::mt19937 random(20261121);
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) texts.push_back(random_text(random));
  for (int i = 0; i < 100; ++i) {
    auto near = texts[static_cast<std::size_t>(i)];
    near.back() = '7';
    texts.push_back(near);
  }
  for (const auto& a : texts) {
    ASSERT_EQ(Csn::parse(a).text(), a);
    for (const auto& b : texts) ASSERT_EQ(Csn::parse(a) <=> Csn::parse(b), a <=> b) << a << " " << b;
  }
}

}  // namespace
}  // namespace replkit::ldup
