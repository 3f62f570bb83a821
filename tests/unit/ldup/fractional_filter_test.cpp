#include "common/ldup/fractional_filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/base/error.hpp"

namespace replkit::ldup {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const model::Schema& schema() {
  return model::Schema::standard();
}

FractionalFilter filter(std::string_view inclusion, std::string_view exclusion) {
  return {AttributeList::parse(inclusion), AttributeList::parse(exclusion)};
}

TEST(AttributeList, ReadsTextWithAnySeparator) {
  for (const auto* text : {"cn,mail", "cn mail", " cn , mail ", "cn$mail", "cn $ mail", "cn\r\nmail\n", "cn,,mail,CN"})
    EXPECT_THAT(AttributeList::parse(text).attributes, ElementsAre("cn", "mail")) << text;
  const auto mixed = AttributeList::parse("* 1.1 cn;lang-de 2.5.4.4");
  EXPECT_TRUE(mixed.all);
  EXPECT_TRUE(mixed.none);
  EXPECT_THAT(mixed.attributes, ElementsAre("cn;lang-de", "2.5.4.4"));
  EXPECT_TRUE(AttributeList::parse("").empty());
  EXPECT_TRUE(AttributeList::parse(" \n").empty());
}

TEST(AttributeList, ReadsBer) {
  EXPECT_THAT(AttributeList::parse("\x30\x0A\x04\x02"
                                   "cn\x04\x04"
                                   "mail")
                  .attributes,
              ElementsAre("cn", "mail"));
  EXPECT_TRUE(AttributeList::parse(std::string_view("\x30\x00", 2)).empty());
  EXPECT_TRUE(AttributeList::parse("\x30\x03\x04\x01*").all);
  // An OID begins as a SEQUENCE does, and '.' could be its length.
  const std::string oid = "0.9.2342.19200300.100.1.25,0.9.2342.19200300.10";
  EXPECT_THAT(AttributeList::parse(oid).attributes, ElementsAre("0.9.2342.19200300.100.1.25", "0.9.2342.19200300.10"));
  EXPECT_THROW(AttributeList::parse("\x30\x0A\x04\x02"
                                    "cn\x04\x04"
                                    "mai"),
               ParseError);
  EXPECT_THROW(AttributeList::parse("\x30\x05\x04\x03"
                                    "c n"),
               ParseError);
}

TEST(AttributeList, RefusesWhatIsNoAttribute) {
  for (const auto* wrong : {"+", "c!n", "cn;", "cn;;x", "(cn)", "1.", "cn:mail", "cn\x01", "c\xC3\xA4"})
    EXPECT_THROW(AttributeList::parse(wrong), ParseError) << wrong;
  EXPECT_THROW(AttributeList::parse(std::string(70'000, ' ')), ParseError);
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "a" + std::to_string(i) + ",";
  EXPECT_THROW(AttributeList::parse(many), ParseError);
  try {
    AttributeList::parse("cn, c!n");
    FAIL();
  } catch (const ParseError& error) {
    EXPECT_EQ(error.offset(), 4U);
    EXPECT_STREQ(error.what(), "malformed list of attributes at byte 4: \"c!n\" is no attribute");
  }
}

TEST(AttributeList, WritesWhatItReads) {
  for (const auto* text : {"", "*", "1.1", "cn,mail;lang-de", "*,1.1,cn"})
    EXPECT_EQ(AttributeList::parse(text).text(), text);
}

TEST(SendRule, SpecialValues) {
  const AttributeList none;
  struct Case {
    const char* inclusion;
    const char* exclusion;
    bool cn;
    bool mail;
  };
  for (const auto& c : std::vector<Case>{{"", "", true, true},
                                         {"*", "", true, true},
                                         {"1.1", "", true, true},
                                         {"1.1,cn", "", true, false},
                                         {"*,cn", "", true, true},
                                         {"cn", "", true, false},
                                         {"", "cn", false, true},
                                         {"", "*", false, false},
                                         {"", "1.1", false, false},
                                         {"", "1.1,cn", false, false},
                                         {"cn,mail", "mail", true, false},
                                         {"cn", "*", false, false}}) {
    const SendRule rule(filter(c.inclusion, c.exclusion), none, schema());
    EXPECT_EQ(rule.sends("cn"), c.cn) << c.inclusion << '|' << c.exclusion;
    EXPECT_EQ(rule.sends("mail"), c.mail) << c.inclusion << '|' << c.exclusion;
    EXPECT_TRUE(rule.sends("objectClass")) << c.inclusion << '|' << c.exclusion;
    EXPECT_TRUE(rule.sends("entryUUID")) << c.inclusion << '|' << c.exclusion;
    EXPECT_TRUE(rule.sends("2.5.4.0")) << c.inclusion << '|' << c.exclusion;
  }
}

TEST(SendRule, UnionOfBothExclusions) {
  const SendRule rule(filter("", "mail"), AttributeList::parse("telephoneNumber"), schema());
  EXPECT_FALSE(rule.sends("mail"));
  EXPECT_FALSE(rule.sends("telephoneNumber"));
  EXPECT_TRUE(rule.sends("cn"));
  EXPECT_FALSE(rule.sends_all());
  EXPECT_FALSE(SendRule(filter("cn", ""), AttributeList::parse("*"), schema()).sends("cn"));
  EXPECT_TRUE(SendRule(filter("*", ""), {}, schema()).sends_all());
}

TEST(SendRule, SubtypesAndOptions) {
  const SendRule no_names(filter("", "name"), {}, schema());
  for (const auto* attribute : {"name", "cn", "CommonName", "2.5.4.3", "sn;lang-de", "cn;lang-de;x-y"})
    EXPECT_FALSE(no_names.sends(attribute)) << attribute;
  EXPECT_TRUE(no_names.sends("mail"));
  const SendRule no_german(filter("", "cn;lang-de"), {}, schema());
  EXPECT_FALSE(no_german.sends("cn;lang-de"));
  EXPECT_FALSE(no_german.sends("cn;x-a;LANG-DE"));
  EXPECT_TRUE(no_german.sends("cn"));
  EXPECT_TRUE(no_german.sends("cn;lang-en"));
  const SendRule unknown(filter("myOwn", ""), {}, schema());
  EXPECT_TRUE(unknown.sends("MYOWN"));
  EXPECT_TRUE(unknown.sends("myown;lang-de"));
  EXPECT_FALSE(unknown.sends("other"));
}

std::vector<int> rules(const FractionalFilter& supplier, const FractionalFilter& consumer) {
  std::vector<int> out;
  for (const auto& conflict : filter_conflicts(supplier, consumer, schema())) out.push_back(conflict.rule);
  return out;
}

TEST(FilterConflicts, FullReplicasSupplyAll) {
  EXPECT_THAT(rules({}, {}), IsEmpty());
  EXPECT_THAT(rules({}, filter("cn,mail", "")), IsEmpty());
  EXPECT_THAT(rules({}, filter("", "mail")), IsEmpty());
  EXPECT_THAT(rules({}, filter("", "*")), IsEmpty());
}

TEST(FilterConflicts, FirstRule) {
  EXPECT_THAT(rules(filter("", "mail"), {}), ElementsAre(1));
  EXPECT_THAT(rules(filter("", "mail"), filter("", "cn")), ElementsAre(1));
  EXPECT_THAT(rules(filter("", "mail"), filter("", "mail,cn")), IsEmpty());
  EXPECT_THAT(rules(filter("", "cn"), filter("", "name")), IsEmpty()) << "the consumer excludes all names";
  EXPECT_THAT(rules(filter("", "name"), filter("", "cn")), ElementsAre(1));
  EXPECT_THAT(rules(filter("", "*"), {}), ElementsAre(1));
  EXPECT_THAT(rules(filter("", "1.1"), filter("", "*")), IsEmpty());
  const auto conflicts = filter_conflicts(filter("", "mail,cn,objectClass"), filter("", "cn"), schema());
  ASSERT_EQ(conflicts.size(), 1U);
  EXPECT_THAT(conflicts[0].attributes, ElementsAre("mail"));
  EXPECT_THAT(conflicts[0].reason, testing::HasSubstr("supplier excludes"));
}

TEST(FilterConflicts, SecondRule) {
  EXPECT_THAT(rules(filter("", "mail"), filter("cn,mail", "")), ElementsAre(2));
  EXPECT_THAT(rules(filter("", "mail"), filter("cn", "")), IsEmpty());
  EXPECT_THAT(rules(filter("", "name"), filter("cn", "")), ElementsAre(2));
  EXPECT_THAT(rules(filter("", "cn"), filter("name", "")), ElementsAre(2));
  EXPECT_THAT(rules(filter("", "cn"), filter("name", "cn")), IsEmpty());
  EXPECT_THAT(rules(filter("", "*"), filter("cn", "")), ElementsAre(2));
}

TEST(FilterConflicts, ThirdRule) {
  EXPECT_THAT(rules(filter("cn", ""), filter("cn,mail", "")), ElementsAre(3));
  EXPECT_THAT(rules(filter("cn,mail", ""), filter("cn", "")), IsEmpty());
  EXPECT_THAT(rules(filter("name", ""), filter("cn", "")), IsEmpty());
  EXPECT_THAT(rules(filter("cn", ""), filter("name", "")), ElementsAre(3));
  EXPECT_THAT(rules(filter("cn", ""), filter("cn,mail", "mail")), IsEmpty());
  EXPECT_THAT(rules(filter("cn", ""), {}), ElementsAre(3)) << "no fractional replica supplies a full one";
  EXPECT_THAT(rules(filter("cn", ""), filter("*", "mail")), ElementsAre(3));
  EXPECT_THAT(rules(filter("cn", ""), filter("objectClass,entryUUID,cn", "")), IsEmpty());
}

// With unrelated attributes there is a conflict exactly when the consumer holds something the supplier lacks.
TEST(FilterConflicts, MeanThatTheSupplierLacksSomething) {
  const std::vector<std::string> universe = {"cn", "mail", "telephoneNumber", "jpegPhoto", "notNamedAnywhere"};
  std::mt19937 random(4);
  const auto below = [&](unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random); };
  const auto random_list = [&] {
    std::string text;
    for (std::size_t i = 0; i + 1 < universe.size(); ++i) {
      if (below(3) == 0) text += universe[i] + ",";
    }
    if (below(8) == 0) text += "*";
    if (below(8) == 0) text += " 1.1";
    return AttributeList::parse(text);
  };
  int conflicts = 0;
  for (int round = 0; round < 3000; ++round) {
    const FractionalFilter supplier{below(2) ? random_list() : AttributeList(),
                                    below(2) ? random_list() : AttributeList()};
    const FractionalFilter consumer{below(2) ? random_list() : AttributeList(),
                                    below(2) ? random_list() : AttributeList()};
    const SendRule held_by_supplier(supplier, {}, schema());
    const SendRule held_by_consumer(consumer, {}, schema());
    bool lacks = false;
    for (const auto& attribute : universe)
      lacks = lacks || (held_by_consumer.sends(attribute) && !held_by_supplier.sends(attribute));
    const bool found = !filter_conflicts(supplier, consumer, schema()).empty();
    ASSERT_EQ(found, lacks) << supplier.inclusion.text() << '|' << supplier.exclusion.text() << " -> "
                            << consumer.inclusion.text() << '|' << consumer.exclusion.text();
    conflicts += found ? 1 : 0;
  }
  EXPECT_GT(conflicts, 500);
  EXPECT_LT(conflicts, 2500);
}

}  // namespace
}  // namespace replkit::ldup
