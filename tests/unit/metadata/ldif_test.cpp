#include "common/metadata/ldif.hpp"

#include <gmock/gmock.h>

#include "common/base/error.hpp"

namespace replkit::metadata {
namespace {

using ldup::Csn;
using ldup::MetaDataAttribute;
using ldup::MetaDataChange;
using testing::ElementsAre;

Csn csn(std::string_view text) {
  return Csn::parse(text);
}

TEST(CsnOption, HasLettersDigitsAndHyphens) {
  EXPECT_EQ(option_of(csn("20261121074549Z#000015#berlin-1#000002")), "20261121074549Z-000015-berlin-1-000002");
  EXPECT_EQ(option_of(csn("20261121074549.164125Z#00000f#001#000000")), "20261121074549-164125Z-00000f-001-000000");
  EXPECT_EQ(option_of(csn("20261121074549Z#000015#r1.example_x#000000")),
            "20261121074549Z-000015-r1--pexample--ux-000000");
  EXPECT_EQ(option_of(Csn()), "00000101000000Z-000000--000000");
}

TEST(CsnOption, ComesBackWhateverTheReplicaIsCalled) {
  for (const char* id : {"a",    "-", "--", "---", ".", "_",  "-.",  ".-",     "a-",  "-a",      "a--b",
                         "a-.b", "p", "-p", "--p", "1", "-1", "1-1", "a.-_b-", "_-_", "0-000001"}) {
    const Csn value(csn("20261121074549Z#000015#x#000000").time(), 15, id, 7);
    EXPECT_EQ(csn_of_option(option_of(value)), value) << id << ' ' << option_of(value);
  }
  EXPECT_EQ(csn_of_option(option_of(Csn())), Csn());
  const auto fraction = csn("20261121074549.164125Z#00000f#001#000000");
  EXPECT_EQ(csn_of_option(option_of(fraction)), fraction);
}

TEST(CsnOption, IgnoresCase) {
  EXPECT_EQ(csn_of_option("20261121074549z-000015-BERLIN--Px-000000"), csn("20261121074549Z#000015#berlin.x#000000"));
}

TEST(CsnOption, RefusesWhatIsNone) {
  for (const char* text : {"", "Z", "20261121074549Z", "20261121074549Z-", "20261121074549Z-1", "20261121074549Z-1-2",
                           "20261121074549Z-1-r-x", "20261121074549Z-1-r--x-0", "2026112107454Z-1-r-0",
                           "20261121074549Z-1--0", "20261121074549Z-1-r#-0", "20261121074549#1#r#0"}) {
    EXPECT_THROW(csn_of_option(text), ParseError) << text;
  }
}

TEST(Description, KeepsOtherOptions) {
  const auto made = Description::parse("cn;lang-de;x-deleted;X-CSN-20261121074549Z-000015-a-000000;binary");
  EXPECT_EQ(made.type, "cn;lang-de;binary");
  EXPECT_TRUE(made.deleted);
  EXPECT_EQ(made.csn, csn("20261121074549Z#000015#a#000000"));
  EXPECT_EQ(made.text(), "cn;lang-de;binary;x-deleted;x-csn-20261121074549Z-000015-a-000000");
}

TEST(Description, RefusesContradictions) {
  const std::string one = "x-csn-20261121074549Z-000015-a-000000";
  const std::string cleared = "x-cleared-20261121074549Z-000015-a-000000";
  for (const auto& options : {one + ';' + one, std::string("x-deleted;x-deleted"), cleared + ';' + cleared,
                              cleared + ';' + one, cleared + ";x-deleted", std::string("x-csn-20261121")}) {
    EXPECT_THROW(Description::parse("cn;" + options), ParseError) << options;
  }
}

ldup::SearchMetaDataEntry ada() {
  ldup::SearchMetaDataEntry out;
  out.name = "uid=ada,dc=example";
  const auto first = csn("20261121074549Z#000015#berlin#000000");
  const auto second = csn("20261121074601Z#000000#paris#000001");
  out.attributes = {{.type = "sn",
                     .values = {{.value = "Lovelace", .deleted = false, .csn = second, .distinguished = false},
                                {.value = "Byron", .deleted = true, .csn = second, .distinguished = false},
                                {.value = " odd\n", .deleted = false, .csn = first, .distinguished = false}},
                     .deletion_csn = first},
                    {.type = "mail", .values = {}, .deletion_csn = second},
                    {.type = "cn",
                     .values = {{.value = "Ada", .deleted = false, .csn = {}, .distinguished = false}},
                     .deletion_csn = {}}};
  out.state.emplace();
  out.state->entry = model::Uuid::parse("597ae2f6-16a6-1027-98f4-d28b5365dc14");
  out.state->created_csn = first;
  return out;
}

std::string ldif_of(const model::Entry& entry) {
  std::string out;
  model::LdifWriter([&](std::string_view text) { out += text; }, 0).entry(entry);
  return out;
}

TEST(Ldif, ShowsMetaDataAsOptions) {
  EXPECT_EQ(ldif_of(to_entry(ada())),
            "dn: uid=ada,dc=example\n"
            "sn;x-csn-20261121074601Z-000000-paris-000001: Lovelace\n"
            "sn;x-deleted;x-csn-20261121074601Z-000000-paris-000001: Byron\n"
            "sn;x-csn-20261121074549Z-000015-berlin-000000:: IG9kZAo=\n"
            "sn;x-cleared-20261121074549Z-000015-berlin-000000:\n"
            "mail;x-cleared-20261121074601Z-000000-paris-000001:\n"
            "cn: Ada\n"
            "entryUUID: 597ae2f6-16a6-1027-98f4-d28b5365dc14\n"
            "createdEntryCSN: 20261121074549Z#000015#berlin#000000\n\n");
}

TEST(Ldif, ComesBackAsItWas) {
  const auto text = ldif_of(to_entry(ada()));
  model::LdifReader reader(model::memory_bytes(text), "test");
  const auto entry = reader.next_entry();
  ASSERT_TRUE(entry);
  auto attributes = to_attributes(entry->attributes);
  ASSERT_EQ(attributes.size(), 5U);
  EXPECT_EQ(attributes[3].type, "entryUUID");
  EXPECT_EQ(attributes[4].type, "createdEntryCSN");
  attributes.resize(3);
  EXPECT_EQ(attributes, ada().attributes);
}

TEST(Ldif, TellsOfATombstone) {
  auto entry = ada();
  entry.state->deleted_csn = csn("20261121080000Z#000000#rome#000000");
  EXPECT_EQ(to_entry(entry).first("deletedEntryCSN"), "20261121080000Z#000000#rome#000000");
  EXPECT_THAT(remarks(entry), ElementsAre("tombstone: the DN is the last one it had"));
  // One that the server shows as an attribute is not told twice.
  entry.attributes.push_back({.type = "DELETEDENTRYCSN",
                              .values = {{.value = "x", .deleted = false, .csn = {}, .distinguished = false}},
                              .deletion_csn = {}});
  EXPECT_EQ(to_entry(entry).find("deletedEntryCSN")->values.size(), 1U);
}

std::vector<MetaDataChange> changes_of(const std::string& text) {
  model::LdifReader reader(model::memory_bytes(text), "test");
  const auto record = std::get<model::ChangeRecord>(reader.next().value());
  return to_changes(std::get<model::ModifyChange>(record.change).modifications);
}

TEST(Ldif, ChangesCarryMetaData) {
  const auto changes = changes_of(
      "dn: dc=x\nchangetype: modify\n"
      "replace: sn\n-\n"
      "add: sn;x-csn-20261121074601Z-000000-paris-000001\nsn;x-csn-20261121074601Z-000000-paris-000001: A\n-\n"
      "delete: cn;x-cleared-20261121074601Z-000000-paris-000001\n-\n"
      "delete: mail\nmail: a@x\n-\n");
  ASSERT_EQ(changes.size(), 4U);
  EXPECT_EQ(changes[0].kind, MetaDataChange::Kind::replace);
  EXPECT_TRUE(changes[0].attribute.values.empty());
  EXPECT_EQ(changes[1].attribute.type, "sn");
  EXPECT_EQ(changes[1].attribute.values.at(0).csn, csn("20261121074601Z#000000#paris#000001"));
  EXPECT_EQ(changes[2].kind, MetaDataChange::Kind::remove);
  EXPECT_EQ(changes[2].attribute.deletion_csn, csn("20261121074601Z#000000#paris#000001"));
  EXPECT_EQ(changes[3].attribute.values.at(0).value, "a@x");
}

TEST(Ldif, RefusesWhatHasNoMeaning) {
  EXPECT_THROW(changes_of("dn: dc=x\nchangetype: modify\nincrement: n\nn: 1\n-\n"), ParseError);
  EXPECT_THROW(changes_of("dn: dc=x\nchangetype: modify\n"
                          "add: n;x-cleared-20261121074601Z-0-a-0\nn;x-cleared-20261121074601Z-0-a-0: 1\n-\n"),
               ParseError);
  EXPECT_THROW(
      to_attributes({{"n;x-cleared-20261121074601Z-0-a-0", {""}}, {"n;x-cleared-20261121074602Z-0-a-0", {""}}}),
      ParseError);
}

TEST(Restoration, ReplacesWhatWasTouchedByWhatWasThere) {
  const auto record = restoration(ada(), {"SN", "title"});
  std::string out;
  model::LdifWriter([&](std::string_view text) { out += text; }, 0).change(record);
  const auto changes = changes_of(out);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].kind, MetaDataChange::Kind::replace);
  EXPECT_EQ(changes[0].attribute, ada().attributes[0]);
  EXPECT_EQ(changes[1].attribute.type, "title");
  EXPECT_EQ(changes[1].kind, MetaDataChange::Kind::remove);
}

TEST(Restoration, KnowsWhatIsOfTheState) {
  const auto record = restoration(ada(), {"entryUUID"});
  const auto& modifications = std::get<model::ModifyChange>(record.change).modifications;
  ASSERT_EQ(modifications.size(), 1U);
  EXPECT_EQ(modifications[0].kind, model::ModifyKind::replace);
  EXPECT_THAT(modifications[0].values, ElementsAre("597ae2f6-16a6-1027-98f4-d28b5365dc14"));
}

}  // namespace
}  // namespace replkit::metadata
