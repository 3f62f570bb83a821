// What is sent, in which order, and what is purged.
#include <gmock/gmock.h>

#include <set>

#include "tests/refserver/replication/purge.hpp"
#include "tests/unit/refserver/replication/replica.hpp"

namespace replkit::refserver::replication {
namespace {

using ldup::Csn;
using ldup::EntryUpdate;
using ldup::Primitive;
using store::EntryId;
using store::no_entry;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const model::Uuid root = test_area().root;

class HarvestTest : public ::testing::Test {
 protected:
  void add(std::uint64_t number, const model::Uuid& superior, std::string_view rdn,
           std::string_view object_class = "device") {
    ASSERT_TRUE(a_.add(uuid_of(number), a_.find(superior), rdn, {{"objectClass", {std::string(object_class)}}}));
  }

  void modify(std::uint64_t number, std::string type, std::vector<std::string> values) {
    ASSERT_TRUE(
        a_.modify(a_.find(uuid_of(number)), {{model::ModifyKind::replace, std::move(type), std::move(values)}}));
  }

  bool move(const model::Uuid& entry, const model::Uuid& superior) {
    return a_.rename(a_.find(entry), {.rdn = std::nullopt, .superior = a_.find(superior)});
  }

  std::vector<EntryUpdate> full(const Area& area = test_area(), const AttributeFilter& filter = {}) {
    const auto snapshot = a_.store().snapshot();
    FullHarvest harvest(*snapshot, area, test_schema().model(), filter);
    std::vector<EntryUpdate> out;
    while (auto update = harvest.next(*snapshot)) out.push_back(std::move(*update));
    return out;
  }

  static std::vector<model::Uuid> entries(const std::vector<EntryUpdate>& updates) {
    std::vector<model::Uuid> out;
    for (const auto& update : updates) out.push_back(update.entry);
    return out;
  }

  // Purges all that is older than `bound` from A, two entries at a time.
  Purged purge_all(const Csn& bound) {
    Purged out;
    std::vector<EntryId> found;
    EntryId after = no_entry;
    bool more = true;
    while (more) {
      found.clear();
      more = find_purgeable(*a_.store().snapshot(), test_schema().model(), test_area(), bound, after, 2, found);
      a_.store().apply([&](store::Writer& writer) {
        const auto purged = purge(writer, test_schema().model(), test_area(), bound, found);
        out.records += purged.records;
        out.tombstones += purged.tombstones;
        out.glue += purged.glue;
      });
    }
    EXPECT_THAT(a_.store().check(5), IsEmpty());
    return out;
  }

  Replica a_{"r1"};
  Replica b_{"r2"};
};

TEST_F(HarvestTest, NothingIsSentTwice) {
  add(1, root, "cn=1");
  EXPECT_EQ(a_.send_to(b_), 1U);
  EXPECT_EQ(a_.send_to(b_), 0U);
  EXPECT_EQ(b_.send_to(a_), 0U) << "not back either";
  modify(1, "description", {"x"});
  const auto updates = a_.harvest(b_.vector());
  ASSERT_THAT(updates, SizeIs(1));
  for (const auto& primitive : updates.front().primitives) {
    EXPECT_NE(primitive.kind, Primitive::Kind::add_entry);
    EXPECT_NE(primitive.type, "objectClass");
  }
  a_.send_to(b_);
  EXPECT_EQ(a_.dump(), b_.dump());
}

TEST_F(HarvestTest, WhatWasOverwrittenIsNotSent) {
  add(1, root, "cn=1");
  for (int i = 0; i < 10; ++i) modify(1, "description", {std::to_string(i)});
  const auto updates = a_.harvest(b_.vector());
  ASSERT_THAT(updates, SizeIs(1));
  std::vector<std::string> values;
  for (const auto& primitive : updates.front().primitives) {
    if (primitive.type == "description" && primitive.kind == Primitive::Kind::add_value)
      values.push_back(primitive.value);
  }
  EXPECT_THAT(values, ElementsAre("9"));
}

TEST_F(HarvestTest, ALegRaisesTheVectorAsFarAsItGoes) {
  for (std::uint64_t i = 1; i <= 25; ++i) add(i, root, "cn=" + std::to_string(i));
  std::vector<std::size_t> sent;
  for (int i = 0; i < 3; ++i) {
    const auto leg = a_.leg(b_.vector(), 10);
    sent.push_back(leg.updates.size());
    b_.apply(leg.updates);
    b_.merge(leg.reached);
  }
  EXPECT_THAT(sent, ElementsAre(10, 10, 5)) << "nothing comes twice";
  EXPECT_EQ(a_.dump(), b_.dump());
  EXPECT_THAT(a_.leg(b_.vector(), 10).updates, IsEmpty());
}

// A session with a third replica is under way: its changes are here already, with holes below.
TEST_F(HarvestTest, ALegDoesNotClaimWhatItsReplicaDoesNot) {
  Replica c("r3");
  const std::vector<model::Attribute> device{{"objectClass", {"device"}}};
  ASSERT_TRUE(c.add(uuid_of(1), c.find(root), "cn=1", device));
  ASSERT_TRUE(c.add(uuid_of(2), c.find(root), "cn=2", device));
  a_.apply({c.harvest({}).back()});
  for (std::uint64_t i = 3; i < 10; ++i) add(i, root, "cn=" + std::to_string(i));
  const auto leg = a_.leg({}, 7);
  EXPECT_FALSE(leg.reached.components().contains("r3"));
  EXPECT_TRUE(leg.reached.components().contains("r1"));
}

// The entry comes with the last leg, since it was changed last, but what is older of it counts for the first.
TEST_F(HarvestTest, ALegHasAllThatItsVectorClaims) {
  for (std::uint64_t i = 1; i <= 25; ++i) add(i, root, "cn=" + std::to_string(i));
  modify(3, "description", {"late"});
  const auto leg = a_.leg({}, 10);
  b_.apply(leg.updates);
  b_.merge(leg.reached);
  a_.send_to(b_);
  EXPECT_EQ(a_.dump(), b_.dump());
}

TEST_F(HarvestTest, SuperiorsComeFirst) {
  add(1, root, "cn=1");
  add(2, uuid_of(1), "cn=2");
  add(3, root, "cn=3");
  modify(1, "description", {"later than its child"});
  EXPECT_THAT(entries(a_.harvest(b_.vector())), ElementsAre(uuid_of(1), uuid_of(2), uuid_of(3)));
  add(4, root, "cn=4");
  ASSERT_TRUE(a_.rename(a_.find(uuid_of(1)), {.rdn = {}, .superior = a_.find(uuid_of(4))}));
  for (const auto& result : b_.apply(a_.harvest(b_.vector()))) EXPECT_THAT(result.events, IsEmpty());
}

TEST_F(HarvestTest, NewerSnapshotsMayBeReadOnTheWay) {
  for (std::uint64_t i = 1; i < 20; ++i) add(i, root, "cn=" + std::to_string(i));
  const auto vector = a_.vector();
  std::optional<Harvest> harvest(std::in_place, *a_.store().snapshot(), test_area(), test_schema().model(), b_.vector(),
                                 AttributeFilter{});
  EXPECT_EQ(harvest->size(), 19U);
  for (std::uint64_t i = 1; auto update = harvest->next(*a_.store().snapshot()); ++i) {
    b_.apply({*update});
    if (i == 5) {
      ASSERT_TRUE(a_.remove(a_.find(uuid_of(15))));
    }
    if (i == 6) modify(1, "description", {"new"});
  }
  b_.merge(vector);
  a_.send_to(b_);
  EXPECT_EQ(a_.dump(), b_.dump());
}

TEST_F(HarvestTest, FilteredAttributesAreNotSent) {
  add(1, root, "cn=1");
  modify(1, "description", {"secret"});
  modify(1, "description", {});
  modify(1, "serialNumber", {"7"});
  const AttributeFilter filter = [](std::string_view type) { return type != "description"; };
  for (const auto& update : full(test_area(), filter)) {
    for (const auto& primitive : update.primitives) EXPECT_NE(primitive.type, "description");
  }
  EXPECT_THAT(full(test_area(), filter), SizeIs(2));
}

TEST_F(HarvestTest, InnerAreasAreNotSent) {
  add(1, root, "cn=1");
  add(2, uuid_of(1), "cn=2");
  add(3, uuid_of(2), "cn=3");
  add(4, uuid_of(3), "cn=4");
  ASSERT_TRUE(a_.remove(a_.find(uuid_of(4))));
  auto area = test_area();
  area.inner_roots = {uuid_of(2)};
  const auto snapshot = a_.store().snapshot();
  Harvest harvest(*snapshot, area, test_schema().model(), b_.vector(), {});
  EXPECT_EQ(harvest.next(*snapshot)->entry, uuid_of(1));
  EXPECT_FALSE(harvest.next(*snapshot));
  EXPECT_THAT(entries(full(area)), ElementsAre(root, uuid_of(1)));
  const Scope scope(*snapshot, area);
  EXPECT_TRUE(scope.is_inner_root(a_.find(uuid_of(2))));
}

TEST_F(HarvestTest, AFullUpdateBeginsWithManagementAndEndsWithTombstones) {
  add(1, root, "cn=1");
  add(2, uuid_of(1), "cn=2");
  add(3, root, "cn=3");
  ASSERT_TRUE(a_.add(uuid_of(4), a_.find(root), "cn=r1",
                     {{"objectClass", {"replicaSubentry-2"}},
                      {"subtreeSpecification", {"{}"}},
                      {"replicaURI", {"ldap://localhost"}},
                      {"replicaType", {"2"}},
                      {"lostAndFoundEntryDN", {"cn=lostAndFound,dc=example"}},
                      {"replicaOnline", {"TRUE"}}}));
  ASSERT_TRUE(a_.add(uuid_of(5), a_.find(uuid_of(4)), "cn=agreement",
                     {{"objectClass", {"replicaAgreementSubentry-2"}}, {"subtreeSpecification", {"{}"}}}));
  add(6, root, "cn=6");
  ASSERT_TRUE(a_.remove(a_.find(uuid_of(6))));
  EXPECT_THAT(entries(full()),
              ElementsAre(root, uuid_of(4), uuid_of(5), uuid_of(1), uuid_of(2), uuid_of(3), uuid_of(6)));
  b_.apply(full());
  EXPECT_EQ(a_.dump(), b_.dump());
}

// Whatever moves, comes and goes while a full update is read in pieces: with the changes since its beginning the other
// replica has it all.
TEST_F(HarvestTest, AFullUpdateReadInPieces) {
  for (std::uint64_t i = 1; i <= 40; ++i) add(i, i % 4 == 0 ? uuid_of(i / 2) : root, "cn=" + std::to_string(i));
  std::optional<FullHarvest> harvest;
  harvest.emplace(*a_.store().snapshot(), test_area(), test_schema().model(), AttributeFilter());
  const auto known = a_.vector();
  std::vector<EntryUpdate> sent;
  for (std::uint64_t step = 1;; ++step) {
    auto update = harvest->next(*a_.store().snapshot());
    if (!update) break;
    sent.push_back(std::move(*update));
    if (step == 3) {  // below what has been sent
      EXPECT_TRUE(move(uuid_of(38), uuid_of(2)));
    }
    if (step == 5) {  // below what comes last
      EXPECT_TRUE(move(uuid_of(7), uuid_of(40)));
    }
    if (step == 6) {  // what has been sent
      EXPECT_TRUE(move(uuid_of(1), uuid_of(39)));
    }
    if (step == 8) {
      EXPECT_TRUE(a_.remove(a_.find(uuid_of(33))));
    }
    if (step == 9) {
      EXPECT_TRUE(a_.remove(a_.find(uuid_of(3))));
    }
    if (step == 12) add(100, uuid_of(35), "cn=100");
    if (step == 13) modify(30, "description", {"new"});
  }
  std::set<model::Uuid> there{root};
  for (const auto& update : sent) {
    for (const auto& primitive : update.primitives) {
      if (primitive.kind != Primitive::Kind::add_entry || update.entry == root) continue;
      EXPECT_TRUE(there.contains(primitive.superior)) << "superiors first";
    }
    EXPECT_TRUE(there.insert(update.entry).second || update.entry == root || update.entry == uuid_of(3)) << "once";
  }
  b_.apply(sent);
  b_.merge(known);
  a_.send_to(b_);
  EXPECT_EQ(a_.dump(), b_.dump());
}

TEST_F(HarvestTest, OnlyWhatAllHaveSeenIsPurged) {
  add(1, root, "cn=1");
  modify(1, "description", {"x"});
  modify(1, "description", {});
  add(2, root, "cn=2");
  ASSERT_TRUE(a_.remove(a_.find(uuid_of(2))));
  const std::vector<std::string> ids{"r1", "r2"};
  const auto bound = [&](Instant not_after = Instant::max()) {
    return purge_bound(std::vector{a_.vector(), b_.vector()}, ids, not_after);
  };
  EXPECT_EQ(bound(), std::nullopt) << "r2 has told nothing of itself to r1";
  a_.merge(b_.vector());
  EXPECT_EQ(purge_all(*bound()).tombstones, 0U);
  a_.send_to(b_);
  b_.send_to(a_);
  EXPECT_EQ(purge_all(*bound(a_.clock.time - std::chrono::hours{1})).tombstones, 0U) << "it may be wanted still";
  const auto purged = purge_all(*bound());  // the deletion was the last change
  EXPECT_EQ(purged.tombstones, 1U);
  EXPECT_EQ(purged.records, 2U);  // of description and modifyTimestamp
  EXPECT_EQ(a_.find(uuid_of(2)), no_entry);
  EXPECT_FALSE(a_.dn(uuid_of(1)).empty());
}

TEST_F(HarvestTest, OnlyRecordsOfTheNameStayWhereItLacksValues) {
  const Csn early(Instant{std::chrono::seconds{1'650'000'000}}, 0, "r2", 0);
  const Csn bound(Instant{std::chrono::seconds{1'650'000'010}}, 0, {}, 0);
  add(1, root, "cn=1");
  auto entry = *a_.load(uuid_of(1));
  entry.given_rdn = "commonName=2+cn=1";
  entry.find("cn")->deleted_values.push_back({"2", early});
  auto& other = entry.attributes.emplace_back();
  other.description = "description";
  other.deleted_values.push_back({"x", early});
  a_.store().apply([&](store::Writer& writer) { writer.put(entry); });
  EXPECT_EQ(purge_all(bound).records, 1U);
  const auto left = a_.load(uuid_of(1));
  EXPECT_EQ(left->find("description"), nullptr);
  EXPECT_EQ(left->find("cn")->deleted_values.size(), 1U);
}

TEST_F(HarvestTest, GlueIsPurgedOnlyWhenNothingNeedsIt) {
  const auto csn = [](int second) { return Csn(Instant{std::chrono::seconds{1'650'000'000 + second}}, 0, "r2", 0); };
  const auto value = [&](int second) {
    return Primitive{Primitive::Kind::add_value, csn(second), {}, {}, "description", "x"};
  };
  const Primitive removed{Primitive::Kind::remove_entry, csn(5), {}, {}, {}, {}};
  const Primitive moved{Primitive::Kind::move_entry, csn(7), root, {}, {}, {}};
  a_.apply({{uuid_of(1), {removed, value(6)}}, {uuid_of(2), {removed, value(20)}}, {uuid_of(3), {removed, moved}}});
  a_.apply({{uuid_of(4), {{Primitive::Kind::add_entry, csn(6), uuid_of(5), "cn=4", {}, {}}}}});
  const auto purged = purge_all(csn(10));
  EXPECT_EQ(purged.glue, 1U);
  EXPECT_EQ(purged.tombstones, 3U);
  EXPECT_EQ(a_.find(uuid_of(1)), no_entry);
  EXPECT_NE(a_.dn(uuid_of(2)), "") << "it has something new";
  EXPECT_NE(a_.dn(uuid_of(3)), "") << "somebody has moved it";
  EXPECT_NE(a_.dn(uuid_of(5)), "") << "something is below it";
}

// Meta-data stay where they are while changes come and go.
TEST_F(HarvestTest, MetaDataDoNotGrow) {
  add(1, root, "cn=1");
  std::size_t lines = 0;
  for (int round = 0; round < 50; ++round) {
    modify(1, "description", {std::to_string(round), "y"});
    modify(1, "serialNumber", {});
    add(100 + static_cast<std::uint64_t>(round), root, "cn=x");
    ASSERT_TRUE(a_.remove(a_.find(uuid_of(100 + static_cast<std::uint64_t>(round)))));
    a_.send_to(b_);
    b_.send_to(a_);
    const std::vector<std::string> ids{"r1", "r2"};
    purge_all(*purge_bound(std::vector{a_.vector(), b_.vector()}, ids, Instant::max()));
    if (round == 2) lines = a_.dump().size();
    if (round > 2) {
      EXPECT_LE(a_.dump().size(), lines);
    }
  }
}

}  // namespace
}  // namespace replkit::refserver::replication
