#include "common/directory/openldap/syncrepl_value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace replkit::directory {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string everything(const SyncreplValue& value) {
  auto all = value.rid + '|' + value.provider + '|' + value.search_base + '|' + value.filter + '|' + value.scope;
  for (const auto& name : value.attributes) all += '|' + name;
  for (const auto& name : value.excluded_attributes) all += '|' + name;
  return all;
}

TEST(SyncreplValue, WhatSlapdWrites) {
  const auto value = parse_syncrepl(
      "{0}rid=001 provider=ldap://a:389 bindmethod=simple timeout=0 network-timeout=0 "
      "binddn=\"cn=replicator,dc=x\" credentials=\"top secret\" keepalive=0:0:0 filter=\"(objectclass=*)\" "
      "searchbase=\"dc=example, dc=com\" scope=sub attrs=\"*,+\" exattrs=\"jpegPhoto, description\" schemachecking=off "
      "type=refreshAndPersist retry=\"1 +\"");
  EXPECT_EQ(value.rid, "001");
  EXPECT_EQ(value.provider, "ldap://a:389");
  EXPECT_EQ(value.search_base, "dc=example, dc=com");
  EXPECT_EQ(value.filter, "(objectclass=*)");
  EXPECT_EQ(value.scope, "sub");
  EXPECT_THAT(value.attributes, ElementsAre("*", "+"));
  EXPECT_THAT(value.excluded_attributes, ElementsAre("jpegPhoto", "description"));
  EXPECT_FALSE(value.attributes_only);
  EXPECT_TRUE(replicates_all_user_attributes(value));
}

TEST(SyncreplValue, KeywordsInAnyCaseAndSpacing) {
  const auto value = parse_syncrepl("  RID=7\t ATTRS=cn,,sn,\n attrsonly  ");
  EXPECT_EQ(value.rid, "7");
  EXPECT_THAT(value.attributes, ElementsAre("cn", "sn"));
  EXPECT_TRUE(value.attributes_only);
  EXPECT_FALSE(replicates_all_user_attributes(value));
}

TEST(SyncreplValue, QuotesAnywhere) {
  EXPECT_EQ(parse_syncrepl("\"filter=(cn=a b)\"").filter, "(cn=a b)");
  EXPECT_EQ(parse_syncrepl("filter=(cn=\"a b\")").filter, "(cn=a b)");
  EXPECT_EQ(parse_syncrepl("filter=\"(cn=a\\\"b)\" rid=1").filter, "(cn=a\"b)");
  EXPECT_EQ(parse_syncrepl("filter=\"(cn=a\\\"b)\" rid=1").rid, "1");
  EXPECT_EQ(parse_syncrepl("\"\" rid=1").rid, "1");
  EXPECT_EQ(parse_syncrepl("rid=1 filter=\"(cn=a b").filter, "(cn=a b") << "an unfinished quote ends the value";
}

TEST(SyncreplValue, OddValues) {
  EXPECT_EQ(everything(parse_syncrepl("")), "||||");
  EXPECT_EQ(everything(parse_syncrepl("   ")), "||||");
  EXPECT_EQ(everything(parse_syncrepl("{")), "||||");
  EXPECT_EQ(everything(parse_syncrepl("{1}")), "||||");
  EXPECT_EQ(everything(parse_syncrepl("{1 rid=1")), "||||");
  EXPECT_EQ(everything(parse_syncrepl("=== = rid")), "||||");
  EXPECT_EQ(parse_syncrepl("rid=1=2").rid, "1=2");
  EXPECT_EQ(parse_syncrepl("{0}rid=1 {1}rid=2").rid, "1");
  EXPECT_THAT(parse_syncrepl("attrs=").attributes, IsEmpty());
  EXPECT_TRUE(replicates_all_user_attributes(parse_syncrepl("rid=1")));
}

TEST(SyncreplValue, CredentialsNeverComeOut) {
  for (const char* value :
       {"rid=1 credentials=hunter2 attrs=cn", "rid=1 credentials=\"hunter2 attrs=hunter2 filter=hunter2\" attrs=cn",
        "rid=1 CREDENTIALS=\"a\\\" filter=hunter2\" attrs=cn", "rid=1 \"credentials=x exattrs=hunter2\" attrs=cn",
        "rid=1 attrs=cn credentials=\"x scope=hunter2", "rid=1 attrs=cn credentials=a,b=hunter2"}) {
    const auto parsed = parse_syncrepl(value);
    EXPECT_EQ(everything(parsed).find("hunter2"), std::string::npos) << value;
    EXPECT_EQ(parsed.rid, "1") << value;
    EXPECT_THAT(parsed.attributes, ElementsAre("cn")) << value;
  }
}

TEST(SyncreplValue, RandomBytesEndSomehow) {
  std::mt19937 random(1);
  constexpr std::string_view alphabet("{}\"\\= ,rid*+\t\0x", 15);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = random() % 40; n > 0; --n) text += alphabet[random() % alphabet.size()];
    EXPECT_LE(everything(parse_syncrepl(text)).size(), text.size() * 2 + 10);
  }
  EXPECT_EQ(parse_syncrepl(std::string(1 << 20, '{')).rid, "");
}

}  // namespace
}  // namespace replkit::directory
