// What an administrator meets: wrong passwords, dead servers, connections that break.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "common/base/files.hpp"
#include "tests/integration/replcompare/cutting_proxy.hpp"
#include "tests/integration/replcompare/harness.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;
using testing::Not;

// Together more than what the buffers between a server and the program hold.
constexpr int persons = 2000;
constexpr std::size_t text_bytes = 8000;
constexpr std::size_t hold_bytes = 4'000'000;

Tree crowd() {
  Tree tree;
  tree.add_unit("people");
  for (int i = 0; i < persons; ++i)
    tree.add_person(fmt::format("uid=p{:04}", i), unit("people"), {"description: " + std::string(text_bytes, 'x')});
  return tree;
}

// Three servers with the same entries.
class Faults : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto ldif = crowd().ldif();
    for (unsigned i = 0; i < 3; ++i) {
      SlapdOptions options;
      options.server_id = i + 1;
      servers_.push_back(std::make_unique<Slapd>(options));
      servers_.back()->load(ldif);
      servers_.back()->start();
    }
  }
  static void TearDownTestSuite() { servers_.clear(); }

  static Slapd& server(std::size_t i) { return *servers_.at(i); }
  static Words on(const std::vector<std::string>& names) {
    return sources(names) + bind_as(reader_dn) + Words{"-b", std::string(suffix)};
  }
  static Words pair() { return on({server(0).uri(), server(1).uri()}); }

  // Starts the program and waits until it has read about so many entries of each.
  static std::unique_ptr<Process> start(const Words& words, const std::filesystem::path& out) {
    ProcessOptions options;
    options.environment = clean_environment();
    options.stdout_file = out;
    options.stderr_file = out.string() + ".err";
    return std::make_unique<Process>(Words{program()} + words, options);
  }
  // Compares server 0 with server 1 behind the proxy, and waits until the proxy holds the search in its middle.
  static std::unique_ptr<Process> start_held(CuttingProxy& proxy, const Words& more, const std::filesystem::path& out) {
    proxy.hold_after(hold_bytes);
    auto run = start(on({server(0).uri(), proxy.uri()}) + more, out);
    EXPECT_TRUE(eventually(20s, [&] { return proxy.holding(); }));
    return run;
  }
  // Waits until the server has sent entries to somebody's search below the suffix.
  static void await_search(Slapd& slapd, unsigned long entries) {
    Client monitor(slapd.uri(), std::string(monitor_dn), std::string(password));
    const auto sent = [&] {
      const auto found = monitor.read("cn=Entries,cn=Statistics,cn=Monitor", {"monitorCounter"});
      return std::stoul(found->attributes.at("monitorCounter").front());
    };
    const auto before = sent();
    ASSERT_TRUE(eventually(20s, [&] { return sent() >= before + entries; }));
  }
  // Waits until the server has done nothing for others for a while: the program waits between two passes.
  static void await_quiet(Slapd& slapd) {
    Client monitor(slapd.uri(), std::string(monitor_dn), std::string(password));
    unsigned long last = 0;
    unsigned still = 0;
    ASSERT_TRUE(eventually(20s, [&] {
      const auto found = monitor.read("cn=Operations,cn=Monitor", {"monitorOpInitiated"});
      const auto now = std::stoul(found->attributes.at("monitorOpInitiated").front());
      still = now == last + 1 ? still + 1 : 0;  // the one is ours
      last = now;
      return still >= 60;
    }));
  }
  static nlohmann::json document(const std::filesystem::path& out) {
    return nlohmann::json::parse(read_file(out, 64U << 20), nullptr, false);
  }

  static inline std::vector<std::unique_ptr<Slapd>> servers_;
};

TEST_F(Faults, AWrongPassword) {
  const auto found =
      compare_json(sources({server(0).uri(), server(1).uri()}) +
                   Words{"-D", std::string(reader_dn), "-y", password_file("guess"), "-b", std::string(suffix)});
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 5);
  EXPECT_EQ(found.document.at("complete"), false);
  EXPECT_THAT(found.err, HasSubstr("the name or the password is wrong"));
  EXPECT_THAT(found.out + found.err, Not(HasSubstr("guess")));
}

TEST_F(Faults, ABaseThatNobodyHas) {
  auto words = pair();
  words.back() = "ou=nowhere,ou=people," + std::string(suffix);
  const auto found = compare_json(words);
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 2);
  EXPECT_THAT(found.reasons(), HasSubstr("ou=nowhere"));
  words.back() = "dc=elsewhere,dc=org";
  const auto outside = compare_json(words);
  TRACE_OUTPUT(outside);
  EXPECT_EQ(outside.status, 2);
  EXPECT_THAT(outside.reasons(), HasSubstr("naming context"));
  words.back() = "no dn";
  const auto bad = replcompare(words);
  EXPECT_EQ(bad.status, 3);
}

TEST_F(Faults, ABaseMissingOnOneSide) {
  server(0).modify(
      fmt::format("dn: ou=new,{0}\nchangetype: add\nobjectClass: organizationalUnit\nou: new\n\n"
                  "dn: ou=below,ou=new,{0}\nchangetype: add\nobjectClass: organizationalUnit\nou: below\n",
                  suffix));
  auto words = pair();
  words.back() = unit("new");
  const auto young = compare_json(words);
  TRACE_OUTPUT(young);
  EXPECT_EQ(young.status, 0);  // a young change that B's vector does not cover
  EXPECT_EQ(young.summary().at("missing"), 2);
  EXPECT_EQ(young.summary().at("in_flight"), 2);
  EXPECT_TRUE(young.summary().contains("oldest_in_flight_seconds"));
  EXPECT_EQ(compare_json(words + Words{"--strict"}).status, 2);
  const auto old = compare_json(words + Words{"--max-lag", "0s"});
  TRACE_OUTPUT(old);
  EXPECT_EQ(old.status, 1);
  EXPECT_EQ(old.difference("ou=new").at("stalled"), true);
  EXPECT_THAT(replcompare(words + Words{"--max-lag", "0s"}).out, HasSubstr("STALLED"));
  server(0).modify(
      fmt::format("dn: ou=below,ou=new,{0}\nchangetype: delete\n\ndn: ou=new,{0}\nchangetype: delete\n", suffix));
}

TEST_F(Faults, AnUnknownMechanism) {
  const auto found =
      compare_json(sources({server(0).uri(), server(1).uri()}) + Words{"-Y", "FANCY-99", "-b", std::string(suffix)});
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 5);
  EXPECT_THAT(found.err, HasSubstr("FANCY-99"));
}

TEST_F(Faults, ADeadServer) {
  const ReservedPort dead;
  const auto uri = fmt::format("ldap://127.0.0.1:{}", dead.number());
  const auto of_two = compare_json(on({server(0).uri(), uri}));
  TRACE_OUTPUT(of_two);
  EXPECT_EQ(of_two.status, 4);
  EXPECT_THAT(of_two.err, HasSubstr("connection refused"));
  const auto of_three = compare_json(on({server(0).uri(), uri, server(1).uri()}));
  TRACE_OUTPUT(of_three);
  EXPECT_EQ(of_three.status, 2);
  EXPECT_EQ(of_three.summary().at("matched"), persons + 4);
  EXPECT_EQ(of_three.document.at("sources").at(1).at("complete"), false);
  EXPECT_EQ(of_three.document.at("sources").at(0).at("complete"), true);
  const auto text = replcompare(on({server(0).uri(), uri, server(1).uri()}));
  EXPECT_THAT(text.out, HasSubstr("not reached"));
  // The dead one as reference.
  const auto reference = replcompare(on({uri, server(0).uri(), server(1).uri()}));
  EXPECT_EQ(reference.status, 2);
  // A finding between the living stays one.
  server(0).modify(fmt::format("dn: ou=new,{}\nchangetype: add\nobjectClass: organizationalUnit\nou: new\n", suffix));
  const auto finding = compare_json(on({server(0).uri(), uri, server(1).uri()}) + Words{"--max-lag", "0s"});
  TRACE_OUTPUT(finding);
  EXPECT_EQ(finding.status, 1);
  EXPECT_EQ(finding.document.at("complete"), false);
  EXPECT_TRUE(finding.difference("ou=new").at("entries").at(1).at("present").is_null());
  server(0).modify(fmt::format("dn: ou=new,{}\nchangetype: delete\n", suffix));
}

TEST_F(Faults, AServerThatStopsAnswering) {
  const TempDir directory;
  const auto out = directory / "out";
  CuttingProxy proxy(server(1).port());
  auto run = start_held(proxy, {"--timeout", "1s", "--json"}, out);
  ::kill(server(1).pid(), SIGSTOP);
  const auto began = std::chrono::steady_clock::now();
  proxy.release();
  const auto status = run->wait(30s);
  ::kill(server(1).pid(), SIGCONT);
  const auto took = std::chrono::steady_clock::now() - began;
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, 2);
  EXPECT_LT(took, 10s);
  const auto found = document(out);
  ASSERT_TRUE(found.is_object());
  EXPECT_EQ(found.at("complete"), false);
  EXPECT_EQ(found.at("differences").size(), 0U);
  EXPECT_THAT(found.at("sources").at(1).at("reasons").dump(), HasSubstr("stopped answering"));
  EXPECT_EQ(found.at("sources").at(1).at("reasons").size(), 1U);
}

TEST_F(Faults, ATimeLimit) {
  server(1).modify_config(
      fmt::format("dn: {}\nchangetype: modify\nadd: olcLimits\nolcLimits: {{0}}dn.exact=\"{}\" time=1\n",
                  Slapd::database_dn, reader_dn));
  const TempDir directory;
  const auto out = directory / "out";
  CuttingProxy proxy(server(1).port());
  auto run = start_held(proxy, {"--json"}, out);
  // slapd counts whole seconds.
  const auto began = std::chrono::steady_clock::now();
  eventually(10s, [&] { return std::chrono::steady_clock::now() >= began + 2100ms; });
  proxy.release();
  const auto status = run->wait(30s);
  server(1).modify_config(
      fmt::format("dn: {}\nchangetype: modify\ndelete: olcLimits\nolcLimits: {{0}}\n", Slapd::database_dn));
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, 2);
  const auto found = document(out);
  ASSERT_TRUE(found.is_object());
  EXPECT_THAT(found.at("sources").at(1).at("reasons").dump(), HasSubstr("time limit"));
  EXPECT_EQ(found.at("differences").size(), 0U);
}

TEST_F(Faults, AServerThatNeverAnswers) {
  ::kill(server(1).pid(), SIGSTOP);
  const auto found = compare_json(pair() + Words{"--connect-timeout", "300ms", "--timeout", "500ms"});
  ::kill(server(1).pid(), SIGCONT);
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 4);
}

TEST_F(Faults, AServerIsKilledAndStartedAgain) {
  const TempDir directory;
  const auto out = directory / "out";
  CuttingProxy proxy(server(1).port());
  auto run = start_held(proxy, {"--json"}, out);
  server(1).kill9();
  proxy.release();
  server(1).start();
  const auto status = run->wait(30s);
  ASSERT_TRUE(status);
  const auto found = document(out);
  ASSERT_TRUE(found.is_object());
  EXPECT_EQ(*status, 0) << found.dump(2);
  EXPECT_EQ(found.at("summary").at("matched"), persons + 4);
  EXPECT_EQ(found.at("sources").at(1).at("entries"), persons + 4);
  EXPECT_THAT(found.at("sources").at(1).at("notes").dump(), HasSubstr("opened anew"));
}

TEST_F(Faults, AServerIsKilledForGood) {
  const TempDir directory;
  const auto out = directory / "out";
  CuttingProxy proxy(server(1).port());
  auto run = start_held(proxy, {"-H", server(2).uri(), "--json"}, out);
  server(1).kill9();
  proxy.release();
  const auto status = run->wait(30s);
  server(1).start();
  ASSERT_TRUE(status);
  const auto found = document(out);
  ASSERT_TRUE(found.is_object());
  EXPECT_EQ(*status, 2) << found.dump(2);
  EXPECT_EQ(found.at("differences").size(), 0U);
  EXPECT_EQ(found.at("sources").at(1).at("complete"), false);
  EXPECT_EQ(found.at("sources").at(2).at("complete"), true);
}

TEST_F(Faults, AConnectionThatIsCutOnceGoesOn) {
  CuttingProxy proxy(server(1).port(), 200'000, 1);
  const auto found = compare_json(on({server(0).uri(), proxy.uri()}));
  TRACE_OUTPUT(found);
  EXPECT_EQ(proxy.cuts(), 1);
  EXPECT_EQ(found.status, 0);
  EXPECT_EQ(found.summary().at("matched"), persons + 4);
  EXPECT_THAT(found.notes(), HasSubstr("the connection was lost after"));
}

TEST_F(Faults, AConnectionThatIsCutAgainAndAgainIsIncomplete) {
  CuttingProxy proxy(server(1).port(), 200'000, 1000);
  const auto found = compare_json(on({server(0).uri(), proxy.uri()}));
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 2);
  EXPECT_EQ(found.differences().size(), 0U);
  EXPECT_THAT(found.reasons(), HasSubstr("lost a second time"));
}

TEST_F(Faults, AClosedPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  ProcessOptions options;
  options.environment = clean_environment();
  options.stdout_fd = ends[1];
  const TempDir directory;
  options.stderr_file = directory / "err";
  Process process(Words{program()} + pair() + Words{"--json"}, options);
  ::close(ends[1]);
  EXPECT_EQ(process.wait(30s), 0);
  EXPECT_EQ(read_file(directory / "err", 1U << 20), "");
}

TEST_F(Faults, InterruptedWhileItReads) {
  for (const int signal_number : {SIGINT, SIGTERM}) {
    const TempDir directory;
    const auto out = directory / "out";
    CuttingProxy proxy(server(1).port());
    auto run = start_held(proxy, {"--json"}, out);
    run->signal(signal_number);
    const auto status = run->wait(10s);
    ASSERT_TRUE(status);
    EXPECT_EQ(*status, 2);
    const auto found = document(out);
    ASSERT_TRUE(found.is_object());
    EXPECT_EQ(found.at("complete"), false);
    EXPECT_EQ(found.at("stop_reason"), "interrupted");
    EXPECT_EQ(found.at("differences").size(), 0U);
  }
}

TEST_F(Faults, InterruptedWhileItWatches) {
  const auto change = [](const char* what) {
    server(0).modify(fmt::format("dn: uid=p0001,{}\nchangetype: modify\n{}\n", unit("people"), what));
  };
  change("add: title\ntitle: other");
  const TempDir directory;
  const auto out = directory / "out";
  auto run = start(pair() + Words{"--recheck-delay", "1m", "--max-wait", "10m", "--json"}, out);
  await_search(server(1), persons + 5);  // the first pass and more
  await_quiet(server(1));
  run->signal(SIGINT);
  const auto status = run->wait(10s);
  change("delete: title");
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, 2);
  const auto found = document(out);
  ASSERT_TRUE(found.is_object());
  EXPECT_EQ(found.at("complete"), false);
  EXPECT_EQ(found.at("summary").at("matched"), persons + 3) << found.dump(2);
  ASSERT_EQ(found.at("differences").size(), 1U) << found.dump(2);
  EXPECT_EQ(found.at("differences").at(0).at("verdict"), "in_flight");
  EXPECT_EQ(found.at("differences").at(0).at("kind"), "changed");
  EXPECT_THAT(found.at("differences").at(0).at("dn").get<std::string>(), HasSubstr("uid=p0001"));
}

TEST_F(Faults, TheTimeForTheRunIsOver) {
  const auto found = compare_json(pair() + Words{"--rate", "1000", "--run-timeout", "1s"});
  TRACE_OUTPUT(found);
  EXPECT_EQ(found.status, 2);
  EXPECT_EQ(found.document.at("stop_reason"), "the time for the whole run is over");
  EXPECT_EQ(found.differences().size(), 0U);
}

TEST_F(Faults, PasswordsAreNowhere) {
  const TempDir directory;
  const std::string secret = "correct-horse-battery";
  server(0).modify(fmt::format("dn: uid=p0002,{}\nchangetype: modify\nadd: userPassword\nuserPassword: {}\n",
                               unit("people"), secret));
  server(1).modify(fmt::format("dn: uid=p0002,{}\nchangetype: modify\nadd: userPassword\nuserPassword: {}\n",
                               unit("people"), secret));
  const auto words = sources({server(0).uri(), server(1).uri()}) +
                     Words{"-D", "uid=p0002," + unit("people"), "-w", secret, "-b", std::string(suffix)};
  CuttingProxy proxy(server(1).port());
  proxy.hold_after(hold_bytes);
  auto run = start(Words{"-H", proxy.uri()} + words, directory / "out");
  ASSERT_TRUE(eventually(20s, [&] { return proxy.holding(); }));
  const auto read_proc = [&](const char* name) {
    std::ifstream in(fmt::format("/proc/{}/{}", run->pid(), name));
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const auto argv = read_proc("cmdline");
  EXPECT_THAT(argv, HasSubstr(program()));
  EXPECT_THAT(argv, Not(HasSubstr(secret)));
  EXPECT_THAT(read_proc("environ"), Not(HasSubstr(secret)));
  run->signal(SIGINT);
  EXPECT_TRUE(run->wait(10s));
  for (const auto& format : {"text", "json", "jsonl", "ldif"}) {
    const auto found = replcompare(words + Words{"--format", format, "-v"});
    EXPECT_THAT(found.out + found.err, Not(HasSubstr(secret))) << format;
  }
  for (std::size_t i : {0U, 1U}) {
    server(i).modify(fmt::format("dn: uid=p0002,{}\nchangetype: modify\ndelete: userPassword\n", unit("people")));
  }
}

TEST_F(Faults, OtherWordsThatCannotBe) {
  EXPECT_EQ(replcompare(on({server(0).uri()})).status, 3);
  EXPECT_EQ(replcompare(pair() + Words{"(uid=unclosed"}).status, 3);
  EXPECT_EQ(replcompare(pair() + Words{"--reverse"}).status, 3);
  EXPECT_EQ(replcompare(pair() + Words{"--format", "ldif", "--quick"}).status, 3);
  EXPECT_EQ(replcompare(on({server(0).uri(), "file:/nonexistent/x.ldif"})).status, 7);
  EXPECT_EQ(replcompare(on({"-", "-"})).status, 3);
}

}  // namespace
}  // namespace replkit::support
