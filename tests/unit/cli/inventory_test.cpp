#include "common/cli/inventory.hpp"

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

constexpr const char* sample = R"(
[defaults]
start_tls = "require"
bind_dn = "cn=reader,dc=x"
password_file = "reader.password"
timeout = "30s"

[servers.berlin]
uri = "ldap://berlin"

[servers.tokyo]
uri = "ldaps://tokyo"
start_tls = "no"
sasl_mech = "EXTERNAL"
tls_cert = "/etc/t.pem"
tls_key = "t.key"
tls_check = "allow"

[servers.open]
uri = "ldapi:///"
bind_dn = ""

[groups]
europe = ["berlin"]
all = ["tokyo", "@europe", "berlin"]
)";

TEST(Inventory, ReadsServersWithDefaults) {
  const auto inventory = Inventory::parse(sample, "/conf/inventory.toml");
  const auto& berlin = *inventory.find("berlin").at(0);
  EXPECT_EQ(berlin.connection.uri, "ldap://berlin");
  EXPECT_EQ(berlin.connection.bind.method, ldap::BindMethod::simple);
  EXPECT_EQ(berlin.connection.bind.dn, "cn=reader,dc=x");
  EXPECT_EQ(berlin.password_file, "/conf/reader.password");
  EXPECT_EQ(berlin.connection.tls.start_tls, ldap::StartTls::required);
  EXPECT_EQ(berlin.connection.timeouts.operation, 30s);
  EXPECT_TRUE(berlin.has_credentials);
  EXPECT_FALSE(berlin.has_certificate);
}

TEST(Inventory, OwnIdentityReplacesTheDefaultOne) {
  const auto inventory = Inventory::parse(sample, "/conf/inventory.toml");
  const auto& tokyo = *inventory.find("tokyo").at(0);
  EXPECT_EQ(tokyo.connection.bind.method, ldap::BindMethod::sasl);
  EXPECT_EQ(tokyo.connection.bind.dn, "");
  EXPECT_EQ(tokyo.password_file, "");
  EXPECT_EQ(tokyo.connection.tls.start_tls, ldap::StartTls::no);
  EXPECT_EQ(tokyo.connection.tls.check, ldap::CertificateCheck::allow);
  EXPECT_EQ(tokyo.connection.tls.certificate_file, "/etc/t.pem");
  EXPECT_EQ(tokyo.connection.tls.key_file, "/conf/t.key");
  EXPECT_TRUE(tokyo.has_certificate);
  const auto& open = *inventory.find("open").at(0);
  EXPECT_EQ(open.connection.bind.method, ldap::BindMethod::anonymous);
  EXPECT_TRUE(open.has_credentials);
}

TEST(Inventory, ExpandsGroupsOnce) {
  const auto inventory = Inventory::parse(sample, "i.toml");
  std::vector<std::string> names;
  for (const auto* server : inventory.find("all")) names.push_back(server->name);
  EXPECT_THAT(names, ElementsAre("tokyo", "berlin"));
  EXPECT_THAT(inventory.names(), ElementsAre("all", "berlin", "europe", "open", "tokyo"));
}

TEST(Inventory, NamesTheNearestAlias) {
  const auto inventory = Inventory::parse(sample, "i.toml");
  EXPECT_EQ(error_of<UsageError>([&] { inventory.find("berlni"); }),
            "@berlni is not in the inventory i.toml; did you mean berlin?");
}

struct Refused {
  std::string text;
  std::string message;
};

class InventoryRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(InventoryRefuses, NamingThePlace) {
  EXPECT_EQ(error_of<UsageError>([&] { Inventory::parse(GetParam().text, "i.toml"); }), "i.toml:" + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, InventoryRefuses,
    ::testing::Values(
        Refused{"\n[server.a]\n", "2: unknown key 'server'; did you mean servers?"},
        Refused{"[servers.a]\nuri='ldap://a'\nbindd_n='x'\n", "3: unknown key 'bindd_n'; did you mean bind_dn?"},
        Refused{"[servers.a]\nuri='ldap://a'\nzzzzzzzz=1\n", "3: unknown key 'zzzzzzzz'"},
        Refused{"[servers.a]\nuri='ldap://a'\npassword='x'\n",
                "3: a password does not belong here: put it into a file of mode 600 and name it with password_file"},
        Refused{"[defaults]\nuri='ldap://a'\n", "2: 'uri' has no place in [defaults]: each server has its own"},
        Refused{"[servers.a]\ntls_check='never'\n", "1: server 'a' has no uri"},
        Refused{"[servers.a]\nuri='http://a'\n", "2: 'http://a' is not a URI (ldap://, ldaps:// or ldapi://)"},
        Refused{"[servers.a]\nuri=5\n", "2: 'uri' must be a string"},
        Refused{"[servers.a]\nuri='ldap://a'\nstart_tls='maybe'\n", "3: 'maybe' is none of no, try, require"},
        Refused{"[servers.a]\nuri='ldap://a'\ntls_check='nevr'\n",
                "3: 'nevr' is none of demand, allow, never; did you mean never?"},
        Refused{"[servers.a]\nuri='ldap://a'\ntimeout='soon'\n", "3: 'soon' is not a length of time such as \"10s\""},
        Refused{"[servers.a]\nuri='ldap://a'\ntls_ca=''\n", "3: the path is empty"},
        Refused{"[servers.a]\nuri=\"ldap://a\\u0000b\"\n", "2: 'uri' has a NUL in it"},
        Refused{"[servers.a]\nuri='ldap://a'\nbind_dn='cn=x'\n", "1: server 'a' has a bind_dn but no password_file"},
        Refused{"[servers.a]\nuri='ldap://a'\npassword_file='x'\n",
                "1: server 'a' has a password_file but no bind_dn, sasl_mech or authcid"},
        Refused{"[servers.'a b']\nuri='ldap://a'\n", "1: 'a b' cannot name a server: letters, digits, - _ . only"},
        Refused{"servers=1\n", "1: 'servers' must be a table"},
        Refused{"[groups]\ng=1\n", "2: group 'g' must be an array of names"},
        Refused{"[groups]\ng=[1]\n", "2: 'g' must be a string"},
        Refused{"[groups]\n'@'=[]\n", "2: '@' cannot name a group: letters, digits, - _ . only"},
        Refused{"[servers.alpha]\nuri='ldap://a'\n[groups]\ng=['alhpa']\n",
                "4: group 'g' names 'alhpa', which is not there; did you mean alpha?"},
        Refused{"[servers.a]\nuri='ldap://a'\n[groups]\na=[]\n", "4: 'a' is both a server and a group"},
        Refused{"[groups]\na=['b']\nb=['@a']\n", "3: group 'a' contains itself"}));

TEST(Inventory, NamesThePlaceOfMalformedToml) {
  EXPECT_THAT(error_of<UsageError>([] { Inventory::parse("\n[servers\n", "i.toml"); }),
              ::testing::StartsWith("i.toml:2: "));
}

TEST(Inventory, BoundsNestingSizeAndWork) {
  std::string nested = "[groups]\ng0=[]\n";
  for (int i = 1; i <= 20; ++i) nested += "g" + std::to_string(i) + "=['g" + std::to_string(i - 1) + "']\n";
  EXPECT_THAT(error_of<UsageError>([&] { Inventory::parse(nested, "i"); }), HasSubstr("nested more than 16 deep"));
  std::string bomb = "[groups]\ng0=[]\n";
  for (int i = 1; i < 15; ++i) {
    const auto below = "'g" + std::to_string(i - 1) + "'";
    bomb += "g" + std::to_string(i) + "=[" + below + "," + below + "," + below + "]\n";
  }
  EXPECT_THAT(error_of<UsageError>([&] { Inventory::parse(bomb, "i"); }), HasSubstr("over 10000 members"));
  EXPECT_THAT(error_of<UsageError>([] { Inventory::parse(std::string((1 << 20) + 1, '#'), "i"); }), HasSubstr("1 MiB"));
}

TEST(Inventory, IsLookedForWhereItIsSaidToBe) {
  const Folder folder;
  const auto file = folder.write("a.toml", "[servers.a]\nuri='ldap://a'\n");
  const Variable no_variable("REPLKIT_INVENTORY", nullptr);
  const Variable config("XDG_CONFIG_HOME", folder.path().c_str());
  EXPECT_TRUE(Inventory::load("").names().empty());
  EXPECT_THAT(error_of<UsageError>([] { Inventory::load("").find("a"); }),
              HasSubstr("replkit/inventory.toml, which names no servers"));
  EXPECT_THAT(Inventory::load(file).names(), ElementsAre("a"));
  EXPECT_THROW(Inventory::load(file + ".missing"), LocalError);
  {
    const Variable variable("REPLKIT_INVENTORY", file.c_str());
    EXPECT_THAT(Inventory::load("").names(), ElementsAre("a"));
  }
  std::filesystem::create_directory(folder.path() / "replkit");
  folder.write("replkit/inventory.toml", "[servers.b]\nuri='ldap://b'\n");
  EXPECT_THAT(Inventory::load("").names(), ElementsAre("b"));
}

TEST(PasswordFile, LosesOneLineBreak) {
  const Folder folder;
  EXPECT_EQ(read_password(folder.write("a", "secret\n")).reveal(), "secret");
  EXPECT_EQ(read_password(folder.write("b", "secret\r\n")).reveal(), "secret");
  EXPECT_EQ(read_password(folder.write("c", "secret\n\n")).reveal(), "secret\n");
  EXPECT_EQ(read_password(folder.write("d", " se cret ")).reveal(), " se cret ");
}

TEST(PasswordFile, MustBePrivateInAnInventory) {
  const Folder folder;
  const auto file = folder.write("p", "secret");
  EXPECT_EQ(read_private_password(file).reveal(), "secret");
  std::filesystem::permissions(file, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  EXPECT_THAT(error_of<UsageError>([&] { read_private_password(file); }), HasSubstr("run chmod 600 " + file));
}

}  // namespace
}  // namespace replkit::cli
