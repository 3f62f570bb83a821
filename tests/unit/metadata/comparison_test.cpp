#include "common/metadata/comparison.hpp"

#include <gmock/gmock.h>

namespace replkit::metadata {
namespace {

using ldup::Csn;
using ldup::SearchMetaDataEntry;
using testing::ElementsAre;

const Csn first = Csn::parse("20261121074549Z#000015#berlin#000000");
const Csn second = Csn::parse("20261121074601Z#000000#paris#000001");

SearchMetaDataEntry entry_with(std::vector<ldup::MetaDataValue> values) {
  SearchMetaDataEntry out;
  out.name = "cn=a,dc=x";
  out.attributes = {{.type = "sn", .values = std::move(values), .deletion_csn = {}}};
  return out;
}

ldup::MetaDataValue value(std::string text, std::optional<Csn> csn, bool deleted = false) {
  return {.value = std::move(text), .deleted = deleted, .csn = std::move(csn), .distinguished = false};
}

const Row& row_of(const std::vector<Row>& rows, RowKind kind, std::string_view text) {
  for (const auto& row : rows) {
    if (row.kind == kind && row.value == text && row.attribute == "sn") return row;
  }
  throw std::runtime_error("no such row");
}

TEST(Compare, FindsNothingInCopies) {
  const auto entry = entry_with({value("A", first), value("B", second)});
  const auto rows = compare({&entry, &entry});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].attribute, "dn");
  for (const auto& row : rows) EXPECT_FALSE(row.differs || row.odd);
}

TEST(Compare, MarksTheOddOne) {
  const auto a = entry_with({value("A", first)});
  const auto b = entry_with({value("A", second)});
  const auto rows = compare({&a, &b, &a});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_THAT(rows[1].on, ElementsAre(true, false, true));
  EXPECT_TRUE(rows[1].differs);
  EXPECT_FALSE(rows[1].odd);
  EXPECT_THAT(rows[2].on, ElementsAre(false, true, false));
  EXPECT_TRUE(rows[2].odd);
}

TEST(Compare, OfTwoBothAreOdd) {
  const auto a = entry_with({value("A", first)});
  const auto b = entry_with({value("B", first)});
  const auto rows = compare({&a, &b});
  EXPECT_TRUE(row_of(rows, RowKind::value, "A").odd);
  EXPECT_TRUE(row_of(rows, RowKind::value, "B").odd);
}

TEST(Compare, TellsDeletedFromLiving) {
  const auto a = entry_with({value("A", first)});
  const auto b = entry_with({value("A", second, true)});
  const auto rows = compare({&a, &b});
  EXPECT_THAT(row_of(rows, RowKind::value, "A").on, ElementsAre(true, false));
  EXPECT_TRUE(row_of(rows, RowKind::deleted, "A").is_record());
}

TEST(Compare, ServersWithoutTheEntryDoNotCount) {
  const auto a = entry_with({value("A", first)});
  const auto rows = compare({&a, nullptr, &a});
  for (const auto& row : rows) EXPECT_FALSE(row.differs);
}

TEST(Compare, ValuesWithoutCsnCountAsAnyOfThem) {
  const auto a = entry_with({value("A", {}), value("C", {})});
  const auto b = entry_with({value("A", second)});
  const auto rows = compare({&a, &b});
  EXPECT_THAT(row_of(rows, RowKind::value, "A").on, ElementsAre(true, true));
  EXPECT_TRUE(row_of(rows, RowKind::value, "C").odd);
}

TEST(Compare, TellsOfTheState) {
  auto a = entry_with({});
  a.state.emplace();
  a.state->rdn_csn = first;
  auto b = a;
  b.name = "CN=A, DC=x";
  b.state->rdn_csn = second;
  b.state->glue = true;
  const auto rows = compare({&a, &b});
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].attribute, "dn");
  EXPECT_FALSE(rows[0].differs) << "the same name, spelt otherwise";
  EXPECT_EQ(rows[1].csn, first);
  EXPECT_EQ(rows[2].csn, second);
  EXPECT_EQ(rows[3].attribute, "glue");
  EXPECT_TRUE(rows[3].odd);
}

TEST(Compare, AttributesStayTogether) {
  auto a = entry_with({value("A", second)});
  a.attributes.push_back({.type = "cn", .values = {value("c", first)}, .deletion_csn = first});
  const auto b = entry_with({value("B", first)});
  const auto rows = compare({&a, &b});
  std::vector<std::string> order;
  for (const auto& row : rows) order.push_back(row.attribute + '=' + row.value);
  EXPECT_THAT(order, ElementsAre("dn=cn=a,dc=x", "sn=B", "sn=A", "cn=c", "cn="));
}

}  // namespace
}  // namespace replkit::metadata
