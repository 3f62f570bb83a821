#include "common/model/schema.hpp"

#include <gmock/gmock.h>

namespace replkit::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Schema, StandardIsWithoutProblems) {
  EXPECT_THAT(Schema::standard().problems(), IsEmpty());
}

TEST(Schema, StandardTypes) {
  const auto& schema = Schema::standard();
  using enum ValueKind;
  const std::pair<const char*, ValueKind> expected[] = {{"cn", case_ignore},
                                                        {"COMMONNAME", case_ignore},
                                                        {"2.5.4.3", case_ignore},
                                                        {"sn;lang-de", case_ignore},
                                                        {"dc", case_ignore},
                                                        {"member", dn},
                                                        {"uniqueMember", name_and_uid},
                                                        {"uidNumber", integer},
                                                        {"telephoneNumber", telephone},
                                                        {"internationaliSDNNumber", numeric},
                                                        {"createTimestamp", generalized_time},
                                                        {"entryUUID", uuid},
                                                        {"entryCSN", octets},
                                                        {"contextCSN", octets},
                                                        {"objectClass", oid},
                                                        {"structuralObjectClass", oid},
                                                        {"hasSubordinates", boolean},
                                                        {"entryDN", dn},
                                                        {"subschemaSubentry", dn},
                                                        {"creatorsName", dn},
                                                        {"homeDirectory", case_exact},
                                                        {"userPassword", octets},
                                                        {"jpegPhoto", octets},
                                                        {"pwdChangedTime", generalized_time},
                                                        {"memberUid", case_exact},
                                                        {"mail", case_ignore},
                                                        {"nosuch", octets}};
  for (const auto& [name, kind] : expected) EXPECT_EQ(schema.value_kind(name), kind) << name;
  EXPECT_EQ(schema.attribute("cn")->syntax, "1.3.6.1.4.1.1466.115.121.1.15") << "inherited";
  EXPECT_EQ(schema.attribute("cn")->key, "cn");
  EXPECT_TRUE(schema.attribute("entryUUID")->operational);
  EXPECT_TRUE(schema.attribute("entryUUID")->single_value);
  EXPECT_TRUE(schema.attribute("entryUUID")->no_user_modification);
  EXPECT_FALSE(schema.attribute("cn")->operational);
  EXPECT_EQ(schema.attribute("nosuch"), nullptr);
  EXPECT_EQ(schema.attribute(""), nullptr);
}

TEST(Schema, Required) {
  const auto& schema = Schema::standard();
  EXPECT_THAT(schema.required({"INETORGPERSON", "nosuch"}), ElementsAre("cn", "objectclass", "sn"));
  EXPECT_THAT(schema.required({"posixAccount", "account"}),
              ElementsAre("cn", "gidnumber", "homedirectory", "objectclass", "uid", "uidnumber"));
  EXPECT_THAT(schema.required({"2.5.6.6"}), ElementsAre("cn", "objectclass", "sn"));
  EXPECT_THAT(schema.required({}), IsEmpty());
  EXPECT_EQ(schema.object_class("posixAccount")->kind, ClassKind::auxiliary);
  EXPECT_EQ(schema.object_class("top")->kind, ClassKind::abstract_class);
}

TEST(Schema, ReadsWhatServersWrite) {
  const auto schema = Schema::parse(
      {"( 1.2.3.1 NAME ( 'later' 'too' ) DESC 'it''s' SUP base X-ORDERED 'VALUES' X-SCHEMA-FILE ( 'a' 'b' ) )",
       "(1.2.3.2 NAME 'base' EQUALITY caseExactMatch SUBSTR x SYNTAX '1.3.6.1.4.1.1466.115.121.1.15'{64} SINGLE-VALUE"
       " USAGE dSAOperation)",
       "( '1.2.3.3' name 'adLike' SYNTAX '1.3.6.1.4.1.1466.115.121.1.12' NO-USER-MODIFICATION )",
       "( 1.2.3.4 NAME 'bare' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{128} )",
       "( foo-oid NAME 'vendor' EQUALITY fooMatch )", "( 1.2.3.5 )"},
      {"( 1.2.4.1 NAME 'kid' SUP ( mum $ dad ) STRUCTURAL MAY ( bare ) )",
       "( 1.2.4.2 NAME 'mum' MUST ( too $ $ bare ) )", "( 1.2.4.3 NAME 'dad' MUST nameless )"});
  EXPECT_THAT(schema.problems(), ElementsAre(HasSubstr("it''s")));
  EXPECT_EQ(schema.attribute("later"), nullptr);
  const auto* base = schema.attribute("BASE");
  ASSERT_NE(base, nullptr);
  EXPECT_EQ(base->syntax, "1.3.6.1.4.1.1466.115.121.1.15");
  EXPECT_TRUE(base->operational);
  EXPECT_TRUE(base->single_value);
  EXPECT_EQ(schema.value_kind("adlike"), ValueKind::dn);
  EXPECT_EQ(schema.value_kind("bare"), ValueKind::octets);
  EXPECT_EQ(schema.attribute("bare")->naming_kind, ValueKind::case_ignore);
  EXPECT_EQ(schema.value_kind("vendor"), ValueKind::octets);
  EXPECT_EQ(schema.attribute("vendor")->naming_kind, ValueKind::octets);
  EXPECT_EQ(schema.attribute("1.2.3.5")->key, "1.2.3.5");
  EXPECT_THAT(schema.required({"kid"}), ElementsAre("bare", "nameless", "too"));
}

TEST(Schema, SuperiorsMayComeLater) {
  const auto schema = Schema::parse({"( 1.1.1 NAME 'c' SUP b )", "( 1.1.2 NAME 'b' SUP 1.1.3 )",
                                     "( 1.1.3 NAME 'a' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )",
                                     "( 1.1.4 NAME 'd' SUP c EQUALITY 2.5.13.5 )"},
                                    {});
  EXPECT_THAT(schema.problems(), IsEmpty());
  EXPECT_EQ(schema.value_kind("c"), ValueKind::integer);
  EXPECT_EQ(schema.attribute("c")->equality, "integerMatch");
  EXPECT_EQ(schema.value_kind("d"), ValueKind::case_exact);
  EXPECT_EQ(schema.attribute("d")->syntax, "1.3.6.1.4.1.1466.115.121.1.27");
}

TEST(Schema, ProblemsDoNotStopIt) {
  const auto schema =
      Schema::parse({"( 1.1.1 NAME 'x' SUP y )", "( 1.1.2 NAME 'y' SUP z )", "( 1.1.3 NAME 'z' SUP x )",
                     "( 1.1.4 NAME 'self' SUP self )", "( 1.1.5 NAME 'orphan' SUP nobody )", "( 1.1.1 NAME 'twice' )",
                     "( 1.1.6 NAME 'X' )", "( 1.1.7 NAME 'b,d' )", "", "( 1.1.8 NAME 'open", "( 1.1.9 NAME 'x2'",
                     "( 1.1.10 ) tail", "( -no- )", std::string(70'000, 'x')},
                    {"( 2.1.1 NAME 'loop' SUP loop MUST x )", "( 2.1.2 NAME ( ) MUST ( ) )"});
  EXPECT_EQ(schema.problems().size(), 12U) << testing::PrintToString(schema.problems());
  EXPECT_EQ(schema.value_kind("x"), ValueKind::octets);
  EXPECT_EQ(schema.attribute("1.1.6")->key, "1.1.6") << "its only name belongs to another";
  EXPECT_EQ(schema.attribute("1.1.7")->key, "1.1.7");
  EXPECT_THAT(schema.required({"loop"}), ElementsAre("x"));
}

TEST(Schema, LongChainsAndManyProblems) {
  std::vector<std::string> types{"( 1.9 NAME 'n0' EQUALITY booleanMatch )"};
  for (int i = 1; i < 20'000; ++i) {
    types.push_back("( 1.9." + std::to_string(i) + " NAME 'n" + std::to_string(i) + "' SUP n" + std::to_string(i - 1) +
                    " )");
  }
  for (int i = 0; i < 5000; ++i) types.push_back("broken");
  const auto schema = Schema::parse(types, {});
  EXPECT_EQ(schema.value_kind("n19999"), ValueKind::boolean);
  EXPECT_EQ(schema.problems().size(), 1000U);
}

TEST(Schema, EmptyKnowsNothing) {
  const Schema schema;
  EXPECT_EQ(schema.attribute("cn"), nullptr);
  EXPECT_EQ(schema.object_class("top"), nullptr);
  EXPECT_EQ(schema.value_kind("cn"), ValueKind::octets);
  EXPECT_THAT(schema.required({"top"}), IsEmpty());
  EXPECT_THAT(schema.problems(), IsEmpty());
}

TEST(Schema, BaseType) {
  EXPECT_EQ(base_type("cn;lang-de;x-y"), "cn");
  EXPECT_EQ(base_type("cn"), "cn");
  EXPECT_EQ(base_type(""), "");
}

}  // namespace
}  // namespace replkit::model
