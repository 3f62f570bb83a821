#include "common/model/filter_matcher.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "common/base/text.hpp"

namespace replkit::model {
namespace {

// Types with and without rules, as a server's own schema declares them.
const Schema& declared_schema() {
  static const auto schema = Schema::parse(
      {"( 2.5.4.0 NAME 'objectClass' EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )",
       "( 1.1.1 NAME 'name' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX "
       "1.3.6.1.4.1.1466.115.121.1.15 )",
       "( 1.1.2 NAME ( 'cn' 'commonName' ) SUP name )",
       "( 1.1.3 NAME 'serial' EQUALITY caseExactMatch ORDERING caseExactOrderingMatch SYNTAX "
       "1.3.6.1.4.1.1466.115.121.1.15 )",
       "( 1.1.4 NAME 'number' EQUALITY integerMatch ORDERING integerOrderingMatch SYNTAX "
       "1.3.6.1.4.1.1466.115.121.1.27 )",
       "( 1.1.5 NAME 'plain' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )",
       "( 1.1.6 NAME 'photo' SYNTAX 1.3.6.1.4.1.1466.115.121.1.28 )",
       "( 1.1.7 NAME 'when' EQUALITY generalizedTimeMatch ORDERING generalizedTimeOrderingMatch SYNTAX "
       "1.3.6.1.4.1.1466.115.121.1.24 )",
       "( 2.5.21.4 NAME 'matchingRules' EQUALITY objectIdentifierFirstComponentMatch SYNTAX "
       "1.3.6.1.4.1.1466.115.121.1.30 )",
       "( 2.5.21.5 NAME 'attributeTypes' EQUALITY objectIdentifierFirstComponentMatch SYNTAX "
       "1.3.6.1.4.1.1466.115.121.1.3 )"},
      {"( 2.1.1 NAME 'thing' ABSTRACT )", "( 2.1.2 NAME ( 'animal' 'beast' ) SUP thing )",
       "( 2.1.3 NAME 'dog' SUP animal )"});
  return schema;
}

// An entry, and what a caller may search of it.
class Subject {
 public:
  explicit Subject(const std::vector<std::string>& lines) : descriptions(declared_schema()) {
    for (const auto& line : lines) {
      const auto colon = line.find(": ");
      entry_.add(line.substr(0, colon), line.substr(colon + 2));
    }
    for (const auto& attribute : entry_.attributes) {
      values_.insert(values_.end(), attribute.values.begin(), attribute.values.end());
    }
    std::size_t at = 0;
    for (const auto& attribute : entry_.attributes) {
      attributes_.push_back({attribute.description, std::span(values_).subspan(at, attribute.values.size())});
      at += attribute.values.size();
    }
    descriptions.number(attributes_, numbers_);
  }

  Truth match(std::string_view filter, std::string_view dn = {}) {
    FilterMatcher matcher(Filter::parse(filter), descriptions, RuleUse::declared);
    return match(matcher, dn);
  }
  Truth match(FilterMatcher& matcher, std::string_view dn = {}) {
    return matcher.match({attributes_, numbers_, dn, may_search ? &may_search : nullptr});
  }

  Descriptions descriptions;
  std::function<bool(const AttributeType&)> may_search;

 private:
  Entry entry_;
  std::vector<std::string_view> values_;
  std::vector<AttributeView> attributes_;
  std::vector<std::uint32_t> numbers_;
};

Subject dog() {
  return Subject({"objectClass: dog", "cn: Rex", "cn;x-nick: Rexy", "serial: B2", "number: 10", "plain: 3",
                  "photo: jpeg", "when: 20260101120000Z", "attributeTypes: ( 1.1.2 NAME 'cn' )"});
}

TEST(FilterMatcher, GoesByTheRulesThatAreDeclared) {
  auto subject = dog();
  using enum Truth;
  const std::vector<std::pair<std::string_view, Truth>> cases{
      {"(cn=REX)", yes},
      {"(name=rexy)", yes},
      {"(cn=re*)", yes},
      {"(cn>=a)", undefined},
      {"(serial>=B1)", yes},
      {"(serial>=B3)", no},
      {"(serial=B*)", undefined},
      {"(number>=9)", yes},
      {"(number<=9)", no},
      {"(number>=x)", undefined},
      {"(plain>=1)", undefined},
      {"(plain=3)", yes},
      {"(photo=jpeg)", undefined},
      {"(photo=*)", yes},
      {"(when>=20260101115959.9Z)", yes},
      {"(when>=20260101130000+0100)", yes},
      {"(when>=20260101120000.1Z)", no},
      {"(unknown=x)", undefined},
      {"(unknown=*)", undefined},
      {"(!(unknown=x))", undefined},
      {"(&(unknown=x)(cn=none))", no},
      {"(|(unknown=x)(cn=rex))", yes},
      {"(|(unknown=x)(cn=none))", undefined},
      {"(&)", yes},
      {"(|)", no},
  };
  for (const auto& [filter, expected] : cases) EXPECT_EQ(subject.match(filter), expected) << filter;
}

TEST(FilterMatcher, KnowsSuperclassesAndNamesOfClasses) {
  auto subject = dog();
  for (const auto* filter : {"(objectClass=dog)", "(objectClass=ANIMAL)", "(objectClass=beast)", "(objectClass=2.1.2)",
                             "(objectClass=thing)"}) {
    EXPECT_EQ(subject.match(filter), Truth::yes) << filter;
  }
  EXPECT_EQ(Subject({"objectClass: beast"}).match("(objectClass=animal)"), Truth::yes);
  EXPECT_EQ(Subject({"objectClass: thing"}).match("(objectClass=dog)"), Truth::no);
}

// RFC 2252 8.1: what the name of no class or type stands for is not known.
TEST(FilterMatcher, NamesThatMeanNothingAreUndefined) {
  auto subject = dog();
  EXPECT_EQ(subject.match("(objectClass=cat)"), Truth::undefined);
  EXPECT_EQ(subject.match("(!(objectClass=cat))"), Truth::undefined);
  EXPECT_EQ(subject.match("(objectClass=2.1.99)"), Truth::no);
  EXPECT_EQ(subject.match("(attributeTypes=noSuch)"), Truth::undefined);
}

// RFC 4512 2.5.2, RFC 3866 3.2.
TEST(FilterMatcher, KnowsOptionsAndRangesOfLanguages) {
  Subject subject({"cn;lang-en-us: color", "cn;lang-de: Farbe", "name;x-own: mine"});
  using enum Truth;
  const std::vector<std::pair<std::string_view, Truth>> cases{
      {"(cn;lang-en-us=color)", yes}, {"(cn;LANG-EN-US=color)", yes}, {"(cn;lang-en=color)", no},
      {"(cn;lang-en-=color)", yes},   {"(cn;lang-=Farbe)", yes},      {"(name;lang-=Farbe)", yes},
      {"(cn;lang-de-=Farbe)", yes},   {"(cn;lang-e-=color)", no},     {"(cn;lang-fr-=*)", no},
      {"(name;x-own=mine)", yes},     {"(name;x-=mine)", no},         {"(name;lang-=mine)", no},
      {"(cn;other=*)", undefined},    {"(!(cn;other=x))", undefined}, {"(cn;binary=*)", no},
  };
  for (const auto& [filter, expected] : cases) EXPECT_EQ(subject.match(filter), expected) << filter;
}

TEST(FilterMatcher, MatchesByNamedRules) {
  auto subject = dog();
  using enum Truth;
  const std::vector<std::pair<std::string_view, Truth>> cases{
      {"(cn:caseExactMatch:=Rex)", yes},
      {"(cn:caseExactMatch:=rex)", no},
      {"(cn:integerMatch:=1)", undefined},
      {"(number:integerMatch:=10)", yes},
      {"(number:integerMatch:=010)", undefined},
      {"(number=010)", undefined},
      {"(!(number=-0))", undefined},
      {"(:integerMatch:=3)", yes},
      {"(:caseIgnoreMatch:=b2)", yes},
      {"(serial:caseExactOrderingMatch:=B3)", yes},
      {"(serial:caseExactOrderingMatch:=B2)", no},
      {"(serial:caseExactSubstringsMatch:=B\\2a)", yes},
      {"(serial:caseExactSubstringsMatch:=\\2a1)", no},
      {"(serial:caseExactSubstringsMatch:=B)", undefined},
      {"(attributeTypes=1.1.2)", yes},
      {"(attributeTypes=commonName)", yes},
      {"(attributeTypes=1.1.3)", no},
      {"(attributeTypes:objectIdentifierFirstComponentMatch:=cn)", yes},
      {"(cn:objectIdentifierFirstComponentMatch:=cn)", undefined},
      {"(cn:noSuchMatch:=x)", undefined},
  };
  for (const auto& [filter, expected] : cases) EXPECT_EQ(subject.match(filter), expected) << filter;
}

// RFC 4517 4.2.26: a name stands for the OID that it is short for. Which those of matching rules are, only what is
// published of them says.
TEST(FilterMatcher, FindsDescriptionsByTheirNames) {
  Subject subject({"matchingRules: ( 2.5.13.2 NAME 'caseIgnoreMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
                   "matchingRules: ( 1.9.1 NAME ( 'one' 'two' ) DESC 'three' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"});
  using enum Truth;
  const std::vector<std::pair<std::string_view, Truth>> cases{
      {"(matchingRules=caseIgnoreMatch)", yes},
      {"(matchingRules=CASEIGNOREMATCH)", yes},
      {"(matchingRules=2.5.13.2)", yes},
      {"(matchingRules=two)", yes},
      {"(matchingRules:objectIdentifierFirstComponentMatch:=one)", yes},
      {"(matchingRules=three)", undefined},
      {"(!(matchingRules=three))", undefined},
      {"(matchingRules=caseIgnore)", undefined},
      {"(matchingRules=cn)", no},
      {"(|(matchingRules=two)(matchingRules=three))", yes},
      {"(&(matchingRules=two)(matchingRules=caseIgnoreMatch)(matchingRules=1.9.1))", yes},
  };
  for (const auto& [filter, expected] : cases) EXPECT_EQ(subject.match(filter), expected) << filter;
}

TEST(FilterMatcher, TakesAttributesOfTheDnIn) {
  auto subject = dog();
  EXPECT_EQ(subject.match("(cn:dn:=kennel)", "cn=Rex,cn=Kennel"), Truth::yes);
  EXPECT_EQ(subject.match("(cn:=kennel)", "cn=Rex,cn=Kennel"), Truth::no);
  EXPECT_EQ(subject.match("(:dn:caseIgnoreMatch:=kennel)", "cn=Rex,cn=Kennel"), Truth::yes);
  EXPECT_EQ(subject.match("(|(cn:dn:=a)(cn:dn:=kennel)(number:dn:=9))", "cn=Rex,cn=Kennel"), Truth::yes);
  EXPECT_EQ(subject.match("(cn:dn:=kennel)", "no DN"), Truth::no);
}

TEST(FilterMatcher, SeesNothingOfWhatIsHidden) {
  auto subject = dog();
  subject.may_search = [](const AttributeType& type) { return type.key != "cn" && type.key != "photo"; };
  using enum Truth;
  const std::vector<std::pair<std::string_view, Truth>> cases{
      {"(cn=rex)", undefined},
      {"(cn=*)", undefined},
      {"(!(cn=*))", undefined},
      {"(name=rex)", undefined},
      {"(photo=*)", undefined},
      {"(number=10)", yes},
      {"(:caseIgnoreMatch:=rex)", undefined},
      {"(:caseIgnoreMatch:=b2)", yes},
      {"(cn:dn:=kennel)", undefined},
  };
  for (const auto& [filter, expected] : cases) EXPECT_EQ(subject.match(filter, "cn=Kennel"), expected) << filter;
  auto without = Subject({"objectClass: dog"});
  without.may_search = subject.may_search;
  EXPECT_EQ(without.match("(!(cn=*))"), undefined) << "nobody learns that it is not there";
}

TEST(FilterMatcher, ServesManyEntries) {
  Descriptions descriptions(declared_schema());
  FilterMatcher matcher(Filter::parse("(|(cn=a1)(cn=b2)(name=c3)(cn=*4))"), descriptions, RuleUse::declared);
  std::vector<std::uint32_t> numbers;
  for (int i = 0; i < 50'000; ++i) {
    // Ever new descriptions, so that the numbers begin anew.
    const auto description = "cn;x-" + std::to_string(i);
    const std::string value = "c" + std::to_string(i % 10);
    const std::string_view view = value;
    const AttributeView attribute{description, std::span(&view, 1)};
    descriptions.number(std::span(&attribute, 1), numbers);
    const auto truth = matcher.match({std::span(&attribute, 1), numbers, {}, nullptr});
    ASSERT_EQ(truth, i % 10 == 3 || i % 10 == 4 ? Truth::yes : Truth::no) << i;
  }
  EXPECT_GT(descriptions.generation(), 3U);
}

TEST(FilterMatcher, TellsWhatItIsAbout) {
  Descriptions descriptions(declared_schema());
  const auto mentions = [&](std::string_view filter, std::string_view type) {
    FilterMatcher matcher(Filter::parse(filter), descriptions, RuleUse::declared);
    return matcher.mentions(*declared_schema().attribute(type));
  };
  EXPECT_TRUE(mentions("(&(number=1)(!(name=x)))", "cn"));
  EXPECT_TRUE(mentions("(name=x)", "name"));
  EXPECT_FALSE(mentions("(cn=x)", "name"));
  EXPECT_TRUE(mentions("(:integerMatch:=1)", "plain"));
  EXPECT_FALSE(mentions("(:integerMatch:=1)", "cn"));
  EXPECT_FALSE(mentions("(photo=x)", "photo")) << "it cannot be compared";
}

TEST(FilterMatcher, RefusesWhatWouldTakeSeconds) {
  std::vector<std::string> lines;
  for (int i = 0; i < 2000; ++i) lines.push_back("cn: value " + std::to_string(i));
  Subject subject(lines);
  Filter equalities;
  Filter substrings;
  equalities.kind = substrings.kind = Filter::Kind::or_;
  for (int i = 0; i < 6000; ++i) {
    equalities.parts.push_back(Filter::parse("(cn=none " + std::to_string(i) + ")"));
    substrings.parts.push_back(Filter::parse("(cn=*none " + std::to_string(i) + "*)"));
  }
  FilterMatcher many(equalities, subject.descriptions, RuleUse::declared);
  EXPECT_EQ(subject.match(many), Truth::no);
  FilterMatcher costly(substrings, subject.descriptions, RuleUse::declared);
  EXPECT_THROW(subject.match(costly), FilterTooCostly);
}

}  // namespace
}  // namespace replkit::model
