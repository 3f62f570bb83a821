// Who we are on real slapd: simple and SASL.
#include "tests/integration/ldap/fixture.hpp"

namespace replkit::ldap {
namespace {

using testing::HasSubstr;
using testing::Not;

const CancelToken cancel;

class Bind : public testing::Test {
 protected:
  static support::SlapdOptions with_tls(support::Certificates& certificates) {
    support::SlapdOptions options;
    options.tls = certificates.good();
    return options;
  }

  Bind() : certificates_(directory_.path()), slapd_(with_tls(certificates_)) {
    slapd_.load(people(slapd_.suffix(), 1));
    slapd_.start();
  }

  ConnectionOptions trusting(ConnectionOptions options, StartTls start_tls = StartTls::required) const {
    options.tls.ca_file = certificates_.ca();
    options.tls.start_tls = start_tls;
    return options;
  }

  std::string identity(const ConnectionOptions& options) const {
    return Connection::open(options, cancel).who_am_i().value_or("unknown");
  }

  support::TempDir directory_;
  support::Certificates certificates_;
  support::Slapd slapd_;
};

TEST_F(Bind, Anonymous) {
  EXPECT_EQ(identity(anonymous(slapd_.uri())), "");
}

TEST_F(Bind, Simple) {
  EXPECT_EQ(identity(simple(slapd_.uri(), slapd_.root_dn())), "dn:" + slapd_.root_dn());
}

TEST_F(Bind, WrongPasswordIsToldWithoutThePassword) {
  const LdapError error = open_error(simple(slapd_.uri(), slapd_.root_dn(), "not-the-password"));
  EXPECT_EQ(error.code(), ResultCode::invalid_credentials);
  EXPECT_EQ(error.status(), ExitStatus::authentication);
  EXPECT_THAT(error.what(), HasSubstr(slapd_.uri()));
  EXPECT_THAT(error.what(), HasSubstr(slapd_.root_dn()));
  EXPECT_THAT(error.what(), Not(HasSubstr("not-the-password")));
}

TEST_F(Bind, ConfidentialityRequiredHintsAtTls) {
  slapd_.modify_config("dn: cn=config\nchangetype: modify\nadd: olcSecurity\nolcSecurity: simple_bind=64\n");
  const LdapError error = open_error(simple(slapd_.uri(), slapd_.root_dn()));
  EXPECT_EQ(error.code(), ResultCode::confidentiality_required);
  EXPECT_THAT(error.what(), HasSubstr("-ZZ"));
  EXPECT_EQ(identity(trusting(simple(slapd_.uri(), slapd_.root_dn()))), "dn:" + slapd_.root_dn());
}

TEST_F(Bind, ExternalOverLdapi) {
  const Connection connection = Connection::open(sasl(slapd_.ldapi_uri(), "EXTERNAL"), cancel);
  EXPECT_TRUE(connection.is_protected());
  EXPECT_THAT(identity(sasl(slapd_.ldapi_uri(), "EXTERNAL")), HasSubstr("cn=peercred,cn=external,cn=auth"));
}

TEST_F(Bind, ExternalWithAClientCertificate) {
  const auto client = certificates_.client("reader");
  ConnectionOptions options = trusting(sasl(slapd_.uri(), "EXTERNAL"));
  options.tls.certificate_file = client.certificate;
  options.tls.key_file = client.key;
  EXPECT_EQ(identity(options), "dn:" + std::string(support::reader_dn));
  options.uri = slapd_.ldaps_uri();
  options.tls.start_tls = StartTls::no;
  EXPECT_EQ(identity(options), "dn:" + std::string(support::reader_dn));
}

TEST_F(Bind, ExternalWithoutACertificateSaysWhatIsMissing) {
  const LdapError error = open_error(trusting(sasl(slapd_.uri(), "EXTERNAL")));
  EXPECT_EQ(error.status(), ExitStatus::authentication);
  EXPECT_THAT(error.what(), HasSubstr("client certificate"));
}

TEST_F(Bind, ExternalWithAnExpiredCertificateSaysSo) {
  const auto client = certificates_.expired_client("reader");
  ConnectionOptions options = trusting(sasl(slapd_.uri(), "EXTERNAL"));
  options.tls.certificate_file = client.certificate;
  options.tls.key_file = client.key;
  for (const char* verify : {"try", "demand"}) {
    slapd_.modify_config(fmt::format(
        "dn: cn=config\nchangetype: modify\nreplace: olcTLSVerifyClient\nolcTLSVerifyClient: {}\n", verify));
    slapd_.restart();
    EXPECT_THAT(open_error(options).what(), HasSubstr("our certificate " + client.certificate.string() + " expired on"))
        << verify;
  }
}

TEST_F(Bind, ExternalWithACertificateOfAnotherAuthoritySaysWhatItIs) {
  const auto client = certificates_.other_ca();
  ConnectionOptions options = trusting(sasl(slapd_.uri(), "EXTERNAL"));
  options.tls.certificate_file = client.certificate;
  options.tls.key_file = client.key;
  slapd_.modify_config("dn: cn=config\nchangetype: modify\nreplace: olcTLSVerifyClient\nolcTLSVerifyClient: demand\n");
  slapd_.restart();
  EXPECT_THAT(open_error(options).what(), HasSubstr("may not accept our certificate"));
  EXPECT_THAT(open_error(options).what(), HasSubstr("another authority"));
}

TEST_F(Bind, ScramAndDigest) {
  for (const char* mechanism : {"SCRAM-SHA-256", "DIGEST-MD5"}) {
    EXPECT_EQ(identity(sasl(slapd_.uri(), mechanism, "reader")), "dn:" + std::string(support::reader_dn)) << mechanism;
    EXPECT_EQ(open_error(sasl(slapd_.uri(), mechanism, "reader", "wrong")).code(), ResultCode::invalid_credentials)
        << mechanism;
  }
}

TEST_F(Bind, SearchWorksThroughASaslSecurityLayer) {
  ConnectionOptions options = sasl(slapd_.uri(), "DIGEST-MD5", "replicator");
  options.bind.security_properties = "minssf=56";
  Connection connection = Connection::open(options, cancel);
  EXPECT_TRUE(connection.read("uid=u0," + slapd_.suffix(), {}).has_value());
}

TEST_F(Bind, SaslWithoutAMechanismLetsCyrusChoose) {
  // Without a Kerberos ticket, as here, the Kerberos mechanisms are passed over.
  EXPECT_EQ(identity(sasl(slapd_.ldapi_uri(), "", "reader")), "dn:" + std::string(support::reader_dn));
  EXPECT_EQ(identity(sasl(slapd_.uri(), "", "reader")), "dn:" + std::string(support::reader_dn));
  EXPECT_EQ(identity(trusting(sasl(slapd_.uri(), "", "reader"))), "dn:" + std::string(support::reader_dn));
}

TEST_F(Bind, PlainInClearIsNotSent) {
  const LdapError error = open_error(sasl(slapd_.uri(), "PLAIN", "reader"));
  EXPECT_EQ(error.code(), ResultCode::confidentiality_required);
  EXPECT_THAT(error.what(), HasSubstr("was not sent"));
}

TEST_F(Bind, KerberosWithoutATicketIsToldAsSuch) {
  const LdapError error = open_error(sasl(slapd_.uri(), "GSSAPI"));
  EXPECT_EQ(error.status(), ExitStatus::authentication);
  EXPECT_THAT(error.what(), HasSubstr("No Kerberos credentials"));
}

TEST_F(Bind, AMechanismThatIsNotInstalledListsWhatIs) {
  const LdapError error = open_error(sasl(slapd_.uri(), "KERBEROS_V9", "reader"));
  EXPECT_EQ(error.status(), ExitStatus::authentication);
  EXPECT_THAT(error.what(), HasSubstr("no Cyrus SASL module for KERBEROS_V9 is installed"));
  EXPECT_THAT(error.what(), HasSubstr("SCRAM-SHA-256"));
}

TEST_F(Bind, AMechanismThatTheServerLacksListsWhatItOffers) {
  slapd_.modify_config(
      "dn: cn=config\nchangetype: modify\nadd: olcSaslSecProps\nolcSaslSecProps: noactive,noanonymous,noplain\n");
  slapd_.restart();
  const LdapError error = open_error(sasl(slapd_.uri(), "DIGEST-MD5", "reader"));
  EXPECT_THAT(error.what(), HasSubstr("the server does not offer DIGEST-MD5"));
}

TEST_F(Bind, AMechanismWithoutItsPasswordIsAUsageError) {
  EXPECT_THROW(Connection::open(sasl(slapd_.uri(), "SCRAM-SHA-256", "reader", ""), cancel), UsageError);
  EXPECT_THROW(Connection::open(sasl(slapd_.uri(), "SCRAM-SHA-256", ""), cancel), UsageError);
}

TEST_F(Bind, MalformedSecurityPropertiesAreAUsageError) {
  ConnectionOptions options = sasl(slapd_.uri(), "SCRAM-SHA-256", "reader");
  options.bind.security_properties = "nonsense";
  EXPECT_THROW(Connection::open(options, cancel), UsageError);
}

}  // namespace
}  // namespace replkit::ldap
