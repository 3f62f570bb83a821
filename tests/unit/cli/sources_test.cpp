#include "common/cli/sources.hpp"

#include <gmock/gmock.h>

#include "common/base/error.hpp"
#include "testing.hpp"

namespace replkit::cli {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using testing::Folder;
using ::testing::HasSubstr;
using testing::Variable;
using namespace std::chrono_literals;

std::vector<SourceSpec> resolve(const ConnectionSettings& settings,
                                SourceKinds kinds = SourceKinds::servers_and_files) {
  const CancelToken cancel;
  return resolve_sources(settings, kinds, cancel);
}

std::vector<std::string> names(const ConnectionSettings& settings) {
  std::vector<std::string> out;
  for (const auto& source : resolve(settings)) out.push_back(source.name);
  return out;
}

std::string refusal(const ConnectionSettings& settings, SourceKinds kinds = SourceKinds::servers_and_files) {
  return error_of<UsageError>([&] { resolve(settings, kinds); });
}

TEST(Sources, UnderstandsEveryForm) {
  ConnectionSettings s;
  s.sources = {
      "ldap://a",  "LDAPS://b:637/",         "host",        "host:1389", "::1", "[::1]:1389", "ldap://c ldap://d",
      "ldapi:///", "ldapi://%2frun%2fldapi", "file:x.ldif", "-"};
  EXPECT_THAT(names(s), ElementsAre("ldap://a", "ldaps://b:637", "ldap://host", "ldap://host:1389", "ldap://[::1]",
                                    "ldap://[::1]:1389", "ldap://c", "ldap://d", "ldapi://", "ldapi://%2frun%2fldapi",
                                    "file:x.ldif", "-"));
  const auto sources = resolve(s);
  EXPECT_EQ(sources[0].server->uri, "ldap://a");
  EXPECT_FALSE(sources[0].file);
  EXPECT_EQ(sources[10].file, "x.ldif");
  EXPECT_FALSE(sources[10].server);
  EXPECT_EQ(sources[11].file, "-");
}

TEST(Sources, RefusesWhatIsNone) {
  ConnectionSettings s;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"ldap://a/dc=x", "the base is -b"},    {"htp://a", "unknown scheme htp"}, {"ldpas://a", "did you mean ldaps?"},
      {"dump.ldif/x", "a file is file:PATH"}, {"file:", "needs a path"},         {"", "empty"}};
  for (const auto& [text, message] : cases) {
    s.sources = {text};
    EXPECT_THAT(refusal(s), HasSubstr(message)) << text;
  }
  s.sources = {"-", "file:-"};
  EXPECT_THAT(refusal(s), HasSubstr("standard input can be only one"));
  s.sources = {"file:x"};
  EXPECT_THAT(refusal(s, SourceKinds::servers), HasSubstr("servers only"));
}

TEST(Sources, BindsAsTheCommandLineSays) {
  const Folder folder;
  ConnectionSettings s;
  s.sources = {"ldap://a"};
  EXPECT_EQ(resolve(s)[0].server->bind.method, ldap::BindMethod::anonymous);
  s.bind_dn = "cn=x";
  s.password_file = folder.write("p", "secret\n");
  auto bind = resolve(s)[0].server->bind;
  EXPECT_EQ(bind.method, ldap::BindMethod::simple);
  EXPECT_EQ(bind.dn, "cn=x");
  EXPECT_EQ(bind.password.reveal(), "secret");
  s.mechanism = "SCRAM-SHA-256";
  s.authentication_id = "u";
  bind = resolve(s)[0].server->bind;
  EXPECT_EQ(bind.method, ldap::BindMethod::sasl);
  EXPECT_EQ(bind.mechanism, "SCRAM-SHA-256");
  EXPECT_EQ(bind.authentication_id, "u");
  EXPECT_EQ(bind.password.reveal(), "secret");
}

TEST(Sources, RefusesContradictions) {
  ConnectionSettings s;
  s.sources = {"ldap://a"};
  s.password = Secret("x");
  EXPECT_THAT(refusal(s), HasSubstr("for whom?"));
  s.ask_password = true;
  EXPECT_THAT(refusal(s), HasSubstr("only one of them"));
  s = {};
  s.sources = {"ldap://a"};
  s.simple = true;
  s.mechanism = "PLAIN";
  EXPECT_THAT(refusal(s), HasSubstr("contradict"));
  s.mechanism.clear();
  s.realm = "r";
  EXPECT_THAT(refusal(s), HasSubstr("do not go with it"));
  s = {};
  s.sources = {"ldap://a"};
  s.bind_dn = "cn=x";
  s.password = Secret("");
  EXPECT_THAT(refusal(s), HasSubstr("is empty"));
}

TEST(Sources, TakesDefaultsOfTheEnvironment) {
  const Variable dn("LDAPBINDDN", "cn=env");
  ConnectionSettings s;
  s.sources = {"ldap://a"};
  s.password = Secret("x");
  EXPECT_EQ(resolve(s)[0].server->bind.dn, "cn=env");
  s.bind_dn = "";
  s.password.reset();
  EXPECT_EQ(resolve(s)[0].server->bind.method, ldap::BindMethod::anonymous);
}

TEST(Sources, AppliesTimeoutsAndTls) {
  const Folder folder;
  ConnectionSettings s;
  s.sources = {"ldap://a"};
  s.start_tls = 2;
  s.tls_ca = folder.path().string();
  s.tls_check = ldap::CertificateCheck::allow;
  s.connect_timeout = 1s;
  s.timeout = 2s;
  s.debug_level = 3;
  const auto server = *resolve(s)[0].server;
  EXPECT_EQ(server.tls.start_tls, ldap::StartTls::required);
  EXPECT_EQ(server.tls.ca_directory, folder.path().string());
  EXPECT_EQ(server.tls.ca_file, "");
  EXPECT_EQ(server.tls.check, ldap::CertificateCheck::allow);
  EXPECT_EQ(server.timeouts.connect, 1s);
  EXPECT_EQ(server.timeouts.operation, 2s);
  EXPECT_EQ(server.debug_level, 3);
}

class InventorySources : public ::testing::Test {
 protected:
  InventorySources() {
    folder.write("a.password", "of-a\n");
    s.inventory = folder.write("i.toml", R"(
[servers.a]
uri = "ldap://a"
bind_dn = "cn=a"
password_file = "a.password"
tls_cert = "a.pem"
start_tls = "require"
timeout = "9s"
[servers.b]
uri = "ldap://b"
[groups]
g = ["a", "b"]
)");
    s.sources = {"@g"};
    s.bind_dn = "cn=typed";
    s.password = Secret("typed");
  }

  Folder folder;
  ConnectionSettings s;
};

TEST_F(InventorySources, CredentialsComeFromTheInventoryFirst) {
  const auto sources = resolve(s);
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0].name, "a");
  EXPECT_EQ(sources[0].server->bind.dn, "cn=a");
  EXPECT_EQ(sources[0].server->bind.password.reveal(), "of-a");
  EXPECT_EQ(sources[1].server->bind.dn, "cn=typed");
  EXPECT_EQ(sources[1].server->bind.password.reveal(), "typed");
}

TEST_F(InventorySources, CredentialsThatCountForNothingAreTold) {
  const auto told = [&] {
    ::testing::internal::CaptureStderr();
    resolve(s);
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(told(), "") << "b takes them";
  s.sources = {"@a"};
  EXPECT_THAT(told(), HasSubstr("the inventory says who to bind as"));
  s.bind_dn.reset();
  s.password.reset();
  EXPECT_EQ(told(), "");
}

TEST_F(InventorySources, TypedOptionsComeFirstOtherwise) {
  s.timeout = 5s;
  s.start_tls = 1;
  s.tls_certificate = "typed.pem";
  const auto sources = resolve(s);
  EXPECT_EQ(sources[0].server->timeouts.operation, 5s);
  EXPECT_EQ(sources[0].server->tls.start_tls, ldap::StartTls::required);
  EXPECT_EQ(sources[0].server->tls.certificate_file, (folder.path() / "a.pem").string());
  EXPECT_EQ(sources[1].server->tls.start_tls, ldap::StartTls::tried);
  EXPECT_EQ(sources[1].server->tls.certificate_file, "typed.pem");
}

TEST_F(InventorySources, RefusesOpenPasswordFiles) {
  std::filesystem::permissions(folder.path() / "a.password", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_THAT(refusal(s), HasSubstr("chmod 600"));
}

}  // namespace
}  // namespace replkit::cli
