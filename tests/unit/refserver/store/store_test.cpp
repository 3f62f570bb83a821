#include <fcntl.h>
#include <gmock/gmock.h>
#include <lmdb.h>
#include <unistd.h>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "tests/unit/refserver/store/testing.hpp"

namespace replkit::refserver::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(StoreTest, BeginsEmpty) {
  const auto snapshot = store().snapshot();
  EXPECT_EQ(snapshot->entry_count(), 0U);
  EXPECT_EQ(snapshot->last_csn(), ldup::Csn());
  EXPECT_EQ(find("dc=example,dc=com"), no_entry);
  EXPECT_FALSE(snapshot->load(1));
  LiveEntry live;
  EXPECT_FALSE(snapshot->read(1, live));
  EXPECT_FALSE(snapshot->has_children(no_entry));
}

TEST_F(StoreTest, GivesBackWhatWasPut) {
  auto top = make_entry(no_entry, "dc=Example,dc=COM", {{"dc", "Example"}});
  top.id = put(top);
  auto person = make_entry(top.id, "cn=Barbara Jensen", {{"cn", "Barbara Jensen"}, {"cn", "Babs"}, {"sn", "Jensen"}});
  person.id = put(person);
  EXPECT_LT(top.id, person.id);

  EXPECT_EQ(load(person.id), person);
  EXPECT_EQ(find("CN=barbara  jensen, DC=example,DC=com"), person.id);
  const auto snapshot = store().snapshot();
  EXPECT_EQ(snapshot->find(person.uuid), person.id);
  EXPECT_EQ(snapshot->dn(person.id), "cn=Barbara Jensen,dc=Example,dc=COM");
  EXPECT_EQ(snapshot->dn_key(person.id), "cn=barbara jensen,dc=example,dc=com");
  EXPECT_EQ(snapshot->superior(person.id), top.id);
  EXPECT_EQ(snapshot->entry_count(), 2U);
  EXPECT_TRUE(snapshot->has_children(top.id));
  EXPECT_FALSE(snapshot->has_children(person.id));
  LiveEntry live;
  ASSERT_TRUE(snapshot->read(person.id, live));
  EXPECT_EQ(live.id, person.id);
  EXPECT_THAT(live.find("cn")->values, ElementsAre("Barbara Jensen", "Babs"));
  expect_sound();
}

TEST_F(StoreTest, FindsOddNames) {
  const auto top = put(make_entry(no_entry, "o=\\#A\\, B \\+ C\\\\,c=US"));
  std::string long_name(3000, 'x');
  for (const auto& rdn : std::vector<std::string>{
           "cn=a\\,b", "cn=a\\+b+sn=\\20c\\20", "cn=\\C3\\A4\\C3\\B6", "cn=#04024869", "cn=\\\"\\<\\>\\;",
           "cn=" + long_name, "cn=" + long_name + "1", "cn=" + long_name + "2", "ou=a\\2Cb", "cn=\\00"}) {
    const auto id = put(make_entry(top, rdn));
    const auto dn = rdn + ",o=\\#A\\, B \\+ C\\\\,c=US";
    EXPECT_EQ(find(dn), id) << dn;
    EXPECT_EQ(store().snapshot()->dn(id), dn);
    EXPECT_EQ(store().snapshot()->dn_key(id), key_of(dn));
  }
  EXPECT_EQ(find("cn=" + long_name + "3,o=\\#A\\, B \\+ C\\\\,c=US"), no_entry);
  EXPECT_EQ(find("cn=B \\+ C\\\\,c=US"), no_entry);
  expect_sound();
}

// Keys of just LMDB's limit and around it: the superior takes 8 bytes, "cn=" three.
TEST_F(StoreTest, KeepsNamesOfTheLimitApart) {
  const auto top = put(make_entry(no_entry, "o=top"));
  std::vector<EntryId> ids;
  for (std::size_t size = 495; size < 505; ++size) ids.push_back(put(make_entry(top, "cn=" + std::string(size, 'a'))));
  for (std::size_t size = 495; size < 505; ++size) {
    EXPECT_EQ(find("cn=" + std::string(size, 'a') + ",o=top"), ids[size - 495]) << size;
  }
  std::vector<EntryId> children;
  std::string after;
  while (store().snapshot()->children(top, after, 3, children)) {
  }
  EXPECT_THAT(children, testing::UnorderedElementsAreArray(ids));
  expect_sound();
}

TEST_F(StoreTest, TellsWhereADnLeads) {
  const auto top = put(make_entry(no_entry, "dc=example,dc=com"));
  const auto ou = put(make_entry(top, "ou=people"));
  const auto snapshot = store().snapshot();
  const auto expect = [&](std::string_view dn, EntryId entry, EntryId ancestor, EntryId superior) {
    const auto found = snapshot->locate(key_of(dn));
    EXPECT_EQ(found.entry, entry) << dn;
    EXPECT_EQ(found.ancestor, ancestor) << dn;
    EXPECT_EQ(found.superior, superior) << dn;
  };
  expect("", no_entry, no_entry, no_entry);
  expect("dc=com", no_entry, no_entry, no_entry);
  expect("dc=example,dc=com", top, no_entry, no_entry);
  expect("ou=people,dc=example,dc=com", ou, no_entry, top);
  expect("cn=a,ou=people,dc=example,dc=com", no_entry, ou, ou);
  expect("cn=a,cn=b,ou=people,dc=example,dc=com", no_entry, ou, no_entry);
  expect("cn=a,ou=none,dc=example,dc=com", no_entry, top, no_entry);
  expect("o=other", no_entry, no_entry, no_entry);
}

TEST_F(StoreTest, ALongerContextHoldsWhatIsBelowIt) {
  const auto outer = put(make_entry(no_entry, "dc=com"));
  const auto inner = put(make_entry(no_entry, "dc=example,dc=com"));
  const auto below = put(make_entry(inner, "ou=people"));
  EXPECT_EQ(find("dc=example,dc=com"), inner);
  EXPECT_EQ(find("ou=people,dc=example,dc=com"), below);
  EXPECT_EQ(find("dc=com"), outer);
  std::vector<EntryId> tops;
  std::string after;
  EXPECT_FALSE(store().snapshot()->children(no_entry, after, 10, tops));
  EXPECT_THAT(tops, testing::UnorderedElementsAre(outer, inner));
  expect_sound();
}

TEST_F(StoreTest, WalksChildrenInPieces) {
  const auto top = put(make_entry(no_entry, "o=top"));
  std::vector<EntryId> expected;
  store().apply([&](Writer& writer) {
    expected.clear();
    for (int i = 100; i < 200; ++i) expected.push_back(writer.put(make_entry(top, "cn=" + std::to_string(i))));
  });
  put(make_entry(expected[0], "cn=grandchild"));
  for (const std::size_t limit : {1U, 7U, 99U, 100U, 101U}) {
    std::vector<EntryId> found;
    std::string after;
    int rounds = 1;
    while (store().snapshot()->children(top, after, limit, found)) ++rounds;
    EXPECT_EQ(found, expected) << limit;
    EXPECT_EQ(rounds, static_cast<int>((100 + limit - 1) / limit));
  }
  std::vector<EntryId> none;
  std::string after;
  EXPECT_FALSE(store().snapshot()->children(expected[1], after, 10, none));
  EXPECT_THAT(none, IsEmpty());
}

TEST_F(StoreTest, ATombstoneIsFoundByItsUuidOnly) {
  const auto top = put(make_entry(no_entry, "o=top"));
  auto entry = make_entry(top, "cn=gone");
  entry.id = put(entry);
  entry.deleted = ldup::Csn(clock_.time, 1, "001", 0);
  entry.last_dn = "cn=gone,o=top";
  EXPECT_EQ(put(entry), entry.id);

  EXPECT_EQ(find("cn=gone,o=top"), no_entry);
  const auto snapshot = store().snapshot();
  EXPECT_EQ(snapshot->find(entry.uuid), entry.id);
  EXPECT_EQ(snapshot->entry_count(), 1U);
  EXPECT_FALSE(snapshot->has_children(top));
  LiveEntry live;
  EXPECT_FALSE(snapshot->read(entry.id, live));
  EXPECT_EQ(load(entry.id), entry);
  EXPECT_EQ(snapshot->last_csn(), *entry.deleted);
  expect_sound();

  const auto again = put(make_entry(top, "cn=gone"));
  EXPECT_NE(again, entry.id);
  EXPECT_EQ(find("cn=gone,o=top"), again);

  erase(entry.id);
  EXPECT_EQ(store().snapshot()->find(entry.uuid), no_entry);
  EXPECT_EQ(find("cn=gone,o=top"), again);
  expect_sound();
}

TEST_F(StoreTest, IdsAreNeverUsedAgain) {
  const auto top = put(make_entry(no_entry, "o=top"));
  const auto first = put(make_entry(top, "cn=a"));
  erase(first);
  open();
  EXPECT_GT(put(make_entry(top, "cn=a")), first);
  EXPECT_EQ(store().snapshot()->entry_count(), 2U);
}

TEST_F(StoreTest, RefusesWhatWouldBreakTheTree) {
  auto top = make_entry(no_entry, "o=top");
  top.id = put(top);
  auto a = make_entry(top.id, "cn=a");
  a.id = put(a);
  const auto b = make_entry(a.id, "cn=b");
  const auto b_id = put(b);

  EXPECT_THROW(put(make_entry(top.id, "CN=A")), LocalError) << "a name twice";
  auto same_uuid = make_entry(top.id, "cn=c");
  same_uuid.uuid = a.uuid;
  EXPECT_THROW(put(same_uuid), LocalError);
  EXPECT_THROW(put(make_entry(99, "cn=c")), LocalError) << "no such superior";
  EXPECT_THROW(put(make_entry(top.id, "cn=c,cn=d")), LocalError) << "two RDNs";
  EXPECT_THROW(put(make_entry(top.id, "")), LocalError);
  EXPECT_THROW(put(make_entry(top.id, "nothing")), LocalError);
  auto loop = a;
  loop.superior = b_id;
  EXPECT_THROW(put(loop), LocalError) << "below itself";
  loop.superior = a.id;
  EXPECT_THROW(put(loop), LocalError);
  auto tombstone = a;
  tombstone.deleted = ldup::Csn(clock_.time, 1, "001", 0);
  EXPECT_THROW(put(tombstone), LocalError) << "a tombstone with children";
  EXPECT_THROW(erase(a.id), LocalError);
  EXPECT_THROW(erase(99), LocalError);
  auto unknown = make_entry(top.id, "cn=c");
  unknown.id = 99;
  EXPECT_THROW(put(unknown), LocalError) << "ids are given out, not chosen";

  EXPECT_EQ(store().snapshot()->entry_count(), 3U);
  expect_sound();
}

TEST_F(StoreTest, RenamesTheTopOfALargeSubtreeInOneStep) {
  const auto top = put(make_entry(no_entry, "o=top"));
  const auto other = put(make_entry(top, "ou=other"));
  auto moved = make_entry(top, "ou=moved");
  moved.id = put(moved);
  EntryId last = no_entry;
  store().apply([&](Writer& writer) {
    EntryId branch = no_entry;
    for (int i = 0; i < 10'000; ++i) {
      if (i % 100 == 0) branch = writer.put(make_entry(moved.id, "ou=" + std::to_string(i)));
      last = writer.put(make_entry(branch, "cn=" + std::to_string(i)));
    }
  });
  EXPECT_EQ(store().snapshot()->dn(last), "cn=9999,ou=9900,ou=moved,o=top");
  moved.rdn = "ou=renamed";
  moved.superior = other;
  store().apply([&](Writer& writer) { writer.put(moved); });  // one put is all there is to it
  EXPECT_EQ(store().snapshot()->dn(last), "cn=9999,ou=9900,ou=renamed,ou=other,o=top");
  EXPECT_EQ(find("cn=9999,ou=9900,ou=renamed,ou=other,o=top"), last);
  EXPECT_EQ(find("ou=moved,o=top"), no_entry);
  expect_sound();
}

TEST_F(StoreTest, ChangesSeeThemselvesAndSnapshotsDoNot) {
  const auto before = store().snapshot();
  std::unique_ptr<Snapshot> during;
  store().apply([&](Writer& writer) {
    const auto top = writer.put(make_entry(no_entry, "o=top"));
    writer.put(make_entry(top, "cn=a"));
    EXPECT_EQ(writer.find("o=top"), top);
    EXPECT_TRUE(writer.has_children(top));
    EXPECT_EQ(writer.entry_count(), 2U);
    during = store().snapshot();
    EXPECT_EQ(during->find("o=top"), no_entry);
  });
  EXPECT_EQ(before->find("o=top"), no_entry);
  EXPECT_EQ(before->entry_count(), 0U);
  EXPECT_EQ(during->entry_count(), 0U);
  EXPECT_NE(store().snapshot()->find("o=top"), no_entry);
}

TEST_F(StoreTest, ASnapshotKeepsItsDataWhileTheyAreRewritten) {
  auto top = make_entry(no_entry, "o=top", {{"description", "0"}});
  top.id = put(top);
  const auto snapshot = store().snapshot();
  LiveEntry live;
  ASSERT_TRUE(snapshot->read(top.id, live));
  for (int i = 1; i < 50; ++i) {
    top.find("description")->values[0].bytes = std::string(100, static_cast<char>('a' + i % 26));
    put(top);
  }
  EXPECT_EQ(live.find("description")->values[0], "0");
}

TEST_F(StoreTest, KeepsAllWhenItIsOpenedAgain) {
  auto top = make_entry(no_entry, "o=top", {{"description", "x"}});
  ldup::Csn csn;
  store().apply([&](Writer& writer) {
    csn = writer.next_csn();
    top.id = writer.put(top);
  });
  open();
  EXPECT_EQ(load(top.id), top);
  EXPECT_EQ(store().snapshot()->last_csn(), csn);
  EXPECT_EQ(store().snapshot()->entry_count(), 1U);
  ldup::Csn next;
  store().apply([&](Writer& writer) { next = writer.next_csn(); });
  EXPECT_GT(next, csn) << "though the clock stood still";
  expect_sound();
}

TEST_F(StoreTest, SeesTheCsnsOfWhatIsPut) {
  const ldup::Csn ahead(clock_.time + std::chrono::hours{1}, 5, "002", 3);
  put(make_entry(no_entry, "o=top", {}, ahead));
  EXPECT_EQ(store().snapshot()->last_csn(), ahead);
  store().apply([&](Writer& writer) {
    EXPECT_EQ(writer.next_csn(), ldup::Csn(ahead.time(), 6, "001", 0));
    const ldup::Csn seen(ahead.time() + std::chrono::microseconds{1}, 0, "003", 0);
    writer.see_csn(seen);
    EXPECT_EQ(writer.last_csn(), seen);
    EXPECT_EQ(writer.next_csn(), ldup::Csn(ahead.time() + std::chrono::seconds{1}, 0, "001", 0));
  });
}

TEST_F(StoreTest, RefusesASecondOpening) {
  try {
    const Store second({.directory = folder_ / "store"}, test_schema(), clock_);
    FAIL() << "opened twice";
  } catch (const LocalError& error) {
    EXPECT_THAT(error.what(), HasSubstr("in use by process " + std::to_string(::getpid())));
  }
}

TEST_F(StoreTest, RefusesOtherFiles) {
  const auto expect_refusal = [&](const std::filesystem::path& folder, std::string_view reason) {
    try {
      const Store other({.directory = folder}, test_schema(), clock_);
      FAIL() << folder;
    } catch (const LocalError& error) {
      EXPECT_THAT(error.what(), HasSubstr(std::string(reason)));
    }
  };
  std::filesystem::create_directory(folder_ / "text");
  support::write_file(folder_ / "text" / "data.mdb", std::string(100'000, 'x'));
  expect_refusal(folder_ / "text", "cannot open the store");

  const auto write_lmdb = [&](const std::filesystem::path& folder, const char* table, std::string_view key,
                              std::string_view text) {
    std::filesystem::create_directory(folder);
    MDB_env* env = nullptr;
    mdb_env_create(&env);
    mdb_env_set_maxdbs(env, 4);
    ASSERT_EQ(mdb_env_open(env, folder.c_str(), 0, 0600), 0);
    MDB_txn* txn = nullptr;
    mdb_txn_begin(env, nullptr, 0, &txn);
    MDB_dbi dbi = 0;
    ASSERT_EQ(mdb_dbi_open(txn, table, table != nullptr ? MDB_CREATE : 0, &dbi), 0);
    MDB_val name{key.size(), const_cast<char*>(key.data())};
    MDB_val value{text.size(), const_cast<char*>(text.data())};
    ASSERT_EQ(mdb_put(txn, dbi, &name, &value, 0), 0);
    ASSERT_EQ(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
  };
  write_lmdb(folder_ / "plain", nullptr, "meta", "x");
  expect_refusal(folder_ / "plain", "no store of this program");
  write_lmdb(folder_ / "tables", "id2entry", "x", "x");
  expect_refusal(folder_ / "tables", "no store of this program");
  write_lmdb(folder_ / "meta", "meta", "magic", "something else");
  expect_refusal(folder_ / "meta", "no store of this program");

  open({.directory = folder_ / "newer"});
  close();
  write_lmdb(folder_ / "newer", "meta", "format", "3");
  expect_refusal(folder_ / "newer", "format '3'");
}

TEST_F(StoreTest, MakesAPrivateFolder) {
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder_ / "store").permissions(), perms::owner_all);
  EXPECT_EQ(std::filesystem::status(folder_ / "store" / "data.mdb").permissions(),
            perms::owner_read | perms::owner_write);
  EXPECT_THROW(open({.directory = "/dev/null/store"}), LocalError);
  EXPECT_THROW(open({.directory = folder_ / "x", .replica_id = "A#"}), UsageError);
}

}  // namespace
}  // namespace replkit::refserver::store
