// Reading schema files, good ones and bad.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>

#include "common/base/error.hpp"
#include "testing.hpp"

namespace replkit::refserver::schema {

TemporaryFile::TemporaryFile(const std::string& name, std::string_view content) : name_(name) {
  std::string folder = (std::filesystem::temp_directory_path() / "schema.XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp");
  folder_ = folder;
  std::ofstream(path()) << content;
}

namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

// Returns the error of loading a file with this content (on core), its folder cut off; empty when there is none.
std::string error_of(std::string_view content, const std::string& name = "x.schema") {
  const TemporaryFile file(name, content);
  try {
    Schema::load({"core", file.path()});
    return {};
  } catch (const LocalError& error) {
    std::string text = error.what();
    const auto folder = std::filesystem::path(file.path()).parent_path().string() + "/";
    for (auto at = text.find(folder); at != text.npos; at = text.find(folder)) text.erase(at, folder.size());
    return text;
  }
}

Schema load(std::string_view content, const std::string& name = "x.schema") {
  const TemporaryFile file(name, content);
  return Schema::load({"core", file.path()});
}

TEST(SchemaLoad, BundledByName) {
  EXPECT_NE(Schema::load({}).model().attribute("entryUUID"), nullptr);
  EXPECT_EQ(Schema::load({}).model().attribute("sn"), nullptr);
  EXPECT_NE(Schema::load({"inetOrgPerson"}).model().attribute("mail"), nullptr) << "what it stands on comes along";
  EXPECT_NE(Schema::load({"nis", "core", "nis"}).model().object_class("posixAccount"), nullptr);
  EXPECT_THROW(Schema::load({"nosuch"}), LocalError);
  EXPECT_THROW(Schema::load({"/nosuch/file.schema"}), LocalError);
  EXPECT_THROW(Schema::load({"/"}), LocalError);
}

TEST(SchemaLoad, Directives) {
  const auto schema = load(
      "# a comment\n"
      "  that goes on\n"
      "\n"
      "objectIdentifier root 1.2.3\r\n"
      "OBJECTIDENTIFIER at root:1\n"
      "objectidentifier str 1.3.6.1.4.1.1466.115.121.1.15\n"
      "attributetype ( at:1 NAME 'one'\r\n"
      "\tDESC 'it (is) one $ # here'\r\n"
      "\tEQUALITY 2.5.13.2 SYNTAX str{64} X-ORIGIN 'here' )\r\n"
      "attribute( at:2 NAME ( 'two' 'zwei' ) SUP one SINGLE-VALUE )\n"
      "   \n"
      "ditcontentrule ( root:5 NAME 'rule' NOT one )\n"
      "ldapsyntax ( 1.2.3.8 DESC 'mine' X-SUBST '1.3.6.1.4.1.1466.115.121.1.15' )\n"
      "objectclass ( root:5 NAME 'thing' SUP top MUST two MAY ( one $ cn ) )");
  const auto* one = schema.model().attribute("one");
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(one->oid, "1.2.3.1.1");
  EXPECT_EQ(one->description, "it (is) one $ # here");
  EXPECT_EQ(one->equality, "caseIgnoreMatch") << "by its name, whatever was written";
  EXPECT_EQ(one->bound, 64U);
  const auto* two = schema.model().attribute("zwei");
  ASSERT_NE(two, nullptr);
  EXPECT_EQ(two->syntax, "1.3.6.1.4.1.1466.115.121.1.15");
  EXPECT_EQ(two->bound, 64U);
  EXPECT_TRUE(two->single_value);
  EXPECT_EQ(schema.model().object_class("thing")->oid, "1.2.3.5");
}

TEST(SchemaLoad, SuperiorsMayComeLater) {
  const auto schema = load(
      "objectclass ( 1.2.3.1 NAME 'kid' SUP mum MAY late )\n"
      "objectclass ( 1.2.3.2 NAME 'mum' SUP top )\n"
      "attributetype ( 1.2.3.3 NAME 'late' SUP later )\n"
      "attributetype ( 1.2.3.4 NAME 'later' SUP name )\n");
  EXPECT_EQ(schema.model().attribute("late")->equality, "caseIgnoreMatch");
}

TEST(SchemaLoad, Ldif) {
  for (const auto* prefix : {"", "olc"}) {
    const std::string p = prefix;
    const auto schema = load(
        "# a comment\n"
        "dn: cn=x,cn=schema,cn=config\n"
        "objectClass: olcSchemaConfig\n" +
            p + "ObjectClasses: {0}( m:2 NAME 'thing' SUP top MAY one )\n" + p +
            "AttributeTypes: {0}( m:1 NAME 'one'\n"
            "  SUP name )\n"
            "olcObjectIdentifier: {0}m 1.2.3\n"
            "\n"
            "dn: cn=y\n"
            "changetype: modify\n"
            "add: attributeTypes\n"
            "attributeTypes: ( 1.2.3.7 NAME 'seven' SUP one )\n"
            "-\n",
        "x.ldif");
    EXPECT_EQ(schema.model().attribute("seven")->syntax, "1.3.6.1.4.1.1466.115.121.1.15");
    EXPECT_EQ(schema.model().object_class("1.2.3.2")->may, std::vector<std::string>{"one"});
  }
}

TEST(SchemaLoad, LdifErrors) {
  EXPECT_EQ(error_of("dn: cn=x\nattributeTypes: ( 1.2.3 NAME 'one' SUP nobody )\n"),
            "x.schema:1: attribute type 'one': its superior 'nobody' is unknown");
  EXPECT_THAT(error_of("dn: cn=x\ncn: y\n\ndn: cn=z\nobjectClasses: ( 1.2.3\n"), testing::StartsWith("x.schema:4: "));
  EXPECT_THAT(error_of("dn: cn=x\nno colon\n"), HasSubstr("x.schema:2: "));
}

TEST(SchemaLoad, TheSameTwice) {
  EXPECT_EQ(error_of("attributetype ( 2.5.4.4 NAME ( 'surname' 'SN' ) DESC 'other words' SUP 2.5.4.41 )\n"
                     "attributetype ( 2.5.4.4 NAME ( 'sn' 'surname' ) SUP name EQUALITY caseIgnoreMatch )\n"
                     "objectclass ( 2.5.6.6 NAME 'person' SUP top MUST ( commonName $ surname )\n"
                     "  MAY ( seeAlso $ telephoneNumber $ description $ userPassword ) )\n"),
            "");
  EXPECT_EQ(error_of("\nattributetype ( 2.5.4.4 NAME ( 'sn' 'surname' ) SUP name SINGLE-VALUE )"),
            "x.schema:2: attribute type 'sn' is not the one of core.schema:10");
  EXPECT_EQ(error_of("objectclass ( 2.5.6.6 NAME 'person' SUP top MUST sn\n"
                     "  MAY ( cn $ userPassword $ telephoneNumber $ seeAlso $ description ) )"),
            "x.schema:1: object class 'person' is not the one of core.schema:103");
  EXPECT_EQ(error_of("attributetype ( 1.2.3 NAME 'surname' SUP name )"),
            "x.schema:1: attribute type 'surname': the name 'surname' belongs to 2.5.4.4 (core.schema:10)");
}

TEST(SchemaLoad, ContentRules) {
  for (const std::string start :
       {"ditcontentrule ", "dn: cn=x\ndITContentRules: ", "dn: cn=x\nolcDitContentRules: {0}"}) {
    const auto with = [&](const std::string& rule) { return error_of(start + "( " + rule + " )\n"); };
    EXPECT_EQ(with("2.5.6.6 NAME 'r' DESC 'd' AUX simpleSecurityObject MUST uid MAY ( mail $ l ) NOT seeAlso"), "");
    EXPECT_THAT(with("1.2.3.4 NAME 'r'"), EndsWith("content rule 'r': the object class '1.2.3.4' is unknown"));
    EXPECT_THAT(with("2.5.6.0"), EndsWith("content rule '2.5.6.0': the object class '2.5.6.0' is not structural"));
    EXPECT_THAT(with("2.5.6.6 AUX person"), EndsWith("the object class 'person' is not auxiliary"));
    EXPECT_THAT(with("2.5.6.6 MAY nothing"), EndsWith("the attribute 'nothing' is unknown"));
    EXPECT_THAT(with("2.5.6.6 NOT sn"), HasSubstr("precludes 'sn', which is a MUST"));
    EXPECT_THAT(with("2.5.6.6 SUP top"), HasSubstr("'SUP' is no keyword"));
  }
  EXPECT_EQ(error_of("ditcontentrule ( 2.5.6.6 NOT uid )\nditcontentrule ( 2.5.6.6 NOT uid )\n"), "");
  EXPECT_EQ(error_of("ditcontentrule ( 2.5.6.6 NOT uid )\nditcontentrule ( 2.5.6.6 NOT mail )\n"),
            "x.schema:2: content rule '2.5.6.6' is not the one of x.schema:1");
}

struct Bad {
  const char* content;
  const char* error;
};

class SchemaLoadBad : public testing::TestWithParam<Bad> {};

TEST_P(SchemaLoadBad, NamesThePlace) {
  EXPECT_THAT(error_of(GetParam().content), testing::StartsWith(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Files, SchemaLoadBad,
    testing::Values(
        Bad{"include /etc/passwd", "x.schema:1: 'include' is no schema directive"},
        Bad{"objectclas ( 1.2 )", "x.schema:1: 'objectclas' is no schema directive"},
        Bad{"attributetype", "x.schema:1: '(' is expected"},
        Bad{"\n\nattributetype (", "x.schema:3: a word is expected"},
        Bad{"attributetype ( 1.2.3 NAME 'x'\n  SUP name\n  SINGEL-VALUE )", "x.schema:3: 'SINGEL-VALUE' is no keyword"},
        Bad{"attributetype\n ( 1.2.3 NAME 'x'\n  SUP name\n  NAME 'y' )", "x.schema:4: NAME is given twice"},
        Bad{"attributetype ( 1.2.3 NAME 'x' SUP name ) more", "x.schema:1: nothing may follow"},
        Bad{"attributetype ( 1.2.3 NAME 'x\n#'\n SUP name )", "x.schema:1: the quote is not closed"},
        Bad{"attributetype ( x:3 NAME 'x' SUP name )", "x.schema:1: 'x:3' is no OID"},
        Bad{"attributetype ( 1.02 NAME 'x' SUP name )", "x.schema:1: '1.02' is no OID"},
        Bad{"attributetype ( 1.2.3 NAME 'a b' SUP name )", "x.schema:1: 'a b' is no name"},
        Bad{"attributetype ( 1.2.3 NAME '1' SUP name )", "x.schema:1: '1' is no name"},
        Bad{"attributetype ( 1.2.3 NAME 'x' )", "x.schema:1: attribute type 'x': it has neither SYNTAX nor SUP"},
        Bad{"attributetype ( 1.2.3 NAME 'x' SYNTAX 1.2{a} )", "x.schema:1: '1.2{a}' is no syntax"},
        Bad{"attributetype ( 1.2.3 NAME 'x' SYNTAX foo )", "x.schema:1: 'foo' is no syntax"},
        Bad{"attributetype ( 1.2.3 NAME 'x' SUP name EQUALITY foo )",
            "x.schema:1: attribute type 'x': the matching rule 'foo' is unknown"},
        Bad{"attributetype ( 1.2.3 NAME 'x' SUP name EQUALITY caseIgnoreOrderingMatch )",
            "x.schema:1: attribute type 'x': 'caseIgnoreOrderingMatch' is no rule for EQUALITY"},
        Bad{"attributetype ( 1.2.3 NAME 'x' SUP name USAGE foo )", "x.schema:1: 'foo' is no USAGE"},
        Bad{"attributetype ( 1.2.3 NAME 'x' SUP name USAGE dSAOperation )",
            "x.schema:1: attribute type 'x': its USAGE is not that of its superior"},
        Bad{"attributetype ( 1.2.3 NAME 'x' SUP name NO-USER-MODIFICATION )",
            "x.schema:1: attribute type 'x': NO-USER-MODIFICATION needs an operational USAGE"},
        Bad{"attributetype ( 1.2.3 NAME 'x' SUP name COLLECTIVE SINGLE-VALUE )",
            "x.schema:1: attribute type 'x': COLL"},
        Bad{"attributetype ( 1.2.3 NAME 'x' SUP x )", "x.schema:1: attribute type 'x': it is its own superior"},
        Bad{"attributetype ( 1.2.3 NAME 'x' SUP y )\n#\nattributetype ( 1.2.4 NAME 'y' SUP x )",
            "x.schema:1: attribute type 'x': it is its own superior"},
        Bad{"attributetype ( 1.2.3 NAME 'w' SUP x )\nattributetype ( 1.2.4 NAME 'x' SUP x )",
            "x.schema:1: attribute type 'w': it is its own superior"},
        Bad{"objectclass ( 1.2.3 NAME 'x' SUP y )", "x.schema:1: object class 'x': its superior 'y' is unknown"},
        Bad{"objectclass ( 1.2.3 NAME 'x' MUST y )", "x.schema:1: object class 'x': the attribute 'y' is unknown"},
        Bad{"objectclass ( 1.2.3 NAME 'x' MAY ( cn $ y ) )", "x.schema:1: object class 'x': the attribute 'y' is unk"},
        Bad{"objectclass ( 1.2.3 NAME 'x' SUP person AUXILIARY )",
            "x.schema:1: object class 'x': its superior 'person' is of another kind"},
        Bad{"objectclass ( 1.2.3 NAME 'x' SUP ( top $ y ) )\nobjectclass ( 1.2.4 NAME 'y' SUP ( top $ x ) )",
            "x.schema:1: object class 'x': it is its own superior"},
        Bad{"objectclass ( 1.2.3 NAME 'x' SUP top STRUCTURAL STRUCTURAL )", "x.schema:1: STRUCTURAL is given twice"},
        Bad{"objectidentifier a", "x.schema:1: objectIdentifier wants"},
        Bad{"objectidentifier a 1.2 3", "x.schema:1: objectIdentifier wants"},
        Bad{"objectidentifier a b:1", "x.schema:1: 'b:1' is no OID"},
        Bad{"objectidentifier 1a 1.2", "x.schema:1: '1a' is no name"},
        Bad{"objectidentifier a 1.2\nobjectidentifier a a:x", "x.schema:2: 'a:x' is no OID"}));

TEST(SchemaLoad, MacrosDoNotGrowWithoutEnd) {
  std::string content = "objectidentifier a 1.2\n";
  for (int i = 0; i < 1000; ++i) content += "objectidentifier a a:1234567890\n";
  EXPECT_THAT(error_of(content), HasSubstr("is no OID"));
}

TEST(SchemaLoad, HostileFiles) {
  EXPECT_EQ(error_of(""), "");
  EXPECT_EQ(error_of("\n\n \n"), "");
  EXPECT_NE(error_of(std::string("attributetype ( 1.2.3\0NAME 'x' SUP name )", 41)), "");
  EXPECT_NE(error_of(std::string(1000, '(')), "");
  EXPECT_NE(error_of("attributetype ( 1.2.3 NAME 'x' DESC '" + std::string(100'000, 'x') + "' SUP name )"), "");
  EXPECT_NE(error_of("attributetype " + std::string(60'000, '(')), "");
  std::string many;
  for (int i = 0; i < 3000; ++i) {
    many += "objectclass ( 1.2.3." + std::to_string(i) + " NAME 'c" + std::to_string(i) + "' SUP " +
            (i == 0 ? "top" : "c" + std::to_string(i - 1)) + " )\n";
  }
  EXPECT_EQ(error_of(many), "") << "long chains";
}

TEST(SchemaLoad, FilesThatAreTooBig) {
  EXPECT_THAT(error_of(std::string((16U << 20) + 1, '\n')), testing::Not(""));
}

}  // namespace
}  // namespace replkit::refserver::schema
