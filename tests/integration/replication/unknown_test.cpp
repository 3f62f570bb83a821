// Updates of entries that the consumer's vector covers and that it does not have all the same.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/ldup/metadata.hpp"
#include "common/ldup/oids.hpp"
#include "tests/integration/replication/group.hpp"

namespace replkit::replication_test {
namespace {

// Makes a server forget an entry, as a restored disk or a bug would.
int lose(Group& group, const std::string& id, const std::string& dn) {
  ldup::DeleteWithMetaDataRequest request;
  request.entry = dn;
  request.no_record = true;
  return group.extended(id, std::string(ldup::oid::delete_with_meta_data), ldup::encode(request)).code;
}

bool has(support::Client& client, const std::string& dn, const std::string& attribute, const std::string& value) {
  const auto entry = client.read(dn);
  return entry && entry->attributes.contains(attribute) && entry->attributes.at(attribute).front() == value;
}

class Unknown : public testing::Test {
 protected:
  // Entries on both, of which "b" then loses one.
  void begin(Group& group) {
    auto a = group.client("a");
    ASSERT_EQ(add_unit(a, "kept"), 0);
    ASSERT_EQ(add_unit(a, "lost", "from the beginning"), 0);
    ASSERT_TRUE(group.shows("b", unit_dn("lost")));
    ASSERT_TRUE(group.settles());
    ASSERT_EQ(lose(group, "b", unit_dn("lost")), 0);
    ASSERT_TRUE(group.lacks("b", unit_dn("lost")));
  }
};

TEST_F(Unknown, AreAskedForWhenConsistencyIsLoose) {
  Group group({{"a"}, {"b"}});
  begin(group);
  auto a = group.client("a");
  ASSERT_EQ(a.modify(unit_dn("lost"), {{support::Change::add, "street", {"1"}}}), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("lost")));
  EXPECT_TRUE(group.settles());
  auto b = group.client("b");
  EXPECT_TRUE(has(b, unit_dn("lost"), "description", "from the beginning"));
  EXPECT_EQ(group.difference("a", "b"), "");
}

TEST_F(Unknown, SuperiorsAreAskedForToo) {
  Group group({{"a"}, {"b"}});
  begin(group);
  auto a = group.client("a");
  const auto below = "ou=below," + unit_dn("lost");
  ASSERT_EQ(a.add(below, {{"objectClass", {"organizationalUnit"}}, {"ou", {"below"}}}), 0);
  EXPECT_TRUE(group.shows("b", below));
  EXPECT_TRUE(group.settles());
  EXPECT_EQ(group.difference("a", "b"), "");
}

TEST_F(Unknown, StopTheSessionWhenConsistencyIsStrict) {
  Group group({{"a"}, {"b", 2, {}, true, "consistency = \"strict\"\n"}});
  begin(group);
  auto a = group.client("a");
  ASSERT_EQ(a.modify(unit_dn("lost"), {{support::Change::add, "street", {"1"}}}), 0);
  ASSERT_EQ(a.modify(unit_dn("kept"), {{support::Change::add, "street", {"2"}}}), 0);
  for (const auto& id : group.ids()) {
    const auto record = group.session(id, {{"result", "failure"}, {"code", 80}});
    ASSERT_TRUE(record) << id;
    EXPECT_NE((*record)["text"].get<std::string>().find("is not here"), std::string::npos) << *record;
  }
  EXPECT_FALSE(group.client("b").read(unit_dn("lost")));
  // Whoever looks into it removes the lingering entry, and all goes on.
  ASSERT_EQ(lose(group, "a", unit_dn("lost")), 0);
  EXPECT_TRUE(support::eventually(std::chrono::seconds(20), [&] {
    auto b = group.client("b");
    return has(b, unit_dn("kept"), "street", "2");
  }));
  EXPECT_TRUE(group.settles());
  EXPECT_EQ(group.difference("a", "b"), "");
}

// What was put aside of such an entry is not to bring it back as glue.
TEST(FullUpdates, ReturnNoChangesOfWhatIsGone) {
  Group group({{"a"}, {"b"}});
  {
    auto a = group.client("a");
    ASSERT_EQ(add_unit(a, "purged"), 0);
    ASSERT_EQ(add_unit(a, "kept"), 0);
    ASSERT_TRUE(group.shows("b", unit_dn("kept")));
    ASSERT_TRUE(group.session("a", {{"direction", "sent"}, {"result", "success"}}));
    group["b"].stop();
    ASSERT_EQ(a.modify(unit_dn("purged"), {{support::Change::add, "street", {"1"}}}), 0);
    ASSERT_EQ(a.modify(unit_dn("kept"), {{support::Change::add, "street", {"2"}}}), 0);
    ASSERT_EQ(a.modify(Group::replica_dn("b"), {{support::Change::replace, "replicaOnline", {"FALSE"}}}), 0);
  }
  group["b"].start();
  ASSERT_EQ(lose(group, "b", unit_dn("purged")), 0);
  ASSERT_EQ(group.trigger_when_free("b", "a", "full").code, 0);
  const auto session = group.session("a", {{"kind", "full"}, {"direction", "received"}, {"result", "success"}});
  ASSERT_TRUE(session);
  EXPECT_NE(session->dump().find("what was changed here is lost"), std::string::npos) << *session;
  EXPECT_EQ(session->dump().find("glue made"), std::string::npos) << *session;
  auto a = group.client("a");
  EXPECT_FALSE(a.read(unit_dn("purged")));
  EXPECT_TRUE(has(a, unit_dn("kept"), "street", "2"));
}

// What a long cycle has brought is the consumer's before its end.
TEST(LongCycles, GoInSeveralSessions) {
  Group group({{"a", 2, {}, true, "session_entries = 10\n"}, {"b"}});
  ASSERT_TRUE(group.settles());
  group["b"].stop();
  auto a = group.client("a");
  for (int i = 0; i < 45; ++i) ASSERT_EQ(add_unit(a, "unit " + std::to_string(i)), 0);
  const auto before = group.history("b").size();
  group["b"].start();
  EXPECT_TRUE(group.shows("b", unit_dn("unit 44")));
  ASSERT_TRUE(group.settles());
  std::size_t sessions = 0, updates = 0;
  const auto history = group.history("b");
  for (auto i = before; i < history.size(); ++i) {
    if (history[i]["direction"] != "received") continue;
    const auto count = history[i]["updates"].get<std::size_t>();
    EXPECT_LE(count, 11) << "ten, and perhaps a superior";
    EXPECT_EQ(history[i]["result"], "success");
    sessions += count > 0 ? 1 : 0;
    updates += count;
  }
  EXPECT_GE(sessions, 5);
  EXPECT_LE(updates, 48) << "nothing twice, but for update vectors";
  EXPECT_EQ(group.difference("a", "b"), "");
}

}  // namespace
}  // namespace replkit::replication_test
