// replserver under the hands of its administrator: reload, end, files that are missing, in use, or full.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "common/base/files.hpp"
#include "tests/integration/replserver/lab.hpp"

namespace replkit::replserver_test {
namespace {

using model::ModifyKind;
using protocol::Scope;
namespace fs = std::filesystem;

constexpr std::size_t most_text = 16 << 20;

protocol::AddRequest device(int number, std::size_t size = 10) {
  const auto name = fmt::format("d{}", number);
  return {fmt::format("cn={},ou=people,dc=example,dc=com", name),
          {{"objectClass", {"device"}}, {"cn", {name}}, {"description", {std::string(size, 'x')}}}};
}

class AdministrationTest : public testing::Test {
 protected:
  void start(ReplserverOptions options = {}, int count = 20) {
    server_.emplace(std::move(options));
    server_->load(people(count));
    server_->start();
  }
  void expect_sound_end() {
    EXPECT_EQ(server_->stop(), 0);
    EXPECT_EQ(server_->check(), "");
  }
  std::string log_now() const { return server_->log(); }

  std::optional<Replserver> server_;
};

// --- SIGHUP ---

TEST_F(AdministrationTest, ReloadTakesTheNewCertificate) {
  const support::TempDir folder;
  support::Certificates certificates(folder.path());
  const auto in_use = certificates.good();
  start({.tls = in_use});
  const auto connect = [&] {
    WireClient client(server_->uri());
    EXPECT_EQ(client.code(client.extended("1.3.6.1.4.1.1466.20037")), 0);
    EXPECT_TRUE(client.begin_tls({.ca = certificates.ca(), .certificate = {}, .key = {}}));
    return client;
  };
  auto before = connect();
  const auto serial = before.server_serial();
  const support::TempDir other_folder;
  const auto fresh = support::Certificates(other_folder.path()).good();
  fs::copy_file(fresh.certificate, in_use.certificate, fs::copy_options::overwrite_existing);
  // Certificate without its key: the old pair stays.
  ::kill(server_->pid(), SIGHUP);
  ASSERT_TRUE(soon([&] {
    return log_now().find("it is not the key of the certificate") != std::string::npos ||
           log_now().find("key values mismatch") != std::string::npos;
  }));
  EXPECT_EQ(connect().server_serial(), serial);
  fs::copy_file(fresh.key, in_use.key, fs::copy_options::overwrite_existing);
  ::kill(server_->pid(), SIGHUP);
  EXPECT_TRUE(soon([&] {
    WireClient client(server_->uri());
    client.code(client.extended("1.3.6.1.4.1.1466.20037"));
    return client.begin_tls({.ca = fresh.ca, .certificate = {}, .key = {}}) && client.server_serial() != serial;
  }));
  EXPECT_EQ(before.code(before.search("")), 0) << "connections go on";
  expect_sound_end();
}

TEST_F(AdministrationTest, ReloadTakesNewRulesForConnectionsThatAreThere) {
  start();
  auto user = connect_as(*server_, person_dn(1), "secret1");
  const auto count = [&] { return ask(user, search("dc=example,dc=com", Scope::subtree, "(uid=*)")).entries.size(); };
  EXPECT_EQ(count(), 20U);
  reconfigure(*server_, "who = [\"users\"]", "who = [\"nonsense\"]");
  ::kill(server_->pid(), SIGHUP);
  ASSERT_TRUE(soon([&] { return log_now().find("nonsense") != std::string::npos; }));
  EXPECT_EQ(count(), 20U) << "wrong rules are not taken";
  reconfigure(*server_, "who = [\"nonsense\"]", "who = [\"self\"]");
  ::kill(server_->pid(), SIGHUP);
  EXPECT_TRUE(soon([&] { return ask(user, search(person_dn(2), Scope::base, "(uid=*)")).entries.empty(); }));
  EXPECT_EQ(ask(user, search(person_dn(1), Scope::base, "(uid=*)")).entries.size(), 1U);
  expect_sound_end();
}

TEST_F(AdministrationTest, ReloadOpensLogAndAuditFileAgain) {
  start({.tables =
             "[[access]]\nwho = \"users\"\nrights = \"read\"\n[log]\nfile = \"own.log\"\n[audit]\nfile = \"audit\"\n"});
  auto client = connect_as_administrator(*server_);
  ASSERT_EQ(ask(client, device(1)).code, 0);
  const auto log = server_->directory() / "own.log";
  const auto audit = server_->directory() / "audit";
  EXPECT_EQ(fs::status(audit).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  fs::rename(log, log.string() + ".1");
  fs::rename(audit, audit.string() + ".1");
  ::kill(server_->pid(), SIGHUP);
  ASSERT_TRUE(soon([&] { return fs::exists(log) && fs::exists(audit); }));
  ASSERT_EQ(ask(client, device(2)).code, 0);
  EXPECT_NE(read_file(audit, most_text).find("cn=d2"), std::string::npos);
  EXPECT_EQ(read_file(audit.string() + ".1", most_text).find("cn=d2"), std::string::npos);
  EXPECT_NE(read_file(audit.string() + ".1", most_text).find("cn=d1"), std::string::npos);
  expect_sound_end();
}

// --- SIGTERM ---

TEST_F(AdministrationTest, EndsCleanlyInTheMiddleOfWork) {
  start({.durability = "full", .top = "grace = \"2s\""}, 3000);
  std::atomic<int> acknowledged{0};
  std::vector<std::vector<std::string>> known(3);
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 3; ++writer) {
    writers.emplace_back([&, writer] {
      try {
        auto client = connect_as_administrator(*server_);
        for (int i = 0;; ++i) {
          const auto request = device(writer * 1'000'000 + i);
          if (ask(client, request).code != 0) return;
          known[static_cast<std::size_t>(writer)].push_back(request.dn);
          ++acknowledged;
        }
      } catch (const std::runtime_error&) {  // the server said good bye
      }
    });
  }
  // Searches whose answers nobody reads.
  std::vector<WireClient> idlers;
  for (int i = 0; i < 5; ++i) {
    idlers.push_back(connect_as_administrator(*server_));
    for (int j = 0; j < 20; ++j) idlers.back().send(search("dc=example,dc=com", Scope::subtree, "(objectClass=*)"));
  }
  ASSERT_TRUE(soon([&] { return acknowledged > 100; }));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(server_->stop(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
  writers.clear();
  EXPECT_EQ(server_->check(), "");
  server_->start();
  auto client = connect_as_administrator(*server_);
  for (const auto& names : known) {
    for (const auto& name : names) EXPECT_EQ(ask(client, search(name, Scope::base, "(cn=*)")).code, 0) << name;
  }
  expect_sound_end();
}

TEST_F(AdministrationTest, EndsWhileClientsStillSend) {
  start();
  std::vector<WireClient> clients;
  for (int i = 0; i < 50; ++i) clients.emplace_back(server_->uri());
  ASSERT_EQ(clients.front().code(clients.front().search("")), 0) << "who was not accepted yet is told nothing";
  for (auto& client : clients) client.send_bytes("\x30");
  EXPECT_EQ(server_->stop(), 0);
  const auto notice = clients.front().receive();
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->result.code, protocol::ResultCode::unavailable);
  EXPECT_FALSE(fs::exists(server_->directory() / "ldapi"));
  EXPECT_FALSE(fs::exists(server_->directory() / "ready"));
}

// --- Files and ports ---

TEST_F(AdministrationTest, TheReadyFileNamesThePorts) {
  server_.emplace();
  const auto ready = server_->directory() / "ready";
  support::Process process({support::replserver_program(), "serve", "-f", server_->config_file(), "-l",
                            "ldap://127.0.0.1:0", "-l", "ldap://[::1]:0", "--ready-file", ready},
                           {.stderr_file = server_->directory() / "log"});
  ASSERT_TRUE(soon([&] { return fs::exists(ready); }));
  std::ifstream lines(ready);
  std::vector<std::string> uris;
  for (std::string line; std::getline(lines, line);) uris.push_back(line);
  ASSERT_EQ(uris.size(), 2U);
  for (const auto& uri : uris) {
    WireClient client(uri);
    EXPECT_EQ(client.code(client.search("")), 0) << uri;
  }
  EXPECT_EQ(process.stop(), 0);
  EXPECT_FALSE(fs::exists(ready));
}

TEST_F(AdministrationTest, APortInUseIsStatusFour) {
  start();
  const Replserver second;
  const auto result = run_verb(second, "serve", {"-l", server_->uri()});
  EXPECT_EQ(result.status, 4) << result.err;
  EXPECT_NE(result.err.find(server_->uri()), std::string::npos) << result.err;
  const auto socket = run_verb(second, "serve", {"-l", server_->ldapi_uri()});
  EXPECT_EQ(socket.status, 4) << socket.err;
  WireClient client(server_->ldapi_uri());
  EXPECT_EQ(client.code(client.search("")), 0) << "the socket is the first server's still";
}

TEST_F(AdministrationTest, AStoreInUseIsStatusSeven) {
  start();
  const auto ldif = server_->directory() / "more.ldif";
  support::write_file(ldif, "dn: cn=x,dc=example,dc=com\nobjectClass: device\ncn: x\n");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"serve", "-l", "ldap://127.0.0.1:0"},
                                                {"import", ldif.string()},
                                                {"export"},
                                                {"check"}}) {
    const auto result = run_verb(*server_, words.front(), {words.begin() + 1, words.end()});
    EXPECT_EQ(result.status, 7) << words.front() << result.err;
    EXPECT_NE(result.err.find(std::to_string(server_->pid())), std::string::npos) << "who has it? " << result.err;
  }
  EXPECT_TRUE(serves(*server_));
  expect_sound_end();
}

TEST_F(AdministrationTest, SecretsThatEverybodyMayReadAreRefused) {
  const support::TempDir folder;
  const auto certificate = support::Certificates(folder.path()).good();
  server_.emplace(ReplserverOptions{.tls = certificate});
  for (const fs::path& secret : {server_->directory() / "password", certificate.key}) {
    const auto usual = fs::status(secret).permissions();
    fs::permissions(secret, fs::perms::others_read, fs::perm_options::add);
    const auto result = run_verb(*server_, "config");
    EXPECT_NE(result.status, 0) << secret;
    EXPECT_NE(result.err.find(secret.filename()), std::string::npos) << result.err;
    fs::permissions(secret, usual);
  }
  EXPECT_EQ(run_verb(*server_, "config").status, 0);
  server_->start();
  for (const auto& entry : fs::directory_iterator(server_->data_directory())) {
    EXPECT_EQ(entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all), fs::perms::none)
        << entry.path();
  }
  EXPECT_EQ(fs::status(server_->data_directory()).permissions(), fs::perms::owner_all);
}

TEST_F(AdministrationTest, FilesThatAreNoStoreAreLeftAlone) {
  server_.emplace();
  fs::create_directories(server_->data_directory());
  support::write_file(server_->data_directory() / "data.mdb", std::string(100'000, 'x'));
  const auto result = run_verb(*server_, "serve", {"-l", "ldap://127.0.0.1:0"});
  EXPECT_EQ(result.status, 7) << result.err;
  EXPECT_EQ(fs::file_size(server_->data_directory() / "data.mdb"), 100'000U);
}

// --- No room ---

// Lets the server's files grow no further than this, as a full disk would.
void limit_files(pid_t pid, rlim_t bytes) {
  const rlimit limit{bytes, RLIM_INFINITY};
  ASSERT_EQ(::prlimit(pid, RLIMIT_FSIZE, &limit, nullptr), 0);
}

TEST_F(AdministrationTest, AFullDiskRefusesChangesUntilThereIsRoom) {
  start({.durability = "full"});
  auto client = connect_as_administrator(*server_);
  limit_files(server_->pid(), fs::file_size(server_->data_directory() / "data.mdb"));
  constexpr std::size_t big = 50'000;
  std::vector<std::string> kept;
  std::vector<std::string> refused;
  for (int i = 0; i < 40; ++i) {
    const auto request = device(i, big);
    const auto answer = ask(client, request);
    if (answer.code != 0) {
      EXPECT_TRUE(answer.code == 52 || answer.code == 80) << answer.code << " " << answer.diagnostic;
    }
    (answer.code == 0 ? kept : refused).push_back(request.dn);
  }
  EXPECT_GE(refused.size(), 30U);
  EXPECT_TRUE(serves(*server_));
  EXPECT_EQ(ask(client, search("dc=example,dc=com", Scope::subtree, "(uid=*)")).entries.size(), 20U);
  limit_files(server_->pid(), RLIM_INFINITY);
  EXPECT_EQ(ask(client, device(1000, big)).code, 0) << "there is room again";
  for (const auto& dn : kept) EXPECT_EQ(ask(client, search(dn, Scope::base, "(cn=*)")).code, 0);
  for (const auto& dn : refused) EXPECT_EQ(ask(client, search(dn, Scope::base, "(cn=*)")).code, 32);
  expect_sound_end();
}

TEST_F(AdministrationTest, AFullAuditFileRefusesChangesOnly) {
  start({.tables = "[audit]\nfile = \"audit\"\n"});
  auto client = connect_as_administrator(*server_);
  ASSERT_EQ(ask(client, device(1)).code, 0);
  const auto audit = server_->directory() / "audit";
  const auto full = fs::file_size(audit);
  support::write_file(server_->directory() / "log", "");  // its log would be full, too
  // LMDB writes inside of what its file has; the audit file is shorter than that.
  ASSERT_LT(full, fs::file_size(server_->data_directory() / "data.mdb"));
  // Only this file is full: a limit for all of them would stop the store.
  fs::rename(audit, server_->directory() / "audit.1");
  fs::create_symlink("/dev/full", audit);
  ::kill(server_->pid(), SIGHUP);
  int code = 0;
  ASSERT_TRUE(soon([&] {
    code = ask(client, protocol::ModifyRequest{person_dn(1), {{ModifyKind::replace, "description", {"new"}}}}).code;
    return code != 0;
  }));
  EXPECT_EQ(code, 52);
  EXPECT_EQ(ask(client, search(person_dn(1), Scope::base, "(uid=*)")).code, 0);
  fs::remove(audit);
  ::kill(server_->pid(), SIGHUP);
  EXPECT_TRUE(soon([&] {
    return ask(client, protocol::ModifyRequest{person_dn(1), {{ModifyKind::replace, "description", {"newer"}}}}).code ==
           0;
  }));
  EXPECT_NE(read_file(audit, most_text).find(person_dn(1)), std::string::npos);
  expect_sound_end();
}

TEST_F(AdministrationTest, ALogThatNobodyReadsHoldsNothingUp) {
  server_.emplace();
  server_->load(people(20));
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const auto ready = server_->directory() / "ready";
  support::Process process(
      {support::replserver_program(), "serve", "-f", server_->config_file(), "--ready-file", ready},
      {.stderr_fd = ends[1]});
  ::close(ends[1]);
  ASSERT_TRUE(soon([&] { return fs::exists(ready); }));
  ::close(ends[0]);  // who read the log is gone: writing it fails from now on
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(serves(*server_));
  EXPECT_EQ(process.stop(), 0);
}

}  // namespace
}  // namespace replkit::replserver_test
