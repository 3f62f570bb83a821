#include "tests/refserver/config/config.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "common/base/error.hpp"
#include "tests/refserver/auth/password.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::refserver::config {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string minimal = "directory = 'data'\ncontexts = ['dc=example,dc=com']\n";

Config parse(const std::string& text) {
  return Config::parse(text, "/etc/replserver.toml");
}

std::string error_of(const std::string& text) {
  try {
    parse(text);
    return "no error";
  } catch (const UsageError& error) {
    return error.what();
  }
}

std::filesystem::path write_file(const std::filesystem::path& path, const std::string& text, mode_t mode) {
  std::ofstream(path) << text;
  chmod(path.c_str(), mode);
  return path;
}

TEST(Config, MinimalOneHasSensibleDefaults) {
  const auto config = parse(minimal);
  EXPECT_EQ(config.store.directory, "/etc/data");
  EXPECT_THAT(config.directory.contexts, ElementsAre("dc=example,dc=com"));
  EXPECT_THAT(config.session.listeners, ElementsAre("ldap://127.0.0.1:389"));
  EXPECT_EQ(config.store.durability, store::Durability::full);
  EXPECT_TRUE(config.auth.simple_needs_tls);
  EXPECT_TRUE(config.rules.empty());
  EXPECT_FALSE(config.indexes_given);
  EXPECT_FALSE(config.store.indexes.empty());
  EXPECT_TRUE(config.audit.file.empty());
  EXPECT_EQ(config.log.level, LogOptions::Level::info);
}

TEST(Config, EveryKindOfValue) {
  const auto config = parse(R"(
directory = "/var/lib/replserver"
contexts = "*"
listen = ["ldap://[::1]:0", "ldapi://%2Frun%2Freplserver%2Fldapi"]
replica_id = "berlin-1"
grace = "2s"
threads = 3
socket_mode = "0770"
[connections]
request_size = "1 MiB"
idle = "5m"
operations = 7
[limits]
size = 500
time = 60
administrators = true
[authentication]
mechanisms = ["EXTERNAL"]
argon2_memory = "32 MiB"
simple_needs_tls = false
[log]
level = "debug"
format = "json"
file = "logs/../server.log"
[audit]
file = "audit.jsonl"
required = false
[indexes]
cn = ["equality", "substring"]
description = "presence"
[[map]]
pattern = "uid=([^,]*),cn=.*"
dn = "uid=$1,dc=a"
[[access]]
who = "users"
target = ["subtree:dc=a", "base:"]
attributes = ["cn", "@person"]
rights = ["read", "write"]
confidential = true
[[access]]
rights = []
)");
  EXPECT_THAT(config.directory.contexts, ElementsAre("*"));
  EXPECT_EQ(config.store.replica_id, "berlin-1");
  EXPECT_EQ(config.grace, 2s);
  EXPECT_EQ(config.session.threads, 3U);
  EXPECT_EQ(config.session.socket_mode, 0770U);
  EXPECT_EQ(config.session.limits.pdu, 1U << 20U);
  EXPECT_EQ(config.session.limits.idle, 5min);
  EXPECT_EQ(config.session.limits.operations, 7U);
  EXPECT_EQ(config.directory.size_limit, 500);
  EXPECT_EQ(config.directory.time_limit, 60s);
  EXPECT_TRUE(config.directory.limits_bind_administrators);
  EXPECT_THAT(config.auth.mechanisms, ElementsAre("EXTERNAL"));
  EXPECT_EQ(config.auth.argon2_memory_kib, 32U * 1024);
  EXPECT_EQ(config.directory.password_cost.argon2_memory_kib, 32U * 1024) << "for passwords that are set, too";
  EXPECT_FALSE(config.auth.simple_needs_tls);
  EXPECT_EQ(config.log.level, LogOptions::Level::debug);
  EXPECT_EQ(config.log.format, LogOptions::Format::json);
  EXPECT_EQ(config.log.file, "/etc/server.log");
  EXPECT_EQ(config.audit.file, "/etc/audit.jsonl");
  EXPECT_FALSE(config.audit.required);
  EXPECT_TRUE(config.indexes_given);
  ASSERT_EQ(config.store.indexes.size(), 2U);
  EXPECT_EQ(config.store.indexes[0].attribute, "cn");
  EXPECT_TRUE(config.store.indexes[0].equality && config.store.indexes[0].substring);
  EXPECT_TRUE(config.store.indexes[1].presence && !config.store.indexes[1].equality);
  ASSERT_EQ(config.auth.maps.size(), 1U);
  EXPECT_EQ(config.auth.maps[0].dn, "uid=$1,dc=a");
  ASSERT_EQ(config.rules.size(), 2U);
  const auto& rule = config.rules[0];
  EXPECT_THAT(rule.who, ElementsAre("users"));
  EXPECT_THAT(rule.target, ElementsAre("subtree:dc=a", "base:"));
  EXPECT_THAT(rule.attributes, ElementsAre("cn", "@person"));
  EXPECT_EQ(access::rights_text(rule.rights), "read, write");
  EXPECT_TRUE(rule.confidential);
  EXPECT_EQ(rule.origin, "/etc/replserver.toml:34");
  EXPECT_TRUE(config.rules[1].rights.empty());
  EXPECT_THAT(config.rules[1].who, ElementsAre("*"));
}

TEST(Config, ErrorsNameTheLineAndWhatIsMeant) {
  const auto in_line_3 = [](const std::string& line) { return error_of(minimal + line); };
  EXPECT_EQ(in_line_3("contxts = []"), "/etc/replserver.toml:3: unknown key 'contxts'; did you mean contexts?");
  EXPECT_EQ(in_line_3("[limit]"), "/etc/replserver.toml:3: unknown key 'limit'; did you mean limits?");
  EXPECT_THAT(in_line_3("[log]\nlevle = 'info'"), HasSubstr("toml:4: unknown key 'levle'; did you mean level?"));
  EXPECT_THAT(in_line_3("[log]\nlevel = 'warn'"),
              HasSubstr("toml:4: 'level' is 'warn', but must be one of debug, info, warning, error"));
  EXPECT_THAT(in_line_3("threads = 0"), HasSubstr("toml:3: 'threads' must be a number from 1 to 64"));
  EXPECT_THAT(in_line_3("threads = -1"), HasSubstr("'threads' must be a number"));
  EXPECT_THAT(in_line_3("grace = 'soon'"), HasSubstr("toml:3: 'grace' must be a length of time"));
  EXPECT_THAT(in_line_3("[connections]\nrequest_size = '1 MB'"), HasSubstr("toml:4: 'request_size' must be a size"));
  EXPECT_THAT(in_line_3("[connections]\nrequest_size = 1"), HasSubstr("must be from 1 KiB to"));
  EXPECT_THAT(in_line_3("[limits]\ntime = '1500ms'"), HasSubstr("must be whole seconds"));
  EXPECT_THAT(in_line_3("[limits]\nadministrators = 1"), HasSubstr("must be true or false"));
  EXPECT_THAT(in_line_3("listen = 'http://x'"), HasSubstr("toml:3: 'listen' has 'http://x'"));
  EXPECT_THAT(in_line_3("referrals = 'x'"), HasSubstr("toml:3: 'referrals' has 'x'"));
  EXPECT_THAT(in_line_3("schema = [1]"), HasSubstr("toml:3: 'schema' must hold strings only"));
  EXPECT_THAT(in_line_3("replica_id = 'A'"), HasSubstr("toml:3: 'replica_id' must be"));
  EXPECT_THAT(in_line_3("socket_mode = '9'"), HasSubstr("must be a mode"));
  EXPECT_THAT(in_line_3("[indexes]\ncn = ['eq']"), HasSubstr("toml:4: 'cn' has 'eq', which is none of"));
  EXPECT_THAT(in_line_3("[access]\nwho = '*'"), HasSubstr("toml:3: 'access' must be an array of tables: [[access]]"));
  EXPECT_THAT(in_line_3("access = [1]"), HasSubstr("must be an array of tables"));
  EXPECT_THAT(in_line_3("[[access]]\nwho = '*'"), HasSubstr("toml:3: an access rule needs rights"));
  EXPECT_THAT(in_line_3("[[access]]\nrights = 'raed'"), HasSubstr("toml:4: 'rights' has 'raed'"));
  EXPECT_THAT(in_line_3("[[map]]\npattern = '('\ndn = 'x'"), HasSubstr("toml:3: the pattern '(' is no regular"));
  EXPECT_THAT(in_line_3("[[map]]\ndn = 'x'"), HasSubstr("toml:3: a map needs a pattern and a dn"));
  EXPECT_THAT(in_line_3("[[administrator]]\ndn = 'x'"), HasSubstr("toml:3: 'x' is no DN"));
  EXPECT_THAT(in_line_3("[[administrator]]\npassword_file = '/nowhere'"),
              HasSubstr("toml:4: 'password_file' cannot be"));
  EXPECT_THAT(in_line_3("[[administrator]]\n"), HasSubstr("toml:3: an administrator needs a dn"));
  EXPECT_THAT(in_line_3("x = "), HasSubstr("/etc/replserver.toml:3: "));
  EXPECT_THAT(in_line_3("[tls]\ncertificate = 'a'"), HasSubstr("toml:3: [tls] needs both"));
  EXPECT_THAT(in_line_3("[tls]\nclient_certificates = 'require'"), HasSubstr("needs a client_ca"));
  EXPECT_THAT(in_line_3("listen = 'ldaps://:636'"), HasSubstr("ldaps://:636 needs a certificate"));
  EXPECT_THAT(error_of("contexts = 'dc=a'"), HasSubstr("no directory"));
  EXPECT_THAT(error_of("directory = 'a'"), HasSubstr("no contexts"));
  EXPECT_THAT(error_of("directory = 'a'\ncontexts = ['x']"), HasSubstr("toml:2: 'contexts' has 'x': malformed DN"));
  EXPECT_THAT(error_of("directory = 'a'\ncontexts = ['']"), HasSubstr("root DSE"));
  EXPECT_THAT(error_of("directory = ''"), HasSubstr("toml:1: 'directory' is an empty path"));
  EXPECT_THAT(error_of(std::string(2 << 20, '#')), HasSubstr("larger than 1 MiB"));
}

TEST(Config, PasswordsAreHashedOrInAFileOfTheirOwn) {
  const support::TempDir dir;
  const auto file = dir.path() / "replserver.toml";
  const auto load = [&](const std::string& administrator, mode_t mode) {
    write_file(file, minimal + "[[administrator]]\ndn = 'cn=admin'\n" + administrator, mode);
    return Config::load(file).auth.administrators.at(0).password;
  };
  const auto error = [&](const std::string& administrator, mode_t mode) -> std::string {
    try {
      load(administrator, mode);
      return "no error";
    } catch (const UsageError& problem) {
      return problem.what();
    }
  };
  EXPECT_THAT(error("password = 'secret'", 0600), HasSubstr("toml:5: 'password' is no hash: make one with"));
  EXPECT_THAT(error("password = 'secret'", 0600), Not(HasSubstr("'secret'")));
  EXPECT_EQ(load("password = '{SSHA}AAAA'", 0640), "{SSHA}AAAA");
  EXPECT_THAT(error("password = '{SSHA}AAAA'", 0644), HasSubstr("everybody may read it: run chmod o= "));

  write_file(dir.path() / "pw", "open sesame\r\n", 0600);
  const auto hashed = load("password_file = 'pw'", 0644);
  EXPECT_THAT(hashed, ::testing::StartsWith("{SCRAM-SHA-256}4096:"));
  EXPECT_TRUE(auth::password_fits(Secret("open sesame"), hashed));
  EXPECT_FALSE(auth::password_fits(Secret("open sesame\r\n"), hashed));
  write_file(dir.path() / "pw", "{SSHA}BBBB\n", 0600);
  EXPECT_EQ(load("password_file = 'pw'", 0644), "{SSHA}BBBB");
  EXPECT_THAT(error("password_file = 'pw'\npassword = '{SSHA}AAAA'", 0600), HasSubstr("one password too many"));
  write_file(dir.path() / "pw", "open\n", 0604);
  EXPECT_THAT(error("password_file = 'pw'", 0600), HasSubstr("holds a password, and everybody may read it"));
  write_file(dir.path() / "pw", "\n", 0600);
  EXPECT_THAT(error("password_file = 'pw'", 0600), HasSubstr("toml:5: 'password_file' cannot be used"));
}

TEST(Config, PathsStartFromTheFoldersOfTheFile) {
  const auto config =
      Config::parse("directory = 'data'\ncontexts = '*'\nschema = ['core', './own.schema', '../x/y.ldif', '/abs/z']\n",
                    "/etc/replserver.toml");
  EXPECT_EQ(config.store.directory, "/etc/data");
  EXPECT_THAT(config.schema, ElementsAre("core", "/etc/own.schema", "/x/y.ldif", "/abs/z"));
}

TEST(Config, PrivateKeysAreNotForEverybody) {
  const support::TempDir dir;
  const auto file = write_file(dir.path() / "c.toml", minimal + "[tls]\ncertificate='c'\nkey='k'\n", 0644);
  write_file(dir.path() / "k", "", 0644);
  EXPECT_THROW(Config::load(file), UsageError);
  chmod((dir.path() / "k").c_str(), 0640);
  EXPECT_EQ(Config::load(file).session.tls.key, dir.path() / "k");
  EXPECT_THROW(Config::load(dir.path() / "missing"), LocalError);
}

TEST(Config, PrintsWhatItReads) {
  const auto config = parse(minimal + R"(
grace = "1500ms"
[tls]
certificate = "c"
key = "k"
client_ca = "ca"
client_certificates = "require"
[[administrator]]
dn = "cn=\\22odd\u007f"
[[map]]
pattern = "a\\.b"
dn = "cn=a"
[[access]]
who = ["self", "users"]
rights = ["read", "delete"]
)");
  const auto text = to_toml(config);
  const auto again = parse(text);
  EXPECT_EQ(to_toml(again), text);
  EXPECT_EQ(again.grace, 1500ms);
  EXPECT_EQ(again.session.tls.client_certificates, session::ClientCertificates::required);
  EXPECT_EQ(again.auth.administrators.at(0).dn, config.auth.administrators.at(0).dn);
  EXPECT_EQ(again.auth.maps.at(0).pattern, "a\\.b");
  EXPECT_EQ(again.rules.size(), 1U);
  EXPECT_EQ(access::rights_text(again.rules.at(0).rights), "read, delete");
  EXPECT_THAT(text, HasSubstr("# [[access]]\n# who = [\"administrators\"]"));
}

TEST(Config, PrintsNoPasswords) {
  const support::TempDir dir;
  const auto file =
      write_file(dir.path() / "c.toml", minimal + "[[administrator]]\ndn='cn=a'\npassword='{SSHA}AAAA'\n", 0600);
  const auto text = to_toml(Config::load(file));
  EXPECT_THAT(text, Not(HasSubstr("AAAA")));
  EXPECT_THAT(text, HasSubstr("# password not shown"));
}

}  // namespace
}  // namespace replkit::refserver::config
