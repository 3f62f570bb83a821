// The examples of RFC 3384 appendix B.5, played on three replicas.
#include <gmock/gmock.h>

#include "tests/unit/refserver/replication/replica.hpp"

namespace replkit::refserver::replication {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const model::Uuid first = uuid_of(1);
const model::Uuid second = uuid_of(2);

model::Modification replace(std::string type, std::vector<std::string> values) {
  return {model::ModifyKind::replace, std::move(type), std::move(values)};
}

class ConflictsTest : public ::testing::Test {
 protected:
  ConflictsTest() { a_.clock.time += std::chrono::seconds{10}; }  // its changes are the later ones

  void exchange() {
    for (int round = 0; round < 2; ++round) {
      for (auto* supplier : {&a_, &b_, &c_}) {
        for (auto* consumer : {&a_, &b_, &c_}) {
          if (supplier != consumer) supplier->send_to(*consumer);
        }
      }
    }
    EXPECT_EQ(a_.dump(), b_.dump());
    EXPECT_EQ(a_.dump(), c_.dump());
  }

  static bool add(Replica& replica, const model::Uuid& uuid, std::string_view rdn, std::string description) {
    return replica.add(uuid, replica.find(test_area().root), rdn,
                       {{"objectClass", {"device"}}, {"description", {std::move(description)}}});
  }

  std::vector<std::string> values(const model::Uuid& uuid, std::string_view type) const {
    std::vector<std::string> out;
    const auto entry = c_.load(uuid);
    const auto* attribute = entry ? entry->find(type) : nullptr;
    if (attribute == nullptr) return out;
    for (const auto& value : attribute->values) out.push_back(value.bytes);
    return out;
  }

  Replica a_{"a"};
  Replica b_{"b"};
  Replica c_{"c"};
};

TEST_F(ConflictsTest, B51CreateCreate) {
  ASSERT_TRUE(add(a_, first, "cn=x", "from A"));
  ASSERT_TRUE(add(b_, second, "cn=x", "from B"));
  exchange();
  EXPECT_EQ(c_.dn(first), "cn=x+entryUUID=" + first.text() + ",dc=example");
  EXPECT_EQ(c_.dn(second), "cn=x+entryUUID=" + second.text() + ",dc=example");
  EXPECT_THAT(values(first, "description"), ElementsAre("from A"));
  EXPECT_THAT(values(second, "description"), ElementsAre("from B"));

  // An administrator takes B's for the right one, on any replica.
  ASSERT_TRUE(c_.remove(c_.find(first)));
  exchange();
  EXPECT_EQ(c_.dn(second), "cn=x,dc=example");
}

TEST_F(ConflictsTest, B52RenameRename) {
  ASSERT_TRUE(add(a_, first, "cn=1", "one"));
  ASSERT_TRUE(add(a_, second, "cn=2", "two"));
  exchange();
  ASSERT_TRUE(a_.rename(a_.find(first), {.rdn = "cn=x"}));
  ASSERT_TRUE(b_.rename(b_.find(second), {.rdn = "cn=x"}));
  exchange();
  EXPECT_EQ(c_.dn(first), "cn=x+entryUUID=" + first.text() + ",dc=example");
  EXPECT_EQ(c_.dn(second), "cn=x+entryUUID=" + second.text() + ",dc=example");
  EXPECT_THAT(values(first, "description"), ElementsAre("one"));
  EXPECT_THAT(values(second, "description"), ElementsAre("two"));
  ASSERT_TRUE(b_.rename(b_.find(second), {.rdn = "cn=2"}));
  exchange();
  EXPECT_EQ(c_.dn(first), "cn=x,dc=example");
  EXPECT_EQ(c_.dn(second), "cn=2,dc=example");
}

TEST_F(ConflictsTest, B53Locking) {
  ASSERT_TRUE(add(a_, first, "cn=lock", "1"));
  ASSERT_TRUE(a_.modify(a_.find(first), {replace("serialNumber", {"nobody"})}));
  exchange();
  const model::Modification take{model::ModifyKind::remove, "description", {"1"}};
  const model::Modification taken{model::ModifyKind::add, "description", {"0"}};
  b_.clock.time = a_.clock.time - std::chrono::seconds{1};
  ASSERT_TRUE(b_.modify(b_.find(first), {take, taken, replace("serialNumber", {"USER2"}), replace("o", {"42"})}));
  a_.clock.time += std::chrono::seconds{10};
  ASSERT_TRUE(a_.modify(a_.find(first), {take, taken, replace("serialNumber", {"USER1"})}));
  exchange();
  EXPECT_THAT(values(first, "description"), ElementsAre("0"));
  EXPECT_THAT(values(first, "serialNumber"), ElementsAre("USER1"));
  EXPECT_THAT(values(first, "o"), ElementsAre("42")) << "values are reconciled one by one: the request is torn apart";
}

TEST_F(ConflictsTest, AModifyOfWhatIsDeletedElsewhereGoesToLostAndFound) {
  ASSERT_TRUE(add(a_, first, "cn=x", "old"));
  exchange();
  ASSERT_TRUE(b_.remove(b_.find(first)));
  a_.clock.time += std::chrono::seconds{100};
  ASSERT_TRUE(a_.modify(a_.find(first), {replace("serialNumber", {"7"})}));
  exchange();
  EXPECT_EQ(c_.dn(first), "entryUUID=" + first.text() + ",cn=lostAndFound,dc=example");
  EXPECT_THAT(values(first, "serialNumber"), ElementsAre("7"));
  EXPECT_THAT(values(first, "description"), IsEmpty());

  // An administrator restores it.
  ASSERT_TRUE(add(c_, first, "cn=x", "again"));
  exchange();
  EXPECT_EQ(b_.dn(first), "cn=x,dc=example");
}

TEST_F(ConflictsTest, MovesBelowEachOtherEndInLostAndFound) {
  ASSERT_TRUE(add(a_, first, "cn=1", "one"));
  ASSERT_TRUE(add(a_, second, "cn=2", "two"));
  exchange();
  ASSERT_TRUE(a_.rename(a_.find(first), {.rdn = {}, .superior = a_.find(second)}));
  ASSERT_TRUE(b_.rename(b_.find(second), {.rdn = {}, .superior = b_.find(first)}));
  exchange();
  exchange();
  const std::vector<std::string> names{c_.dn(first), c_.dn(second)};
  EXPECT_THAT(names, ::testing::Contains(::testing::EndsWith(",cn=lostAndFound,dc=example")));
  EXPECT_THAT(c_.store().check(5), IsEmpty());
}

// Each was deleted below the other, which was never seen by anybody as an entry there.
TEST_F(ConflictsTest, DeletedEntriesMayBeBelowEachOther) {
  const model::Uuid third = uuid_of(3);
  for (const auto& uuid : {first, second, third}) ASSERT_TRUE(add(a_, uuid, "cn=" + uuid.text().substr(35), "x"));
  exchange();
  ASSERT_TRUE(a_.rename(a_.find(first), {.rdn = {}, .superior = a_.find(second)}));
  ASSERT_TRUE(a_.remove(a_.find(first)));
  ASSERT_TRUE(b_.rename(b_.find(second), {.rdn = {}, .superior = b_.find(third)}));
  ASSERT_TRUE(b_.remove(b_.find(second)));
  ASSERT_TRUE(c_.rename(c_.find(third), {.rdn = {}, .superior = c_.find(first)}));
  ASSERT_TRUE(c_.remove(c_.find(third)));
  exchange();
  EXPECT_EQ(c_.tombstones().size(), 3);
  const auto snapshot = c_.store().snapshot();
  const Scope scope(*snapshot, test_area());
  for (const auto& uuid : {first, second, third}) {
    const auto id = snapshot->find(uuid);
    EXPECT_TRUE(scope.holds(*snapshot, id));
    EXPECT_FALSE(c_.load(uuid)->last_dn.empty()) << "that of its removal, as each replica saw it";
  }
  EXPECT_EQ(snapshot->superior(snapshot->superior(snapshot->superior(snapshot->find(first)))), snapshot->find(first));
  Replica filled("d");
  filled.apply(a_.everything());
  EXPECT_EQ(filled.dump(), a_.dump());
  EXPECT_THAT(c_.store().check(5), IsEmpty());

  // One of them comes to life again.
  ASSERT_TRUE(add(b_, second, "cn=again", "y"));
  exchange();
  EXPECT_EQ(c_.dn(second), "cn=again,dc=example");
  EXPECT_EQ(c_.tombstones().size(), 2);
}

}  // namespace
}  // namespace replkit::refserver::replication
