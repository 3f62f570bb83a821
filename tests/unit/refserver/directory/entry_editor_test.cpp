#include "tests/refserver/directory/entry_editor.hpp"

#include <gmock/gmock.h>

#include "tests/refserver/directory/entry_rules.hpp"
#include "tests/unit/refserver/directory/entry_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Makes the modifications as update 2 and finishes it.
void change(store::StoredEntry& entry, const std::vector<model::Modification>& modifications) {
  EntryEditor editor(entry, test_schema(), test_csn(2));
  for (const auto& modification : modifications) editor.modify(modification, Origin::client);
  editor.finish();
}

// Returns what a person with `more` answers to the modifications.
ResultCode answer(const std::vector<std::string>& more, const std::vector<model::Modification>& modifications) {
  auto entry = make_person(more);
  return code_of([&] { change(entry, modifications); });
}

// As replication brings them to a fractional replica, or from one with another schema.
TEST(EntryEditor, WhatWasMissingBeforeIsNotAskedFor) {
  auto entry = make_person({"description: one"});
  std::erase_if(entry.attributes, [](const auto& attribute) { return attribute.description == "sn"; });
  change(entry, {replace("description", {"two"})});
  EXPECT_THAT(values_of(entry, "description"), ElementsAre("two"));
  EXPECT_EQ(code_of([&] { change(entry, {add("objectClass", {"posixAccount"})}); }), ResultCode::object_class_violation)
      << "what the change itself asks for is";
  auto whole = make_person({});
  EXPECT_EQ(code_of([&] { change(whole, {replace("sn", {})}); }), ResultCode::object_class_violation);
  entry = make_person({});
  std::erase_if(entry.attributes, [](const auto& attribute) { return attribute.description == "sn"; });
  change(entry, {add("sn", {"back"})});
  EXPECT_THAT(values_of(entry, "sn"), ElementsAre("back"));
}

// --- Add ---

TEST(EntryEditor, AddsValuesWithTheCsnOfTheStep) {
  auto entry = make_person({"description: one"});
  change(entry, {add("description", {"two", "three"}), add("mail", {"ann@example.com"})});
  EXPECT_THAT(values_of(entry, "description"), ElementsAre("one", "two", "three"));
  const auto* attribute = entry.find("description");
  EXPECT_EQ(attribute->values[0].csn, test_csn(1));
  EXPECT_EQ(attribute->values[1].csn, test_csn(2, 0));
  EXPECT_EQ(attribute->values[2].csn, test_csn(2, 0));
  EXPECT_EQ(entry.find("mail")->values[0].csn, test_csn(2, 1));
  EXPECT_FALSE(attribute->deleted);
  EXPECT_THAT(attribute->deleted_values, IsEmpty());
}

TEST(EntryEditor, RefusesToAddWhatIsThere) {
  EXPECT_EQ(answer({"description: One  two"}, {add("description", {"one TWO"})}),
            ResultCode::attribute_or_value_exists);
  EXPECT_EQ(answer({}, {add("description", {"x", "X"})}), ResultCode::attribute_or_value_exists);
  EXPECT_EQ(answer({"telephoneNumber: +1 555"}, {add("telephoneNumber", {"+1-5 55"})}),
            ResultCode::attribute_or_value_exists);
}

TEST(EntryEditor, RefusesToAddNothing) {
  EXPECT_EQ(answer({}, {add("description", {})}), ResultCode::protocol_error);
}

TEST(EntryEditor, TakesOtherNamesAndOrdersOfOptionsForTheSameAttribute) {
  EXPECT_EQ(answer({"cn;lang-de;x-a: Anne"}, {add("COMMONNAME;X-A;lang-DE", {"anne"})}),
            ResultCode::attribute_or_value_exists);
  auto entry = make_person({"cn;lang-de: Anne"});
  change(entry, {add("2.5.4.3;lang-de", {"Anna"}), add("cn;lang-fr", {"Anne"})});
  EXPECT_THAT(values_of(entry, "cn;lang-de"), ElementsAre("Anne", "Anna"));
  EXPECT_THAT(values_of(entry, "cn;lang-fr"), ElementsAre("Anne"));
  EXPECT_THAT(values_of(entry, "cn"), ElementsAre("Ann"));
}

TEST(EntryEditor, ForgetsTheRecordOfAValueThatComesBack) {
  auto entry = make_person({"description: one", "description: two"});
  change(entry, {remove("description", {"ONE", "two"}), add("description", {"One"})});
  const auto* attribute = entry.find("description");
  EXPECT_THAT(values_of(entry, "description"), ElementsAre("One"));
  EXPECT_EQ(attribute->values[0].csn, test_csn(2, 1));
  EXPECT_THAT(attribute->deleted_values, ElementsAre(store::DeletedValue{"two", test_csn(2, 0)}));
}

// --- Delete ---

TEST(EntryEditor, RecordsDeletedValues) {
  auto entry = make_person({"description: One", "description: two"});
  change(entry, {remove("description", {"one"})});
  const auto* attribute = entry.find("description");
  EXPECT_THAT(values_of(entry, "description"), ElementsAre("two"));
  EXPECT_THAT(attribute->deleted_values, ElementsAre(store::DeletedValue{"One", test_csn(2)}));
  EXPECT_FALSE(attribute->deleted);
}

TEST(EntryEditor, RecordsADeletedAttributeAndDropsTheRecordsItCovers) {
  auto entry = make_person({"description: one", "description: two"});
  change(entry, {remove("description", {"one"}), remove("description")});
  const auto* attribute = entry.find("description");
  EXPECT_THAT(attribute->values, IsEmpty());
  EXPECT_THAT(attribute->deleted_values, IsEmpty());
  EXPECT_EQ(attribute->deleted, test_csn(2, 1));
}

TEST(EntryEditor, DeletesOnlyTheDescriptionNamed) {
  auto entry = make_person({"description: one", "description;lang-de: eins"});
  change(entry, {remove("description")});
  EXPECT_THAT(values_of(entry, "description"), IsEmpty());
  EXPECT_THAT(values_of(entry, "description;lang-de"), ElementsAre("eins"));
}

TEST(EntryEditor, RefusesToDeleteWhatIsNotThere) {
  EXPECT_EQ(answer({}, {remove("description")}), ResultCode::no_such_attribute);
  EXPECT_EQ(answer({}, {remove("description", {"one"})}), ResultCode::no_such_attribute);
  EXPECT_EQ(answer({"description: one"}, {remove("description", {"two"})}), ResultCode::no_such_attribute);
  EXPECT_EQ(answer({"description: one"}, {remove("description", {"one"}), remove("description", {"one"})}),
            ResultCode::no_such_attribute);
  EXPECT_EQ(answer({"description: one"}, {remove("description"), remove("description")}),
            ResultCode::no_such_attribute);
}

TEST(EntryEditor, KeepsOneRecordAValue) {
  auto entry = make_person({"description: one"});
  change(entry, {remove("description", {"one"})});
  EntryEditor editor(entry, test_schema(), test_csn(3));
  editor.modify(add("description", {"ONE"}), Origin::client);
  editor.modify(remove("description", {"One"}), Origin::client);
  editor.finish();
  EXPECT_THAT(entry.find("description")->deleted_values, ElementsAre(store::DeletedValue{"ONE", test_csn(3, 1)}));
}

// --- Replace ---

TEST(EntryEditor, ReplacesAsDeletionOfTheAttributeAndAddition) {
  auto entry = make_person({"description: one", "description: two"});
  change(entry, {replace("description", {"two", "three"})});
  const auto* attribute = entry.find("description");
  EXPECT_THAT(values_of(entry, "description"), ElementsAre("two", "three"));
  EXPECT_EQ(attribute->deleted, test_csn(2, 0));
  EXPECT_EQ(attribute->values[0].csn, test_csn(2, 1));
  EXPECT_EQ(attribute->values[1].csn, test_csn(2, 1));
}

TEST(EntryEditor, ReplacesWhatIsNotThere) {
  EXPECT_EQ(answer({}, {replace("description")}), ResultCode::success);
  auto entry = make_person();
  change(entry, {replace("description", {"one"})});
  EXPECT_THAT(values_of(entry, "description"), ElementsAre("one"));
}

TEST(EntryEditor, ReplacesSingleValues) {
  auto entry = make_person({"displayName: Ann"});
  change(entry, {replace("displayName", {"Anne"})});
  EXPECT_THAT(values_of(entry, "displayName"), ElementsAre("Anne"));
  EXPECT_EQ(answer({"displayName: Ann"}, {add("displayName", {"Anne"})}), ResultCode::constraint_violation);
  EXPECT_EQ(answer({}, {replace("displayName", {"Ann", "Anne"})}), ResultCode::constraint_violation);
  EXPECT_EQ(answer({"displayName: Ann"}, {add("displayName", {"Anne"}), remove("displayName", {"Ann"})}),
            ResultCode::success);
}

// Values of a single-valued type count as equal: an older record must not undo the new value elsewhere.
TEST(EntryEditor, ForgetsAllRecordsOfASingleValuedAttributeThatHasAValue) {
  auto entry = make_person({"displayName: Ann"});
  change(entry, {remove("displayName", {"Ann"}), add("displayName", {"Anne"})});
  EXPECT_THAT(entry.find("displayName")->deleted_values, IsEmpty());
}

// --- Types without an equality rule (RFC 4512 2.5.1) ---

TEST(EntryEditor, TakesTypesWithoutAnEqualityRuleAsAWhole) {
  auto entry = make_person({"audio: one"});
  change(entry, {replace("audio", {"two", "Two"})});
  EXPECT_THAT(values_of(entry, "audio"), ElementsAre("two", "Two"));
  EXPECT_EQ(answer({}, {add("audio", {"one", "two"})}), ResultCode::success);
  EXPECT_EQ(answer({"audio: one"}, {remove("audio")}), ResultCode::success);
  EXPECT_EQ(answer({"audio: one"}, {add("audio", {"two"})}), ResultCode::inappropriate_matching);
  EXPECT_EQ(answer({"audio: one"}, {remove("audio", {"one"})}), ResultCode::inappropriate_matching);
  EXPECT_EQ(answer({}, {add("audio", {"one", "one"})}), ResultCode::attribute_or_value_exists);
}

// --- Increment (RFC 4525) ---

const std::vector<std::string> account{"objectClass: posixAccount", "uid: ann", "uidNumber: 7", "gidNumber: -3",
                                       "homeDirectory: /ann"};

TEST(EntryEditor, Increments) {
  auto entry = make_person(account);
  change(entry, {increment("uidNumber", "5"), increment("gidNumber", "-1")});
  EXPECT_THAT(values_of(entry, "uidNumber"), ElementsAre("12"));
  EXPECT_THAT(values_of(entry, "gidNumber"), ElementsAre("-4"));
  EXPECT_EQ(entry.find("uidNumber")->values[0].csn, test_csn(2, 1));
  change(entry, {increment("uidNumber", "9223372036854775807"), increment("gidNumber", "4")});
  EXPECT_THAT(values_of(entry, "uidNumber"), ElementsAre("9223372036854775819"));
  EXPECT_THAT(values_of(entry, "gidNumber"), ElementsAre("0"));
  change(entry, {increment("uidNumber", "-" + std::string(1, '1') + std::string(30, '0'))});
  EXPECT_THAT(values_of(entry, "uidNumber"), ElementsAre("-999999999990776627963145224181"));
}

TEST(EntryEditor, RefusesIncrementsItCannotMake) {
  EXPECT_EQ(answer({}, {increment("uidNumber", "1")}), ResultCode::no_such_attribute);
  EXPECT_EQ(answer(account, {increment("uidNumber", "x")}), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(answer(account, {increment("uidNumber", std::string(1'000'000, '9'))}), ResultCode::constraint_violation);
  EXPECT_EQ(answer(account, {increment("uid", "1")}), ResultCode::constraint_violation);
  EXPECT_EQ(answer({}, {increment("description", "1")}), ResultCode::constraint_violation);
  auto two = increment("uidNumber", "1");
  two.values.push_back("2");
  EXPECT_EQ(answer(account, {two}), ResultCode::protocol_error);
  two.values.clear();
  EXPECT_EQ(answer(account, {two}), ResultCode::protocol_error);
}

// --- Schema ---

TEST(EntryEditor, RefusesWhatTheSchemaDoesNotKnowOrAllow) {
  EXPECT_EQ(answer({}, {add("noSuchType", {"x"})}), ResultCode::undefined_attribute_type);
  EXPECT_EQ(answer({}, {remove("noSuchType")}), ResultCode::undefined_attribute_type);
  EXPECT_EQ(answer(account, {replace("uidNumber", {"seven"})}), ResultCode::invalid_attribute_syntax);
  EXPECT_EQ(answer({}, {add("dc", {"x"})}), ResultCode::object_class_violation);
  EXPECT_EQ(answer({}, {remove("sn")}), ResultCode::object_class_violation);
  EXPECT_EQ(answer({}, {remove("sn"), add("sn", {"Kay"})}), ResultCode::success);
}

TEST(EntryEditor, RefusesWhatTheServerMaintains) {
  for (const std::string type : {"createTimestamp", "creatorsName", "modifyTimestamp", "modifiersName", "entryUUID",
                                 "structuralObjectClass", "subschemaSubentry"}) {
    EXPECT_EQ(answer({}, {replace(type, {})}), ResultCode::constraint_violation) << type;
    EXPECT_EQ(answer({}, {remove(type, {})}), ResultCode::constraint_violation) << type;
  }
  auto entry = make_person();
  EntryEditor editor(entry, test_schema(), test_csn(2));
  editor.set("modifiersName", "cn=admin");
  editor.finish();
  EXPECT_THAT(values_of(entry, "modifiersName"), ElementsAre("cn=admin"));
}

// --- Object classes ---

TEST(EntryEditor, AddsSuperclassesOfClassesThatCome) {
  auto entry = make_test_entry("cn=Ann", {"objectClass: person", "sn: Lee"}, test_csn(1));
  EXPECT_THAT(values_of(entry, "objectClass"), ElementsAre("person", "top"));
  change(entry, {add("objectClass", {"posixAccount"}), add("uid", {"ann"}), add("uidNumber", {"1"}),
                 add("gidNumber", {"1"}), add("homeDirectory", {"/"})});
  EXPECT_THAT(values_of(entry, "objectClass"), ElementsAre("person", "top", "posixAccount"));
}

TEST(EntryEditor, KeepsSuperclassesAndTheStructuralClass) {
  EXPECT_EQ(answer({}, {remove("objectClass", {"person"})}), ResultCode::object_class_violation);
  EXPECT_EQ(answer({}, {remove("objectClass", {"top"})}), ResultCode::object_class_violation);
  EXPECT_EQ(answer({}, {remove("objectClass", {"inetOrgPerson"})}), ResultCode::object_class_mods_prohibited);
  EXPECT_EQ(answer({}, {replace("objectClass", {"organizationalPerson"})}), ResultCode::object_class_mods_prohibited);
  EXPECT_EQ(answer({}, {replace("objectClass", {"inetOrgPerson"})}), ResultCode::success);
  EXPECT_EQ(answer({}, {remove("objectClass")}), ResultCode::object_class_violation);
  EXPECT_EQ(answer({}, {add("objectClass", {"noSuchClass"})}), ResultCode::object_class_violation);
  EXPECT_EQ(answer({}, {add("objectClass", {"organization"})}), ResultCode::object_class_violation);
  EXPECT_EQ(answer({}, {add("objectClass", {"INETORGPERSON"})}), ResultCode::attribute_or_value_exists);
  EXPECT_EQ(answer(account, {remove("objectClass", {"posixAccount"}), remove("uidNumber"), remove("gidNumber"),
                             remove("homeDirectory")}),
            ResultCode::success);
  EXPECT_EQ(answer(account, {remove("objectClass", {"posixAccount"})}), ResultCode::object_class_violation);
}

// --- Distinguished values ---

TEST(EntryEditor, KeepsTheValuesOfTheRdn) {
  EXPECT_EQ(answer({"cn: Anne"}, {remove("cn", {"ann"})}), ResultCode::not_allowed_on_rdn);
  EXPECT_EQ(answer({"cn: Anne"}, {remove("cn")}), ResultCode::not_allowed_on_rdn);
  EXPECT_EQ(answer({}, {replace("cn", {"Anne"})}), ResultCode::not_allowed_on_rdn);
  EXPECT_EQ(answer({"cn: Anne"}, {remove("cn", {"anne"})}), ResultCode::success);
}

TEST(EntryEditor, LetsTheValueOfTheRdnBeSpeltAnew) {
  auto entry = make_person();
  change(entry, {replace("cn", {"Anne", "ANN"})});
  EXPECT_THAT(values_of(entry, "cn"), ElementsAre("Anne", "ANN"));
  EXPECT_FALSE(entry.find("cn")->values[0].distinguished);
  EXPECT_TRUE(entry.find("cn")->values[1].distinguished);
  EXPECT_EQ(entry.rdn_csn, test_csn(2, 2)) << "asserted again, after the attribute was taken away";
  EXPECT_EQ(entry.rdn, "cn=ANN");
}

TEST(EntryEditor, LeavesTheRdnsCsnWhenItsValuesStay) {
  auto entry = make_person();
  change(entry, {add("cn", {"Anne"}), remove("cn", {"Anne"})});
  EXPECT_EQ(entry.rdn_csn, test_csn(1));
}

// --- Modify DN ---

void rename(store::StoredEntry& entry, const std::string& rdn, OldRdn old) {
  EntryEditor editor(entry, test_schema(), test_csn(2));
  const auto parsed = model::Dn::parse(rdn).rdns().front();
  check_naming(test_schema(), parsed);
  editor.rename(parsed, rdn, old);
  editor.finish();
}

TEST(EntryEditor, RenamesAndDeletesTheOldName) {
  auto entry = make_person();
  rename(entry, "cn=Eve", OldRdn::remove);
  EXPECT_EQ(entry.rdn, "cn=Eve");
  EXPECT_EQ(entry.rdn_csn, test_csn(2, 0));
  const auto* cn = entry.find("cn");
  ASSERT_EQ(cn->values.size(), 1U);
  EXPECT_EQ(cn->values[0], (store::StoredValue{"Eve", test_csn(2, 0), true}));
  EXPECT_THAT(cn->deleted_values, ElementsAre(store::DeletedValue{"Ann", test_csn(2, 1)}));
}

TEST(EntryEditor, RenamesAndKeepsTheOldName) {
  auto entry = make_person();
  rename(entry, "cn=Eve", OldRdn::keep);
  const auto* cn = entry.find("cn");
  ASSERT_EQ(cn->values.size(), 2U);
  EXPECT_EQ(cn->values[0], (store::StoredValue{"Ann", test_csn(1), false}));
  EXPECT_EQ(cn->values[1], (store::StoredValue{"Eve", test_csn(2, 0), true}));
  EXPECT_THAT(cn->deleted_values, IsEmpty());
}

TEST(EntryEditor, RenamesToAValueThatIsThere) {
  auto entry = make_person({"cn: eve"});
  rename(entry, "cn=Eve", OldRdn::keep);
  EXPECT_THAT(values_of(entry, "cn"), ElementsAre("Eve", "Ann"));
  EXPECT_TRUE(entry.find("cn")->values[0].distinguished);
  EXPECT_FALSE(entry.find("cn")->values[1].distinguished);
}

TEST(EntryEditor, RenamesToAnotherSpelling) {
  for (const auto old : {OldRdn::keep, OldRdn::remove}) {
    auto entry = make_person();
    rename(entry, "CN=ANN", old);
    EXPECT_EQ(entry.rdn, "CN=ANN");
    EXPECT_THAT(values_of(entry, "cn"), ElementsAre("ANN"));
    EXPECT_THAT(entry.find("cn")->deleted_values, IsEmpty());
    EXPECT_TRUE(entry.find("cn")->values[0].distinguished);
  }
}

TEST(EntryEditor, RenamesToSeveralValuesAndBack) {
  auto entry = make_person();
  rename(entry, "cn=Ann+uid=ann", OldRdn::remove);
  EXPECT_THAT(values_of(entry, "uid"), ElementsAre("ann"));
  EXPECT_TRUE(entry.find("cn")->values[0].distinguished);
  EXPECT_TRUE(entry.find("uid")->values[0].distinguished);
  EntryEditor editor(entry, test_schema(), test_csn(3));
  editor.rename(model::Dn::parse("cn=Ann").rdns().front(), "cn=Ann", OldRdn::remove);
  editor.finish();
  EXPECT_THAT(values_of(entry, "uid"), IsEmpty());
  EXPECT_THAT(entry.find("uid")->deleted_values, ElementsAre(store::DeletedValue{"ann", test_csn(3, 1)}));
}

TEST(EntryEditor, RefusesARenameThatTheSchemaDoesNotAllow) {
  const auto rename_code = [](const std::string& rdn, OldRdn old) {
    auto entry = make_person();
    return code_of([&] { rename(entry, rdn, old); });
  };
  EXPECT_EQ(rename_code("sn=Lee", OldRdn::remove), ResultCode::object_class_violation) << "cn is mandatory";
  EXPECT_EQ(rename_code("sn=Lee", OldRdn::keep), ResultCode::success);
  EXPECT_EQ(rename_code("dc=x", OldRdn::keep), ResultCode::object_class_violation);
  EXPECT_EQ(rename_code("noSuchType=x", OldRdn::keep), ResultCode::undefined_attribute_type);
  EXPECT_EQ(rename_code("audio=x", OldRdn::keep), ResultCode::naming_violation);
  EXPECT_EQ(rename_code("creatorsName=cn\\=x", OldRdn::keep), ResultCode::naming_violation);
  EXPECT_EQ(rename_code("cn=x+cn=y", OldRdn::keep), ResultCode::naming_violation);
  EXPECT_EQ(rename_code("uidNumber=x", OldRdn::keep), ResultCode::invalid_dn_syntax);
  EXPECT_EQ(rename_code("cn=#0201FF", OldRdn::keep), ResultCode::invalid_dn_syntax);
}

// A record of the old value would take the new one away elsewhere: values of a single-valued type count as equal.
TEST(EntryEditor, LeavesNoRecordOfASingleValuedNameThatIsReplaced) {
  auto entry = make_test_entry(
      "uidNumber=7",
      {"objectClass: account", "objectClass: posixAccount", "uid: ann", "cn: Ann", "gidNumber: 1", "homeDirectory: /"},
      test_csn(1));
  rename(entry, "uidNumber=8", OldRdn::remove);
  EXPECT_THAT(values_of(entry, "uidNumber"), ElementsAre("8"));
  EXPECT_THAT(entry.find("uidNumber")->deleted_values, IsEmpty());
  auto kept = entry;
  EXPECT_EQ(code_of([&] { rename(kept, "uidNumber=9", OldRdn::keep); }), ResultCode::constraint_violation);
}

TEST(EntryEditor, Moves) {
  auto entry = make_person();
  EntryEditor editor(entry, test_schema(), test_csn(2));
  EXPECT_FALSE(editor.changed());
  editor.move(9);
  editor.finish();
  EXPECT_TRUE(editor.changed());
  EXPECT_EQ(editor.last_csn(), test_csn(2));
  EXPECT_EQ(entry.superior, 9U);
  EXPECT_EQ(entry.superior_csn, test_csn(2));
  EXPECT_EQ(entry.rdn_csn, test_csn(1));
}

std::vector<std::string> many_members(int count) {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) out.push_back("cn=p" + std::to_string(i) + ",dc=example");
  return out;
}

TEST(EntryEditor, EditsGroupsOfManyMembersInTime) {
  auto entry = make_test_entry("cn=all", {"objectClass: groupOfNames", "member: cn=x"}, test_csn(1));
  const auto members = many_members(20'000);
  change(entry, {add("member", members), remove("member", members)});
  EXPECT_THAT(values_of(entry, "member"), ElementsAre("cn=x"));
  EXPECT_EQ(entry.find("member")->deleted_values.size(), members.size());
}

TEST(EntryEditor, AddsManyMembersOneByOne) {
  auto entry = make_test_entry("cn=all", {"objectClass: groupOfNames", "member: cn=x"}, test_csn(1));
  std::vector<model::Modification> changes;
  for (const auto& member : many_members(20'000)) changes.push_back(add("member", {member}));
  change(entry, changes);
  EXPECT_EQ(values_of(entry, "member").size(), 20'001U);
}

TEST(EntryEditor, RefusesWhatWouldTakeForever) {
  auto entry = make_test_entry("cn=all", {"objectClass: groupOfNames", "member: cn=x"}, test_csn(1));
  const auto members = many_members(20'000);
  std::vector<model::Modification> changes{add("member", members)};
  for (const auto& member : members) changes.push_back(remove("member", {member}));
  EXPECT_EQ(code_of([&] { change(entry, changes); }), ResultCode::admin_limit_exceeded);
}

}  // namespace
}  // namespace replkit::refserver::directory
