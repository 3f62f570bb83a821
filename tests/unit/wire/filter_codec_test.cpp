#include "common/wire/filter_codec.hpp"

#include <gmock/gmock.h>

#include "common/model/schema.hpp"
#include "tests/unit/wire/testing.hpp"

namespace replkit::wire {
namespace {

using model::Filter;
using testing_::bytes;
using testing_::error_of;

Filter decoded(std::string_view encoded) {
  Reader reader(encoded, Rules::pdu);
  auto filter = decode_filter(reader);
  reader.expect_end();
  return filter;
}

std::string encoded(const Filter& filter) {
  std::string out;
  encode_filter(out, filter);
  return out;
}

TEST(FilterCodec, KeepsFiltersAsTheyAre) {
  for (const auto* text :
       {"(cn=*)", "(cn=a)", "(cn=)", "(cn>=a)", "(cn<=a)", "(cn~=a)", "(cn=a*)", "(cn=*a)", "(cn=*a*)", "(cn=a*b)",
        "(cn=a*b*c*d)", "(cn:=a)", "(cn:dn:=a)", "(cn:dn:2.5.13.2:=a)", "(:caseIgnoreMatch:=a)", "(&)", "(|)", "(!(&))",
        "(&(|(!(cn=a))(sn=*))(cn;lang-de=\\00\\ff))"}) {
    const auto filter = Filter::parse(text);
    EXPECT_EQ(decoded(encoded(filter)).text(), filter.text()) << text;
  }
}

TEST(FilterCodec, ReadsAbsoluteTrueAndFalse) {
  EXPECT_EQ(decoded(bytes("a000")).text(), "(&)");
  EXPECT_EQ(decoded(bytes("a100")).text(), "(|)");
}

TEST(FilterCodec, ReadsSubstringsInEveryForm) {
  EXPECT_EQ(decoded(bytes("a4 09 0402'cn' 30 03 8001'a'")).text(), "(cn=a*)");
  EXPECT_EQ(decoded(bytes("a4 09 0402'cn' 30 03 8101'a'")).text(), "(cn=*a*)");
  EXPECT_EQ(decoded(bytes("a4 09 0402'cn' 30 03 8201'a'")).text(), "(cn=*a)");
  EXPECT_EQ(decoded(bytes("a4 0c 0402'cn' 30 06 8101'a' 8101'b'")).text(), "(cn=*a*b*)");
}

TEST(FilterCodec, WantsSubstringsInOrder) {
  for (const auto* wrong :
       {"a4 06 0402'cn' 3000", "a4 0c 0402'cn' 30 06 8001'a' 8001'b'", "a4 0c 0402'cn' 30 06 8101'a' 8001'b'",
        "a4 0c 0402'cn' 30 06 8201'a' 8101'b'", "a4 0c 0402'cn' 30 06 8201'a' 8201'b'",
        "a4 0c 0402'cn' 30 06 8201'a' 8001'b'", "a4 09 0402'cn' 30 03 8301'a'"}) {
    const auto error = error_of([&] { decoded(bytes(wrong)); });
    EXPECT_EQ(error.action(), ProtocolError::Action::answer) << wrong;
    EXPECT_EQ(error.code(), ResultCode::protocol_error) << wrong;
  }
}

// RFC 4511 4.5.1.7: filtering that is not implemented, and assertion values that are invalid, are Undefined, which
// "not" does not change.
TEST(FilterCodec, MakesUndefinedOfWhatItDoesNotKnow) {
  const model::Entry entry{"cn=a", {{"cn", {"a", ""}}}};
  const auto& schema = model::Schema::standard();
  for (const auto* undefined :
       {"8a00", "aa 03 020101", "9f 2000", "bf 8f 01 00", "a4 08 0402'cn' 30 02 8000",
        "a4 0b 0402'cn' 30 05 8101'a' 8100", "a9 04 8100 8300", "a9 07 8100 8201'a' 8300", "a9 04 8200 8300"}) {
    const auto filter = decoded(bytes(undefined));
    EXPECT_FALSE(filter.matches(entry, schema)) << undefined;
    Filter negated;
    negated.kind = Filter::Kind::not_;
    negated.parts.push_back(filter);
    EXPECT_FALSE(negated.matches(entry, schema)) << undefined;
    EXPECT_EQ(encoded(decoded(encoded(negated))), encoded(negated)) << undefined;
  }
}

TEST(FilterCodec, WantsAnAttributeOrARule) {
  EXPECT_EQ(error_of([] { decoded(bytes("a9 02 8300")); }).action(), ProtocolError::Action::answer);
  EXPECT_EQ(error_of([] { decoded(bytes("a9 04 8101'r'")); }).action(), ProtocolError::Action::disconnect);
}

std::string nested(std::size_t levels) {
  std::string filter = bytes("8702'cn'");
  for (std::size_t i = 1; i < levels; ++i) {
    std::string outer;
    Writer(outer).octets(filter, tag::constructed(i % 3));
    filter = std::move(outer);
  }
  return filter;
}

TEST(FilterCodec, BoundsTheDepth) {
  EXPECT_NO_THROW(decoded(nested(max_filter_levels)));
  for (const std::size_t levels : {max_filter_levels + 1, std::size_t{10000}}) {
    EXPECT_EQ(error_of([&] { decoded(nested(levels)); }).code(), ResultCode::admin_limit_exceeded);
  }
}

TEST(FilterCodec, BoundsTheNumberOfParts) {
  const auto set_of = [](std::size_t parts) {
    std::string items;
    for (std::size_t i = 0; i < parts; ++i) items += bytes("8700");
    std::string set;
    Writer(set).octets(items, tag::constructed(1));
    return set;
  };
  EXPECT_EQ(decoded(set_of(max_filter_nodes - 1)).parts.size(), max_filter_nodes - 1);
  EXPECT_EQ(error_of([&] { decoded(set_of(max_filter_nodes)); }).code(), ResultCode::admin_limit_exceeded);
  std::string both;  // each set alone is small enough
  Writer(both).octets(set_of(max_filter_nodes / 2) + set_of(max_filter_nodes / 2), tag::constructed(0));
  EXPECT_EQ(error_of([&] { decoded(both); }).code(), ResultCode::admin_limit_exceeded);
}

TEST(FilterCodec, SimpleItemsAreNoSetsAndNoDnAttributes) {
  const auto simple = [](const char* hex) {
    const auto item = bytes(hex);
    Reader reader(item, Rules::value);
    return decode_simple_filter(reader).text();
  };
  EXPECT_EQ(simple("a3 06 0401'a' 0401'b'"), "(a=b)");
  EXPECT_EQ(simple("a9 06 8201'a' 8301'b'"), "(a:=b)");
  for (const auto* wrong : {"a000", "a100", "a2 02 8700", "a9 09 8201'a' 8301'b' 8401ff"}) {
    EXPECT_EQ(error_of([&] { simple(wrong); }).action(), ProtocolError::Action::answer) << wrong;
  }
}

}  // namespace
}  // namespace replkit::wire
