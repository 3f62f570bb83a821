// The index of changes, the table of namesakes, and the state that others keep in the store.
#include <gmock/gmock.h>

#include <lmdb.h>

#include "common/base/error.hpp"
#include "tests/unit/refserver/store/testing.hpp"

namespace replkit::refserver::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ldup::Csn csn(int seconds, std::string replica, std::uint32_t modification = 0) {
  return {Instant{std::chrono::seconds{seconds}}, 7, std::move(replica), modification};
}

class ChangesTest : public StoreTest {
 protected:
  std::vector<ChangeMark> changes(std::string_view origin, const ldup::Csn& after, std::size_t limit = 2) {
    const auto snapshot = store().snapshot();
    auto mark = ChangeMark::end_of(after);
    std::vector<ChangeMark> out;
    for (bool more = true; more;) {
      const auto before = out.size();
      more = snapshot->changes(origin, mark, limit, out);
      EXPECT_LE(out.size() - before, limit);
    }
    return out;
  }
};

TEST_F(ChangesTest, HoldsTheNewestOfEachOriginInAnEntry) {
  open();
  const auto top = put(make_entry(no_entry, "dc=a", {}, csn(10, "001")));
  auto entry = make_entry(top, "cn=x", {{"sn", "x"}}, csn(11, "001"));
  entry.attributes.back().values.front().csn = csn(12, "001", 3);
  entry.rdn_csn = csn(9, "002");
  const auto below = put(entry);
  const std::vector<ChangeMark> all = {{csn(10, "001"), top}, {csn(12, "001", 3), below}};
  EXPECT_EQ(changes("001", {}), all);
  EXPECT_EQ(changes("001", {}, 1), all);
  EXPECT_THAT(changes("001", csn(10, "001")), ElementsAre(all[1]));
  EXPECT_THAT(changes("001", csn(12, "001", 3)), IsEmpty());
  EXPECT_THAT(changes("002", {}), ElementsAre(ChangeMark{csn(9, "002"), below}));
  EXPECT_THAT(changes("00", {}), IsEmpty());
  EXPECT_THAT(store().snapshot()->origins(), ElementsAre("001", "002"));
  expect_sound();
}

TEST_F(ChangesTest, FollowsWhatIsPutAndErased) {
  open();
  const auto id = put(make_entry(no_entry, "dc=a", {}, csn(10, "001")));
  auto entry = load(id);
  entry.rdn_csn = csn(-5, "old");  // before 1970
  entry.csn = entry.superior_csn = csn(20, "002");
  for (auto& attribute : entry.attributes) {
    for (auto& value : attribute.values) value.csn = csn(19, "002");
  }
  put(entry);
  EXPECT_THAT(changes("001", {}), IsEmpty());
  EXPECT_THAT(changes("002", {}), ElementsAre(ChangeMark{csn(20, "002"), id}));
  EXPECT_THAT(changes("old", csn(-6, "old")), ElementsAre(ChangeMark{csn(-5, "old"), id}));
  entry.deleted = csn(30, "003");
  put(entry);
  EXPECT_THAT(changes("003", {}), ElementsAre(ChangeMark{csn(30, "003"), id}));
  expect_sound();
  erase(id);
  EXPECT_THAT(store().snapshot()->origins(), IsEmpty());
  expect_sound();
}

TEST_F(ChangesTest, ListsEntriesOfEqualCsnsInPieces) {
  open();
  std::vector<ChangeMark> wanted;
  for (int i = 0; i < 5; ++i) {
    wanted.push_back({csn(1, "001"), put(make_entry(no_entry, "dc=" + std::to_string(i), {}, csn(1, "001")))});
  }
  EXPECT_EQ(changes("001", {}), wanted);
  std::vector<EntryId> ids;
  EXPECT_TRUE(store().snapshot()->entries(no_entry, 3, ids));
  EXPECT_FALSE(store().snapshot()->entries(ids.back(), 3, ids));
  EXPECT_EQ(ids.size(), wanted.size());
}

TEST_F(ChangesTest, IsMadeForAStoreOfTheOlderFormat) {
  open();
  const auto id = put(make_entry(no_entry, "dc=a", {}, csn(10, "001")));
  close();
  MDB_env* env = nullptr;
  ASSERT_EQ(mdb_env_create(&env), 0);
  mdb_env_set_maxdbs(env, 8);
  ASSERT_EQ(mdb_env_open(env, (folder_ / "store").c_str(), 0, 0600), 0);
  MDB_txn* txn = nullptr;
  ASSERT_EQ(mdb_txn_begin(env, nullptr, 0, &txn), 0);
  for (const auto* name : {"changes", "namesakes"}) {
    MDB_dbi table = 0;
    ASSERT_EQ(mdb_dbi_open(txn, name, 0, &table), 0);
    ASSERT_EQ(mdb_drop(txn, table, 1), 0);
  }
  MDB_dbi meta = 0;
  ASSERT_EQ(mdb_dbi_open(txn, "meta", 0, &meta), 0);
  const std::string marker = "changes made";
  const std::string format = "format";
  MDB_val key{marker.size(), const_cast<char*>(marker.data())};
  ASSERT_EQ(mdb_del(txn, meta, &key, nullptr), 0);
  key = {format.size(), const_cast<char*>(format.data())};
  std::string one = "1";
  MDB_val value{one.size(), one.data()};
  ASSERT_EQ(mdb_put(txn, meta, &key, &value, 0), 0);
  ASSERT_EQ(mdb_txn_commit(txn), 0);
  mdb_env_close(env);

  open();
  EXPECT_THAT(changes("001", {}), ElementsAre(ChangeMark{csn(10, "001"), id}));
  expect_sound();
}

TEST_F(ChangesTest, NamesakesAreThoseOfOneRdnBesideTheirUuids) {
  open();
  const auto top = put(make_entry(no_entry, "dc=a"));
  const auto add = [&](const std::string& base) {
    auto entry = make_entry(top, "");
    entry.rdn = base + "+entryUUID=" + entry.uuid.text();
    return put(entry);
  };
  const auto first = add("sn=x");
  const auto second = add("sn=x");
  const auto other = add("cn=x\\+entryUUID\\=x");
  auto alone = make_entry(top, "");
  alone.rdn = "entryUUID=" + alone.uuid.text();
  put(alone);
  const auto plain = put(make_entry(top, "sn=X"));
  const auto snapshot = store().snapshot();
  EXPECT_THAT(snapshot->namesakes(top, "sn=x", 9), ElementsAre(plain, first, second));
  EXPECT_THAT(snapshot->namesakes(top, "sn=x", 2), ElementsAre(plain, first));
  EXPECT_THAT(snapshot->namesakes(no_entry, "sn=x", 9), IsEmpty());
  EXPECT_THAT(snapshot->namesakes(top, key_of("cn=x\\+entryUUID\\=x"), 9), ElementsAre(other));
  expect_sound();
  auto entry = load(first);
  entry.rdn = "sn=y";
  put(entry);
  erase(plain);
  EXPECT_THAT(store().snapshot()->namesakes(top, "sn=x", 9), ElementsAre(second));
  expect_sound();
}

TEST_F(ChangesTest, KeepsStateWithThePuts) {
  open();
  store().apply([](Writer& writer) { writer.put_state("vector", "abc"); });
  EXPECT_THROW(store().apply([](Writer& writer) {
    writer.put_state("vector", "lost");
    throw LocalError("no");
  }),
               LocalError);
  close();
  open();
  EXPECT_EQ(store().snapshot()->state("vector"), "abc");
  store().apply([](Writer& writer) { writer.remove_state("vector"); });
  EXPECT_EQ(store().snapshot()->state("vector"), std::nullopt);
}

TEST_F(ChangesTest, ATombstoneHasTheNameThatItWouldHaveNow) {
  open();
  auto above = make_entry(put(make_entry(no_entry, "dc=a")), "ou=x");
  above.id = put(above);
  auto tombstone = make_entry(above.id, "cn=y");
  tombstone.deleted = csn(9, "001");
  tombstone.last_dn = "cn=y,ou=x,dc=a";
  tombstone.wanted_superior = above.uuid;
  tombstone.id = put(tombstone);
  above.rdn = "ou=z";
  put(above);
  EXPECT_EQ(load(tombstone.id).last_dn, "cn=y,ou=z,dc=a");
  store().apply([&](Writer& writer) { writer.erase(above.id); });
  EXPECT_EQ(load(tombstone.id).last_dn, "cn=y,ou=x,dc=a") << "what was above it is not known any more";
}

TEST_F(ChangesTest, RecordsKeepWhatReconciliationRemembers) {
  open();
  const auto top = put(make_entry(no_entry, "dc=a"));
  auto entry = make_entry(top, "cn=x", {{"sn", "x"}});
  entry.glue = true;
  entry.outlived = csn(5, "002");
  entry.given_rdn = "cn=y";
  entry.wanted_superior = model::Uuid::random();
  entry.former = FormerEntry{.csn = csn(2, "001"),
                             .rdn_csn = csn(3, "001"),
                             .superior_csn = csn(4, "003"),
                             .rdn = "cn=z",
                             .superior = model::Uuid::random(),
                             .attributes = {{.description = "sn",
                                             .values = {{.bytes = "z", .csn = csn(1, "001")}},
                                             .deleted_values = {},
                                             .deleted = {}}}};
  entry.id = put(entry);
  EXPECT_EQ(load(entry.id), entry);
  EXPECT_THAT(changes("003", {}), ElementsAre(ChangeMark{csn(4, "003"), entry.id}));
  LiveEntry live;
  ASSERT_TRUE(store().snapshot()->read(entry.id, live));
  EXPECT_EQ(live.attributes.size(), entry.attributes.size());
  EXPECT_THAT(changes("002", {}), ElementsAre(ChangeMark{csn(5, "002"), entry.id}));
}

}  // namespace
}  // namespace replkit::refserver::store
