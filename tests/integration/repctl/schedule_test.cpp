// repctl credentials and schedule on real servers (mrm 4.18).
#include "tests/integration/repctl/harness.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ReplserverOptions replicating() {
  ReplserverOptions options;
  options.top = "replica_id = \"r1\"\n";
  options.tables += "\n[replication]\n";
  return options;
}

TEST_F(Repctl, CredentialsComeAndGo) {
  auto& server = server_with_replicas(replicating());
  const TempDir folder;
  write_file(folder / "password", "hush-hush\n");
  const Words add{"credentials",
                  "add",
                  "peer",
                  "--bind-dn",
                  "cn=replicator,dc=example,dc=com",
                  "--password-file",
                  (folder / "password").string()};
  EXPECT_THAT(change(server, add), HasSubstr("done: add credentials peer"));
  EXPECT_EQ(repctl(server, {"credentials", "add", "other", "--bind-dn", "cn=x", "--yes"}).status, 3)
      << "nobody to ask for the password";
  change(server, {"agreement", "add", "r1", "r2", "--credentials", "peer"});
  const auto json = read_json(server, {"credentials", "show"});
  ASSERT_EQ(json["servers"][0]["credentials"].size(), 1U);
  const auto& row = json["servers"][0]["credentials"][0];
  EXPECT_EQ(row["dn"], "cn=peer,cn=replkit");
  EXPECT_EQ(row["bind_dn"], "cn=replicator,dc=example,dc=com");
  EXPECT_EQ(row["agreements"], nlohmann::json::array({"cn=to-r2,cn=r1,dc=example,dc=com"}));
  EXPECT_EQ(repctl(server, add).status, 6) << "it is there already";
  change(server, {"credentials", "modify", "peer", "--start-tls", "yes", "--password-file", add.back()});
  EXPECT_THAT(repctl(server, {"credentials", "show", "peer"}).out, HasSubstr("yes"));
  const auto removed = repctl(server, {"credentials", "delete", "peer", "--yes"});
  EXPECT_EQ(removed.status, 0) << removed.err;
  EXPECT_THAT(removed.err, HasSubstr("cn=to-r2,cn=r1,dc=example,dc=com names it"));
  EXPECT_THAT(change(server, {"credentials", "delete", "peer"}), HasSubstr("already so"));
  for (const auto& line : audit()) EXPECT_THAT(line.dump(), Not(HasSubstr("hush")));
}

TEST_F(Repctl, SchedulesAreSetShownAndCleared) {
  auto& server = server_with_replicas(replicating());
  change(server, {"agreement", "add", "r1", "r2"});
  EXPECT_THAT(repctl(server, {"schedule", "show"}).out, HasSubstr("at once after a change"));
  const Words night{"schedule", "set", "r1", "to-r2", "--days", "sat,sun", "--hours", "22-6", "--every", "1h"};
  change(server, night);
  EXPECT_THAT(change(server, night), HasSubstr("already so"));
  auto entry = server.root_client().read("cn=schedule,cn=to-r2,cn=r1,dc=example,dc=com", {"*", "+"});
  ASSERT_TRUE(entry);
  EXPECT_THAT(entry->attributes["scheduleDayOfWeekMask"], ElementsAre("'1000001'B"));
  EXPECT_THAT(repctl(server, {"schedule", "show", "r1"}).out,
              HasSubstr("in windows: --days sat,sun --hours 22:00-06:00 --zone utc --every 3600s"));
  // Of another kind, then changed: some of its attributes users may not write.
  change(server, {"schedule", "set", "r1", "to-r2", "--wait", "5s"});
  change(server, {"schedule", "set", "r1", "to-r2", "--wait", "1m", "--group1", "mail,sn", "--group1-wait", "2s"});
  const auto json = read_json(server, {"schedule", "show", "r1", "to-r2"});
  EXPECT_EQ(json["agreements"][0]["options"]["wait"], "60s");
  EXPECT_EQ(json["agreements"][0]["options"]["group1"], "mail,sn");
  EXPECT_THAT(change(server, {"schedule", "clear", "r1", "to-r2"}), HasSubstr("done: delete schedule"));
  EXPECT_THAT(change(server, {"schedule", "clear", "r1", "to-r2"}), HasSubstr("already so"));
}

// The server follows those, too.
TEST_F(Repctl, SchedulesElsewhereInTheArea) {
  auto& server = server_with_replicas(replicating());
  change(server, {"agreement", "add", "r1", "r2", "--schedule", "cn=often,dc=example,dc=com"});
  EXPECT_THAT(repctl(server, {"status"}).out, HasSubstr("agreement-schedule"));
  const Words often{"schedule", "set", "r1", "to-r2", "--wait", "5s"};
  EXPECT_THAT(change(server, often), HasSubstr("done: add schedule often"));
  EXPECT_THAT(change(server, often), HasSubstr("already so"));
  EXPECT_THAT(repctl(server, {"schedule", "show"}).out, HasSubstr("--wait 5s"));
  EXPECT_THAT(repctl(server, {"status"}).out, Not(HasSubstr("agreement-schedule")));
  EXPECT_THAT(change(server, {"schedule", "clear", "r1", "to-r2"}), HasSubstr("done: delete schedule"));
  EXPECT_FALSE(server.root_client().read("cn=often,dc=example,dc=com", {"1.1"}));
}

TEST_F(Repctl, SchedulesThatMakeNoSenseAreRefused) {
  auto& server = server_with_replicas(replicating());
  change(server, {"agreement", "add", "r1", "r2"});
  const auto fails = [&](Words words) {
    words.insert(words.begin(), {"schedule", "set", "r1", "to-r2", "--yes"});
    const auto result = repctl(server, words);
    EXPECT_EQ(result.status, 3) << result.out << result.err;
    return result.err;
  };
  EXPECT_THAT(fails({"--days", "mon-fry"}), AllOf(HasSubstr("--days"), HasSubstr("repctl schedule set --help")));
  EXPECT_THAT(fails({"--hours", "22-22"}), HasSubstr("two different times"));
  EXPECT_THAT(fails({"--wait", "1500ms"}), HasSubstr("whole seconds"));
  EXPECT_THAT(fails({"--wait", "5s", "--hours", "1-2"}), HasSubstr("either of waits"));
  EXPECT_THAT(fails({"--group1-wait", "5s"}), HasSubstr("needs the group"));
  EXPECT_THAT(fails({"--from", "2026-12-24", "--until", "2026-12-23"}), HasSubstr("not after"));
  EXPECT_THAT(fails({}), HasSubstr("when are sessions to start"));
}

}  // namespace
}  // namespace replkit::support
