#include <gmock/gmock.h>

#include "tests/unit/model/ldif_testing.hpp"

namespace replkit::model {
namespace {

// Returns the lines of an entry with this one value, without its DN and the last empty line.
std::string value_line(const std::string& value, std::size_t wrap = 76) {
  const auto text = write_all({Entry{"", {{"a", {value}}}}}, wrap);
  EXPECT_TRUE(text.starts_with("dn:\n") && text.ends_with("\n\n")) << text;
  return text.substr(4, text.size() - 6);
}

TEST(LdifWriter, WritesEntries) {
  EXPECT_EQ(
      write_all({Entry{"cn=a", {{"objectClass", {"top", "person"}}, {"empty", {}}, {"cn", {"a"}}}}, Entry{"cn=b", {}}}),
      "dn: cn=a\nobjectClass: top\nobjectClass: person\ncn: a\n\ndn: cn=b\n\n");
}

TEST(LdifWriter, UsesBase64OnlyWhereItMust) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "a:"},
      {"plain", "a: plain"},
      {"in: between < # it", "a: in: between < # it"},
      {"# no comment", "a: # no comment"},
      {" x", "a:: IHg="},
      {"x ", "a:: eCA="},
      {" ", "a:: IA=="},
      {":x", "a:: Ong="},
      {"<x", "a:: PHg="},
      {"x\ny", "a:: eAp5"},
      {"x\ry", "a:: eA15"},
      {std::string("x\0y", 3), "a:: eAB5"},
      {"\xC3\xA9", "a:: w6k="},
      {"x\x1b", "a:: eBs="},
      {"x\x7f", "a:: eH8="},
      {"~!", "a: ~!"},
  };
  for (const auto& [value, line] : cases) EXPECT_EQ(value_line(value), line);
  EXPECT_EQ(write_all({Entry{"cn=\xC3\xA9", {}}}), "dn:: Y249w6k=\n\n");
}

TEST(LdifWriter, FoldsAtTheColumn) {
  EXPECT_EQ(value_line("0123456789abcde", 10), "a: 0123456\n 789abcde");
  EXPECT_EQ(value_line("0123456789abcdef", 10), "a: 0123456\n 789abcdef");
  EXPECT_EQ(value_line("0123456789abcdefg", 10), "a: 0123456\n 789abcdef\n g");
  EXPECT_EQ(value_line("0123456", 10), "a: 0123456");
  EXPECT_EQ(value_line(std::string(1000, 'x'), 0), "a: " + std::string(1000, 'x'));
  EXPECT_EQ(write_all({Entry{"a", {}}}, 1), "dn\n :\n  \n a\n\n");  // two columns are the least there can be
  EXPECT_EQ(value_line(std::string(100, 'x')), "a: " + std::string(73, 'x') + "\n " + std::string(27, 'x'));
}

TEST(LdifWriter, WritesChangeRecords) {
  EXPECT_EQ(write_all({ChangeRecord{"cn=a", {}, AddChange{{{"cn", {"a", "b"}}}}}}),
            "dn: cn=a\nchangetype: add\ncn: a\ncn: b\n\n");
  EXPECT_EQ(write_all({ChangeRecord{"cn=a", {}, DeleteChange{}}}), "dn: cn=a\nchangetype: delete\n\n");
  EXPECT_EQ(
      write_all({ChangeRecord{"cn=a",
                              {},
                              ModifyChange{{{ModifyKind::add, "cn", {"b"}},
                                            {ModifyKind::remove, "sn", {}},
                                            {ModifyKind::replace, "l", {"x"}},
                                            {ModifyKind::increment, "n", {"1"}}}}}}),
      "dn: cn=a\nchangetype: modify\nadd: cn\ncn: b\n-\ndelete: sn\n-\nreplace: l\nl: x\n-\nincrement: n\nn: 1\n-\n\n");
  EXPECT_EQ(write_all({ChangeRecord{"cn=a", {}, RenameChange{"cn=b", true, {}}}}),
            "dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 1\n\n");
  EXPECT_EQ(write_all({ChangeRecord{"cn=a", {}, RenameChange{"cn=b", false, ""}}}),
            "dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 0\nnewsuperior:\n\n");
}

TEST(LdifWriter, WritesControls) {
  const ChangeRecord record{
      "cn=a",
      {{"1.2.3", {}, {}}, {"1.2.4", true, {}}, {"1.2.5", false, "x"}, {"1.2.6", {}, "\n"}, {"1.2.7", true, ""}},
      DeleteChange{}};
  EXPECT_EQ(write_all({record}),
            "dn: cn=a\ncontrol: 1.2.3\ncontrol: 1.2.4 true\ncontrol: 1.2.5 false: x\ncontrol: 1.2.6:: Cg==\n"
            "control: 1.2.7 true:\nchangetype: delete\n\n");
}

TEST(LdifWriter, WritesVersionAndComments) {
  std::string out;
  LdifWriter writer([&](std::string_view part) { out += part; }, 10);
  writer.version();
  writer.comment("one line longer than the column\n\ntwo");
  writer.comment("a\rdn: cn=injected\x1b[0m");
  EXPECT_EQ(out, "version: 1\n# one line longer than the column\n#\n# two\n# a\\0ddn: cn=injected\\1b[0m\n");
}

TEST(LdifWriter, RefusesNamesThatWouldChangeTheFilesMeaning) {
  for (const std::string& name :
       std::vector<std::string>{"", "a\nb", "a: x", "a b", "#a", " a", "-", "\xC3\xA9", "a:"}) {
    std::string out;
    LdifWriter writer([&](std::string_view part) { out += part; });
    EXPECT_THROW(writer.entry({"cn=a", {{"cn", {"a"}}, {name, {"x"}}}}), ParseError) << name;
    EXPECT_THROW(writer.change({"cn=a", {}, ModifyChange{{{ModifyKind::remove, name, {}}}}}), ParseError) << name;
    EXPECT_THROW(writer.change({"cn=a", {{name, {}, {}}}, DeleteChange{}}), ParseError) << name;
    EXPECT_EQ(out, "");
    writer.entry({"cn=b", {}});
    EXPECT_EQ(out, "dn: cn=b\n\n");
  }
}

}  // namespace
}  // namespace replkit::model
