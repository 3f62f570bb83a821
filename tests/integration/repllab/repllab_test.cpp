// repllab with real servers: what it leaves, what it starts again, and what it must not touch.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "tests/support/process.hpp"
#include "tests/support/slapd.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Words = std::vector<std::string>;

class Repllab : public testing::Test {
 protected:
  ~Repllab() override { repllab({"down", "--purge"}); }

  RunResult repllab(Words arguments, const std::string& input = {}) {
    // After the verb, before a "--".
    arguments.insert(arguments.begin() + 1, {"--dir", lab_.string()});
    arguments.insert(arguments.begin(), REPLLAB);
    return run(arguments, {.input = input, .environment = {"LDAPNOINIT", "LDAPCONF"}});
  }

  // The same, and the status must be 0.
  std::string checked(const Words& arguments) {
    const RunResult result = repllab(arguments);
    EXPECT_EQ(result.status, 0) << fmt::format("{}", arguments.front()) << result.out << result.err;
    return result.out;
  }

  nlohmann::json servers() { return nlohmann::json::parse(repllab({"status", "--json"}).out).at("servers"); }

  // A command in the environment of the lab.
  RunResult within(const std::string& script) { return repllab({"shell", "--", "sh", "-c", script}); }

  RunResult compare(const std::string& options = {}) {
    return within(REPLCOMPARE " -H @lab -b \"$REPLLAB_BASE\" " + options);
  }

  // Clients at one of the servers, counted from 0.
  RunResult client(int server, const std::string& program, const std::string& input = {}) {
    const auto state = nlohmann::json::parse(file("lab.json"));
    const auto port = state["servers"][static_cast<std::size_t>(server)]["port"].get<int>();
    const auto words = fmt::format("{} -x -ZZ -y \"$REPLLAB_PASSFILE\" -H ldap://127.0.0.1:{}", program, port);
    return repllab({"shell", "--", "sh", "-c", words}, input);
  }
  void change(int server, const std::string& ldif) {
    const RunResult result = client(server, "ldapmodify", ldif);
    EXPECT_EQ(result.status, 0) << result.err;
  }
  bool shows(int server, const std::string& name) {
    return client(server, "ldapsearch -LLL -s base -b " + name + ",dc=example,dc=com").status == 0;
  }
  bool soon_shows(int server, const std::string& name) {
    return eventually(std::chrono::seconds(20), [&] { return shows(server, name); });
  }
  static std::string add_unit(const std::string& name) {
    return fmt::format("dn: ou={0},dc=example,dc=com\nchangetype: add\nobjectClass: organizationalUnit\nou: {0}\n\n",
                       name);
  }

  std::string file(const std::string& name) const { return read_file(lab_ / name, 1 << 20); }

  TempDir directory_;
  std::filesystem::path lab_ = directory_ / "it's a lab";  // what shells stumble over
};

std::string port_of(const nlohmann::json& server) {
  return server["uri"].get<std::string>().substr(sizeof "ldap://127.0.0.1:" - 1);
}

bool listens(const std::string& port) {
  return run({"bash", "-c", ": </dev/tcp/127.0.0.1/" + port}).status == 0;
}

int mode_of(const std::filesystem::path& path) {
  struct stat status = {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return static_cast<int>(status.st_mode & 0777);
}

TEST_F(Repllab, MakesServersThatClientsReach) {
  const std::string out = checked({"up", "2", "--persons", "50"});
  EXPECT_THAT(out, HasSubstr("s1 "));
  EXPECT_THAT(out, HasSubstr("s2 "));
  for (const char* name : {"password", "ca.key", "lab.env", "data.ldif", "s1/server.key"}) {
    EXPECT_EQ(mode_of(lab_ / name), 0600) << name;
  }
  EXPECT_EQ(mode_of(lab_), 0700);
  // lab.env as a script would use it.
  const RunResult sourced = run(
      {"bash", "-c",
       "set -eu; . \"$1/lab.env\"; export LDAPTLS_CACERT; for uri in $REPLLAB_URIS; do ldapsearch -LLL -x -ZZ -H $uri "
       "-D \"$REPLLAB_BINDDN\" -y \"$REPLLAB_PASSFILE\" -b \"$REPLLAB_BASE\" '(uid=*)' 1.1 | grep -c ^dn:; done",
       "-", lab_.string()});
  EXPECT_EQ(sourced.out, "50\n50\n") << sourced.err;
  // And by the environment alone.
  EXPECT_THAT(within("ldapwhoami -x -ZZ -y \"$REPLLAB_PASSFILE\"").out, HasSubstr("dn:cn=admin,dc=example,dc=com"));
  EXPECT_EQ(within("exit 42").status, 42);
  EXPECT_EQ(compare().status, 0);
}

TEST_F(Repllab, PrintsAssignmentsForTheShell) {
  checked({"up", "1", "--persons", "3"});
  const RunResult result =
      run({"bash", "-c", "eval \"$(\"$@\")\"; ldapsearch -LLL -x -ZZ -y \"$REPLLAB_PASSFILE\" -s base 1.1", "-",
           REPLLAB, "shell", "--dir", lab_.string()});
  EXPECT_THAT(result.out, HasSubstr("dn: dc=example,dc=com")) << result.err;
}

TEST_F(Repllab, StartsOnlyWhatIsDown) {
  checked({"up", "2", "--persons", "5"});
  const auto before = servers();
  checked({"up"});
  EXPECT_EQ(servers()[0]["pid"], before[0]["pid"]);
  checked({"break", "kill", "1"});
  const RunResult status = repllab({"status"});
  EXPECT_EQ(status.status, 1);
  EXPECT_THAT(status.out, HasSubstr("down"));
  checked({"up"});
  const auto after = servers();
  EXPECT_NE(after[0]["pid"], before[0]["pid"]);
  EXPECT_EQ(after[0]["uri"], before[0]["uri"]);
  EXPECT_EQ(after[1]["pid"], before[1]["pid"]);
  checked({"break", "stop", "s2"});
  EXPECT_FALSE(servers()[1]["up"].get<bool>());
  checked({"break", "start", "s2"});
  EXPECT_TRUE(servers()[1]["up"].get<bool>());
}

TEST_F(Repllab, GrowsWithTheEntriesOfThatTime) {
  checked({"up", "1", "--persons", "5"});
  change(0, "dn: uid=bela0001,ou=people,dc=example,dc=com\nchangetype: delete\n\n" + add_unit("new"));
  const RunResult grown = repllab({"up", "3"});
  EXPECT_EQ(grown.status, 0) << grown.err;
  EXPECT_THAT(grown.err, HasSubstr("s3 gets a full update from s1"));
  EXPECT_THAT(grown.err, HasSubstr("all that take part have all changes"));
  EXPECT_EQ(servers().size(), 3U);
  EXPECT_TRUE(shows(2, "ou=new"));
  EXPECT_FALSE(shows(2, "uid=bela0001,ou=people"));
  EXPECT_EQ(compare().status, 0);
  // And from there on.
  change(2, add_unit("later"));
  EXPECT_TRUE(soon_shows(1, "ou=later"));
  const RunResult smaller = repllab({"up", "2"});
  EXPECT_EQ(smaller.status, 3);
  EXPECT_THAT(smaller.err, HasSubstr("3 servers"));
}

TEST_F(Repllab, Replicates) {
  const RunResult made = repllab({"up", "3", "--persons", "20"});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.err, HasSubstr("the servers replicate dc=example,dc=com: all that take part have all changes"));
  EXPECT_THAT(made.err, Not(HasSubstr("full update"))) << "they are loaded with the same";
  for (int server = 0; server < 3; ++server) change(server, add_unit("of" + std::to_string(server)));
  for (int server = 0; server < 3; ++server) {
    for (int of = 0; of < 3; ++of) EXPECT_TRUE(soon_shows(server, "ou=of" + std::to_string(of)));
  }
  EXPECT_EQ(compare().status, 0);
  // Every server can be managed with repctl by what the environment says.
  const RunResult agreements = within(REPCTL " -H @s2 -b \"$REPLLAB_BASE\" agreement list --json");
  EXPECT_EQ(agreements.status, 0) << agreements.err;
  for (const char* from : {"s1", "s2", "s3"}) {
    for (const char* to : {"s1", "s2", "s3"}) {
      const auto dn = fmt::format("cn=to-{},cn={},dc=example,dc=com", to, from);
      if (std::string_view(from) == to) continue;
      EXPECT_THAT(agreements.out, HasSubstr(dn));
    }
  }
  // What was done is on record.
  EXPECT_THAT(file("audit.jsonl"), HasSubstr("make dc=example,dc=com an area of replication"));
}

TEST_F(Repllab, ChangesArriveWhenALinkIsHealed) {
  checked({"up", "3", "--persons", "20"});
  checked({"break", "cut", "s2"});
  change(0, add_unit("meanwhile"));
  EXPECT_TRUE(soon_shows(2, "ou=meanwhile"));
  checked({"break", "start", "s2"});
  EXPECT_TRUE(soon_shows(1, "ou=meanwhile"));
  checked({"break", "kill", "s2"});
  change(2, add_unit("later"));
  checked({"break", "start", "s2"});
  EXPECT_TRUE(soon_shows(1, "ou=later"));
  EXPECT_TRUE(eventually(std::chrono::seconds(20), [&] {
    const auto all = servers();
    return std::all_of(all.begin(), all.end(), [](const auto& server) { return server["in_step"] == true; });
  }));
  EXPECT_EQ(compare().status, 0);
}

TEST_F(Repllab, SaysWhoLacksWhat) {
  checked({"up", "2", "--persons", "5"});
  EXPECT_EQ(servers()[1]["in_step"], true);
  within(REPCTL " --yes -H @s2 -b \"$REPLLAB_BASE\" replica suspend s2");
  change(0, add_unit("new"));
  EXPECT_TRUE(eventually(std::chrono::seconds(20), [&] { return servers()[1]["in_step"] == false; }));
  EXPECT_EQ(servers()[1]["suspended"], true);
  EXPECT_EQ(servers()[0]["suspended"], false);
  EXPECT_EQ(servers()[1]["lacks_changes_of"], nlohmann::json({"s1"}));
  EXPECT_EQ(servers()[0]["in_step"], true);
  EXPECT_THAT(checked({"status"}), HasSubstr("suspended, lacks changes of s1"));
  // up leaves alone what an administrator has done, and does not wait for it.
  const RunResult up = repllab({"up"});
  EXPECT_EQ(up.status, 0) << up.err;
  EXPECT_THAT(up.err, HasSubstr("all that take part have all changes"));
  EXPECT_EQ(servers()[1]["in_step"], false);
  within(REPCTL " --yes -H @s2 -b \"$REPLLAB_BASE\" replica resume s2");
  EXPECT_TRUE(eventually(std::chrono::seconds(20), [&] { return servers()[1]["in_step"] == true; }));
}

TEST_F(Repllab, MakesServersThatDoNotReplicate) {
  const RunResult made = repllab({"up", "2", "--persons", "20", "--plain"});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(compare().status, 0);
  EXPECT_EQ(servers()[0]["in_step"], nlohmann::json());
  change(0, "dn: ou=people,dc=example,dc=com\nchangetype: modify\nreplace: description\ndescription: here only\n\n");
  EXPECT_EQ(compare().status, 1);
  const RunResult areas = within(REPCTL " -H @lab area list --json");
  EXPECT_THAT(areas.out, Not(HasSubstr("dc=example,dc=com")));
  const std::string said = checked({"break", "divergence", "s2"});
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 4) << said;
  EXPECT_EQ(nlohmann::json::parse(compare("--json").out)["summary"]["missing"], 2);
  checked({"up", "3"});
  EXPECT_EQ(servers()[2]["entries"], servers()[0]["entries"]);
}

TEST_F(Repllab, TakesItsEntriesFromAFile) {
  write_file(directory_ / "data.ldif",
             "dn: o=University of Michigan,c=US\nobjectClass: organization\no: University of Michigan\n\n"
             "dn: cn=A B,o=University of Michigan,c=US\nobjectClass: person\ncn: A B\nsn: B\nuserPassword: secret\n");
  checked({"up", "2", "--data", (directory_ / "data.ldif").string()});
  EXPECT_EQ(client(1, "ldapsearch -s base -b 'cn=a b,o=university of michigan,c=us'").status, 0);
  EXPECT_THAT(within("ldapwhoami -x -ZZ -D 'cn=a b,o=university of michigan,c=us' -w secret").out, HasSubstr("cn=A B"));
  EXPECT_EQ(compare().status, 0);
  EXPECT_EQ(repllab({"up", "--data", (directory_ / "data.ldif").string()}).status, 3);
}

TEST_F(Repllab, PlantsDivergenceThatReplicationNeitherHealsNorSpreads) {
  checked({"up", "3", "--persons", "50"});
  const auto pid = servers()[2]["pid"];
  const std::string said = checked({"break", "divergence"});
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 4) << said;
  EXPECT_EQ(servers()[2]["pid"], pid) << "it runs on";
  // Sessions in all directions.
  for (int server = 0; server < 3; ++server) change(server, add_unit("of" + std::to_string(server)));
  for (int server = 0; server < 3; ++server) {
    for (int of = 0; of < 3; ++of) EXPECT_TRUE(soon_shows(server, "ou=of" + std::to_string(of)));
  }
  const RunResult compared = compare("--json");
  EXPECT_EQ(compared.status, 1) << compared.err;
  const auto summary = nlohmann::json::parse(compared.out).at("summary");
  EXPECT_EQ(summary["diverged"], 4) << compared.out;
  EXPECT_EQ(summary["missing"], 2);
  EXPECT_EQ(summary["changed"], 1);
  EXPECT_EQ(summary["renamed"], 1);
  EXPECT_THAT(compare().out, AllOf(HasSubstr("odd one out: s3"), Not(HasSubstr("odd one out: s1"))));
}

TEST_F(Repllab, NeedsTheServerForDamage) {
  checked({"up", "2", "--persons", "5"});
  checked({"break", "cut", "s2"});
  const RunResult cut = repllab({"break", "divergence", "s2"});
  EXPECT_EQ(cut.status, 7);
  EXPECT_THAT(cut.err, HasSubstr("s2 is cut off: repllab break start s2 first"));
}

TEST_F(Repllab, CutsLinks) {
  checked({"up", "2", "--persons", "5"});
  checked({"break", "cut", "s1"});
  const auto cut = servers();
  EXPECT_FALSE(cut[0]["up"].get<bool>());
  EXPECT_EQ(cut[0]["error"], "cut off");
  EXPECT_TRUE(cut[1]["up"].get<bool>());
  const RunResult compared = within(REPLCOMPARE " -H @lab -b \"$REPLLAB_BASE\" --connect-timeout 1s --timeout 1s");
  EXPECT_EQ(compared.status, 4) << compared.out;
  EXPECT_THAT(compared.out + compared.err, HasSubstr("s1"));
  checked({"break", "start", "s1"});
  EXPECT_TRUE(servers()[0]["up"].get<bool>());
  EXPECT_EQ(servers()[0]["pid"], cut[0]["pid"]) << "it was there all the time";

  checked({"break", "cut", "s2"});
  checked({"break", "stop", "s2"});
  EXPECT_EQ(servers()[1]["error"], "down");
  const RunResult down = repllab({"break", "cut", "s2"});
  EXPECT_EQ(down.status, 7);
  EXPECT_THAT(down.err, HasSubstr("s2 is down"));
}

TEST_F(Repllab, FillsWithLingeringEntries) {
  checked({"up", "2", "--persons", "50"});
  const std::string said = checked({"break", "lingering", "s2"});
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 10) << said;
  EXPECT_EQ(servers()[1]["entries"].get<int>(), servers()[0]["entries"].get<int>() + 10);
  change(1, add_unit("new"));
  EXPECT_TRUE(soon_shows(0, "ou=new"));
  const RunResult compared = compare("--json");
  EXPECT_EQ(compared.status, 1) << compared.err;
  const auto summary = nlohmann::json::parse(compared.out).at("summary");
  EXPECT_EQ(summary["diverged"], 10) << compared.out;
  EXPECT_EQ(summary["missing"], 10);
  checked({"break", "lingering", "s1", "--each", "3"});
  EXPECT_EQ(servers()[0]["entries"].get<int>(), servers()[1]["entries"].get<int>() - 7);
}

TEST_F(Repllab, MakesServersClash) {
  checked({"up", "2", "--persons", "5"});
  const std::string said = checked({"break", "conflict", "s2", "--each", "2"});
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 4) << said;
  for (int server = 0; server < 2; ++server) {
    const auto names = client(server, "ldapsearch -LLL '(|(ou=clash-*)(ou=orphan))' 1.1").out;
    const auto count = [&](const std::string& what) {
      std::size_t found = 0;
      for (auto at = names.find(what); at != std::string::npos; at = names.find(what, at + 1)) ++found;
      return found;
    };
    EXPECT_EQ(count("dn: ou=clash-") + count("dn: entryUUID="), 4U) << names;
    EXPECT_EQ(count("dn: ou=orphan,"), 2U) << names;
  }
  const auto orphans = client(0, "ldapsearch -o ldif_wrap=no -LLL '(ou=orphan)' 1.1").out;
  EXPECT_THAT(orphans, HasSubstr(",cn=lostAndFound,dc=example,dc=com"));
  EXPECT_EQ(compare().status, 0) << "they agree on what came of it";
  EXPECT_EQ(servers()[1]["in_step"], true) << "and go on";
}

TEST_F(Repllab, LeavesNothingBehind) {
  checked({"up", "2", "--persons", "5"});
  const auto before = servers();
  checked({"down"});
  for (const auto& server : before) EXPECT_FALSE(listens(port_of(server)));
  EXPECT_THAT(checked({"down"}), IsEmpty());
  checked({"up"});
  EXPECT_EQ(servers()[0]["uri"], before[0]["uri"]);
  checked({"down", "--purge"});
  EXPECT_FALSE(std::filesystem::exists(lab_));
  checked({"down", "--purge"});
}

TEST_F(Repllab, PurgesOnlyWhatItMade) {
  checked({"up", "1", "--persons", "1"});
  write_file(lab_ / "notes", "mine");
  checked({"down", "--purge"});
  EXPECT_EQ(file("notes"), "mine");
  std::filesystem::remove(lab_ / "notes");
  write_file(lab_ / "other", "not a lab's");
  EXPECT_EQ(repllab({"up", "1"}).status, 7);
  EXPECT_EQ(file("other"), "not a lab's");
}

TEST_F(Repllab, DoesNotEndStrangers) {
  checked({"up", "1", "--persons", "1"});
  checked({"down"});
  Process stranger({"sleep", "600"});
  auto state = nlohmann::json::parse(file("lab.json"));
  state["servers"][0]["pid"] = stranger.pid();
  write_file(lab_ / "lab.json", state.dump());
  EXPECT_THAT(repllab({"status"}).out, HasSubstr("down"));
  checked({"break", "kill", "1"});
  checked({"down"});
  EXPECT_TRUE(stranger.running());
}

TEST_F(Repllab, LetsOnlyOneAtATimeChangeIt) {
  checked({"up", "1", "--persons", "1"});
  const int fd = open((lab_ / "lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(flock(fd, LOCK_EX | LOCK_NB), 0);  // and no server has it
  const RunResult second = repllab({"up"});
  EXPECT_EQ(second.status, 7);
  EXPECT_THAT(second.err, HasSubstr("another repllab"));
  EXPECT_EQ(repllab({"status"}).status, 0);
  close(fd);
}

TEST_F(Repllab, ShowsTheLogOfAServerThatDoesNotStart) {
  checked({"up", "1", "--persons", "1"});
  checked({"down"});
  std::filesystem::remove(lab_ / "s1/server.pem");
  const RunResult result = repllab({"up"});
  EXPECT_EQ(result.status, 7);
  EXPECT_THAT(result.err, HasSubstr("server.pem"));
  EXPECT_THAT(result.err, HasSubstr("s1 ended while it started"));
}

TEST_F(Repllab, TakesAnotherPortWhenItsOwnIsTakenAndTellsTheOthers) {
  checked({"up", "2", "--persons", "1"});
  const auto before = servers();
  checked({"down"});
  // Somebody else's server there.
  const std::string port = port_of(before[0]);
  Process other({"python3", "-m", "http.server", "--bind", "127.0.0.1", port},
                {.stdout_file = directory_ / "http", .stderr_file = directory_ / "http"});
  ASSERT_TRUE(eventually(std::chrono::seconds(20), [&] { return listens(port); }));
  checked({"up"});
  EXPECT_NE(servers()[0]["uri"], before[0]["uri"]);
  EXPECT_THAT(file("lab.env"), HasSubstr(servers()[0]["uri"].get<std::string>()));
  for (int server = 0; server < 2; ++server) change(server, add_unit("of" + std::to_string(server)));
  EXPECT_TRUE(soon_shows(0, "ou=of1"));
  EXPECT_TRUE(soon_shows(1, "ou=of0"));
}

TEST_F(Repllab, SaysWhatIsWrong) {
  EXPECT_EQ(repllab({"status"}).status, 7);
  EXPECT_THAT(repllab({"status"}).err, HasSubstr("repllab up makes one"));
  EXPECT_EQ(repllab({"up", "0"}).status, 3);
  EXPECT_EQ(repllab({"up", "1", "--data", "/nonexistent.ldif"}).status, 7);
  checked({"up", "1", "--persons", "1"});
  const RunResult kind = repllab({"break", "everything"});
  EXPECT_EQ(kind.status, 3);
  EXPECT_THAT(kind.err, HasSubstr("stop, start, kill, cut, divergence"));
  EXPECT_EQ(repllab({"break", "stop", "s9"}).status, 3);
}

}  // namespace
}  // namespace replkit::support
