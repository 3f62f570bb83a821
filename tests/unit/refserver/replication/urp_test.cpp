// What draft-ietf-ldup-urp-08 says, case by case: primitives as they come, and what becomes of the entry.
#include <gmock/gmock.h>

#include "tests/unit/refserver/replication/replica.hpp"

namespace replkit::refserver::replication {
namespace {

using ldup::Csn;
using ldup::EntryUpdate;
using ldup::Primitive;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Kind = Primitive::Kind;

const model::Uuid root = test_area().root;
const model::Uuid lost_and_found = test_area().lost_and_found();
const model::Uuid a = uuid_of(0xa);
const model::Uuid b = uuid_of(0xb);
const model::Uuid c = uuid_of(0xc);

// The CSN of this moment, made by r2.
Csn at(int second, std::uint32_t modification = 0) {
  return {Instant{std::chrono::seconds{1'650'000'000 + second}}, 0, "r2", modification};
}

Primitive add(int second, const model::Uuid& superior, std::string rdn) {
  return {Kind::add_entry, at(second), superior, std::move(rdn), {}, {}};
}
Primitive move(int second, const model::Uuid& superior) {
  return {Kind::move_entry, at(second), superior, {}, {}, {}};
}
Primitive rename(int second, std::string rdn) {
  return {Kind::rename_entry, at(second), {}, std::move(rdn), {}, {}};
}
Primitive remove(int second) {
  return {Kind::remove_entry, at(second), {}, {}, {}, {}};
}
Primitive add_value(int second, std::string type, std::string value) {
  return {Kind::add_value, at(second), {}, {}, std::move(type), std::move(value)};
}
Primitive remove_value(int second, std::string type, std::string value) {
  return {Kind::remove_value, at(second), {}, {}, std::move(type), std::move(value)};
}
Primitive remove_attribute(int second, std::string type) {
  return {Kind::remove_attribute, at(second), {}, {}, std::move(type), {}};
}

class UrpTest : public ::testing::Test {
 protected:
  // Applies the primitives one by one.
  std::vector<Reconciled> apply(const model::Uuid& uuid, const std::vector<Primitive>& primitives) {
    std::vector<EntryUpdate> updates;
    for (const auto& primitive : primitives) updates.push_back({uuid, {primitive}});
    auto out = replica_.apply(updates);
    EXPECT_THAT(replica_.store().check(5), IsEmpty());
    return out;
  }

  // Expects that all orders of the primitives of one entry lead to the same.
  void expect_one_outcome(std::vector<Primitive> primitives) {
    std::vector<std::size_t> order(primitives.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::optional<std::vector<std::string>> first;
    do {
      replica_.reset(replica_.options());
      apply(b, {add(1, root, "cn=b")});
      for (const auto i : order) apply(a, {primitives[i]});
      if (!first) first = replica_.dump();
      EXPECT_EQ(replica_.dump(), *first);
    } while (std::next_permutation(order.begin(), order.end()));
  }

  std::vector<std::pair<std::string, bool>> values(const model::Uuid& uuid, std::string_view type) const {
    std::vector<std::pair<std::string, bool>> out;
    const auto entry = replica_.load(uuid);
    const auto* attribute = entry ? entry->find(type) : nullptr;
    if (attribute == nullptr) return out;
    for (const auto& value : attribute->values) out.emplace_back(value.bytes, value.distinguished);
    return out;
  }

  bool is_tombstone(const model::Uuid& uuid) const {
    const auto entry = replica_.load(uuid);
    return entry && entry->deleted.has_value();
  }
  bool is_glue(const model::Uuid& uuid) const {
    const auto entry = replica_.load(uuid);
    return entry && entry->glue;
  }

  Replica replica_{"r1", {.read_only = false, .protect_names = false}};
};

std::vector<Event::Kind> kinds(const std::vector<Reconciled>& results) {
  std::vector<Event::Kind> out;
  for (const auto& result : results) {
    for (const auto& event : result.events) out.push_back(event.kind);
  }
  return out;
}

TEST_F(UrpTest, AnAddMakesTheEntryAndItsNamingValues) {
  apply(a, {add(5, root, "cn=a+sn=s"), add_value(5, "description", "one")});
  EXPECT_EQ(replica_.dn(a), "cn=a+sn=s,dc=example");
  EXPECT_THAT(values(a, "cn"), ElementsAre(Pair("a", true)));
  EXPECT_THAT(values(a, "sn"), ElementsAre(Pair("s", true)));
  EXPECT_THAT(values(a, "description"), ElementsAre(Pair("one", false)));
  const auto entry = *replica_.load(a);
  EXPECT_EQ(entry.csn, at(5));
  EXPECT_EQ(entry.rdn_csn, at(5));
  EXPECT_EQ(entry.superior_csn, at(5));
}

TEST_F(UrpTest, ReplayedPrimitivesChangeNothing) {
  const std::vector<Primitive> all{add(5, root, "cn=a"),       add_value(6, "audio", "x"), remove_value(7, "sn", "s"),
                                   remove_attribute(8, "uid"), rename(9, "cn=b"),          move(10, root)};
  apply(a, all);
  const auto before = replica_.dump();
  for (const auto& result : apply(a, all)) EXPECT_EQ(result.verdict, Verdict::unchanged);
  EXPECT_EQ(replica_.dump(), before);
}

TEST_F(UrpTest, ValuesRaceWithTheirRemoval) {
  apply(a, {add(1, root, "cn=a"), add_value(5, "description", "One"), remove_value(4, "description", "one")});
  EXPECT_THAT(values(a, "description"), ElementsAre(Pair("One", false)));
  apply(a, {add_value(6, "description", "ONE")});
  EXPECT_THAT(values(a, "description"), ElementsAre(Pair("ONE", false))) << "a refreshed value takes the new spelling";
  apply(a, {remove_value(7, "description", "one"), add_value(6, "description", "one")});
  EXPECT_THAT(values(a, "description"), IsEmpty());
  expect_one_outcome({add(1, root, "cn=a"), add_value(5, "description", "one"), remove_value(6, "description", "ONE"),
                      add_value(7, "description", "One"), remove_attribute(4, "description")});
}

TEST_F(UrpTest, OptionsMakeAttributesOfTheirOwnButBinaryDoesNot) {
  apply(a, {add(1, root, "cn=a"), add_value(2, "description;lang-de", "eins"), add_value(2, "description", "one"),
            remove_attribute(3, "description"), add_value(4, "userCertificate;binary", "x"),
            remove_attribute(5, "userCertificate")});
  EXPECT_THAT(values(a, "description;lang-de"), ElementsAre(Pair("eins", false)));
  EXPECT_THAT(values(a, "description"), IsEmpty());
  EXPECT_THAT(values(a, "userCertificate;binary"), IsEmpty());
}

TEST_F(UrpTest, OfASingleValuedTypeTheLatestValueStays) {
  expect_one_outcome({add(1, root, "cn=a"), add_value(3, "employeeNumber", "3"), add_value(5, "employeeNumber", "5"),
                      remove_value(4, "employeeNumber", "whatever")});
  EXPECT_THAT(values(a, "employeeNumber"), ElementsAre(Pair("5", false)));
}

TEST_F(UrpTest, ASingleValuedNamingValueRenamesTheEntry) {
  apply(a, {add(1, root, "displayName=x"), add_value(3, "displayName", "y")});
  EXPECT_EQ(replica_.dn(a), "displayName=y,dc=example");
  apply(a, {remove_value(4, "displayName", "y")});
  EXPECT_EQ(replica_.dn(a), "entryUUID=" + a.text() + ",dc=example");
  apply(a, {add_value(5, "displayName", "z")});
  EXPECT_EQ(replica_.dn(a), "displayName=z,dc=example");
}

TEST_F(UrpTest, ValuesWithoutAnEqualityRuleGoAsAWhole) {
  expect_one_outcome({add(1, root, "cn=a"), add_value(3, "audio", "x"), remove_attribute(4, "audio"),
                      add_value(4, "audio", "y"), add_value(5, "audio", "y")});
  EXPECT_THAT(values(a, "audio"), ElementsAre(Pair("y", false)));
}

TEST_F(UrpTest, EntryUuidIsNoValue) {
  apply(a, {add(1, root, "cn=a"), add_value(2, "entryUUID", b.text()), remove_attribute(3, "entryUUID")});
  EXPECT_EQ(replica_.load(a)->uuid, a);
  EXPECT_THAT(values(a, "entryUUID"), IsEmpty());
}

TEST_F(UrpTest, BothEntriesOfOneNameGetTheirUuids) {
  const auto events = kinds(apply(a, {add(5, root, "cn=x")}));
  EXPECT_THAT(events, IsEmpty());
  EXPECT_THAT(kinds(apply(b, {add(6, root, "CN=X")})),
              UnorderedElementsAre(Event::Kind::name_conflict, Event::Kind::name_conflict));
  EXPECT_EQ(replica_.dn(a), "cn=x+entryUUID=" + a.text() + ",dc=example");
  EXPECT_EQ(replica_.dn(b), "CN=X+entryUUID=" + b.text() + ",dc=example");
  apply(c, {add(7, root, "cn=x")});
  apply(a, {rename(8, "cn=y")});
  EXPECT_EQ(replica_.dn(a), "cn=y,dc=example");
  EXPECT_THAT(replica_.dn(b), HasSubstr("entryUUID")) << "two are left";
  EXPECT_THAT(kinds(apply(c, {remove(9)})), ElementsAre(Event::Kind::name_settled));
  EXPECT_EQ(replica_.dn(b), "CN=X,dc=example");
}

TEST_F(UrpTest, AConflictEndsWhenOneMovesAway) {
  apply(c, {add(1, root, "cn=c")});
  apply(a, {add(5, root, "cn=x")});
  apply(b, {add(6, root, "cn=x")});
  apply(a, {move(7, c)});
  EXPECT_EQ(replica_.dn(a), "cn=x,cn=c,dc=example");
  EXPECT_EQ(replica_.dn(b), "cn=x,dc=example");
}

TEST_F(UrpTest, AClientEndsAConflictAndCannotTakePartInOne) {
  apply(a,
        {add(5, root, "cn=x"), add_value(5, "objectClass", "device"), add_value(5, "structuralObjectClass", "device")});
  apply(b,
        {add(6, root, "cn=x"), add_value(6, "objectClass", "device"), add_value(6, "structuralObjectClass", "device")});
  EXPECT_FALSE(replica_.add(c, replica_.find(root), "cn=x", {{"objectClass", {"device"}}}));
  EXPECT_FALSE(replica_.rename(replica_.find(a), {.rdn = "cn=x"}));
  EXPECT_TRUE(replica_.modify(replica_.find(a), {{model::ModifyKind::add, "description", {"one"}}}));
  EXPECT_THAT(replica_.dn(a), HasSubstr("+entryUUID="));
  EXPECT_TRUE(replica_.rename(replica_.find(a), {.rdn = "cn=y"}));
  EXPECT_EQ(replica_.dn(a), "cn=y,dc=example");
  EXPECT_EQ(replica_.dn(b), "cn=x,dc=example");
  EXPECT_THAT(replica_.store().check(5), IsEmpty());
}

TEST_F(UrpTest, AnOlderRenameLeavesItsValues) {
  expect_one_outcome({add(1, root, "cn=a"), rename(6, "cn=y"), rename(5, "cn=x"), remove_value(7, "cn", "a")});
  EXPECT_EQ(replica_.dn(a), "cn=y,dc=example");
  EXPECT_THAT(values(a, "cn"), UnorderedElementsAre(Pair("y", true), Pair("x", false)));
}

TEST_F(UrpTest, ANameWhoseValueIsRemovedAndAddedAgainIsTheSameInAllOrders) {
  expect_one_outcome({add(1, root, "cn=a"), rename(5, "cn=x"), remove_value(7, "cn", "x"), add_value(9, "cn", "x")});
  EXPECT_EQ(replica_.dn(a), "cn=x,dc=example");
}

TEST_F(UrpTest, ARemovedNamingValueLeavesTheOthersOrTheUuid) {
  apply(a, {add(1, root, "cn=a+sn=s"), remove_value(2, "sn", "s")});
  EXPECT_EQ(replica_.dn(a), "cn=a,dc=example");
  EXPECT_THAT(kinds(apply(a, {remove_attribute(3, "cn")})), ElementsAre(Event::Kind::name_lost));
  EXPECT_EQ(replica_.dn(a), "entryUUID=" + a.text() + ",dc=example");
}

TEST_F(UrpTest, AProtectedNameIsAssertedAgainAsAChangeOfOnesOwn) {
  replica_.reset({.read_only = false, .protect_names = true});
  apply(a, {add(1, root, "cn=a")});
  EXPECT_THAT(kinds(apply(a, {remove_value(2, "cn", "a")})), ElementsAre(Event::Kind::name_reasserted));
  EXPECT_EQ(replica_.dn(a), "cn=a,dc=example");
  const auto own = replica_.own_changes_since({});
  const auto found = std::find_if(own.begin(), own.end(), [](const auto& update) { return update.entry == a; });
  ASSERT_NE(found, own.end());
  ASSERT_EQ(found->primitives.size(), 1U);
  EXPECT_EQ(found->primitives.front().kind, Kind::rename_entry);
  EXPECT_EQ(found->primitives.front().rdn, "cn=a");
  EXPECT_GT(found->primitives.front().csn, at(2));
}

TEST_F(UrpTest, AReadOnlyReplicaDoesNotProtectNames) {
  replica_.reset({.read_only = true, .protect_names = true});
  apply(a, {add(1, root, "cn=a"), remove_value(2, "cn", "a")});
  EXPECT_EQ(replica_.dn(a), "entryUUID=" + a.text() + ",dc=example");
}

TEST_F(UrpTest, AMissingSuperiorIsGlueUntilItComes) {
  EXPECT_THAT(kinds(apply(a, {add(5, b, "cn=a")})), ElementsAre(Event::Kind::glue_made));
  EXPECT_EQ(replica_.dn(a), "cn=a,entryUUID=" + b.text() + ",cn=lostAndFound,dc=example");
  EXPECT_TRUE(is_glue(b));
  EXPECT_THAT(values(b, "objectClass"), ElementsAre(Pair("glueEntry", false)));
  EXPECT_THAT(kinds(apply(b, {add(4, root, "cn=b")})), ElementsAre(Event::Kind::glue_resolved));
  EXPECT_EQ(replica_.dn(a), "cn=a,cn=b,dc=example");
  EXPECT_THAT(values(b, "objectClass"), IsEmpty());
}

TEST_F(UrpTest, ARemovedEntryWithChildrenIsGlueInLostAndFound) {
  apply(b, {add(1, root, "cn=b"), add_value(2, "description", "old")});
  apply(a, {add(3, b, "cn=a")});
  apply(b, {remove(5)});
  EXPECT_EQ(replica_.dn(a), "cn=a,entryUUID=" + b.text() + ",cn=lostAndFound,dc=example");
  EXPECT_THAT(values(b, "description"), IsEmpty());
  EXPECT_EQ(replica_.load(b)->outlived, at(5));
  EXPECT_THAT(kinds(apply(a, {move(6, root)})), ElementsAre(Event::Kind::glue_dropped));
  EXPECT_TRUE(is_tombstone(b)) << "its last child has gone";
}

TEST_F(UrpTest, WhatIsNewerThanARemovalStaysAsGlue) {
  expect_one_outcome({add(1, root, "cn=a"), add_value(2, "description", "old"), remove(5), add_value(7, "sn", "new")});
  EXPECT_EQ(replica_.dn(a), "entryUUID=" + a.text() + ",cn=lostAndFound,dc=example");
  EXPECT_THAT(values(a, "sn"), ElementsAre(Pair("new", false)));
  EXPECT_THAT(values(a, "description"), IsEmpty());
  expect_one_outcome({add(1, root, "cn=a"), remove(5), move(7, b), rename(8, "cn=y")});
  EXPECT_EQ(replica_.dn(a), "cn=y,cn=b,dc=example");
  EXPECT_TRUE(is_glue(a));
}

TEST_F(UrpTest, AnOldUuidCanBeAddedAgain) {
  expect_one_outcome(
      {add(1, root, "cn=a"), add_value(2, "sn", "old"), remove(5), add(8, b, "cn=y"), add_value(9, "sn", "new")});
  EXPECT_EQ(replica_.dn(a), "cn=y,cn=b,dc=example");
  EXPECT_THAT(values(a, "sn"), ElementsAre(Pair("new", false)));
  EXPECT_THAT(values(a, "cn"), ElementsAre(Pair("y", true)));
  EXPECT_FALSE(is_glue(a));
}

TEST_F(UrpTest, AReAddWhoseRemovalNeverCameDropsWhatIsOlder) {
  expect_one_outcome({add(1, root, "cn=a"), rename(3, "cn=old"), add_value(4, "sn", "old"), add(8, root, "cn=a")});
  EXPECT_THAT(values(a, "cn"), ElementsAre(Pair("a", true)));
  EXPECT_THAT(values(a, "sn"), IsEmpty());
}

TEST_F(UrpTest, RecordsOfWhatIsNotThereYetAreKept) {
  apply(a, {remove_value(5, "sn", "s"), remove_attribute(6, "description")});
  EXPECT_TRUE(replica_.dn(a).empty());
  apply(a, {add(1, root, "cn=a"), add_value(4, "sn", "s"), add_value(4, "description", "d"), add_value(7, "sn", "t")});
  EXPECT_THAT(values(a, "sn"), ElementsAre(Pair("t", false)));
  EXPECT_THAT(values(a, "description"), IsEmpty());
}

TEST_F(UrpTest, ARemovalBeforeItsAddIsATombstone) {
  apply(a, {remove(5), add(1, root, "cn=a"), add_value(1, "sn", "s")});
  EXPECT_TRUE(is_tombstone(a));
  EXPECT_EQ(replica_.load(a)->deleted, at(5));
}

TEST_F(UrpTest, ALoopIsBrokenInLostAndFound) {
  apply(a, {add(1, root, "cn=a")});
  apply(b, {add(2, root, "cn=b")});
  apply(a, {move(5, b)});
  EXPECT_THAT(kinds(apply(b, {move(6, a)})), ElementsAre(Event::Kind::lost_and_found));
  EXPECT_EQ(replica_.dn(b), "cn=b,cn=lostAndFound,dc=example");
  EXPECT_EQ(replica_.dn(a), "cn=a,cn=b,cn=lostAndFound,dc=example");
  const auto entry = *replica_.load(b);
  EXPECT_EQ(entry.superior_csn.replica_id(), "r1");
  EXPECT_GT(entry.superior_csn, at(6));
  ldup::UpdateVector known;
  known.merge(at(100));
  for (const auto& update : replica_.harvest(known)) {
    if (update.entry != b) continue;
    ASSERT_EQ(update.primitives.size(), 1U);
    EXPECT_EQ(update.primitives.front().kind, Kind::move_entry);
    EXPECT_EQ(update.primitives.front().superior, lost_and_found);
  }
}

TEST_F(UrpTest, AnEntryMovedBelowItselfGoesToLostAndFound) {
  apply(a, {add(1, root, "cn=a"), move(2, a)});
  EXPECT_EQ(replica_.dn(a), "cn=a,cn=lostAndFound,dc=example");
}

TEST_F(UrpTest, AReadOnlyReplicaWaitsForTheEndOfALoop) {
  replica_.reset({.read_only = true, .protect_names = true});
  apply(a, {add(1, root, "cn=a")});
  apply(b, {add(2, root, "cn=b")});
  apply(a, {move(5, b)});
  apply(b, {move(6, a)});
  EXPECT_EQ(replica_.dn(b), "cn=b,cn=lostAndFound,dc=example");
  EXPECT_EQ(replica_.load(b)->superior_csn, at(6)) << "the move is kept as it came";
  const auto sent = replica_.harvest({});
  const auto found = std::find_if(sent.begin(), sent.end(), [](const auto& update) { return update.entry == b; });
  ASSERT_NE(found, sent.end());
  EXPECT_THAT(found->primitives, ::testing::Contains(move(6, a)));
  apply(a, {move(7, root)});
  EXPECT_EQ(replica_.dn(b), "cn=b,cn=a,dc=example");
}

TEST_F(UrpTest, TheTopAndLostAndFoundStay) {
  EXPECT_THAT(kinds(apply(root, {remove(5), move(6, a), rename(7, "dc=other")})),
              ElementsAre(Event::Kind::not_applied, Event::Kind::not_applied, Event::Kind::not_applied));
  apply(lost_and_found, {remove(5), move(6, root), rename(7, "cn=other"), add_value(8, "description", "here")});
  EXPECT_EQ(replica_.dn(lost_and_found), "cn=lostAndFound,dc=example");
  EXPECT_THAT(values(lost_and_found, "description"), ElementsAre(Pair("here", false)));
}

TEST_F(UrpTest, UnknownEntriesAreRefusedOrAskedForWhenSoConfigured) {
  const std::vector<Primitive> news{add_value(5, "sn", "s")};
  replica_.reset({.read_only = false, .protect_names = true, .unknown = UnknownEntry::refuse});
  EXPECT_EQ(apply(a, news).front().verdict, Verdict::lingering);
  EXPECT_FALSE(replica_.load(a));
  replica_.reset({.read_only = false, .protect_names = true, .unknown = UnknownEntry::ask});
  EXPECT_EQ(apply(a, news).front().verdict, Verdict::incomplete);
  apply(a, {remove(4)});
  EXPECT_EQ(apply(a, news).front().verdict, Verdict::applied) << "it is known to be deleted";
  replica_.reset({});
  EXPECT_EQ(apply(a, news).front().verdict, Verdict::applied);
  EXPECT_TRUE(is_glue(a));
}

TEST_F(UrpTest, UpdatesReachNoOtherArea) {
  apply(a, {add(1, root, "cn=a")});
  replica_.store().apply([](store::Writer& writer) {
    store::StoredEntry other;
    other.uuid = c;
    other.rdn = "o=other";
    auto& name = other.attributes.emplace_back();
    name.description = "o";
    name.values.push_back({.bytes = "other", .csn = Csn(), .distinguished = true});
    writer.put(other);
  });
  const auto results = replica_.apply({{c, {add_value(5, "description", "taken over")}},
                                       {c, {remove(6)}},
                                       {b, {add(5, c, "cn=b")}},
                                       {a, {move(5, c)}}});
  EXPECT_THAT(kinds(results), Each(Event::Kind::not_applied));
  for (const auto& result : results) EXPECT_EQ(result.verdict, Verdict::elsewhere);
  EXPECT_EQ(replica_.dn(c), "o=other");
  EXPECT_THAT(values(c, "description"), IsEmpty());
  EXPECT_FALSE(replica_.load(b));
  EXPECT_EQ(replica_.dn(a), "cn=a,dc=example");
}

TEST_F(UrpTest, TypesThatTheSchemaLacksAreKeptAndReported) {
  const auto results = apply(a, {add(1, root, "cn=a"), add_value(2, "noSuchType", "x")});
  EXPECT_THAT(kinds(results), ElementsAre(Event::Kind::unknown_type));
  EXPECT_THAT(values(a, "noSuchType"), ElementsAre(Pair("x", false)));
}

TEST_F(UrpTest, ARdnThatIsNoneIsRefusedBeforeAnythingChanges) {
  const auto before = replica_.dump();
  EXPECT_THROW(replica_.apply({{a, {add_value(1, "sn", "s"), add(1, root, "no rdn")}}}), ParseError);
  EXPECT_EQ(replica_.dump(), before);
}

TEST_F(UrpTest, SupersededPrimitivesAreCounted) {
  apply(a, {add(1, root, "cn=a"), add_value(5, "employeeNumber", "5"), remove_attribute(6, "sn")});
  const auto results =
      replica_.apply({{a, {add_value(4, "employeeNumber", "4"), add_value(5, "sn", "s"), add_value(7, "sn", "t")}}});
  EXPECT_EQ(results.front().verdict, Verdict::applied);
  EXPECT_EQ(results.front().superseded, 2U);
}

}  // namespace
}  // namespace replkit::refserver::replication
