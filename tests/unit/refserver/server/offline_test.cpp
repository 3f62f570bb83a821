// import, export, check, backup, passwd and config, as a program.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "common/base/text.hpp"
#include "tests/refserver/auth/password.hpp"
#include "tests/support/process.hpp"
#include "tests/support/replserver.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::server {
namespace {

using support::run;
using support::RunResult;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string tree = R"(dn: dc=example,dc=com
objectClass: organization
objectClass: dcObject
o: Example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
entryUUID: b8411467-ed29-4fab-b6fb-a2b5da5733ca
createTimestamp: 20200101000000Z

dn: uid=anna,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
cn: Anna
sn: Anders
userPassword: open sesame
)";

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (const auto line : split(text, '\n')) lines.emplace_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

class Offline : public ::testing::Test {
 protected:
  Offline() {
    configure(
        "directory = 'data'\ncontexts = ['dc=example,dc=com']\n"
        "[authentication]\nargon2_memory = '64 KiB'\nargon2_passes = 1\n");
  }

  void configure(const std::string& text) { support::write_file(dir_ / "c.toml", text); }

  RunResult replserver(std::vector<std::string> arguments, std::string_view input = {}) const {
    arguments.insert(arguments.begin(), support::replserver_program().string());
    return run(arguments, {.input = input, .environment = {}, .directory = dir_.path()});
  }
  RunResult import(std::string_view ldif, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"import", "-f", "c.toml", "-"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return replserver(arguments, ldif);
  }
  std::string dump() const { return replserver({"export", "-f", "c.toml"}).out; }

  support::TempDir dir_;
};

TEST_F(Offline, ImportKeepsWhatTheFileHasAndHashesPasswords) {
  const auto result = import(tree);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("3 entries imported"));
  const auto ldif = dump();
  EXPECT_THAT(ldif, HasSubstr("entryUUID: b8411467-ed29-4fab-b6fb-a2b5da5733ca"));
  EXPECT_THAT(ldif, HasSubstr("createTimestamp: 20200101000000Z"));
  EXPECT_THAT(ldif, HasSubstr("userPassword: {ARGON2}$argon2id$"));
  EXPECT_THAT(ldif, Not(HasSubstr("sesame")));
  EXPECT_EQ(replserver({"check", "-f", "c.toml"}).out, "3 entries, all in order\n");
}

TEST_F(Offline, ExportComesBackAsTheSame) {
  ASSERT_EQ(import(tree).status, 0);
  const auto first = dump();
  std::filesystem::remove_all(dir_ / "data");
  ASSERT_EQ(import(first).status, 0);
  // The order of attributes is nobody's promise.
  EXPECT_EQ(sorted_lines(dump()), sorted_lines(first));
}

TEST_F(Offline, ExportOfAPart) {
  ASSERT_EQ(import(tree).status, 0);
  const auto part = replserver({"export", "-f", "c.toml", "-b", "OU=People,dc=example,dc=com"});
  EXPECT_THAT(part.out, HasSubstr("dn: ou=people,"));
  EXPECT_THAT(part.out, HasSubstr("dn: uid=anna,"));
  EXPECT_THAT(part.out, Not(HasSubstr("dn: dc=example")));
  const auto matching = replserver({"export", "-f", "c.toml", "(sn=anders)"});
  EXPECT_THAT(matching.out, HasSubstr("dn: uid=anna,"));
  EXPECT_THAT(matching.out, Not(HasSubstr("dn: ou=people")));
  EXPECT_EQ(replserver({"export", "-f", "c.toml", "-b", "ou=none,dc=example,dc=com"}).status, 3);
  EXPECT_EQ(replserver({"export", "-f", "c.toml", "(sn="}).status, 3);
}

TEST_F(Offline, AFailedImportLeavesAnEmptyStoreEmpty) {
  const auto unknown = import(tree + "\ndn: uid=bob,ou=people,dc=example,dc=com\nobjectClass: nothing\n");
  EXPECT_EQ(unknown.status, 6);
  EXPECT_THAT(unknown.err, HasSubstr("uid=bob,ou=people,dc=example,dc=com"));
  EXPECT_EQ(replserver({"check", "-f", "c.toml"}).out, "0 entries, all in order\n");
  const auto malformed = import(tree + "\ndn: uid=bob\nnothing\n");
  EXPECT_EQ(malformed.status, 7);
  EXPECT_THAT(malformed.err, HasSubstr("standard input:18: "));
  EXPECT_EQ(dump(), "version: 1\n");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "data" / "import"));
  EXPECT_EQ(import(tree).status, 0);
}

TEST_F(Offline, WhatAKilledImportLeftIsInNobodysWay) {
  std::filesystem::create_directories(dir_ / "data" / "import");
  std::ofstream(dir_ / "data" / "import" / "data.mdb") << "half of something";
  EXPECT_EQ(import(tree).status, 0);
  EXPECT_EQ(replserver({"check", "-f", "c.toml"}).status, 0);
}

TEST_F(Offline, ImportPastEntriesThatAreRefused) {
  const auto more = tree + R"(
dn: uid=bob,ou=nowhere,dc=example,dc=com
objectClass: inetOrgPerson
cn: Bob
sn: Bobson

dn: uid=bob,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
cn: Bob

dn: uid=carl,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
cn: Carl
sn: Carlson
)";
  const auto result = import(more, {"-c"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("standard input:17: entry 'uid=bob,ou=nowhere,dc=example,dc=com'"));
  EXPECT_THAT(result.err, HasSubstr("standard input:22: entry 'uid=bob,ou=people,dc=example,dc=com'"));
  EXPECT_THAT(result.err, HasSubstr("4 entries imported, 2 skipped"));
  EXPECT_THAT(dump(), HasSubstr("dn: uid=carl,"));
}

TEST_F(Offline, ImportAddsToWhatIsThere) {
  ASSERT_EQ(import(tree).status, 0);
  const std::string carl = "dn: ou=more,dc=example,dc=com\nobjectClass: organizationalUnit\n";
  EXPECT_EQ(import(carl).status, 0);
  EXPECT_EQ(import(carl).status, 6) << "it is there already";
  EXPECT_THAT(dump(), HasSubstr("dn: uid=anna,"));
  EXPECT_THAT(dump(), HasSubstr("dn: ou=more,"));
}

TEST_F(Offline, BackupsHoldTheSame) {
  ASSERT_EQ(import(tree).status, 0);
  ASSERT_EQ(replserver({"backup", "-f", "c.toml", "copy"}).status, 0);
  EXPECT_EQ(replserver({"export", "-f", "c.toml", "--directory", "copy"}).out, dump());
  EXPECT_EQ(replserver({"check", "-f", "c.toml", "--directory", "copy"}).status, 0);
  EXPECT_EQ(replserver({"backup", "-f", "c.toml", "copy"}).status, 7) << "it is not empty";
  EXPECT_EQ(replserver({"check", "-f", "c.toml", "--directory", "none"}).status, 7);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "none"));
}

TEST_F(Offline, CheckFindsEntriesTheSchemaDoesNotAllow) {
  configure("directory = 'data'\ncontexts = ['*']\nschema = ['core', './own.schema']\n");
  support::write_file(dir_ / "own.schema",
                      "objectclass ( 1.3.6.1.4.1.55555.1 NAME 'own' SUP top STRUCTURAL MUST cn )\n");
  ASSERT_EQ(import("dn: cn=a\nobjectClass: own\ncn: a\n").status, 0);
  support::write_file(dir_ / "own.schema",
                      "objectclass ( 1.3.6.1.4.1.55555.1 NAME 'own' SUP top STRUCTURAL MUST ( cn $ sn ) )\n");
  const auto result = replserver({"check", "-f", "c.toml"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out, HasSubstr("cn=a: "));
  EXPECT_THAT(result.out, HasSubstr("sn"));
}

TEST_F(Offline, PasswdPrintsAHashThatFits) {
  for (const auto& options : std::vector<std::vector<std::string>>{{"passwd"}, {"passwd", "--scram"}}) {
    const auto result = replserver(options, "open sesame\n");
    ASSERT_EQ(result.status, 0) << result.err;
    const auto hash = result.out.substr(0, result.out.size() - 1);
    EXPECT_THAT(hash, ::testing::StartsWith(options.size() == 1 ? "{ARGON2}" : "{SCRAM-SHA-256}"));
    EXPECT_TRUE(auth::password_fits(Secret("open sesame"), hash));
  }
  EXPECT_EQ(replserver({"passwd"}, "").status, 3);
  EXPECT_EQ(replserver({"passwd"}, "\n").status, 3);
}

TEST_F(Offline, ConfigPrintsWhatReadsBack) {
  const auto first = replserver({"config", "-f", "c.toml"});
  ASSERT_EQ(first.status, 0) << first.err;
  support::write_file(dir_ / "again.toml", first.out);
  const auto again = replserver({"config", "-f", "again.toml"});
  EXPECT_EQ(again.out.substr(again.out.find('\n')), first.out.substr(first.out.find('\n')));
  EXPECT_THAT(first.out, HasSubstr("digest of the access rules: "));

  configure("directory = 'data'\ncontexts = ['*']\n[[access]]\nrights = 'read'\nattributes = 'nothing'\n");
  const auto wrong = replserver({"config", "-f", "c.toml"});
  EXPECT_EQ(wrong.status, 3);
  EXPECT_THAT(wrong.err, HasSubstr("c.toml:3: attribute 'nothing' is no attribute type"));
  configure("directory = 'data'\ncontexts = ['*']\n[indexes]\nnothing = 'equality'\n");
  EXPECT_THAT(replserver({"config", "-f", "c.toml"}).err, HasSubstr("[indexes] has 'nothing'"));
}

TEST_F(Offline, CommandLine) {
  EXPECT_EQ(replserver({}).status, 3);
  EXPECT_EQ(replserver({"serve"}).status, 3);
  EXPECT_THAT(replserver({"serve"}).err, HasSubstr("--config"));
  const auto missing = replserver({"serve", "-f", "none.toml"});
  EXPECT_EQ(missing.status, 7);
  EXPECT_THAT(missing.err, HasSubstr("none.toml"));
  EXPECT_EQ(replserver({"--help"}).status, 0);
}

}  // namespace
}  // namespace replkit::refserver::server
