// check() finds what a damaged disk or a bug would leave, and the rest goes on.
#include <gmock/gmock.h>
#include <lmdb.h>

#include <functional>

#include "common/base/error.hpp"
#include "tests/refserver/store/record.hpp"
#include "tests/unit/refserver/store/testing.hpp"

namespace replkit::refserver::store {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CheckTest : public StoreTest {
 protected:
  CheckTest() {
    options_.directory = folder_ / "store";
    options_.indexes = {{"cn", true, true, true}, {"objectClass", false, true, false}};
    open(options_);
    top_ = put(make_entry(no_entry, "o=top"));
    branch_ = put(make_entry(top_, "ou=branch", {{"cn", "branch"}}));
    leaf_ = put(make_entry(branch_, "cn=leaf", {{"cn", "leaf"}}));
    expect_sound();
  }

  // Changes a table behind the store's back.
  void damage(const char* table, const std::function<int(MDB_txn*, MDB_dbi)>& change) {
    close();
    MDB_env* env = nullptr;
    ASSERT_EQ(mdb_env_create(&env), 0);
    mdb_env_set_maxdbs(env, 8);
    mdb_env_set_mapsize(env, 64U << 20);
    ASSERT_EQ(mdb_env_open(env, options_.directory.c_str(), 0, 0600), 0);
    MDB_txn* txn = nullptr;
    ASSERT_EQ(mdb_txn_begin(env, nullptr, 0, &txn), 0);
    MDB_dbi dbi = 0;
    ASSERT_EQ(mdb_dbi_open(txn, table, 0, &dbi), 0);
    EXPECT_EQ(change(txn, dbi), 0);
    ASSERT_EQ(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    open(options_);
  }
  void put_record(EntryId id, std::string record) {
    damage("entries", [&](MDB_txn* txn, MDB_dbi dbi) {
      MDB_val key{sizeof id, &id};
      MDB_val value{record.size(), record.data()};
      return mdb_put(txn, dbi, &key, &value, 0);
    });
  }
  void drop_first(const char* table) {
    damage(table, [&](MDB_txn* txn, MDB_dbi dbi) {
      MDB_cursor* cursor = nullptr;
      mdb_cursor_open(txn, dbi, &cursor);
      MDB_val key{};
      MDB_val value{};
      EXPECT_EQ(mdb_cursor_get(cursor, &key, &value, MDB_FIRST), 0);
      const auto code = mdb_cursor_del(cursor, 0);
      mdb_cursor_close(cursor);
      return code;
    });
  }
  void put_extra(const char* table, std::string name, EntryId id) {
    damage(table, [&](MDB_txn* txn, MDB_dbi dbi) {
      MDB_val key{name.size(), name.data()};
      MDB_val value{sizeof id, &id};
      return mdb_put(txn, dbi, &key, &value, 0);
    });
  }
  std::string record_of(const StoredEntry& entry) {
    std::string out;
    std::vector<ldup::Csn> csns;
    encode_record(entry, out, csns);
    return out;
  }

  StoreOptions options_;
  EntryId top_ = no_entry;
  EntryId branch_ = no_entry;
  EntryId leaf_ = no_entry;
};

TEST_F(CheckTest, ALostName) {
  drop_first("tree");
  EXPECT_THAT(store().check(20), ElementsAre(HasSubstr("entry 1 (o=top): its name does not lead to it")));
}

TEST_F(CheckTest, ALostUuid) {
  drop_first("uuids");
  EXPECT_THAT(store().check(20), ElementsAre(HasSubstr("does not lead to it")));
}

TEST_F(CheckTest, ALostIndexKey) {
  drop_first("index");
  EXPECT_THAT(store().check(20), ElementsAre(HasSubstr("the index lacks the key")));
}

TEST_F(CheckTest, WhatLeadsNowhere) {
  put_extra("tree", std::string("\0\0\0\0\0\0\0\1cn=none", 15), 99);
  EXPECT_THAT(store().check(20), ElementsAre(HasSubstr("the tree leads to entry 99")));
  put_extra("uuids", std::string(16, 'u'), leaf_);
  EXPECT_THAT(store().check(20), Contains(HasSubstr("a UUID leads to entry 3, which does not have it")));
  put_extra("index", std::string("\0\0\0\0pzz", 7), leaf_);
  EXPECT_THAT(store().check(20), Contains(HasSubstr("the index leads to entry 3 by a key")));
  EXPECT_EQ(store().check(1).size(), 1U);
}

TEST_F(CheckTest, AMissingSuperior) {
  EntryId id = branch_;
  damage("entries", [&](MDB_txn* txn, MDB_dbi dbi) {
    MDB_val key{sizeof id, &id};
    return mdb_del(txn, dbi, &key, nullptr);
  });
  const auto found = store().check(20);
  EXPECT_THAT(found, Contains(HasSubstr("entry 3 (cn=leaf): above it, entry 2 is missing")));
  EXPECT_THAT(found, Contains(HasSubstr("the store says that it has 3 entries, and has 2")));
  EXPECT_THROW(store().snapshot()->dn(leaf_), LocalError);
}

TEST_F(CheckTest, ALoop) {
  auto branch = load(branch_);
  branch.superior = leaf_;
  put_record(branch_, record_of(branch));
  EXPECT_THAT(store().check(20), Contains(HasSubstr("entry 2 (ou=branch): its superiors go round in a loop")));
  EXPECT_THROW(store().snapshot()->dn(leaf_), LocalError);
  EXPECT_THROW(store().snapshot()->dn_key(leaf_), LocalError);
}

TEST_F(CheckTest, AMalformedRecord) {
  put_record(leaf_, "\x07nonsense");
  EXPECT_THAT(store().check(20), Contains(HasSubstr("entry 3: the store is damaged: a record has an unknown version")));
  LiveEntry live;
  EXPECT_THROW(store().snapshot()->read(leaf_, live), LocalError);
  EXPECT_TRUE(store().snapshot()->read(branch_, live)) << "the others can still be read";
}

TEST_F(CheckTest, ACsnOfTheFuture) {
  auto leaf = load(leaf_);
  leaf.csn = ldup::Csn(clock_.time + std::chrono::hours{1}, 0, "001", 0);
  put_record(leaf_, record_of(leaf));
  EXPECT_THAT(store().check(20), Contains(HasSubstr("has a CSN newer than the last one")));
}

TEST_F(CheckTest, AnInterruptedIndexBuildBeginsAnew) {
  // What a crash between the transactions of a build leaves: a description that is not ready, and some of its keys.
  damage("meta", [&](MDB_txn* txn, MDB_dbi dbi) {
    std::string name = "index/cn";
    MDB_val key{name.size(), name.data()};
    MDB_val value{};
    EXPECT_EQ(mdb_get(txn, dbi, &key, &value), 0);
    std::string bytes(static_cast<const char*>(value.mv_data), value.mv_size);
    EXPECT_EQ(bytes[1], '\1');
    bytes[1] = '\0';
    value = {bytes.size(), bytes.data()};
    return mdb_put(txn, dbi, &key, &value, 0);
  });
  EXPECT_THAT(store().check(20), IsEmpty());
  EXPECT_THAT(*store().snapshot()->candidates(model::Filter::parse("(cn=leaf)"), 10), ElementsAre(leaf_));
}

TEST_F(CheckTest, AnotherSchemaMakesOtherNames) {
  // The same attribute types, but names of cn are told apart by case.
  const auto file = folder_ / "other.schema";
  close();
  support::write_file(file,
                      "attributetype ( 1.1.2.1 NAME 'exactName' EQUALITY caseExactMatch "
                      "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )\n");
  const auto exact = schema::Schema::load({"core", file.string()});
  support::write_file(file,
                      "attributetype ( 1.1.2.1 NAME 'exactName' EQUALITY caseIgnoreMatch "
                      "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )\n");
  const auto folded = schema::Schema::load({"core", file.string()});
  {
    Store store(options_, exact, clock_);
    store.apply([&](Writer& writer) { writer.put(make_entry(top_, "exactName=Mixed", {{"cn", "m"}})); });
    EXPECT_NE(store.snapshot()->find("exactname=Mixed,o=top"), no_entry);
  }
  {
    Store store(options_, folded, clock_);
    EXPECT_NE(store.snapshot()->find("exactname=mixed,o=top"), no_entry);
    EXPECT_THAT(store.check(20), IsEmpty());
  }
  {
    Store store(options_, exact, clock_);
    EXPECT_EQ(store.snapshot()->find("exactname=mixed,o=top"), no_entry);
    store.apply([&](Writer& writer) { writer.put(make_entry(top_, "exactName=mixed")); });
    EXPECT_THAT(store.check(20), IsEmpty());
  }
  EXPECT_THROW(Store(options_, folded, clock_), LocalError) << "two entries of one name";
  Store store(options_, exact, clock_);
  EXPECT_THAT(store.check(20), IsEmpty()) << "the attempt left nothing behind";
}

}  // namespace
}  // namespace replkit::refserver::store
