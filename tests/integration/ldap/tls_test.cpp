// TLS against real slapd: what is trusted, what is not, and what is said about it.
#include <unistd.h>

#include "tests/integration/ldap/fixture.hpp"

namespace replkit::ldap {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const CancelToken cancel;

class Tls : public testing::Test {
 protected:
  Tls() : certificates_(directory_.path()) {}

  void start(const std::optional<support::CertificateFiles>& files) {
    support::SlapdOptions options;
    options.tls = files;
    slapd_.emplace(options);
    slapd_->start();
  }

  ConnectionOptions options(StartTls start_tls) const {
    ConnectionOptions options = anonymous(start_tls == StartTls::no ? slapd_->ldaps_uri() : slapd_->uri());
    options.tls.start_tls = start_tls;
    options.tls.ca_file = certificates_.ca();
    return options;
  }

  // The same certificate must fail over StartTLS, tried or required, and over ldaps.
  void expect_refused(const std::string& reason) {
    for (const StartTls start_tls : {StartTls::tried, StartTls::required, StartTls::no}) {
      const LdapError error = open_error(options(start_tls));
      EXPECT_EQ(error.code(), ResultCode::connect_error);
      EXPECT_EQ(error.status(), ExitStatus::connection);
      EXPECT_THAT(error.what(), HasSubstr(reason));
    }
  }

  support::TempDir directory_;
  support::Certificates certificates_;
  std::optional<support::Slapd> slapd_;
};

TEST_F(Tls, WorksByStartTlsAndLdaps) {
  start(certificates_.good());
  for (const StartTls start_tls : {StartTls::required, StartTls::tried, StartTls::no}) {
    const Connection connection = Connection::open(options(start_tls), cancel);
    EXPECT_TRUE(connection.is_protected());
    EXPECT_THAT(connection.warnings(), IsEmpty());
  }
  EXPECT_FALSE(Connection::open(anonymous(slapd_->uri()), cancel).is_protected());
}

TEST_F(Tls, ProtectedConnectionsStreamManyEntries) {
  support::SlapdOptions made;
  made.tls = certificates_.good();
  slapd_.emplace(made);
  slapd_->load(people(slapd_->suffix(), 5000, 3000));
  slapd_->start();
  ConnectionOptions layered = sasl(slapd_->uri(), "DIGEST-MD5", "replicator");
  layered.bind.security_properties = "minssf=56";
  for (const ConnectionOptions& each : {options(StartTls::required), options(StartTls::no), layered}) {
    Connection connection = Connection::open(each, cancel);
    SearchRequest request;
    request.base = slapd_->suffix();
    std::size_t bytes = 0;
    const SearchOutcome outcome = connection.search(request, [&](const EntryView& entry) {
      entry.walk([](std::string_view) {}, [&](std::string_view value) { bytes += value.size(); });
    });
    EXPECT_TRUE(outcome.complete()) << outcome.diagnostic;
    EXPECT_EQ(outcome.entries, 5001U);
    EXPECT_GT(bytes, 15'000'000U);
  }
}

TEST_F(Tls, WorksUnderTheNameLocalhost) {
  start(certificates_.good());
  ConnectionOptions by_name = options(StartTls::required);
  by_name.uri = fmt::format("ldap://localhost:{}", slapd_->port());
  EXPECT_TRUE(Connection::open(by_name, cancel).is_protected());
}

TEST_F(Tls, UnknownAuthorityIsRefused) {
  start(certificates_.other_ca());
  expect_refused("which is not a trusted CA here");
}

TEST_F(Tls, VerificationIsOnByDefault) {
  start(certificates_.good());
  ConnectionOptions without_ca = options(StartTls::required);
  without_ca.tls.ca_file.clear();
  EXPECT_EQ(open_error(without_ca).code(), ResultCode::connect_error);
}

TEST_F(Tls, ExpiredCertificateIsRefused) {
  start(certificates_.expired());
  expect_refused("certificate expired on 2");
}

TEST_F(Tls, WrongNameIsRefused) {
  start(certificates_.wrong_name());
  expect_refused("is for wrong.example.org, not for 127.0.0.1");
}

TEST_F(Tls, TheCheckCanBeSwitchedOff) {
  start(certificates_.expired());
  for (const CertificateCheck check : {CertificateCheck::never, CertificateCheck::allow}) {
    ConnectionOptions lax = options(StartTls::required);
    lax.tls.check = check;
    EXPECT_TRUE(Connection::open(lax, cancel).is_protected());
  }
}

TEST_F(Tls, TwoConnectionsCanTrustDifferentAuthorities) {
  start(certificates_.good());
  support::TempDir elsewhere;
  const support::Certificates others(elsewhere.path());
  ConnectionOptions stranger = options(StartTls::required);
  stranger.tls.ca_file = others.ca();
  const Connection first = Connection::open(options(StartTls::required), cancel);
  EXPECT_EQ(open_error(stranger).code(), ResultCode::connect_error);
  const Connection second = Connection::open(options(StartTls::required), cancel);
  EXPECT_TRUE(first.is_protected() && second.is_protected());
}

TEST_F(Tls, RefusedStartTlsIsAWarningWhenTriedAndAnErrorWhenRequired) {
  start(std::nullopt);
  const Connection connection = Connection::open(options(StartTls::tried), cancel);
  EXPECT_FALSE(connection.is_protected());
  ASSERT_THAT(connection.warnings(), SizeIs(1));
  EXPECT_THAT(connection.warnings().front(), HasSubstr("StartTLS refused"));
  EXPECT_THAT(open_error(options(StartTls::required)).what(), HasSubstr("StartTLS refused"));
}

TEST_F(Tls, AMissingFileIsNamed) {
  start(certificates_.good());
  ConnectionOptions missing = options(StartTls::required);
  missing.tls.ca_file = "/nonexistent/ca.pem";
  try {
    Connection::open(missing, cancel);
    FAIL() << "opened";
  } catch (const LocalError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nonexistent/ca.pem"));
  }
}

TEST_F(Tls, ADemandedClientCertificateIsHintedAt) {
  start(certificates_.good());
  slapd_->modify_config("dn: cn=config\nchangetype: modify\nreplace: olcTLSVerifyClient\nolcTLSVerifyClient: demand\n");
  slapd_->restart();
  const LdapError error = open_error(options(StartTls::required));
  EXPECT_EQ(error.status(), ExitStatus::connection);
  EXPECT_THAT(error.what(), HasSubstr("client certificate"));
}

}  // namespace
}  // namespace replkit::ldap
