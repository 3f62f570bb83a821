#include "common/cli/table.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

#include "testing.hpp"

namespace replkit::cli {
namespace {

using testing::Variable;

TEST(Table, AlignsWhateverTheBytes) {
  Table table({{"NAME"}, {"ENTRIES", Table::Align::right}, {"NOTE"}});
  table.add_row({"M\xc3\xbcnchen", "5", "x"});
  table.add_row({"a", "100000"});
  table.add_row({"ev\x1bil", "1", ""});
  EXPECT_EQ(table.text(),
            "NAME     ENTRIES  NOTE\n"
            "M\xc3\xbcnchen        5  x\n"
            "a         100000\n"
            "ev\\1bil        1\n");
  EXPECT_THROW(table.add_row({"1", "2", "3", "4"}), std::logic_error);
}

Table wide_table() {
  Table table({{"Server"}, {"Replica"}, {"Entries", Table::Align::right}, {"Result", Table::Align::left, true}});
  table.add_row({"ldap://one", "r1", "5", "success"});
  table.add_row({"ldap://one", "r2", "100", "failure: nobody answers there at all, and nobody ever did"});
  table.add_row({"", "", "", "second"});
  table.add_row({"ldap://three", "r1", "7", "success"});
  return table;
}

TEST(Table, KeepsALineARowWhereThereIsRoom) {
  EXPECT_EQ(wide_table().text(1000).find("  failure: nobody answers there at all, and nobody ever did\n") ==
                std::string::npos,
            false);
  const Variable none("COLUMNS", nullptr);
  EXPECT_EQ(wide_table().text(), wide_table().text(1000)) << "not on a terminal";
  const Variable narrow("COLUMNS", "70");
  EXPECT_EQ(wide_table().text(), wide_table().text(70));
}

TEST(Table, WrapsFirst) {
  EXPECT_EQ(wide_table().text(70, 2),
            "  Server        Replica  Entries  Result\n"
            "  ldap://one    r1             5  success\n"
            "  ldap://one    r2           100  failure: nobody answers there at\n"
            "                                  all, and nobody ever did\n"
            "                                  second\n"
            "  ldap://three  r1             7  success\n");
}

TEST(Table, PutsFirstColumnsOnLinesOfTheirOwn) {
  EXPECT_EQ(wide_table().text(50),
            "Server\n"
            "  Replica  Entries  Result\n"
            "ldap://one\n"
            "  r1             5  success\n"
            "  r2           100  failure: nobody answers there\n"
            "                    at all, and nobody ever did\n"
            "                    second\n"
            "ldap://three\n"
            "  r1             7  success\n");
}

TEST(Table, ListsWhatFitsNoOtherWay) {
  Table table({{"Server"}, {"Replica"}});
  table.add_row({"ldap://one", "a-name-without-any-blank"});
  table.add_row({"", "words and words"});
  table.add_row({"ldap://three", ""});
  EXPECT_EQ(table.text(20),
            "Server   ldap://one\n"
            "Replica  a-name-without-any-blank\n"
            "Replica  words and\n"
            "         words\n"
            "\n"
            "Server   ldap://three\n");
}

}  // namespace
}  // namespace replkit::cli
