#include <gmock/gmock.h>

#include "tests/unit/model/ldif_testing.hpp"

namespace replkit::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Gives the text in pieces of one size, as a pipe may.
class PieceBytes final : public ByteSource {
 public:
  PieceBytes(std::string_view text, std::size_t piece) : rest_(text), piece_(piece) {}
  std::size_t read(char* data, std::size_t size) override {
    const auto n = rest_.copy(data, std::min(size, piece_));
    rest_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view rest_;
  std::size_t piece_;
};

TEST(LdifReader, ReadsEntries) {
  const auto records = read_all(
      "version: 1\n"
      "dn: cn=a,dc=x\n"
      "objectClass: top\n"
      "cn: a\n"
      "objectclass: person\n"
      "\n"
      "dn: cn=b,dc=x\n"
      "cn: b\n");
  EXPECT_THAT(records, ElementsAre(Record(Entry{"cn=a,dc=x", {{"objectClass", {"top", "person"}}, {"cn", {"a"}}}}),
                                   Record(Entry{"cn=b,dc=x", {{"cn", {"b"}}}})));
}

TEST(LdifReader, HasNoRecordsInAnEmptyFile) {
  for (const auto* text : {"", "\n", "\r\n\r\n", "# nothing\n", "version: 1\n", "version: 1\n\n\n# end\n"}) {
    EXPECT_THAT(read_all(text), IsEmpty()) << text;
  }
}

TEST(LdifReader, TakesEmptyLinesCommentsAndCrLfAnywhere) {
  const auto records = read_all(
      "# before\r\n"
      "\r\n"
      "\r\n"
      "version: 1\r\n"
      "\r\n"
      "# a comment that is folded\r\n"
      " dn: cn=not\r\n"
      "#\r\n"
      "dn: cn=a\r\n"
      "# within\r\n"
      "cn: a\r\n"
      "\r\n"
      "\r\n"
      "#between\r\n"
      "\r\n"
      "dn: cn=b\r\n"
      "\r\n");
  EXPECT_THAT(records, ElementsAre(Record(Entry{"cn=a", {{"cn", {"a"}}}}), Record(Entry{"cn=b", {}})));
}

TEST(LdifReader, UnfoldsLines) {
  EXPECT_EQ(read_entry("dn: cn=a,\n dc=x\ndesc\n ription\n : one\n   two\n \n three\nsn:\n  x\n"),
            (Entry{"cn=a,dc=x", {{"description", {"one  twothree"}}, {"sn", {"x"}}}}));
}

TEST(LdifReader, DecodesBase64) {
  EXPECT_EQ(
      read_entry("dn:: Y249w6k=\ncn:: w6k=\nphoto::AAEC\nempty::\nempty:\nempty: \n"),
      (Entry{"cn=\xC3\xA9", {{"cn", {"\xC3\xA9"}}, {"photo", {std::string("\0\1\2", 3)}}, {"empty", {"", "", ""}}}}));
  EXPECT_EQ(read_entry("dn: cn=a\nphoto:: AA\n EC\n"), (Entry{"cn=a", {{"photo", {std::string("\0\1\2", 3)}}}}));
}

TEST(LdifReader, KeepsValuesAsTheyAre) {
  EXPECT_EQ(
      read_entry("dn: cn=a\na:  b: c  \nb:no space\nc: \t\nd: caf\xC3\xA9\ne: # no comment\n"),
      (Entry{
          "cn=a",
          {{"a", {"b: c  "}}, {"b", {"no space"}}, {"c", {"\t"}}, {"d", {"caf\xC3\xA9"}}, {"e", {"# no comment"}}}}));
}

TEST(LdifReader, TakesNamesThatServersExport) {
  EXPECT_EQ(read_entry("dn:\nunhashed#user#password: x\ncn;lang-de: y\n2.5.4.3: z\nmember;range=0-9: cn=a\n")
                .attributes.size(),
            4U);
}

TEST(LdifReader, SkipsAByteOrderMark) {
  EXPECT_EQ(read_entry("\xEF\xBB\xBF"
                       "dn: cn=a\n"),
            (Entry{"cn=a", {}}));
  EXPECT_EQ(read_entry("\xEF\xBB\xBF# c\ndn: cn=a\n"), (Entry{"cn=a", {}}));
}

TEST(LdifReader, TakesAVersionLineBeforeAnyRecord) {
  EXPECT_EQ(read_all("VERSION:1\ndn: cn=a\n\nversion: 1\n\ndn: cn=b\n").size(), 2U);
}

TEST(LdifReader, ReadsAddAndDelete) {
  EXPECT_EQ(read_change("dn: cn=a\nCHANGETYPE: Add\ncn: a\nCN: b\n"),
            (ChangeRecord{"cn=a", {}, AddChange{{{"cn", {"a", "b"}}}}}));
  EXPECT_EQ(read_change("dn: cn=a\nchangetype: delete \n"), (ChangeRecord{"cn=a", {}, DeleteChange{}}));
}

TEST(LdifReader, ReadsModify) {
  const auto change = read_change(
      "DN: cn=a\n"
      "ChangeType: modify\n"
      "add: cn\n"
      "cn: b\n"
      "CN:: Yw==\n"
      "-\n"
      "Delete: sn\n"
      "-\n"
      "replace: l\n"
      "l: x\n"
      "-\n"
      "increment: uidNumber\n"
      "uidNumber: 1\n"
      "-\n");
  EXPECT_EQ(change, (ChangeRecord{"cn=a",
                                  {},
                                  ModifyChange{{{ModifyKind::add, "cn", {"b", "c"}},
                                                {ModifyKind::remove, "sn", {}},
                                                {ModifyKind::replace, "l", {"x"}},
                                                {ModifyKind::increment, "uidNumber", {"1"}}}}}));
}

TEST(LdifReader, TakesAModifyWithoutItsLastHyphen) {
  const ModifyChange expected{{{ModifyKind::replace, "l", {"x"}}}};
  EXPECT_EQ(read_change("dn: cn=a\nchangetype: modify\nreplace: l\nl: x\n").change,
            decltype(ChangeRecord::change)(expected));
  EXPECT_EQ(read_all("dn: cn=a\nchangetype: modify\nreplace: l\nl: x\n\ndn: cn=b\n").size(), 2U);
  EXPECT_EQ(read_change("dn: cn=a\nchangetype: modify\n").change, decltype(ChangeRecord::change)(ModifyChange{}));
}

TEST(LdifReader, ReadsRename) {
  EXPECT_EQ(read_change("dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 1\n"),
            (ChangeRecord{"cn=a", {}, RenameChange{"cn=b", true, std::nullopt}}));
  EXPECT_EQ(read_change("dn: cn=a\nchangetype: moddn\nNewRDN:: Y249Yg==\nDeleteOldRDN: 0\nNewSuperior: dc=x\n"),
            (ChangeRecord{"cn=a", {}, RenameChange{"cn=b", false, "dc=x"}}));
  EXPECT_EQ(read_change("dn: cn=a\nchangetype: moddn\nnewrdn: cn=b\ndeleteoldrdn: 0\nnewsuperior:\n"),
            (ChangeRecord{"cn=a", {}, RenameChange{"cn=b", false, ""}}));
}

TEST(LdifReader, ReadsControls) {
  const auto change = read_change(
      "dn: cn=a\n"
      "control: 1.2.3\n"
      "control: 1.2.4 true\n"
      "Control: 1.2.5   FALSE: plain value\n"
      "control: 1.2.6 true:: AAE=\n"
      "control: 1.2.7: x\n"
      "control: 1.2.8 false:\n"
      "changetype: delete\n");
  EXPECT_THAT(change.controls, ElementsAre(LdifControl{"1.2.3", {}, {}}, LdifControl{"1.2.4", true, {}},
                                           LdifControl{"1.2.5", false, "plain value"},
                                           LdifControl{"1.2.6", true, std::string("\0\1", 2)},
                                           LdifControl{"1.2.7", {}, "x"}, LdifControl{"1.2.8", false, ""}));
}

TEST(LdifReader, TellsWhereARecordBegan) {
  LdifReader reader(memory_bytes("version: 1\n\n# c\n c\ndn: cn=a\ncn:\n a\n\n\ndn: cn=b\n"), "x");
  reader.next();
  EXPECT_EQ(reader.record_line(), 5U);
  reader.next();
  EXPECT_EQ(reader.record_line(), 10U);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.next());
}

TEST(LdifReader, TellsWhetherTheFileEndsWithinALine) {
  for (const auto& [text, cut] : std::vector<std::pair<std::string, bool>>{{"dn: cn=a\ncn: a\n", false},
                                                                           {"dn: cn=a\ncn: a\n\n", false},
                                                                           {"dn: cn=a\ncn: a", true},
                                                                           {"dn: cn=a\ncn: a\n ", true},
                                                                           {"dn: cn=a\n# c", true},
                                                                           {"dn: cn=a\ncn: a\r", true},
                                                                           {"", false}}) {
    LdifReader reader(memory_bytes(text), "x");
    int records = 0;
    while (reader.next()) ++records;
    EXPECT_EQ(reader.cut_off(), cut) << text;
    EXPECT_EQ(records, text.empty() ? 0 : 1) << text;
  }
}

TEST(LdifReader, ReadsEntriesOnly) {
  LdifReader reader(memory_bytes("dn: cn=a\ncn: a\n\ndn: cn=b\n\ndn: cn=c\nchangetype: delete\n"), "x.ldif");
  EXPECT_EQ(reader.next_entry(), (Entry{"cn=a", {{"cn", {"a"}}}}));
  EXPECT_EQ(reader.next_entry(), (Entry{"cn=b", {}}));
  EXPECT_THAT([&] { reader.next_entry(); },
              testing::ThrowsMessage<LdifError>("x.ldif:7: a change record, but a file of entries is needed here"));
  LdifReader empty(memory_bytes("version: 1\n"), "x.ldif");
  EXPECT_FALSE(empty.next_entry());
}

TEST(LdifReader, GivesTheSameHoweverTheBytesCome) {
  std::string text = "version: 1\r\n";
  for (int i = 0; i < 50; ++i) {
    text += "dn: cn=" + std::to_string(i) +
            ",\r\n dc=x\r\n# com\r\n ment\r\ncn: " + std::string(static_cast<std::size_t>(i * 37), 'x') +
            "\r\n yy\r\n\r\n";
  }
  const auto expected = read_all(text);
  ASSERT_EQ(expected.size(), 50U);
  for (const std::size_t piece : {1U, 2U, 3U, 17U, 4096U}) {
    LdifReader reader(std::make_unique<PieceBytes>(text, piece), "x");
    std::vector<Record> got;
    while (auto record = reader.next()) got.push_back(*record);
    EXPECT_EQ(got, expected) << piece;
  }
}

TEST(LdifReader, ReadsLinesOfManyMegabytes) {
  const std::string value(10U << 20, 'v');
  std::string folded;
  for (std::size_t at = 0; at < value.size(); at += 75) folded += "\n " + value.substr(at, 75);
  const auto text = "dn: cn=a\nx: " + value + "\ny:" + folded + "\nz: end\n\ndn: cn=b\n";
  for (const std::size_t piece : {std::size_t{4096}, std::size_t{1} << 30}) {
    LdifReader reader(std::make_unique<PieceBytes>(text, piece), "x");
    const auto entry = reader.next_entry();
    ASSERT_TRUE(entry);
    EXPECT_TRUE(entry->first("x") == value);
    EXPECT_TRUE(entry->first("y") == value);
    EXPECT_EQ(entry->first("z"), "end");
    EXPECT_EQ(reader.next_entry(), (Entry{"cn=b", {}}));
  }
}

// Exports of 389 Directory Server with state information have a description per value.
TEST(LdifReader, MergesManyDescriptions) {
  std::string text = "dn: cn=a\n";
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20000; ++i)
      text += (round == 0 ? "member;VUCSN-" : "member;vucsn-") + std::to_string(i) + ": x\n";
  }
  const auto entry = read_entry(text);
  ASSERT_EQ(entry.attributes.size(), 20000U);
  for (const auto& attribute : entry.attributes) ASSERT_EQ(attribute.values.size(), 2U);
  EXPECT_EQ(entry.attributes[19999].description, "member;VUCSN-19999");
}

}  // namespace
}  // namespace replkit::model
