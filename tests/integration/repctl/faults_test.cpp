// repctl where something is wrong: rights, dead servers, scripts, other kinds of servers, interruptions.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

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

// A port of 127.0.0.1 where connections are taken and nobody answers.
class SilentServer {
 public:
  SilentServer() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (bind(socket_, any, size) != 0 || listen(socket_, 5) != 0 || getsockname(socket_, any, &size) != 0) {
      throw std::runtime_error("no port to listen at");
    }
    uri_ = fmt::format("ldap://127.0.0.1:{}", ntohs(address.sin_port));
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { close(socket_); }

  const std::string& uri() const { return uri_; }

 private:
  int socket_;
  std::string uri_;
};

TEST_F(Repctl, TheTimeForTheRunIsOver) {
  auto& server = start_server();
  const SilentServer silent;
  const auto result = repctl(Words{server.uri(), silent.uri()}, {"area", "list", "--run-timeout", "1s"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err,
              testing::ContainsRegex("the time for the whole run is over: no answer yet from .*" + silent.uri()));
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

// To give an entryUUID takes the right to meta-data; on one server it is not worth it.
TEST_F(Repctl, CreatesWithoutTheRightToMetaData) {
  auto& server = server_with_replicas([] {
    ReplserverOptions options;
    options.tables =
        "[[access]]\nwho = [\"dn:uid=ada,dc=example,dc=com\"]\nrights = [\"read\", \"write\", \"create\", "
        "\"manage\"]\n\n"
        "[[access]]\nwho = [\"users\"]\nrights = [\"read\"]\n";
    return options;
  }());
  bind_dn_ = "uid=ada,dc=example,dc=com";
  const auto result = repctl(server, {"replica", "create", "r3", "--uri", "ldap://r3", "--yes"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(repctl(server, {"replica", "list"}).out, HasSubstr("r3"));
  const auto wanted = repctl(server, {"replica", "create", "r4", "--uri", "ldap://r4", "--yes", "--uuid",
                                      "5b6d4f60-0d2c-4cf4-9d37-6f2c2d5b2cff"});
  EXPECT_EQ(wanted.status, 5) << wanted.out;
}

TEST_F(Repctl, NobodyIsToldToSayWhoHeIs) {
  auto& server = server_with_replicas();
  const auto anonymous = [&](Words words) {
    words.insert(words.begin(), {REPCTL, "-x", "-H", server.uri(), "-b", base});
    return run(words, {.input = {}, .environment = {"LDAPNOINIT=1", "LDAPCONF", "XDG_STATE_HOME=" + state().string()}});
  };
  for (const Words& words :
       {Words{"status"}, Words{"area", "list"}, Words{"replica", "list"}, Words{"vector", "show"}, Words{"history"},
        Words{"--yes", "area", "add"}, Words{"--yes", "area", "delete"}, Words{"--yes", "replica", "delete", "r2"},
        Words{"--yes", "replica", "suspend", "r2"}, Words{"schedule", "show"}, Words{"credentials", "show"}}) {
    const auto result = anonymous(words);
    EXPECT_EQ(result.status, 5) << words[0] << result.out;
    EXPECT_THAT(result.err, HasSubstr("we are bound as nobody there")) << words[0];
  }
}

// No area that is seen is not the same as no area.
TEST_F(Repctl, WhoSeesNothingIsToldSo) {
  auto& server = server_with_replicas([] {
    ReplserverOptions options;
    options.tables = "[[access]]\nwho = [\"users\"]\ntarget = \"subtree:dc=example,dc=com\"\nrights = []\n";
    return options;
  }());
  EXPECT_EQ(repctl(server, {"area", "list"}).status, 0);
  bind_dn_ = "uid=ada,dc=example,dc=com";
  area_.clear();
  for (const Words& words : {Words{"area", "list"}, {"status"}}) {
    const auto result = repctl(server, words);
    EXPECT_EQ(result.status, 5) << result.out;
    EXPECT_THAT(result.err, HasSubstr("shows dn:uid=ada,dc=example,dc=com no entry of"));
  }
}

// What a run that was cut off left undone the next one does.
TEST_F(Repctl, GoesOnWhereItStopped) {
  auto& server = server_with_replicas([] {
    ReplserverOptions options;
    // Ada may delete agreements, but no replicas.
    options.tables =
        "[[access]]\nwho = [\"dn:uid=ada,dc=example,dc=com\"]\ntarget = \"one:cn=r2,dc=example,dc=com\"\n"
        "rights = [\"read\", \"delete\", \"manage\"]\n\n[[access]]\nwho = [\"users\"]\nrights = [\"read\"]\n";
    return options;
  }());
  change(server, {"agreement", "add", "r2", "r1"});
  const auto admin = bind_dn_;
  bind_dn_ = "uid=ada,dc=example,dc=com";
  const auto stopped = repctl(server, {"replica", "delete", "r2", "--yes"});
  EXPECT_EQ(stopped.status, 5);
  EXPECT_THAT(stopped.out, HasSubstr("done: delete agreement to-r1"));
  EXPECT_THAT(stopped.out, HasSubstr("failed: delete replica r2"));
  bind_dn_ = admin;
  const auto rest = change(server, {"replica", "delete", "r2"});
  EXPECT_THAT(rest, HasSubstr("done: delete replica r2"));
  EXPECT_THAT(rest, testing::Not(HasSubstr("to-r1")));
  EXPECT_THAT(change(server, {"replica", "delete", "r2"}), HasSubstr("already so"));
}

// What was saved before it was removed can be added again as it is.
TEST_F(Repctl, WhatWasRemovedCanBePutBack) {
  auto& server = server_with_replicas();
  change(server, {"agreement", "add", "r2", "r1"});
  // ldapadd gives new ids, which stand in comments of the file for those who can do better.
  const auto list = [&] {
    auto json = read_json(server, {"replica", "list"});
    for (auto& replica : json["servers"][0]["areas"][0]["replicas"]) {
      replica.erase("entry_uuid");
      for (auto& agreement : replica["agreements"]) agreement.erase("entry_uuid");
    }
    return json;
  };
  const auto before = list();
  const auto file = state() / "saved.ldif";
  change(server, {"replica", "delete", "r2", "--save", file.string()});
  const auto added = run(
      {"ldapadd", "-x", "-H", server.uri(), "-D", server.root_dn(), "-w", std::string(password), "-f", file.string()});
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_EQ(list(), before);
}

TEST_F(Repctl, AsksOnATerminal) {
  auto& server = start_server();
  const auto answered = [&](const std::string& answer) {
    const auto command =
        fmt::format("{} -x -D {} -w {} -H {} -b {} area add", REPCTL, bind_dn_, password, server.uri(), base);
    return run({"script", "-qec", command, "/dev/null"},
               {.input = answer, .environment = {"LDAPNOINIT=1", "XDG_STATE_HOME=" + state().string()}});
  };
  const auto no = answered("\n");
  EXPECT_EQ(no.status, 2) << no.out;
  EXPECT_THAT(no.out, HasSubstr("Do this? [y/N]"));
  EXPECT_THAT(no.out, HasSubstr("nothing was changed"));
  const auto yes = answered("y\n");
  EXPECT_EQ(yes.status, 0) << yes.out;
  EXPECT_THAT(yes.out, HasSubstr("done: make dc=example,dc=com an area"));
}

// replicaType is NO-USER-MODIFICATION.
TEST_F(Repctl, TypesChangeByWriteUnwriteable) {
  auto& server = start_server();
  change(server, {"area", "add"});
  change(server, {"replica", "create", "r1", "--uri", server.uri()});
  const auto typed = repctl(server, {"replica", "set-type", "r1", "read-only", "--yes"});
  EXPECT_EQ(typed.status, 0) << typed.err;
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
