// TLS on a port of its own and by StartTLS (RFC 4511 4.14, RFC 4513 3).
#include <gmock/gmock.h>

#include "common/base/error.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/refserver/session/fixture.hpp"

namespace replkit::refserver::session {
namespace {

using namespace testing_;
using protocol::ResultCode;
using support::CertificateFiles;
using ::testing::HasSubstr;

constexpr int operations_error = 1;
constexpr int protocol_error = 2;

class TlsTest : public ServerTest {
 protected:
  TlsTest() : certificates_(directory_.path()) {
    options_.limits.linger = milliseconds(200);
    const auto files = certificates_.good();
    options_.tls.certificate = directory_ / "live.pem";
    options_.tls.key = directory_ / "live.key";
    install(files);
    options_.listeners = {"ldaps://127.0.0.1:0", "ldap://127.0.0.1:0"};
    client_.ca = certificates_.ca();
  }

  void install(const CertificateFiles& files) const {
    std::filesystem::copy_file(files.certificate, options_.tls.certificate,
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(files.key, options_.tls.key, std::filesystem::copy_options::overwrite_existing);
  }

  TlsClient client_with(const CertificateFiles& files) const {
    auto client = client_;
    client.certificate = files.certificate;
    client.key = files.key;
    return client;
  }

  static std::string security_of(WireClient& client) { return client.result(client.extended("1.2.3")).value.value(); }

  testing::AssertionResult serves_tls() const {
    auto client = connect();
    if (!client.begin_tls(client_)) return testing::AssertionFailure() << "no handshake";
    const int code = client.code(client.search("entries=3"));
    return code == 0 ? testing::AssertionSuccess() : testing::AssertionFailure() << code;
  }

  WireClient plain() const { return WireClient(uri(1)); }

  support::TempDir directory_;
  support::Certificates certificates_;
  TlsClient client_;
};

TEST_F(TlsTest, ServesOnAPortOfItsOwn) {
  start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto client = connect();
    client_.most_version = version;
    ASSERT_TRUE(client.begin_tls(client_));
    EXPECT_THAT(security_of(client), HasSubstr("tls=true local=false loopback=true strength=256 subject= "));
    EXPECT_EQ(client.code(client.search("big=5000")), 0);
  }
}

TEST_F(TlsTest, RefusesOldVersions) {
  start();
  auto client = connect();
  client_.most_version = TLS1_1_VERSION;
  EXPECT_FALSE(client.begin_tls(client_));
  EXPECT_TRUE(eventually([&] { return observer_.has("disconnected: TLS: "); }));
}

TEST_F(TlsTest, StartsInPlace) {
  start();
  auto client = plain();
  EXPECT_THAT(security_of(client), HasSubstr("tls=false"));
  ASSERT_EQ(client.code(client.bind("cn=admin", "secret")), 0);
  const auto answer = client.result(client.extended(protocol::oid::start_tls));
  EXPECT_EQ(answer.result.code, ResultCode::success);
  EXPECT_EQ(answer.name, protocol::oid::start_tls);
  ASSERT_TRUE(client.begin_tls(client_));
  EXPECT_THAT(security_of(client), HasSubstr("tls=true"));
  EXPECT_EQ(client.result(client.extended(protocol::oid::who_am_i)).value, "dn:cn=admin");
  EXPECT_EQ(client.code(client.extended(protocol::oid::start_tls)), operations_error);
  EXPECT_EQ(client.code(client.search("entries=3")), 0);
}

TEST_F(TlsTest, RefusesToStartOutOfOrder) {
  start();
  auto client = plain();
  EXPECT_EQ(client.code(client.extended(protocol::oid::start_tls, "value")), protocol_error);
  EXPECT_EQ(client.code(client.send(protocol::ExtendedRequest{std::string(protocol::oid::start_tls), {}},
                                    {{"1.2.3.4", true, std::nullopt}})),
            12);
  EXPECT_EQ(client.code(client.bind_sasl("TWO-STEP")), 14);
  EXPECT_EQ(client.code(client.extended(protocol::oid::start_tls)), operations_error);
  EXPECT_EQ(client.code(client.bind_sasl("TWO-STEP", "right")), 0);
  const auto hanging = client.search("hang");
  EXPECT_EQ(client.code(client.extended(protocol::oid::start_tls)), operations_error);
  service_.release();
  EXPECT_EQ(client.code(hanging), 0);
  EXPECT_EQ(client.code(client.extended(protocol::oid::start_tls)), 0);
  EXPECT_TRUE(client.begin_tls(client_));
}

// draft-zeilenga-ldap-grouping: a group of operations keeps StartTLS out, and a bind ends it.
TEST_F(TlsTest, DoesNotStartWithinAGroup) {
  start();
  auto client = plain();
  service_.grouped = true;
  EXPECT_EQ(client.code(client.extended(protocol::oid::start_tls)), operations_error);
  EXPECT_EQ(service_.rebound, 0);
  EXPECT_EQ(client.code(client.bind("cn=admin", "secret")), 0);
  EXPECT_EQ(service_.rebound, 1);
  EXPECT_EQ(client.code(client.bind("cn=admin", "wrong")), 49);
  EXPECT_EQ(service_.rebound, 2) << "whatever comes of it";
  EXPECT_EQ(client.code(client.extended(protocol::oid::start_tls)), 0);
}

TEST_F(TlsTest, KnowsNoStartTlsWithoutACertificate) {
  options_.tls = {};
  options_.listeners = {"ldap://127.0.0.1:0"};
  start();
  auto client = connect();
  EXPECT_EQ(client.code(client.extended(protocol::oid::start_tls)), protocol_error);
  EXPECT_EQ(client.code(client.search("x")), 0);
}

TEST_F(TlsTest, TakesNothingThatWasInjectedBehindStartTls) {
  start();
  auto client = plain();
  std::string both =
      protocol::encode_request({1, protocol::ExtendedRequest{std::string(protocol::oid::start_tls), {}}, {}});
  both += protocol::encode_request({2, protocol::DeleteRequest{"cn=injected"}, {}});
  client.send_bytes(both);
  expect_disconnection(client, ResultCode::protocol_error);
  EXPECT_EQ(service_.started, 0);
}

TEST_F(TlsTest, TakesNoPlaintextAfterStartTls) {
  start();
  auto client = plain();
  EXPECT_EQ(client.code(client.extended(protocol::oid::start_tls)), 0);
  client.send(protocol::DeleteRequest{"cn=injected"});
  EXPECT_TRUE(eventually([&] { return observer_.has("disconnected: TLS: "); }));
  EXPECT_EQ(service_.started, 0);
}

// --- Client certificates ---

TEST_F(TlsTest, TellsTheSubjectOfAClientCertificate) {
  options_.tls.client_ca = certificates_.ca();
  start();
  auto with = connect();
  ASSERT_TRUE(with.begin_tls(client_with(certificates_.client("reader"))));
  EXPECT_THAT(security_of(with), HasSubstr("subject=CN=reader,O=replkit clients uid"));
  EXPECT_EQ(with.code(with.bind_sasl("EXTERNAL")), 0);
  EXPECT_EQ(with.result(with.extended(protocol::oid::who_am_i)).value, "dn:CN=reader,O=replkit clients");
  auto without = connect();
  ASSERT_TRUE(without.begin_tls(client_));
  EXPECT_THAT(security_of(without), HasSubstr("subject= uid"));
  EXPECT_EQ(without.code(without.bind_sasl("EXTERNAL")), 48);
  // By StartTLS it is the same.
  auto started = plain();
  EXPECT_EQ(started.code(started.extended(protocol::oid::start_tls)), 0);
  ASSERT_TRUE(started.begin_tls(client_with(certificates_.client("reader"))));
  EXPECT_THAT(security_of(started), HasSubstr("subject=CN=reader,O=replkit clients uid"));
}

TEST_F(TlsTest, RefusesAClientCertificateThatDoesNotVerify) {
  options_.tls.client_ca = certificates_.ca();
  start();
  for (const auto& files : {certificates_.other_ca(), certificates_.expired()}) {
    auto client = connect();
    // With TLS 1.3 the client is done before the server has looked at its certificate.
    if (client.begin_tls(client_with(files))) {
      client.search("x");
      EXPECT_FALSE(client.receive());
    }
  }
  EXPECT_EQ(service_.started, 0);
  EXPECT_TRUE(serves_tls());
}

TEST_F(TlsTest, CanRequireAClientCertificate) {
  options_.tls.client_ca = certificates_.ca();
  options_.tls.client_certificates = ClientCertificates::required;
  start();
  auto without = connect();
  if (without.begin_tls(client_)) {
    EXPECT_FALSE(without.receive());
  }
  auto with = connect();
  ASSERT_TRUE(with.begin_tls(client_with(certificates_.client("reader"))));
  EXPECT_EQ(with.code(with.search("x")), 0);
}

// --- Files ---

TEST_F(TlsTest, GivesNewConnectionsTheNewCertificate) {
  start();
  const auto serial = [&] {
    auto client = connect();
    EXPECT_TRUE(client.begin_tls(client_));
    return client.server_serial();
  };
  auto old = connect();
  ASSERT_TRUE(old.begin_tls(client_));
  const auto before = serial();
  EXPECT_EQ(serial(), before);
  install(certificates_.good());
  server_->reload_tls();
  EXPECT_NE(serial(), before);
  EXPECT_EQ(old.code(old.search("x")), 0);
  // Files that do not fit each other change nothing.
  const auto good = serial();
  std::filesystem::copy_file(certificates_.good().key, options_.tls.key,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THROW(server_->reload_tls(), LocalError);
  std::filesystem::remove(options_.tls.certificate);
  EXPECT_THROW(server_->reload_tls(), LocalError);
  EXPECT_EQ(serial(), good);
}

TEST_F(TlsTest, DoesNotStartWithBadFiles) {
  const auto message = [&] {
    try {
      Server server(options_, service_, binder_, observer_);
      server.start();
      return std::string("started");
    } catch (const LocalError& error) {
      return std::string(error.what());
    }
  };
  const auto good = options_.tls;
  options_.tls.key = directory_ / "missing";
  EXPECT_THAT(message(), HasSubstr("missing: cannot use it as our private key"));
  options_.tls = good;
  support::write_file(directory_ / "garbage", "garbage");
  options_.tls.certificate = directory_ / "garbage";
  EXPECT_THAT(message(), HasSubstr("garbage: cannot use it as our certificate"));
  options_.tls = good;
  options_.tls.client_ca = directory_ / "garbage";
  EXPECT_THAT(message(), HasSubstr("garbage: cannot use it as the authority"));
}

// --- Ends ---

TEST_F(TlsTest, EndsAHandshakeThatTakesTooLong) {
  options_.limits.handshake = milliseconds(50);
  start();
  auto silent = connect();
  EXPECT_FALSE(silent.receive());
  auto slow = plain();
  EXPECT_EQ(slow.code(slow.extended(protocol::oid::start_tls)), 0);
  slow.send_bytes("\x16\x03");
  EXPECT_FALSE(slow.receive());
  EXPECT_TRUE(observer_.has("disconnected: TLS handshake took too long"));
}

TEST_F(TlsTest, StopsInMidHandshake) {
  start();
  auto silent = connect();
  auto started = plain();
  EXPECT_EQ(started.code(started.extended(protocol::oid::start_tls)), 0);
  ASSERT_TRUE(eventually([&] { return server_->statistics().connections == 2; }));
  server_->stop(std::chrono::seconds(30));
  EXPECT_FALSE(silent.receive());
  EXPECT_FALSE(started.receive());
}

TEST_F(TlsTest, SurvivesEveryEarlyEnd) {
  start();
  const auto before = observer_.disconnections.load();
  { auto client = connect(); }                            // nothing
  { connect().reset(); }                                  // RST
  { connect().send_bytes("\x16\x03\x01\x02"); }           // half a record
  { connect().send_bytes("0\x05\x02\x01\x01\x42\x00"); }  // LDAP
  { connect().send_bytes(std::string(100000, '\x16')); }  // garbage
  {
    auto client = connect();
    ASSERT_TRUE(client.begin_tls(client_));
    SSL_shutdown(client.ssl());  // a closure alert
    EXPECT_FALSE(client.receive());
  }
  {
    auto client = connect();
    ASSERT_TRUE(client.begin_tls(client_));
    client.search("big=100000");
    client.reset();
  }
  {
    auto client = connect();
    ASSERT_TRUE(client.begin_tls(client_));
    client.search("hang");
    client.end_writing();  // without a closure alert: cut
  }
  EXPECT_TRUE(eventually([&] { return observer_.disconnections == before + 8; }));
  EXPECT_TRUE(serves_tls());
}

TEST_F(TlsTest, AnswersAfterAClosureAlert) {
  start();
  auto client = connect();
  ASSERT_TRUE(client.begin_tls(client_));
  const auto id = client.search("hang");
  ASSERT_TRUE(eventually([&] { return service_.started == 1; }));
  SSL_shutdown(client.ssl());
  service_.release();
  EXPECT_EQ(client.code(id), 0);
  EXPECT_FALSE(client.receive());
}

TEST_F(TlsTest, DoesNotRenegotiate) {
  start();
  auto client = connect();
  client_.most_version = TLS1_2_VERSION;
  ASSERT_TRUE(client.begin_tls(client_));
  EXPECT_EQ(client.code(client.search("x")), 0);
  EXPECT_EQ(SSL_renegotiate(client.ssl()), 1);
  EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
  EXPECT_TRUE(serves_tls());
}

TEST_F(TlsTest, SendsItsLastWordsThroughTls) {
  start();
  auto client = connect();
  ASSERT_TRUE(client.begin_tls(client_));
  client.send_bytes("garbage");
  expect_disconnection(client, ResultCode::protocol_error);
}

TEST_F(TlsTest, ServesOthersWhileOneDoesNotRead) {
  start();
  WireClient stalled(uri(), 4096);
  ASSERT_TRUE(stalled.begin_tls(client_));
  stalled.search("big=100000");
  ASSERT_TRUE(eventually([&] { return server_->statistics().bytes_sent > 0; }));
  EXPECT_TRUE(serves_tls());
  EXPECT_EQ(server_->statistics().operations, 1U);
}

}  // namespace
}  // namespace replkit::refserver::session
