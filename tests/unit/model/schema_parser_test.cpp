// Strict reading and writing of descriptions; the lenient way is tested with Schema.
#include "common/model/schema_parser.hpp"

#include <gtest/gtest.h>

#include "common/base/error.hpp"

namespace replkit::model {
namespace {

TEST(SchemaParser, ReadsAndWritesEverything) {
  const std::string type =
      "( 1.2.3 NAME ( 'one' 'uno' ) DESC 'it (is) $' OBSOLETE SUP name EQUALITY caseIgnoreMatch ORDERING "
      "caseIgnoreOrderingMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.2.4{64} SINGLE-VALUE COLLECTIVE "
      "NO-USER-MODIFICATION USAGE distributedOperation )";
  const auto read = parse_attribute_type(type, {.strict = true, .expand = {}});
  EXPECT_EQ(read.description, "it (is) $");
  EXPECT_EQ(read.ordering, "caseIgnoreOrderingMatch");
  EXPECT_EQ(read.substring, "caseIgnoreSubstringsMatch");
  EXPECT_EQ(read.bound, 64U);
  EXPECT_TRUE(read.obsolete && read.collective && read.operational);
  EXPECT_EQ(read.usage, AttributeUsage::distributed_operation);
  EXPECT_EQ(format_attribute_type(read), type);
  EXPECT_EQ(format_attribute_type(parse_attribute_type("(1.2.3 SUP name)")), "( 1.2.3 SUP name )");

  const std::string object_class =
      "( 1.2.3 NAME 'c' DESC 'd' OBSOLETE SUP ( a $ b ) AUXILIARY MUST cn MAY ( sn $ l ) )";
  EXPECT_EQ(format_object_class(parse_object_class(object_class, {.strict = true, .expand = {}})), object_class);
  EXPECT_EQ(format_object_class(parse_object_class("( 1.2.3 )")), "( 1.2.3 STRUCTURAL )");
}

TEST(SchemaParser, Macros) {
  const DescriptionReading reading{.strict = true, .expand = [](std::string_view text) {
                                     return text == "m:1" ? std::string("1.2.3") : std::string(text);
                                   }};
  const auto type = parse_attribute_type("( m:1 NAME 'm' EQUALITY m:1 SYNTAX m:1{9} )", reading);
  EXPECT_EQ(type.oid + type.equality + type.syntax, "1.2.31.2.31.2.3");
  EXPECT_EQ(type.bound, 9U);
  EXPECT_EQ(parse_object_class("( m:1 )", reading).oid, "1.2.3");
}

TEST(SchemaParser, StrictnessFindsMistakes) {
  for (const auto* text :
       {"( 1.2.3 SINGLE-VALUED )", "( 1.2.3 NAME 'a' NAME 'b' )", "( foo-oid )", "( 1.2.3 NAME 'a,b' )",
        "( 1.2.3 SYNTAX x )", "( 1.2.3 SYNTAX 1.2{ )", "( 1.2.3 USAGE x )", "( 1.2.3 DESC )"}) {
    EXPECT_THROW(parse_attribute_type(text, {.strict = true, .expand = {}}), ParseError) << text;
  }
  EXPECT_NO_THROW(parse_attribute_type("( 1.2.3 X-FOO ( 'a' 'b' ) x-bar 'c' )", {.strict = true, .expand = {}}));
  EXPECT_TRUE(parse_attribute_type("( foo-oid SINGLE-VALUED DESC SINGLE-VALUE )").single_value);
}

}  // namespace
}  // namespace replkit::model
