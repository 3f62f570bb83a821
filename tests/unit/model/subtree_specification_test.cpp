#include "common/model/subtree_specification.hpp"

#include <gtest/gtest.h>

#include "common/base/error.hpp"

namespace replkit::model {
namespace {

std::string round_trip(std::string_view text) {
  return SubtreeSpecification::parse(text).text();
}

TEST(SubtreeSpecification, Empty) {
  for (const auto* text : {"{}", "{ }", " {   } "}) {
    const auto all = SubtreeSpecification::parse(text);
    EXPECT_TRUE(all.base.empty());
    EXPECT_EQ(all.minimum, 0U);
    EXPECT_FALSE(all.maximum);
    EXPECT_FALSE(all.filter);
    EXPECT_EQ(all.text(), "{ }");
  }
}

TEST(SubtreeSpecification, Whole) {
  const auto got = SubtreeSpecification::parse(
      "{ base \"ou=people,o=x\", specificExclusions { chopBefore:\"cn=a\", chopAfter: "
      "\"cn=b,ou=c\",chopBefore:\"cn=d\" },"
      "minimum 1, maximum 3, specificationFilter and:{ item:person, not:or:{ item:2.5.6.14 , item:dSA }, or:{} } }");
  EXPECT_EQ(got.base.text(), "ou=people,o=x");
  ASSERT_EQ(got.chop_before.size(), 2U);
  EXPECT_EQ(got.chop_before[1].text(), "cn=d");
  ASSERT_EQ(got.chop_after.size(), 1U);
  EXPECT_EQ(got.chop_after[0].text(), "cn=b,ou=c");
  EXPECT_EQ(got.minimum, 1U);
  EXPECT_EQ(got.maximum, 3U);
  ASSERT_TRUE(got.filter);
  EXPECT_EQ(got.filter->kind, Refinement::Kind::and_);
  ASSERT_EQ(got.filter->parts.size(), 3U);
  EXPECT_EQ(got.filter->parts[0].object_class, "person");
  EXPECT_EQ(got.filter->parts[1].parts.front().parts[1].object_class, "dSA");
  EXPECT_EQ(got.text(),
            "{ base \"ou=people,o=x\", specificExclusions { chopBefore:\"cn=a\", chopBefore:\"cn=d\", "
            "chopAfter:\"cn=b,ou=c\" }, minimum 1, maximum 3, specificationFilter and:{ item:person, not:or:{ "
            "item:2.5.6.14, item:dSA }, or:{ } } }");
  EXPECT_EQ(round_trip(got.text()), got.text());
}

TEST(SubtreeSpecification, QuotesInNames) {
  const auto got = SubtreeSpecification::parse("{ base \"cn=a\\\"\"b\" }");
  EXPECT_EQ(got.base.rdns().front().front().value, "a\"b");
  EXPECT_EQ(got.text(), "{ base \"cn=a\\\"\"b\" }");
  EXPECT_EQ(round_trip("{ base \"\", maximum 0 }"), "{ maximum 0 }");
}

TEST(SubtreeSpecification, Malformed) {
  std::string deep = "{ specificationFilter ";
  for (int i = 0; i < 10'000; ++i) deep += "not:";
  for (const auto& text : {std::string(),
                           std::string("{"),
                           std::string("}"),
                           std::string("{} x"),
                           std::string("{ x 1 }"),
                           std::string("{ base }"),
                           std::string("{ base \"x\" }"),
                           std::string("{ base \"cn=a }"),
                           std::string("{ base cn=a }"),
                           std::string("{ minimum -1 }"),
                           std::string("{ minimum 01 }"),
                           std::string("{ minimum x }"),
                           std::string("{ minimum 99999999999999999999 }"),
                           std::string("{ minimum 1 maximum 2 }"),
                           std::string("{ minimum 1, }"),
                           std::string("{ maximum 2, minimum 1 }"),
                           std::string("{ minimum 1, minimum 1 }"),
                           std::string("{ specificExclusions { chop:\"cn=a\" } }"),
                           std::string("{ specificExclusions chopBefore:\"cn=a\" }"),
                           std::string("{ specificationFilter item:a_,b }"),
                           std::string("{ specificationFilter item:1 }"),
                           std::string("{ specificationFilter xor:{} }"),
                           std::string("{ BASE \"cn=a\" }"),
                           std::string("{ minimum\n1 }"),
                           deep + "item:a }",
                           std::string(70'000, '{')}) {
    EXPECT_THROW(SubtreeSpecification::parse(text), ParseError) << text.substr(0, 100);
  }
}

TEST(SubtreeSpecification, ErrorsNameThePlace) {
  try {
    SubtreeSpecification::parse("{ base \"cn=a,b\" }");
    FAIL();
  } catch (const ParseError& error) {
    EXPECT_GT(error.offset(), 7U);
    EXPECT_LE(error.offset(), 15U);
  }
}

}  // namespace
}  // namespace replkit::model
