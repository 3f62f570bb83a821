// repctl where something is wrong: rights, dead servers, scripts, other kinds of servers, interruptions.
#include <fmt/format.h>

#include "tests/integration/repctl/harness.hpp"

namespace replkit::support {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(Repctl, ScriptsMustSayYes) {
  auto& server = start_server();
  const auto result = repctl(Words{server.uri()}, {"area", "add"}, "y\n");
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err, HasSubstr("--yes"));
  EXPECT_THAT(audit(), IsEmpty());
  EXPECT_THAT(repctl(server, {"area", "list"}).out, HasSubstr("none"));
}

TEST_F(Repctl, WithoutRightsNothingChanges) {
  auto& server = start_server();
  bind_dn_ = "uid=ada,dc=example,dc=com";
  const auto result = repctl(server, {"area", "add", "--yes"});
  EXPECT_EQ(result.status, 5);
  EXPECT_THAT(result.err, HasSubstr("dn:uid=ada,dc=example,dc=com lacks the right to change this entry"));
  EXPECT_THAT(result.out, HasSubstr("failed: make dc=example,dc=com an area"));
  ASSERT_EQ(audit().size(), 2U);
  EXPECT_EQ(audit()[1]["state"], "failed");
}

TEST_F(Repctl, ADeadServer) {
  auto& dead = start_server();
  auto& alive = start_server();
  const auto uri = dead.uri();
  dead.stop();
  EXPECT_EQ(repctl(Words{uri}, {"area", "add", "--yes"}).status, 4);
  // Reading costs its row; writing is all or nothing, unless asked otherwise.
  const auto list = repctl(Words{uri, alive.uri()}, {"area", "list"});
  EXPECT_EQ(list.status, 2);
  EXPECT_THAT(list.out, HasSubstr(uri + "  unknown"));
  EXPECT_THAT(list.out, HasSubstr(alive.uri() + "  none"));
  const auto all = repctl(Words{uri, alive.uri()}, {"area", "add", "--yes"});
  EXPECT_EQ(all.status, 4);
  EXPECT_THAT(all.err, HasSubstr("nothing was changed on any server; --skip-unreachable"));
  EXPECT_THAT(audit(), IsEmpty());
  const auto some = repctl(Words{uri, alive.uri()}, {"area", "add", "--yes", "--skip-unreachable"});
  EXPECT_EQ(some.status, 2);
  EXPECT_THAT(some.out, HasSubstr("done: make"));
}

TEST_F(Repctl, ANamedTwiceServerIsAMistake) {
  auto& server = start_server();
  const auto result = repctl(Words{server.uri(), server.uri()}, {"area", "list"});
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err, HasSubstr("is named twice"));
}

TEST_F(Repctl, NothingIsSentWithoutARecord) {
  auto& server = start_server();
  const auto result = repctl(server, {"area", "add", "--yes", "--audit", "/proc/none/audit"});
  EXPECT_EQ(result.status, 7);
  EXPECT_THAT(result.err, HasSubstr("/proc/none"));
  EXPECT_THAT(repctl(server, {"area", "list"}).out, HasSubstr("none"));
}

TEST_F(Repctl, OpenldapIsToldApart) {
  Slapd slapd;
  slapd.load(fmt::format("dn: {}\nobjectClass: domain\ndc: example\n\n", base));
  slapd.start();
  for (const Words& words :
       {Words{"area", "add", "--yes"}, Words{"replica", "suspend", "r1", "--yes"}, Words{"agreement", "list"},
        Words{"agreement", "add", "r1", "r2", "--yes"}, Words{"status"}}) {
    const auto result = repctl(Words{slapd.uri()}, words);
    EXPECT_EQ(result.status, 6) << words[0] << result.out;
    EXPECT_THAT(result.err, HasSubstr("This is OpenLDAP"));
    EXPECT_THAT(result.err, HasSubstr("olcSyncrepl"));
  }
  EXPECT_THAT(audit(), IsEmpty());
}

// What a run that was cut off left undone the next one does, and says what was done before.
TEST_F(Repctl, GoesOnWhereItStopped) {
  auto& server = server_with_replicas();
  change(server, {"agreement", "add", "r2", "r1"});
  // As if the first of the two deletes had been sent, and then the power failed.
  ASSERT_EQ(server.root_client().remove("cn=to-r1,cn=r2,dc=example,dc=com"), 0);
  EXPECT_THAT(change(server, {"replica", "delete", "r2"}), HasSubstr("done: delete replica r2"));
  EXPECT_THAT(change(server, {"replica", "delete", "r2"}), HasSubstr("already so"));
}

TEST_F(Repctl, MalformedAreasAreNamed) {
  auto& server = start_server();
  const auto result = repctl(server, {"area", "list"});
  EXPECT_EQ(result.status, 0);
  const auto bad = run({REPCTL, "-H", server.uri(), "-b", "dc=example,,dc=com", "area", "add", "--yes"});
  EXPECT_EQ(bad.status, 3);
  EXPECT_THAT(bad.err, HasSubstr("-b \"dc=example,,dc=com\""));
}

}  // namespace
}  // namespace replkit::support
