// Entries in and out of replserver: import, export, backup.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "common/base/base64.hpp"
#include "tests/integration/replserver/lab.hpp"

namespace replkit::replserver_test {
namespace {

using model::ModifyKind;
using protocol::Scope;
namespace fs = std::filesystem;

// A server that has the data of a folder.
Replserver& with_data(Replserver& server, const fs::path& folder) {
  fs::create_directories(server.data_directory());
  fs::permissions(server.data_directory(), fs::perms::owner_all);
  fs::copy_file(folder / "data.mdb", server.data_directory() / "data.mdb");
  return server;
}

// --- Backup ---

TEST(BackupTest, IsOneMomentWhileWritersWrite) {
  Replserver server;
  constexpr int count = 40;
  server.load(people(count, 0));
  server.start();
  // Each round writes its number to all entries, one after the other: at any moment the numbers fall by one at most.
  std::atomic<bool> enough{false};
  std::atomic<int> rounds_done{0};
  std::jthread writer([&] {
    auto client = connect_as_administrator(server);
    for (int round = 1; !enough; ++round, ++rounds_done) {
      for (int i = 0; i < count; ++i) {
        const auto number = std::to_string(round);
        const auto answer = ask(client, protocol::ModifyRequest{person_dn(i),
                                                                {{ModifyKind::replace, "employeeNumber", {number}},
                                                                 {ModifyKind::replace, "title", {number}}}});
        ASSERT_EQ(answer.code, 0) << answer.diagnostic;
      }
    }
  });
  for (int backup = 0; backup < 5; ++backup) {
    const auto before = rounds_done.load();
    ASSERT_TRUE(soon([&] { return rounds_done > before; }));
    const auto folder = server.directory() / fmt::format("backup{}", backup);
    const auto made = run_verb(server, "backup", {folder});
    ASSERT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(run_verb(server, "check", {"--directory", folder}).status, 0);
    Replserver other;
    with_data(other, folder).start();
    auto client = connect_as_administrator(other);
    int last = 0;
    for (int i = 0; i < count; ++i) {
      const auto answer = ask(client, search(person_dn(i), Scope::base, "(uid=*)", {"employeeNumber", "title"}));
      ASSERT_EQ(answer.entries.size(), 1U);
      ASSERT_EQ(answer.entries[0].attributes.size(), 2U);
      const auto number = std::stoi(answer.entries[0].attributes[0].values[0]);
      EXPECT_EQ(answer.entries[0].attributes[0].values, answer.entries[0].attributes[1].values);
      if (i > 0) {
        EXPECT_TRUE(number == last || number == last - 1) << last << " and then " << number;
      }
      last = number;
    }
    EXPECT_GE(last, before);
  }
  enough = true;
  writer.join();
  const auto full = run_verb(server, "backup", {server.directory() / "backup0"});
  EXPECT_EQ(full.status, 7) << "never over another backup";
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(server.check(), "");
}

// --- Round trip ---

std::string base64_line(const std::string& name, const std::string& value) {
  return fmt::format("{}:: {}\n", name, base64_encode(value));
}

std::string odd_entries() {
  std::string every;
  for (int byte = 255; byte >= 0; --byte) every += static_cast<char>(byte);
  std::string out = "# odd, but good\n" +
                    base64_line("dn", R"(o=Ünï \, Söhne\+Töchter\; \"Große\" \<1\>,dc=example,dc=com)") +
                    "objectClass: organization\n" + base64_line("o", R"(Ünï , Söhne+Töchter; "Große" <1>)") + '\n';
  const auto entry = [&](const std::string& dn, const std::string& rest) {
    out += base64_line("dn", dn + ",dc=example,dc=com") +
           "objectClass: inetOrgPerson\nobjectClass: extensibleObject\n" + rest + '\n';
  };
  entry("cn=binary", "cn: binary\nsn: x\n" + base64_line("audio", every) + base64_line("audio", "") +
                         base64_line("userCertificate;binary", std::string("\x30\x03\x02\x01\x05", 5)));
  entry("cn=options",
        "cn: options\nsn: x\ncn;lang-de: Optionen\ncn;lang-en;x-two: options\nsn;LANG-en: y\n"
        "description;lang-ja:: 5pel5pys\n");
  entry("cn=\\ leading and trailing\\ ", base64_line("cn", " leading and trailing ") + "sn: x\n");
  entry("cn=\\#hash\\=\\00end", base64_line("cn", std::string("#hash=\0end", 10)) + "sn: x\n");
  entry("cn=first+sn=second\\+half", "cn: first\nsn: second+half\ncn: another\n");
  entry("uid=Mixed CASE,cn=options", "uid: Mixed CASE\nuid: mixed other\ncn: a\nsn: b\n");
  entry("cn=long", "cn: long\nsn: x\ndescription: " + std::string(5000, 'l') + "\n" +
                       base64_line("description", "line\nbreaks\r\nand: colons") +
                       base64_line("description", ": colon") + base64_line("description", " space") +
                       base64_line("description", "behind "));
  entry("cn=folded", "cn: fol\n ded\nsn: x\n");
  entry("cn=own",
        "cn: own\nsn: x\nentryUUID: 12345678-90ab-cdef-1234-567890abcdef\ncreateTimestamp: 20010203040506Z\n"
        "creatorsName: cn=somebody,dc=example,dc=com\n");
  return out;
}

TEST(RoundTripTest, ExportsAreTheSameByteForByte) {
  Replserver first;
  first.load(people(30, 5) + odd_entries());
  const auto once = first.dump();
  Replserver second;
  second.load(once);
  EXPECT_TRUE(second.dump() == once);
  EXPECT_EQ(second.check(), "");
  // And what came in is in there.
  second.start();
  auto client = connect_as_administrator(second);
  const auto own =
      ask(client, search("cn=own,dc=example,dc=com", Scope::base, "(createTimestamp=20010203040506Z)", {"entryUUID"}));
  ASSERT_EQ(own.entries.size(), 1U);
  EXPECT_EQ(own.entries[0].attributes.at(0).values.at(0), "12345678-90ab-cdef-1234-567890abcdef");
  for (const auto& [dn, attribute, count] : std::vector<std::tuple<std::string, std::string, std::size_t>>{
           {"cn=binary,dc=example,dc=com", "audio", 2},
           {"cn=options,dc=example,dc=com", "cn", 3},
           {"cn=options,dc=example,dc=com", "cn;lang-de", 1},
           {"CN=\\20leading and trailing\\20,dc=example,dc=com", "cn", 1},
           {"sn=second\\2Bhalf+cn=first,dc=example,dc=com", "cn", 2},
           {"uid=mixed case,cn=options,dc=example,dc=com", "uid", 2}}) {
    const auto found = ask(client, search(dn, Scope::base, "(objectClass=*)", {attribute}));
    ASSERT_EQ(found.entries.size(), 1U) << dn;
    std::size_t values = 0;
    for (const auto& each : found.entries[0].attributes) values += each.values.size();
    EXPECT_EQ(values, count) << dn << " " << attribute;
  }
  // What other clients change in between comes out as well.
  EXPECT_EQ(connect_as(second, person_dn(1), "secret1").last_id(), 1) << "passwords still fit";
}

// --- Replacing the file ---

// A backup that is under way has the file open, and LMDB's lock file with it, which says what is newest in that file. A
// server that is started then would look for it in another one, which has taken its place.
TEST(ReplacingTest, NotWhileABackupIsBeingMade) {
  Replserver server;
  server.load(people(3, 0));
  const auto before = server.dump();
  const auto file = server.data_directory() / "data.mdb";
  const int backup = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(backup, LOCK_SH), 0) << "as a backup does";
  for (const std::vector<std::string>& words : {std::vector<std::string>{"compact"}, {"import", "-"}}) {
    const auto result = run_verb(server, words.front(), {words.begin() + 1, words.end()});
    EXPECT_EQ(result.status, 7) << result.err;
    EXPECT_NE(result.err.find("a backup of it is being made"), std::string::npos) << result.err;
  }
  EXPECT_EQ(run_verb(server, "backup", {server.directory() / "copy"}).status, 0) << "of these there may be several";
  EXPECT_EQ(server.dump(), before);
  ::close(backup);
  EXPECT_EQ(run_verb(server, "compact").status, 0);
  EXPECT_EQ(server.dump(), before);
}

TEST(ReplacingTest, WhatWasInterruptedLeavesNothing) {
  Replserver server;
  server.load(people(2'000, 0));
  const auto before = server.dump();
  const auto more = server.directory() / "more.ldif";
  std::string ldif;
  for (int i = 0; i < 5'000; ++i) {
    ldif += fmt::format("dn: cn=more{0},dc=example,dc=com\nobjectClass: device\ncn: more{0}\n\n", i);
  }
  support::write_file(more, ldif);
  const auto copy = server.directory() / "copy";
  // Each is killed when it has begun; some may end before, not all.
  int interrupted = 0;
  for (const auto& [verb, argument, sign] :
       std::vector<std::tuple<std::string, std::string, fs::path>>{{"import", more, server.data_directory() / "import"},
                                                                   {"compact", "", server.data_directory() / "compact"},
                                                                   {"backup", copy, copy / "unfinished"}}) {
    std::vector<std::string> words{support::replserver_program(), verb, "-f", server.config_file()};
    if (!argument.empty()) words.push_back(argument);
    support::Process process(words);
    ASSERT_TRUE(soon([&, &sign = sign] { return fs::exists(sign / "data.mdb") || !process.running(); })) << verb;
    process.signal(SIGKILL);
    if (process.wait(std::chrono::seconds(10)) == 128 + SIGKILL) ++interrupted;
    EXPECT_EQ(server.check(), "") << verb;
    EXPECT_TRUE(verb == "backup" || !fs::exists(sign)) << "it goes when the store is opened";
    const auto now = server.dump();
    EXPECT_TRUE(now == before || now.find("cn=more4999,") != std::string::npos) << verb << ": all or nothing";
  }
  EXPECT_GE(interrupted, 1);
  if (fs::exists(copy / "data.mdb")) {
    EXPECT_EQ(run_verb(server, "check", {"--directory", copy}).status, 0) << "else it is no backup";
  }
}

TEST(ReplacingTest, KeepsFilesThatAreNotItsOwn) {
  Replserver server;
  server.load(people(3, 0));
  const auto before = server.dump();
  const auto mine = server.data_directory() / "import" / "people.ldif";
  fs::create_directory(mine.parent_path());
  support::write_file(mine, people(1, 0));
  EXPECT_EQ(server.check(), "");
  EXPECT_EQ(run_verb(server, "compact").status, 0);
  const auto result = run_verb(server, "import", {"-"}, people(1, 5));
  EXPECT_EQ(result.status, 7);
  EXPECT_NE(result.err.find("import: is in the way"), std::string::npos) << result.err;
  EXPECT_TRUE(fs::exists(mine));
  EXPECT_EQ(server.dump(), before);
}

TEST(ReplacingTest, OfAnotherProgramsDataNothing) {
  Replserver server;
  fs::create_directories(server.data_directory());
  support::write_file(server.data_directory() / "data.mdb", std::string(100'000, 'x'));
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"import", "-"}, {"compact"}, {"backup", server.directory() / "copy"}, {"export"}, {"check"}}) {
    const auto result = run_verb(server, words.front(), {words.begin() + 1, words.end()}, people(1, 0));
    EXPECT_EQ(result.status, 7) << words.front() << result.err;
  }
  EXPECT_EQ(fs::file_size(server.data_directory() / "data.mdb"), 100'000U);
  EXPECT_FALSE(fs::exists(server.directory() / "copy" / "data.mdb"));
}

// --- Import ---

TEST(ImportTest, BrokenLdifLeavesAnEmptyStoreEmpty) {
  const auto good = people(3, 0);
  const std::string person = "objectClass: inetOrgPerson\ncn: a\nsn: b\n";
  for (const auto& [what, tail, status] : std::vector<std::tuple<std::string, std::string, int>>{
           {"no superior", "dn: cn=a,ou=nowhere,dc=example,dc=com\n" + person, 6},
           {"no context", "dn: cn=a,dc=example,dc=org\n" + person, 6},
           {"twice", "dn: uid=user1,ou=people,dc=example,dc=com\n" + person, 6},
           {"no base64", "dn: cn=a,dc=example,dc=com\n" + person + "description:: %%%\n", 7},
           {"no class", "dn: cn=a,dc=example,dc=com\ncn: a\n", 6},
           {"unknown type", "dn: cn=a,dc=example,dc=com\n" + person + "nosuchtype: x\n", 6},
           {"missing attribute", "dn: cn=a,dc=example,dc=com\nobjectClass: inetOrgPerson\ncn: a\n", 6},
           {"wrong syntax", "dn: cn=a,dc=example,dc=com\n" + person + "seeAlso: no dn\n", 6},
           {"change record", "dn: cn=a,dc=example,dc=com\nchangetype: delete\n", 7},
           {"no DN", "cn: a\n", 7},
           {"URL", "dn: cn=a,dc=example,dc=com\n" + person + "description:< file:///etc/passwd\n", 7},
           {"bad DN", "dn: a,dc=example,dc=com\n" + person, 6}}) {
    SCOPED_TRACE(what);
    Replserver server;
    const auto result = run_verb(server, "import", {"-"}, good + tail);
    EXPECT_EQ(result.status, status) << result.err;
    EXPECT_FALSE(result.err.empty());
    if (status == 6) {
      const auto line = std::count(good.begin(), good.end(), '\n') + 1;
      EXPECT_NE(result.err.find(fmt::format("standard input:{}: entry '", line)), std::string::npos) << result.err;
    }
    EXPECT_EQ(server.dump().find("dn:"), std::string::npos) << "nothing of it is there";
    server.load(good);
    EXPECT_EQ(server.check(), "");
  }
}

TEST(ImportTest, IntoEntriesThatAreThereIsAllOrNothingToo) {
  Replserver server;
  server.load(people(3, 0));
  const std::string more =
      "dn: cn=one,dc=example,dc=com\nobjectClass: device\ncn: one\n\n"
      "dn: uid=user1,ou=people,dc=example,dc=com\nobjectClass: device\ncn: again\n\n"
      "dn: cn=two,dc=example,dc=com\nobjectClass: device\ncn: two\n";
  const auto stopped = run_verb(server, "import", {"-"}, more);
  EXPECT_EQ(stopped.status, 6) << stopped.err;
  EXPECT_NE(stopped.err.find("standard input:5: entry 'uid=user1,"), std::string::npos) << stopped.err;
  EXPECT_EQ(server.dump().find("cn=one"), std::string::npos);
  const auto skipped = run_verb(server, "import", {"--continue", "-"}, more);
  EXPECT_EQ(skipped.status, 1) << skipped.err;
  EXPECT_NE(server.dump().find("cn=two"), std::string::npos);
  EXPECT_EQ(server.check(), "");
}

TEST(ImportTest, ManyEntriesTakeLittleTimeAndMemory) {
  Replserver server;
  constexpr int usual = 20'000;
  const int count = usual * rounds(1);  // REPLKIT_ROUNDS=5: a hundred thousand
  const auto begun = std::chrono::steady_clock::now();
  server.load(people(count, 0));
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  fmt::print("{} entries: {:.1f} s, {} MiB\n", count, seconds, usage.ru_maxrss >> 10);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  constexpr double patience = 0.002;  // seconds an entry
  EXPECT_LT(seconds, count * patience);
  // The pages of the file that is written count, too.
  EXPECT_LT(static_cast<std::uintmax_t>(usage.ru_maxrss) << 10,
            (std::uintmax_t{200} << 20) + fs::file_size(server.data_directory() / "data.mdb"));
#endif
  server.start();
  auto client = connect_as_administrator(server);
  EXPECT_EQ(ask(client, search("dc=example,dc=com", Scope::subtree, "(uid=user777)")).entries.size(), 1U);
  EXPECT_EQ(
      ask(client, search("dc=example,dc=com", Scope::subtree, "(objectClass=inetOrgPerson)", {"1.1"})).entries.size(),
      static_cast<std::size_t>(count));
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace replkit::replserver_test
