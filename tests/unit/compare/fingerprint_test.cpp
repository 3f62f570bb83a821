#include "common/compare/fingerprint.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/text.hpp"

namespace replkit::compare {
namespace {

using model::Entry;

class FingerprintTest : public testing::Test {
 protected:
  FingerprintTest() {
    rules.schema = model::Schema::standard();
    rules.base = "dc=x";
    rules.id_attribute = "entryUUID";
    rules.csn_attribute = "entryCSN";
    rules.seed = 4711;
  }

  std::optional<Fingerprint> take(const Entry& entry) {
    Fingerprinter fingerprinter(rules);
    return fingerprinter.take(entry);
  }
  std::uint64_t content(const Entry& entry) { return take(entry)->content; }

  static Entry person(std::initializer_list<model::Attribute> more = {}) {
    Entry entry{"cn=a,dc=x",
                {{"objectClass", {"top", "person"}},
                 {"cn", {"a"}},
                 {"sn", {"b"}},
                 {"entryUUID", {"01234567-89ab-cdef-0123-456789abcdef"}},
                 {"entryCSN", {"20260101120000.000000Z#000000#001#000000"}}}};
    entry.attributes.insert(entry.attributes.end(), more);
    return entry;
  }

  std::string hidden(const Entry& entry) {
    Fingerprinter fingerprinter(rules);
    fingerprinter.take(entry);
    const auto lacking = fingerprinter.lacking_attributes();
    return fingerprinter.hidden_attribute() + fmt::format("{}", fmt::join(lacking, " "));
  }

  FingerprintRules rules;
};

TEST_F(FingerprintTest, OrderOfAttributesAndValuesDoesNotMatter) {
  auto other = person({{"mail", {"one@x", "two@x"}}});
  std::reverse(other.attributes.begin(), other.attributes.end());
  for (auto& attribute : other.attributes) std::reverse(attribute.values.begin(), attribute.values.end());
  EXPECT_EQ(content(other), content(person({{"mail", {"one@x", "two@x"}}})));
}

TEST_F(FingerprintTest, AnAttributeGivenTwiceIsOne) {
  EXPECT_EQ(content(person({{"mail", {"one@x"}}, {"mail", {"two@x"}}})),
            content(person({{"mail", {"one@x", "two@x"}}})));
}

TEST_F(FingerprintTest, EveryValueCounts) {
  EXPECT_NE(content(person({{"mail", {"one@x"}}})), content(person()));
  EXPECT_NE(content(person({{"mail", {"one@x"}}})), content(person({{"mail", {"two@x"}}})));
  EXPECT_NE(content(person({{"mail", {"one@x"}}})), content(person({{"description", {"one@x"}}})));
  EXPECT_NE(content(person({{"mail", {""}}})), content(person()));
  // Values that changed places.
  EXPECT_NE(content(person({{"mail", {"v"}}, {"title", {"w"}}})), content(person({{"mail", {"w"}}, {"title", {"v"}}})));
}

TEST_F(FingerprintTest, OptionsInAnyOrderAndCase) {
  EXPECT_EQ(content(person({{"title;lang-de;x-a", {"v"}}})), content(person({{"TITLE;X-A;Lang-DE", {"v"}}})));
  EXPECT_NE(content(person({{"title;lang-de", {"v"}}})), content(person({{"title", {"v"}}})));
  EXPECT_NE(content(person({{"title;lang-de", {"v"}}})), content(person({{"title;lang-fr", {"v"}}})));
  EXPECT_EQ(canonical_description("commonName;X;a", rules.schema), "cn;a;x");
  EXPECT_EQ(canonical_description("2.5.4.3", rules.schema), "cn");
  EXPECT_EQ(canonical_description("NoSuch;B", rules.schema), "nosuch;b");
}

TEST_F(FingerprintTest, NamesOfATypeAreOneName) {
  auto other = person();
  other.attributes[1].description = "commonName";
  other.attributes[2].description = "SURNAME";
  EXPECT_EQ(content(other), content(person()));
}

TEST_F(FingerprintTest, ValuesCompareByTheirRule) {
  const auto with = [&](const char* type, const char* value) { return content(person({{type, {value}}})); };
  EXPECT_EQ(with("title", "The  Boss "), with("title", "the boss"));
  EXPECT_NE(with("labeledURI", "http://X"), with("labeledURI", "http://x"));
  EXPECT_EQ(with("telephoneNumber", "+49 30-1"), with("telephoneNumber", "+49301"));
  EXPECT_EQ(with("uidNumber", "007"), with("uidNumber", "007"));
  EXPECT_EQ(with("seeAlso", "CN=A, dc=X"), with("seeAlso", "cn=a,dc=x"));
  EXPECT_NE(with("userPassword", "Secret"), with("userPassword", "secret"));
  EXPECT_NE(with("jpegPhoto", "Secret"), with("jpegPhoto", "secret"));
  EXPECT_NE(with("unheardOf", "V"), with("unheardOf", "v"));
  rules.exact = true;
  EXPECT_NE(with("title", "The Boss"), with("title", "the boss"));
  EXPECT_NE(with("seeAlso", "CN=A,dc=X"), with("seeAlso", "cn=a,dc=x"));
}

TEST_F(FingerprintTest, NamesOfEntriesAreNormalized) {
  auto other = person();
  other.dn = "CommonName = A , DC=X";
  EXPECT_EQ(take(other)->dn, take(person())->dn);
  other.dn = "cn=c,dc=x";
  EXPECT_NE(take(other)->dn, take(person())->dn);
  EXPECT_LT(take(other)->dn, std::uint64_t{1} << 48);
}

TEST_F(FingerprintTest, IdsAndCsnsAreNoContent) {
  auto other = person();
  other.attributes[3].values = {"11111111-89ab-cdef-0123-456789abcdef"};
  other.attributes[4].values = {"20270101120000.000000Z#000000#001#000000"};
  EXPECT_EQ(content(other), content(person()));
  EXPECT_NE(take(other)->key, take(person())->key);
}

TEST_F(FingerprintTest, OperationalAttributesCountOnlyWhenAskedFor) {
  const auto more =
      person({{"createTimestamp", {"20260101120000Z"}}, {"contextCSN", {"x"}}, {"structuralObjectClass", {"person"}}});
  EXPECT_EQ(content(more), content(person()));
  rules.only = {"*"};
  EXPECT_EQ(content(more), content(person()));
  rules.only = {"*", "+"};
  EXPECT_NE(content(more), content(person()));
  rules.only = {"+"};
  EXPECT_NE(content(more), content(person()));
  EXPECT_EQ(content(person({{"title", {"v"}}})), content(person()));
  rules.only = {"createTimestamp"};
  EXPECT_NE(content(more), content(person()));
}

TEST_F(FingerprintTest, OnlyAndExcludedAttributes) {
  rules.only = {"commonName", "title;lang-de"};
  EXPECT_EQ(content(person({{"mail", {"v"}}, {"title", {"v"}}})), content(person()));
  EXPECT_NE(content(person({{"title;Lang-DE", {"v"}}})), content(person()));
  EXPECT_NE(content(person({{"cn;x-y", {"v"}}})), content(person())) << "a type names its subtypes by option";
  rules.excluded = {"CN"};
  EXPECT_EQ(content(person({{"cn;x-y", {"v"}}})), content(person()));
  rules.only.clear();
  rules.excluded = {"title;lang-de"};
  EXPECT_EQ(content(person({{"title;lang-de", {"v"}}})), content(person()));
  EXPECT_NE(content(person({{"title", {"v"}}})), content(person()));
}

TEST_F(FingerprintTest, AsksForWhatItNeeds) {
  EXPECT_THAT(Fingerprinter(rules).wanted_attributes(), testing::ElementsAre("*", "entryUUID", "entryCSN"));
  rules.only = {"cn"};
  EXPECT_THAT(Fingerprinter(rules).wanted_attributes(), testing::ElementsAre("cn", "entryUUID", "entryCSN"));
  rules.quick = true;
  EXPECT_THAT(Fingerprinter(rules).wanted_attributes(), testing::ElementsAre("entryUUID", "entryCSN"));
}

TEST_F(FingerprintTest, QuickComparesTheCsn) {
  rules.quick = true;
  EXPECT_EQ(content(person({{"mail", {"v"}}})), content(person()));
  auto other = person();
  other.attributes[4].values = {"20270101120000.000000Z#000000#001#000000"};
  EXPECT_NE(content(other), content(person()));
}

TEST_F(FingerprintTest, WhatLiesElsewhereDoesNotCount) {
  rules.excluded_branches = {"OU=Gone, dc=x", "cn=a+sn=b,dc=x"};
  const auto inside = [&](const char* dn) {
    auto entry = person();
    entry.dn = dn;
    return take(entry).has_value();
  };
  EXPECT_TRUE(inside("dc=x"));
  EXPECT_TRUE(inside("cn=a,dc=x"));
  EXPECT_FALSE(inside("dc=y"));
  EXPECT_FALSE(inside("cn=a,dc=xx"));
  EXPECT_FALSE(inside("cn=a\\,dc=x"));
  EXPECT_FALSE(inside("ou=gone,dc=x"));
  EXPECT_FALSE(inside("cn=a,ou=gone,dc=x"));
  EXPECT_TRUE(inside("cn=ou=gone,dc=x"));
  EXPECT_FALSE(inside("sn=B+cn=A,dc=x"));
}

TEST_F(FingerprintTest, KeysAreUuidsOrHashes) {
  const auto key = key_of_id("01234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(key.words[0], 0x0123456789abcdefU);
  EXPECT_EQ(key.words[1], 0x0123456789abcdefU);
  EXPECT_EQ(key, key_of_id("01234567-89AB-CDEF-0123-456789ABCDEF"));
  EXPECT_EQ(uuid_text(key), "01234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(take(person())->key, key);
  for (const char* odd : {"", "0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdeg",
                          "01234567-89ab-cdef-0123-456789abcdef0", "01234567089ab-cdef-0123-456789abcdef"}) {
    EXPECT_NE(key_of_id(odd), key);
    EXPECT_EQ(key_of_id(odd), key_of_id(odd));
  }
  auto nameless = person();
  nameless.attributes[3].values.clear();
  Fingerprinter fingerprinter(rules);
  const auto by_dn = fingerprinter.take(nameless);
  EXPECT_EQ(by_dn->key, key_of_dn(fingerprinter.normalized_dn(), rules.seed));
}

TEST_F(FingerprintTest, WhatTheClassesDemandMustShow) {
  EXPECT_EQ(hidden(person()), "");
  auto part = person();
  part.attributes[2].values.clear();
  EXPECT_EQ(hidden(part), "") << "only the type was asked for: it is there";
  part.attributes.erase(part.attributes.begin() + 2);
  EXPECT_EQ(hidden(part), "sn");
  rules.excluded = {"surname"};
  EXPECT_EQ(hidden(part), "");
  rules.excluded.clear();
  part = person();
  part.attributes[1].description = "cn;lang-de";
  EXPECT_EQ(hidden(part), "");
  part.attributes[1].description = "commonName";
  EXPECT_EQ(hidden(part), "");
  part.attributes.erase(part.attributes.begin());
  EXPECT_EQ(hidden(part), "objectClass");
  part = person();
  part.attributes.erase(part.attributes.begin() + 3);
  EXPECT_EQ(hidden(part), "entryUUID");
}

TEST_F(FingerprintTest, ClassesBringWhatTheirSuperiorsDemand) {
  auto entry = person({{"uid", {"a"}}});
  entry.attributes[0].values = {"inetOrgPerson", "posixAccount"};
  EXPECT_EQ(hidden(entry).size(), std::string("uidnumber gidnumber homedirectory").size()) << hidden(entry);
  entry.attributes[0].values = {"inetOrgPerson"};
  entry.attributes.erase(entry.attributes.begin() + 2);
  EXPECT_EQ(hidden(entry), "sn") << "inherited from person";
}

TEST_F(FingerprintTest, OneFingerprinterKeepsEntriesApart) {
  Fingerprinter fingerprinter(rules);
  auto part = person();
  part.attributes.resize(2);
  fingerprinter.take(part);
  EXPECT_EQ(fingerprinter.hidden_attribute(), "entryUUID");
  EXPECT_EQ(fingerprinter.take(person())->content, content(person()));
  EXPECT_EQ(fingerprinter.hidden_attribute(), "");
  EXPECT_EQ(fingerprinter.csn(), "20260101120000.000000Z#000000#001#000000");
  fingerprinter.take(part);
  EXPECT_EQ(fingerprinter.csn(), "");
}

TEST_F(FingerprintTest, NamesWithoutEndStayBounded) {
  Fingerprinter fingerprinter(rules);
  for (int i = 0; i < 10'000; ++i) {
    const auto name = "x-attribute-" + std::to_string(i);
    const auto odd = person({{name, {"v"}}});
    ASSERT_EQ(fingerprinter.take(odd)->content, content(odd)) << name;
    if (i % 500 == 0) {
      ASSERT_EQ(fingerprinter.hidden_attribute(), "");
    }
  }
  EXPECT_EQ(fingerprinter.take(person({{"", {"v"}}}))->content, content(person({{"", {"v"}}})));
}

TEST_F(FingerprintTest, TheSeedChangesEverything) {
  const auto before = *take(person());
  ++rules.seed;
  EXPECT_NE(take(person())->content, before.content);
  EXPECT_NE(take(person())->dn, before.dn);
}

}  // namespace
}  // namespace replkit::compare
