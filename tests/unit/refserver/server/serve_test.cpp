// The running program: signals, the ready file, and what else an operator sees of it.
#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/process.hpp"
#include "tests/support/replserver.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::server {
namespace {

using namespace std::chrono_literals;
using support::Process;
using support::run;
using support::RunResult;
using ::testing::HasSubstr;

const std::string base = "dc=example,dc=com";
const std::string top_entry =
    "dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\no: Example\nuserPassword: open\n";

// Waits until `condition` holds; returns whether it does before ten seconds are over.
bool wait_for(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

class Serve : public ::testing::Test {
 protected:
  Serve() {
    support::write_file(dir_ / "password", "secret\n");
    std::filesystem::permissions(dir_ / "password", std::filesystem::perms(0600));
    configure("");
  }
  ~Serve() override {
    if (HasFailure()) std::fputs(log().c_str(), stderr);
  }

  void configure(const std::string& more) {
    support::write_file(dir_ / "c.toml",
                        "directory = 'data'\ncontexts = ['dc=example,dc=com']\ndurability = 'none'\n"
                        "[connections]\nbind_delay = '1ms'\n"
                        "[authentication]\nargon2_memory = '64 KiB'\nargon2_passes = 1\n"
                        "[audit]\nfile = 'audit'\n"
                        "[[administrator]]\ndn = 'cn=admin'\npassword_file = 'password'\n" +
                            more);
  }

  Process launch(const std::string& listen) {
    return Process({support::replserver_program().string(), "serve", "-f", (dir_ / "c.toml").string(), "--listen",
                    listen, "--ready-file", (dir_ / "ready").string()},
                   {.environment = {}, .directory = dir_.path(), .stdout_file = {}, .stderr_file = dir_ / "log"});
  }

  void start() {
    process_.emplace(launch("ldap://127.0.0.1:0"));
    ASSERT_TRUE(wait_for([this] { return std::filesystem::exists(dir_ / "ready") || !process_->running(); }));
    ASSERT_TRUE(process_->running());
    uri_ = read_file(dir_ / "ready", 1000);
    uri_.pop_back();
  }

  RunResult client(std::vector<std::string> arguments, std::string_view input = {}) const {
    arguments.insert(arguments.begin() + 1, {"-x", "-H", uri_});
    return run(arguments, {.input = input, .environment = {"LDAPNOINIT=1"}});
  }
  RunResult as_admin(std::vector<std::string> arguments, std::string_view input = {}) const {
    arguments.insert(arguments.begin() + 1, {"-D", "cn=admin", "-w", "secret"});
    return client(std::move(arguments), input);
  }

  // Sends SIGHUP and waits until all of it was read again.
  void reload() {
    const auto count = [this] {
      std::size_t lines = 0;
      const auto text = log();
      for (auto at = text.find("access rules again"); at != text.npos; at = text.find("access rules again", at + 1))
        ++lines;
      return lines;
    };
    const auto before = count();
    process_->signal(SIGHUP);
    ASSERT_TRUE(wait_for([&] { return count() > before; }));
  }

  std::string log() const { return std::filesystem::exists(dir_ / "log") ? read_file(dir_ / "log", 64 << 20) : ""; }

  support::TempDir dir_;
  std::optional<Process> process_;
  std::string uri_;
};

TEST_F(Serve, ReadyFileComesAndGoes) {
  start();
  EXPECT_THAT(uri_, ::testing::MatchesRegex("ldap://127\\.0\\.0\\.1:[0-9]+"));
  EXPECT_EQ(client({"ldapwhoami"}).out, "anonymous\n");
  EXPECT_EQ(process_->stop(), 0);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "ready"));
  EXPECT_THAT(log(), HasSubstr("text=ended"));
}

TEST_F(Serve, InterruptEndsItToo) {
  start();
  process_->signal(SIGINT);
  EXPECT_EQ(process_->wait(20s), 0);
}

TEST_F(Serve, ThePortIsTaken) {
  start();
  support::write_file(dir_ / "other.toml", "directory = 'other'\ncontexts = ['*']\n");
  const auto result = run({support::replserver_program().string(), "serve", "-f", "other.toml", "--listen", uri_},
                          {.input = {}, .environment = {}, .directory = dir_.path()});
  EXPECT_EQ(result.status, 4);
  EXPECT_THAT(result.err, HasSubstr(uri_));
  const auto same = run({support::replserver_program().string(), "check", "-f", "c.toml"},
                        {.input = {}, .environment = {}, .directory = dir_.path()});
  EXPECT_EQ(same.status, 7) << "the store is in use";
}

TEST_F(Serve, HangUpReadsTheAccessRulesAgain) {
  start();
  ASSERT_EQ(as_admin({"ldapadd"}, top_entry).status, 0);
  EXPECT_EQ(client({"ldapsearch", "-b", base}).status, 32);
  configure("[[access]]\nrights = 'read'\n");
  reload();
  EXPECT_EQ(client({"ldapsearch", "-b", base}).status, 0);
  configure("[[access]]\nrights = 'raed'\n");
  reload();
  EXPECT_THAT(log(), HasSubstr("none of all, read"));
  EXPECT_EQ(client({"ldapsearch", "-b", base}).status, 0) << "wrong rules change nothing";
}

TEST_F(Serve, HangUpReadsTheCertificateAgain) {
  support::Certificates certificates(dir_.path());
  const auto use = [&](const support::CertificateFiles& files) {
    std::filesystem::copy_file(files.certificate, dir_ / "in-use.pem",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(files.key, dir_ / "in-use.key", std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(dir_ / "in-use.key", std::filesystem::perms(0600));
  };
  const auto whoami = [&] {
    return run({"ldapwhoami", "-x", "-ZZ", "-H", uri_},
               {.input = {}, .environment = {"LDAPNOINIT", "LDAPTLS_CACERT=" + certificates.ca().string()}})
        .status;
  };
  configure("[tls]\ncertificate = 'in-use.pem'\nkey = 'in-use.key'\n");
  use(certificates.good());
  start();
  EXPECT_EQ(whoami(), 0);
  use(certificates.other_ca());
  EXPECT_EQ(whoami(), 0) << "not yet";
  reload();
  EXPECT_NE(whoami(), 0);
  support::write_file(dir_ / "in-use.pem", "nothing");
  reload();
  EXPECT_TRUE(process_->running());
  use(certificates.good());
  reload();
  EXPECT_EQ(whoami(), 0);
}

TEST_F(Serve, AuditNamesWhoChangedWhat) {
  start();
  ASSERT_EQ(as_admin({"ldapadd"}, top_entry).status, 0);
  EXPECT_EQ(as_admin({"ldapdelete", "ou=none," + base}).status, 32);
  EXPECT_EQ(as_admin({"ldapmodrdn", base, "dc=other"}).status, 71) << "outside of the context";
  EXPECT_EQ(as_admin({"ldapmodify"}, "dn: " + base + "\nchangetype: modify\nreplace: description\ndescription: x y z\n")
                .status,
            0);
  ASSERT_EQ(process_->stop(), 0);
  const auto text = read_file(dir_ / "audit", 1 << 20);
  EXPECT_THAT(text, ::testing::Not(HasSubstr("x y z"))) << "no values";
  std::vector<nlohmann::json> records;
  for (const auto each : split(text, '\n')) {
    if (!each.empty()) records.push_back(nlohmann::json::parse(each));
  }
  ASSERT_EQ(records.size(), 4U) << text;
  for (const auto& each : records) EXPECT_EQ(each["administrator"], "cn=admin");
  EXPECT_EQ(records[0]["operation"], "add");
  EXPECT_EQ(records[0]["result"], 0);
  EXPECT_TRUE(records[0].contains("csn"));
  EXPECT_EQ(records[1]["operation"], "delete");
  EXPECT_EQ(records[1]["result"], 32);
  EXPECT_FALSE(records[1].contains("csn"));
  EXPECT_EQ(records[2]["operation"], "modifyDN");
  EXPECT_EQ(records[3]["attributes"], nlohmann::json::array({"description"}));
  EXPECT_THAT(log(), ::testing::Not(HasSubstr("x y z")));
  EXPECT_THAT(log(), ::testing::Not(HasSubstr("secret")));
}

TEST_F(Serve, ChangesAreRefusedWhileTheAuditFileIsFull) {
  std::filesystem::create_symlink("/dev/full", dir_ / "audit");
  start();
  EXPECT_EQ(as_admin({"ldapadd"}, top_entry).status, 0) << "found out by the first";
  EXPECT_EQ(as_admin({"ldapdelete", base}).status, 52);
  std::filesystem::remove(dir_ / "audit");
  reload();
  EXPECT_EQ(as_admin({"ldapdelete", base}).status, 0);
  EXPECT_THAT(read_file(dir_ / "audit", 1 << 20), HasSubstr("\"operation\":\"add\"")) << "it was kept";
}

TEST_F(Serve, BackupOfARunningServer) {
  start();
  ASSERT_EQ(as_admin({"ldapadd"}, top_entry).status, 0);
  const auto program = support::replserver_program().string();
  const support::RunOptions here{.input = {}, .environment = {}, .directory = dir_.path()};
  const auto backup = run({program, "backup", "-f", "c.toml", "copy"}, here);
  ASSERT_EQ(backup.status, 0) << backup.err;
  EXPECT_EQ(as_admin({"ldapdelete", base}).status, 0) << "still served";
  EXPECT_THAT(run({program, "export", "-f", "c.toml", "--directory", "copy"}, here).out, HasSubstr("dn: " + base));
}

}  // namespace
}  // namespace replkit::refserver::server
