// Properties of DNs, over random ones (fixed seeds).
#include <gtest/gtest.h>

#include <random>

#include "common/model/dn.hpp"
#include "common/model/schema.hpp"

namespace replkit::model {
namespace {

using Random = std::mt19937;

template <typename Choices>
auto pick(Random& random, const Choices& choices) {
  return choices[random() % std::size(choices)];
}

const char* const types[] = {
    "cn", "CN",  "commonName", "2.5.4.3",      "OID.2.5.4.3", "uid", "dc",           "member",         "uidNumber",
    "o",  "xNo", "mail",       "uniqueMember", "jpegPhoto",   "x-y", "userPassword", "createTimestamp"};
// Mostly plain pieces, so that many DNs take the fast path.
const char* const pieces[] = {"a",    "B",      "Smith",  "x",      "0",   "7",    "-",    " ",  "a",   "John",
                              "q",    "=",      "'01'B",  ".",      "\\,", "\\+",  "\\\\", "#",  "\\#", "\\20",
                              "\\00", "\u00e9", "\u00c9", "\u00df", "  ",  "\\ff", "\\\"", "\\;"};

const char* const separators[] = {",", ", ", ";", "+", ","};

std::string random_dn(Random& random, std::size_t choices) {
  std::string text;
  for (auto rdns = random() % 5; rdns > 0; --rdns) {
    do {
      if (!text.empty() && text.back() != '+') text += choices > 14 ? pick(random, separators) : ",";
      text += pick(random, types);
      text += '=';
      for (auto parts = random() % 5; parts > 0; --parts) text += pieces[random() % choices];
    } while (random() % 8 == 0);
  }
  return text;
}

TEST(DnProperties, FastPathGivesWhatTheSlowPathGives) {
  Random random(1);
  std::string fast;
  int taken = 0;
  for (int i = 0; i < 60'000; ++i) {
    const auto text = random_dn(random, 14);
    if (!normalize_plain_dn(text, Schema::standard(), fast)) continue;
    ++taken;
    ASSERT_EQ(fast, Dn::parse(text).normalized(Schema::standard())) << text;
  }
  EXPECT_GT(taken, 10'000);
}

TEST(DnProperties, NormalFormIsItsOwnNormalForm) {
  Random random(2);
  std::string once;
  std::string twice;
  int parsed = 0;
  for (int i = 0; i < 60'000; ++i) {
    const auto text = random_dn(random, std::size(pieces));
    if (!normalize_dn(text, Schema::standard(), once)) continue;
    ++parsed;
    ASSERT_TRUE(normalize_dn(once, Schema::standard(), twice)) << text << " -> " << once;
    ASSERT_EQ(once, twice) << text;
  }
  EXPECT_GT(parsed, 30'000);
}

TEST(DnProperties, TextReadsBackAsTheSame) {
  Random random(3);
  for (int i = 0; i < 30'000; ++i) {
    std::string value;
    for (auto length = random() % 6; length > 0; --length) value += static_cast<char>(random() % 256);
    const auto text = rdn_text({{"cn", value}});
    const auto again = Dn::parse(text);
    ASSERT_EQ(again.size(), 1U);
    ASSERT_EQ(again.rdns()[0].size(), 1U);
    ASSERT_EQ(again.rdns()[0][0].value, value);
    ASSERT_EQ(again.text(), text);
  }
}

TEST(DnProperties, ParentIsTheRest) {
  Random random(4);
  std::string normal;
  for (int i = 0; i < 20'000; ++i) {
    if (!normalize_dn(random_dn(random, std::size(pieces)), Schema::standard(), normal)) continue;
    const auto parent = Dn::parse(normal).parent().normalized(Schema::standard());
    ASSERT_EQ(parent_of(normal), parent) << normal;
    ASSERT_TRUE(is_at_or_below(normal, parent)) << normal;
  }
}

}  // namespace
}  // namespace replkit::model
