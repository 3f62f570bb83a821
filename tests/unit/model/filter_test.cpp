#include "common/model/filter.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <random>

#include "common/base/error.hpp"
#include "common/model/schema.hpp"

namespace replkit::model {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using Kind = Filter::Kind;

std::size_t error_offset(std::string_view text) {
  try {
    Filter::parse(text);
  } catch (const ParseError& error) {
    return error.offset();
  }
  ADD_FAILURE() << "accepted: " << text;
  return 0;
}

TEST(Filter, Rfc4515Section4ExamplesRoundTrip) {
  for (const std::string text : {
           "(cn=Babs Jensen)",
           "(!(cn=Tim Howes))",
           "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
           "(o=univ*of*mich*)",
           "(seeAlso=)",
           "(cn:caseExactMatch:=Fred Flintstone)",
           "(cn:=Betty Rubble)",
           "(sn:dn:2.4.6.8.10:=Barney Rubble)",
           "(o:dn:=Ace Industry)",
           "(:1.2.3:=Wilma Flintstone)",
           "(:dn:2.4.6.8.10:=Dino)",
           R"((o=Parens R Us \28for all your parenthetical needs\29))",
           R"((cn=*\2a*))",
           R"((filename=C:\5cMyFile))",
           R"((bin=\00\00\00\04))",
           R"((1.3.6.1.4.1.1466.0=\04\02Hi))",
           "(&)",
           "(|)",
           "(cn;lang-de>=a)",
           "(cn<=a)",
           "(cn~=a)",
           "(cn=*)",
       }) {
    EXPECT_EQ(Filter::parse(text).text(), text);
  }
  EXPECT_EQ(Filter::parse(R"((sn=Lu\c4\8di\c4\87))").value, "Lu\u010di\u0107");
  EXPECT_EQ(Filter::parse(R"((1.3.6.1.4.1.1466.0=\04\02\48\69))").value, "\x04\x02Hi");
}

TEST(Filter, Parts) {
  const auto substrings = Filter::parse("(o=univ*of*mich*)");
  EXPECT_EQ(substrings.kind, Kind::substrings);
  EXPECT_THAT(substrings.substrings, ElementsAre("univ", "of", "mich", ""));
  EXPECT_THAT(Filter::parse("(o=a**b)").substrings, ElementsAre("a", "b"));
  EXPECT_EQ(Filter::parse("(o=**)").kind, Kind::present);
  const auto extensible = Filter::parse("(sn:DN:2.4.6:=x)");
  EXPECT_TRUE(extensible.dn_attributes);
  EXPECT_EQ(extensible.rule, "2.4.6");
  EXPECT_EQ(Filter::parse("cn=a").kind, Kind::equality);
  EXPECT_EQ(Filter::parse("&(a=b)(c=d)").parts.size(), 2U);
  EXPECT_EQ(Filter::parse(" ( & (a=b) ( ! (c=d) ) ) ").text(), "(&(a=b)(!(c=d)))");
  EXPECT_EQ(Filter::parse("(cn= x )").value, " x ");
}

TEST(Filter, ErrorsNameTheByte) {
  EXPECT_EQ(error_offset(""), 0U);
  EXPECT_EQ(error_offset("("), 1U);
  EXPECT_EQ(error_offset("()"), 1U);
  EXPECT_EQ(error_offset("(cn)"), 3U);
  EXPECT_EQ(error_offset("(cn=a"), 5U);
  EXPECT_EQ(error_offset("(cn=a))"), 6U);
  EXPECT_EQ(error_offset("(cn=a(b)"), 5U);
  EXPECT_EQ(error_offset("(cn=a\\zz)"), 5U);
  EXPECT_EQ(error_offset("(cn=a\\4)"), 5U);
  EXPECT_EQ(error_offset("(cn=\0)"s), 4U);
  EXPECT_EQ(error_offset("(!)"), 2U);
  EXPECT_EQ(error_offset("(!(a=b)(c=d))"), 12U);
  EXPECT_EQ(error_offset("(c!n=a)"), 2U);
  EXPECT_EQ(error_offset("(cn;=a)"), 1U);
  EXPECT_EQ(error_offset("(cn>a)"), 4U);
  EXPECT_EQ(error_offset("(:=a)"), 1U);
  EXPECT_EQ(error_offset("(:dn:=a)"), 4U);
  EXPECT_EQ(error_offset("(cn:a:b:=c)"), 6U);
  EXPECT_EQ(error_offset("(cn:dn"), 6U);
  EXPECT_EQ(error_offset("(a=b)(c=d)"), 5U);
  EXPECT_EQ(error_offset("(cn>=a*b)"), 6U);
}

std::string nested(int levels) {
  std::string text = "(cn=a)";
  for (int i = 1; i < levels; ++i) text = "(!" + text + ")";
  return text;
}

TEST(Filter, Bounds) {
  EXPECT_NO_THROW(Filter::parse(nested(100)));
  EXPECT_THROW(Filter::parse(nested(101)), ParseError);
  EXPECT_THROW(Filter::parse(std::string(60'000, '(')), ParseError);
  EXPECT_THROW(Filter::parse("(cn=" + std::string(65'536, 'a') + ")"), ParseError);
}

TEST(Filter, TextReadsBackAsTheSame) {
  std::mt19937 random(7);
  const char* const types[] = {"cn", "cn;lang-de", "2.5.4.3", "x-y"};
  const auto value = [&] {
    std::string bytes;
    for (auto length = random() % 5; length > 0; --length) bytes += static_cast<char>(random() % 256);
    return bytes;
  };
  const std::function<Filter(int)> make = [&](int depth) {
    Filter filter;
    filter.kind = static_cast<Kind>(random() % 10);
    if (depth == 0 && filter.kind <= Kind::not_) filter.kind = Kind::equality;
    if (filter.kind <= Kind::not_) {
      const auto parts = filter.kind == Kind::not_ ? 1 : random() % 4;
      for (std::size_t i = 0; i < parts; ++i) filter.parts.push_back(make(depth - 1));
      return filter;
    }
    filter.description = types[random() % 4];
    if (filter.kind == Kind::substrings) {
      filter.substrings = {value(), "x" + value(), value()};
    } else if (filter.kind == Kind::extensible) {
      filter.dn_attributes = random() % 2 == 0;
      if (random() % 2 == 0) filter.rule = "caseExactMatch";
      if (!filter.rule.empty() && random() % 2 == 0) filter.description.clear();
    }
    if (filter.kind != Kind::present && filter.kind != Kind::substrings) filter.value = value();
    return filter;
  };
  for (int i = 0; i < 20'000; ++i) {
    const auto filter = make(3);
    const auto again = Filter::parse(filter.text());
    ASSERT_EQ(again.text(), filter.text());
    ASSERT_EQ(again.kind, filter.kind);
    ASSERT_EQ(again.value, filter.value);
    ASSERT_EQ(again.substrings, filter.substrings);
  }
}

// --- Matching ---

const Entry entry{"cn=Babs  Jensen,ou=People,dc=example,dc=com",
                  {{"objectClass", {"top", "person", "inetOrgPerson"}},
                   {"cn", {"Babs  Jensen", "Barbara"}},
                   {"sn;lang-de", {"J\u00dfnsen"}},
                   {"uidNumber", {"100"}},
                   {"createTimestamp", {"20260101000000.5Z"}},
                   {"telephoneNumber", {"+1 408-555 1212"}},
                   {"seeAlso", {"CN=Other , DC=Example"}},
                   {"jpegPhoto", {"\xff\xd8x"}},
                   {"custom", {"Value"}}}};

bool matches(std::string_view filter) {
  return Filter::parse(filter).matches(entry, Schema::standard());
}

TEST(FilterMatch, Yes) {
  for (const char* filter : {"(cn=babs jensen)",
                             "(commonName=BARBARA)",
                             "(2.5.4.3=barbara)",
                             "(name=barbara)",
                             "(sn=j\u00dfnsen)",
                             "(sn=JSSNSEN)",
                             "(sn;lang-DE=*)",
                             "(cn=b*s j*n)",
                             "(cn=*JENSEN)",
                             "(cn=bab*)",
                             "(cn=*a*a*)",
                             "(cn=babs *)",
                             "(cn=* jensen)",
                             "(cn=babs*jensen)",
                             "(uidNumber=0100)",
                             "(uidNumber>=99)",
                             "(uidNumber<=100)",
                             "(uidNumber>=-5)",
                             "(createTimestamp>=20260101000000Z)",
                             "(createTimestamp<=20260101010001+0100)",
                             "(createTimestamp=20260101000000,50Z)",
                             "(telephoneNumber=+1 4085551212)",
                             "(telephoneNumber=*408555*)",
                             "(seeAlso=cn=other,dc=example)",
                             "(jpegPhoto=\\ff*)",
                             "(custom=Value)",
                             "(custom=*)",
                             "(cn~=barbara)",
                             "(&)",
                             "(!(|))",
                             "(&(cn=barbara)(!(cn=x)))",
                             "(|(nosuch=a)(cn=barbara))",
                             "(cn:caseExactMatch:=Barbara)",
                             "(:caseIgnoreMatch:=barbara)",
                             "(ou:dn:=people)",
                             "(:dn:2.5.13.2:=people)",
                             "(objectClass=PERSON)",
                             "(objectClass=2.5.6.6)",
                             "(!(cn=nobody))",
                             "(cn>=barb)"}) {
    EXPECT_TRUE(matches(filter)) << filter;
  }
}

TEST(FilterMatch, No) {
  for (const char* filter :
       {"(cn=babsjensen)", "(cn=babs*babs jensen)", "(cn=jensen*)", "(cn;lang-de=barbara)", "(uidNumber>=101)",
        "(uidNumber<=-100)", "(createTimestamp<=20260101000000Z)", "(|)", "(!(&))", "(!(cn=*))", "(custom=value)",
        "(ou=people)", "(ou:=people)", "(cn:caseExactMatch:=barbara)", "(mail=*)", "(cn=a*a*a*a*a)"}) {
    EXPECT_FALSE(matches(filter)) << filter;
  }
}

// Undefined and its negation are both no match; with a decided part the set is decided.
TEST(FilterMatch, Undefined) {
  for (const char* filter : {"(nosuch=x)", "(nosuch=*)", "(uidNumber=ten)", "(uidNumber=1*)",
                             "(cn:noSuchMatch:=barbara)", "(cn=\\ff)", "(cn=\\ff*)", "(:1.2.3:=x)", "(seeAlso=nodn)"}) {
    EXPECT_FALSE(matches(filter)) << filter;
    EXPECT_FALSE(matches("(!" + std::string(filter) + ")")) << filter;
    EXPECT_TRUE(matches("(|(cn=barbara)" + std::string(filter) + ")")) << filter;
    EXPECT_TRUE(matches("(!(&(cn=nobody)" + std::string(filter) + "))")) << filter;
    EXPECT_FALSE(matches("(&(cn=barbara)" + std::string(filter) + ")")) << filter;
  }
}

TEST(FilterMatch, SpacesInSubstrings) {
  const Entry spaced{"", {{"cn", {" a  b c "}}}};
  const auto yes = [&](std::string_view filter) { return Filter::parse(filter).matches(spaced, Schema::standard()); };
  EXPECT_TRUE(yes("(cn=a b*)"));
  EXPECT_TRUE(yes("(cn=a    b*)"));
  EXPECT_TRUE(yes("(cn=a *c)"));
  EXPECT_TRUE(yes("(cn=*a * b*)"));
  EXPECT_TRUE(yes("(cn=* c  )"));
  EXPECT_TRUE(yes("(cn= *)")) << "every value begins with one insignificant space";
  EXPECT_FALSE(yes("(cn=ab*)"));
  EXPECT_FALSE(yes("(cn=*b  b*)"));
}

TEST(FilterMatch, EscapedValues) {
  const std::string value = "a(b)*\\\0\xff"s;
  EXPECT_EQ(escape_filter_value(value), R"(a\28b\29\2a\5c\00\ff)");
  EXPECT_EQ(Filter::parse("(cn=" + escape_filter_value(value) + ")").value, value);
}

}  // namespace
}  // namespace replkit::model
