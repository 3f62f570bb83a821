#include <gmock/gmock.h>

#include "tests/refserver/access/policy.hpp"

namespace replkit::refserver::access {
namespace {

Rights named(const std::string& text) {
  Rights out;
  std::string word;
  for (const char c : text + ",") {
    if (c == ',') {
      const auto rights = rights_named(word);
      if (!rights) throw std::runtime_error("no right: " + word);
      out = out | *rights;
      word.clear();
    } else if (c != ' ') {
      word += c;
    }
  }
  return out;
}

TEST(Rights, WordsIncludeTheLesserOnes) {
  const auto read = named("read");
  EXPECT_TRUE(read.has(Right::read));
  EXPECT_TRUE(read.has(Right::search));
  EXPECT_TRUE(read.has(Right::compare));
  EXPECT_FALSE(read.has(Right::write));
  EXPECT_FALSE(named("search").has(Right::read));
  EXPECT_EQ(named("write"), Rights(Right::write));
  EXPECT_EQ(named("delete"), Rights(Right::remove));
  EXPECT_EQ(named("all"), Rights::all());
  EXPECT_EQ(rights_named("Read"), std::nullopt);
  EXPECT_EQ(rights_named("none"), std::nullopt);
}

TEST(Rights, EveryCombinationOfWordsReadsBack) {
  const auto words = right_words();
  for (unsigned bits = 1; bits < (1U << words.size()); ++bits) {
    Rights rights;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if ((bits >> i & 1U) != 0) rights = rights | *rights_named(words[i]);
    }
    ASSERT_EQ(named(rights_text(rights)), rights) << rights_text(rights);
  }
  EXPECT_EQ(rights_text(Rights()), "none");
  EXPECT_EQ(rights_text(Rights::all()), "all");
  EXPECT_EQ(rights_text(named("read,write")), "read, write");
}

TEST(Rights, Without) {
  EXPECT_EQ(named("read,write").without(named("search")), Rights(Right::read) | Right::write);
  EXPECT_TRUE(named("search").without(Rights::all()).empty());
}

}  // namespace
}  // namespace replkit::refserver::access
