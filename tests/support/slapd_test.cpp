#include "tests/support/slapd.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace replkit::support {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view sample =
    "dn: dc=example,dc=com\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n"
    "entryUUID: 00000000-0000-4000-8000-000000000001\nentryCSN: 20260101000000.000001Z#000000#001#000000\n\n";

TEST(Slapd, KeepsDataAndPortOverStopAndKill) {
  Slapd slapd;
  slapd.load(sample);
  slapd.start();
  const std::string uri = slapd.uri();
  slapd.modify("dn: ou=a,dc=example,dc=com\nchangetype: add\nobjectClass: organizationalUnit\n");
  slapd.kill9();
  slapd.start();
  EXPECT_EQ(slapd.uri(), uri);
  EXPECT_TRUE(slapd.root_client().read("ou=a,dc=example,dc=com"));
  slapd.restart();
  EXPECT_TRUE(slapd.running());
  EXPECT_THAT(slapd.dump(), HasSubstr("entryUUID: 00000000-0000-4000-8000-000000000001"));
  EXPECT_THAT(slapd.dump(), HasSubstr("contextCSN: "));
  slapd.stop();
  slapd.clear();
  slapd.load("");
  EXPECT_THAT(slapd.dump(), Not(HasSubstr("dn:")));
}

TEST(Slapd, GivesEveryIdentityItsRights) {
  TempDir directory;
  Certificates certificates(directory.path());
  SlapdOptions options;
  options.tls = certificates.good();
  Slapd slapd(options);
  slapd.load(sample);
  slapd.start();
  const auto can_read = [&](std::string_view dn, const std::string& base) {
    return Client(slapd.uri(), std::string(dn), std::string(password)).read(base).has_value();
  };
  EXPECT_TRUE(can_read(reader_dn, slapd.suffix()));
  EXPECT_TRUE(can_read(monitor_dn, "cn=config"));
  EXPECT_TRUE(can_read(monitor_dn, "cn=Monitor"));
  EXPECT_FALSE(can_read(reader_dn, "cn=config"));
  EXPECT_TRUE(slapd.config_client().read("cn=config"));

  const auto who = [&](std::vector<std::string> arguments, std::vector<std::string> environment) {
    arguments.insert(arguments.begin(), "ldapwhoami");
    environment.push_back("LDAPTLS_CACERT=" + certificates.ca().string());
    return run_checked(arguments, {.environment = environment});
  };
  const std::string reader = "dn:uid=reader,cn=service\n";
  EXPECT_EQ(who({"-ZZ", "-x", "-H", slapd.uri(), "-D", "uid=reader,cn=service", "-w", "secret"}, {}), reader);
  EXPECT_EQ(who({"-Q", "-Y", "SCRAM-SHA-256", "-H", slapd.uri(), "-U", "reader", "-w", "secret"}, {}), reader);
  EXPECT_EQ(who({"-Q", "-Y", "DIGEST-MD5", "-H", slapd.uri(), "-U", "reader", "-w", "secret"}, {}), reader);
  const CertificateFiles client = certificates.client("reader");
  EXPECT_EQ(who({"-Q", "-Y", "EXTERNAL", "-H", slapd.ldaps_uri()},
                {"LDAPTLS_CERT=" + client.certificate.string(), "LDAPTLS_KEY=" + client.key.string()}),
            reader);
}

TEST(Certificates, EachFailsInItsWay) {
  TempDir directory;
  Certificates certificates(directory.path());
  const auto status = [&](const CertificateFiles& files) {
    SlapdOptions options;
    options.tls = files;
    Slapd slapd(options);
    slapd.start();
    return run({"ldapwhoami", "-x", "-d1", "-H", slapd.ldaps_uri()},
               {.environment = {"LDAPTLS_CACERT=" + certificates.ca().string()}});
  };
  // What GnuTLS says: 0x2 is "invalid", 0x400 "expired", 0x40 "signer not found".
  EXPECT_EQ(status(certificates.good()).status, 0);
  EXPECT_THAT(status(certificates.expired()).err, HasSubstr("(0x402)"));
  EXPECT_THAT(status(certificates.wrong_name()).err, HasSubstr("hostname (127.0.0.1) does not match"));
  EXPECT_THAT(status(certificates.other_ca()).err, HasSubstr("(0x42)"));
}

TEST(Slapd, TakesOwnAccessRulesAndLimits) {
  SlapdOptions options;
  options.access = {"to attrs=o by * none", "to * by * read"};
  options.size_limit = "1";
  Slapd slapd(options);
  slapd.load(std::string(sample) + "dn: ou=a,dc=example,dc=com\nobjectClass: organizationalUnit\nou: a\n\n");
  slapd.start();
  Client anonymous(slapd.uri());
  EXPECT_FALSE(anonymous.read(slapd.suffix())->attributes.contains("o"));
  EXPECT_THROW(anonymous.search(slapd.suffix(), 2), std::runtime_error);
  EXPECT_EQ(slapd.root_client().search(slapd.suffix(), 2).size(), 2u);
}

TEST(Slapd, SaysWhyItDoesNotStart) {
  SlapdOptions options;
  options.tls = CertificateFiles{"/nowhere/ca.pem", "/nowhere/cert.pem", "/nowhere/key.pem"};
  EXPECT_THROW(Slapd{options}.start(), std::exception);
}

}  // namespace
}  // namespace replkit::support
