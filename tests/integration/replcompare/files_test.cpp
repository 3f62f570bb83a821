// LDIF files as people have them: cut, damaged, from elsewhere, hostile.
#include <fmt/format.h>

#include "tests/integration/replcompare/harness.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Files : public testing::Test {
 protected:
  static Tree tree() {
    Tree out;
    out.add_unit("people");
    for (int i = 0; i < 20; ++i) out.add_person(fmt::format("uid=p{:02}", i), unit("people"), {"description: text"});
    return out;
  }
  // Returns the file's name as a source.
  std::string file(const std::string& name, std::string_view content) const {
    write_file(directory_ / name, content);
    return "file:" + (directory_ / name).string();
  }
  ComparedJson against_right(const std::string& content, const Words& more = {}) const {
    return compare_json(sources({file("right.ldif", tree().ldif()), file("other.ldif", content)}) + more);
  }
  static void expect_incomplete(const ComparedJson& found, const std::string& reason) {
    TRACE_OUTPUT(found);
    EXPECT_EQ(found.status, 2);
    EXPECT_EQ(found.document.at("complete"), false);
    EXPECT_EQ(found.differences().size(), 0U);
    EXPECT_THAT(found.reasons(), AllOf(HasSubstr(reason), HasSubstr("other.ldif")));
  }

  const TempDir directory_;
};

TEST_F(Files, TheSame) {
  const auto found = against_right(tree().ldif());
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 0);
  EXPECT_EQ(found.document.at("sources").at(0).at("kind"), "ldif");
}

TEST_F(Files, CutInTheMiddle) {
  const auto whole = tree().ldif();
  expect_incomplete(against_right(whole.substr(0, whole.size() / 2 - 3)), "cut");
  expect_incomplete(against_right(whole.substr(0, whole.find("dn: uid=p10") + 9)), "");
  expect_incomplete(against_right(""), "");
}

TEST_F(Files, CutGzip) {
  file("whole.ldif", tree().ldif());
  run_checked({"gzip", (directory_ / "whole.ldif").string()});
  run_checked({"truncate", "-s", "-20", (directory_ / "whole.ldif.gz").string()});
  const auto found =
      compare_json(sources({file("right.ldif", tree().ldif()), "file:" + (directory_ / "whole.ldif.gz").string()}));
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 2);
  EXPECT_EQ(found.differences().size(), 0U);
}

TEST_F(Files, BadBase64) {
  auto text = tree().ldif();
  text.insert(text.find("sn: Person"), "cn:: !!!!\n");
  expect_incomplete(against_right(text), "base64");
}

TEST_F(Files, NotLdifAtAll) {
  expect_incomplete(against_right("\x7f"
                                  "ELF\x02\x01\x01 this is a program\n"),
                    "");
  expect_incomplete(against_right("{\"json\": true}\n"), "");
}

TEST_F(Files, AUrlInAFileIsNotOpened) {
  auto text = tree().ldif();
  text.insert(text.find("sn: Person"), "description:< file:///etc/hostname\n");
  expect_incomplete(against_right(text), "URL");
}

TEST_F(Files, ALineOfTenMegabytes) {
  auto right = tree();
  right.at("uid=p05," + unit("people")).lines.push_back("displayName: " + std::string(10'000'000, 'x'));
  auto other = right;
  const auto same = compare_json(sources({file("a.ldif", right.ldif()), file("b.ldif", other.ldif())}));
  EXPECT_EQ(same.status, 0) << same.reasons();
  other.at("uid=p05," + unit("people")).lines.back() += "y";
  const auto changed = replcompare(sources({file("a.ldif", right.ldif()), file("b.ldif", other.ldif())}));
  EXPECT_EQ(changed.status, 1);
  EXPECT_LT(changed.out.size(), 4000U);
  EXPECT_THAT(changed.out, HasSubstr("(10000001 bytes)"));
}

TEST_F(Files, CarriageReturns) {
  std::string text;
  for (const char c : tree().ldif()) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(against_right(text).status, 0);
}

TEST_F(Files, DuplicateEntries) {
  auto text = tree().ldif();
  const auto from = text.find("dn: uid=p05");
  text += text.substr(from, text.find("dn: uid=p06") - from);
  const auto found = against_right(text);
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 2);
  EXPECT_THAT(found.reasons(), HasSubstr("more than once"));
  EXPECT_EQ(found.differences().size(), 0U);
}

TEST_F(Files, WithoutIdsTheyPairByName) {
  const auto plain = [](const Tree& from) {
    std::string out;
    std::istringstream in(from.ldif());
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with("entry") && !line.starts_with("create") && !line.starts_with("modif")) out += line + "\n";
    }
    return out;
  };
  auto other = tree();
  Tree::edit(other.at("uid=p03," + unit("people")), "description", "description: other");
  other.remove("uid=p04," + unit("people"));
  const auto found = compare_json(sources({file("a.ldif", plain(tree())), file("b.ldif", plain(other))}));
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 1);
  EXPECT_EQ(found.summary().at("changed"), 1);
  EXPECT_EQ(found.summary().at("missing"), 1);
  EXPECT_EQ(found.summary().at("unknown"), 2);
  EXPECT_EQ(found.difference("uid=p04").at("verdict"), "unknown");
  const auto mixed = compare_json(sources({file("a.ldif", tree().ldif()), file("b.ldif", plain(tree()))}));
  EXPECT_EQ(mixed.status, 0) << mixed.out;
  EXPECT_EQ(
      replcompare(sources({file("a.ldif", tree().ldif()), file("b.ldif", plain(tree()))}) + Words{"--quick"}).status,
      3);
}

TEST_F(Files, FiltersScopesAndBasesWorkAsOnAServer) {
  auto other = tree();
  Tree::edit(other.at("uid=p03," + unit("people")), "description", "description: other");
  other.remove("uid=p04," + unit("people"));
  EXPECT_EQ(against_right(other.ldif(), {"-b", unit("people"), "(uid=p1*)"}).status, 0);
  EXPECT_EQ(against_right(other.ldif(), {"-b", unit("people"), "-s", "base"}).status, 0);
  EXPECT_EQ(against_right(other.ldif(), {"-b", unit("newest 001")}).status, 0);
  EXPECT_EQ(against_right(other.ldif(), {"-b", unit("people"), "(uid=p04)"}).summary().at("missing"), 1);
  const auto nowhere = against_right(other.ldif(), {"-b", "ou=typo," + std::string(suffix)});
  TRACE_OUTPUT(nowhere);
  EXPECT_EQ(nowhere.status, 2);
}

TEST_F(Files, OddBytesNeverReachATerminal) {
  const std::string evil =
      "\x1b]0;owned\x07\x1b[2J\xc2\x9b"
      "31m\xff\r\n\x08";
  const auto encoded = run_checked({"base64", "-w0"}, {.input = evil});
  auto right = tree();
  auto other = tree();
  const auto dn = "uid=p05," + unit("people");
  right.at(dn).lines.push_back("description:: " + encoded);
  right.at("uid=p06," + unit("people")).csn = "X";
  auto text = other.ldif();
  // A name, an id and a CSN of odd bytes, in an entry that only one file has.
  const auto name =
      run_checked({"base64", "-w0"}, {.input = "cn=\\1b]0;x\\07" + std::string("\x1b[2J") + "," + unit("people")});
  text += fmt::format("dn:: {}\nobjectClass: person\nsn: x\ncn:: {}\nentryUUID:: {}\nentryCSN:: {}\n\n", name, encoded,
                      encoded, encoded);
  for (const char* format : {"text", "json", "jsonl", "ldif"}) {
    const auto found = replcompare(sources({file("right.ldif", right.ldif()), file("other.ldif", text)}) +
                                   Words{"--format", format, "--color", "never"});
    TRACE_OUTPUT(found);
    EXPECT_NE(found.status, 70);
    for (const auto& output : {found.out, found.err}) {
      EXPECT_EQ(output.find_first_of("\x1b\x07\x08\r\xff"), std::string::npos);
      EXPECT_THAT(output, Not(HasSubstr("\xc2\x9b")));
    }
  }
}

TEST_F(Files, OddBytesInTheErrorsOfAFile) {
  const auto found = replcompare(sources(
      {file("right.ldif", tree().ldif()), file("other.ldif", "dn: cn=\x1b[2J,\x07\nwhat: \x1b[31m\n\n\x1bX: y\n")}));
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 2);
  EXPECT_EQ((found.out + found.err).find_first_of("\x1b\x07"), std::string::npos);
}

}  // namespace
}  // namespace replkit::support
