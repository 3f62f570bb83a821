// Binds (RFC 4511 4.2, RFC 4513): whose identity a connection has, and when.
#include <unistd.h>

#include "tests/unit/refserver/session/fixture.hpp"

namespace replkit::refserver::session {
namespace {

using namespace testing_;
using protocol::ResultCode;

class BindTest : public ServerTest {
 protected:
  BindTest() { options_.limits.bind_delay = milliseconds(1); }

  static std::string who(WireClient& client) {
    return client.result(client.extended(protocol::oid::who_am_i)).value.value();
  }
};

constexpr int invalid_credentials = 49;
constexpr int sasl_bind_in_progress = 14;
constexpr int auth_method_not_supported = 7;

TEST_F(BindTest, GivesTheIdentityOfTheLastSuccessfulBind) {
  start();
  auto client = connect();
  EXPECT_EQ(who(client), "dn:");
  EXPECT_EQ(client.code(client.bind("cn=admin", "secret")), 0);
  EXPECT_EQ(who(client), "dn:cn=admin");
  EXPECT_EQ(client.code(client.bind("cn=other", "secret")), 0);
  EXPECT_EQ(who(client), "dn:cn=other");
  EXPECT_EQ(client.code(client.bind("", "")), 0);
  EXPECT_EQ(who(client), "dn:");
  EXPECT_TRUE(observer_.has("finished 2 code=0 entries=0 as \"cn=admin\""));
  for (const auto& line : observer_.lines()) EXPECT_EQ(line.find("secret"), line.npos) << line;
}

TEST_F(BindTest, LeavesTheConnectionAnonymousAfterAFailure) {
  start();
  auto client = connect();
  const auto expect_failure = [&](protocol::BindRequest request, int code,
                                  std::vector<protocol::Control> controls = {}) {
    ASSERT_EQ(client.code(client.bind("cn=admin", "secret")), 0);
    const auto id = client.send(std::move(request), std::move(controls));
    EXPECT_EQ(client.code(id), code);
    EXPECT_EQ(who(client), "dn:");
  };
  expect_failure({3, "cn=admin", Secret("wrong")}, invalid_credentials);
  expect_failure({2, "cn=admin", Secret("secret")}, 2);
  expect_failure({3, "cn=throw", Secret("secret")}, 80);
  expect_failure({3, {}, protocol::SaslCredentials{"", std::nullopt}}, auth_method_not_supported);
  expect_failure({3, {}, protocol::SaslCredentials{"UNKNOWN", std::nullopt}}, auth_method_not_supported);
  expect_failure({3, "cn=admin\xFF", Secret("secret")}, 34);
  expect_failure({3, "cn=admin", Secret("secret")}, 12, {{"1.2.3.4", true, std::nullopt}});
  EXPECT_EQ(client.code(client.send(protocol::BindRequest{3, "cn=admin", Secret("secret")},
                                    {{"1.2.3.4", false, std::nullopt}, {"1.2.3.4", false, std::nullopt}})),
            0);
}

TEST_F(BindTest, TakesSeveralStepsOfSasl) {
  start();
  auto client = connect();
  const auto first = client.result(client.bind_sasl("TWO-STEP"));
  EXPECT_EQ(static_cast<int>(first.result.code), sasl_bind_in_progress);
  EXPECT_EQ(first.server_credentials, "challenge");
  EXPECT_EQ(client.code(client.bind_sasl("TWO-STEP", "right")), 0);
  EXPECT_EQ(who(client), "dn:cn=sasl");
  // A new one begins anew, and the old identity is gone from its first step on.
  EXPECT_EQ(client.code(client.bind_sasl("TWO-STEP", "right")), sasl_bind_in_progress);
  EXPECT_EQ(client.code(client.bind_sasl("TWO-STEP", "wrong")), invalid_credentials);
  EXPECT_EQ(who(client), "dn:");
}

TEST_F(BindTest, EndsASaslBindWhenAnythingElseComesBetween) {
  start();
  auto client = connect();
  const auto expect_aborted = [&] {
    EXPECT_EQ(client.code(client.bind_sasl("TWO-STEP", "right")), sasl_bind_in_progress) << "went on with the old one";
    EXPECT_EQ(client.code(client.bind_sasl("TWO-STEP", "right")), 0);
    EXPECT_EQ(client.code(client.bind_sasl("TWO-STEP")), sasl_bind_in_progress);
  };
  EXPECT_EQ(client.code(client.bind_sasl("TWO-STEP")), sasl_bind_in_progress);
  EXPECT_EQ(who(client), "dn:");  // another request
  expect_aborted();
  EXPECT_EQ(client.code(client.bind_sasl("", "")), auth_method_not_supported);
  expect_aborted();
  EXPECT_EQ(client.code(client.bind_sasl("UNKNOWN")), auth_method_not_supported);
  expect_aborted();
  EXPECT_EQ(client.code(client.bind("cn=admin", "secret")), 0);
  expect_aborted();
  EXPECT_EQ(client.code(client.send(protocol::BindRequest{2, "", Secret("")})), 2);
  expect_aborted();
  EXPECT_EQ(client.code(client.bind("cn=\xFF", "secret")), 34);
  expect_aborted();
}

TEST_F(BindTest, KnowsThePeerOfALocalSocket) {
  options_.listeners = {"ldapi://%2Ftmp%2Freplkit-bind-" + std::to_string(::getpid())};
  start();
  auto client = connect();
  EXPECT_EQ(client.code(client.bind_sasl("EXTERNAL", "")), 0);
  EXPECT_EQ(who(client), "dn:cn=peer+uid=" + std::to_string(::getuid()));
}

TEST_F(BindTest, HasNoConnectionWaitForAnothersBind) {
  options_.bind_threads = 1;
  options_.limits.bind_queue = 1;
  start();
  auto slow = connect();
  slow.bind("cn=slow", "secret");
  ASSERT_TRUE(eventually([&] { return binder_.waiting == 1; }));
  EXPECT_TRUE(serves());
  auto second = connect();
  EXPECT_EQ(second.code(second.bind("cn=admin", "secret")), 51);
  binder_.release();
  EXPECT_EQ(slow.code(slow.last_id()), 0);
  EXPECT_EQ(second.code(second.bind("cn=admin", "secret")), 0);
}

TEST_F(BindTest, IsDoneBeforeTheNextRequestIsLookedAt) {
  start();
  auto client = connect();
  std::string both;
  both += protocol::encode_request({1, protocol::BindRequest{3, "cn=slow", Secret("secret")}, {}});
  both += protocol::encode_request({2, protocol::ExtendedRequest{std::string(protocol::oid::who_am_i), {}}, {}});
  client.send_bytes(both);
  ASSERT_TRUE(eventually([&] { return binder_.waiting == 1; }));
  EXPECT_EQ(service_.started, 0);
  binder_.release();
  EXPECT_EQ(client.code(1), 0);
  EXPECT_EQ(client.result(2).value, "dn:cn=slow");
}

TEST_F(BindTest, WaitsForOutstandingOperationsOrAbandonsThem) {
  options_.limits.before_bind = milliseconds(50);
  start();
  auto client = connect();
  client.search("hang");
  const auto bind = client.bind("cn=admin", "secret");
  EXPECT_EQ(client.code(bind), 0);  // nothing came of the search
  EXPECT_EQ(service_.stopped, 1);
  EXPECT_EQ(service_.alive, 0);
}

TEST_F(BindTest, NeverBeginsWhileAChangeIsOnItsWayToTheDisk) {
  options_.limits.before_bind = milliseconds(10);
  start();
  auto client = connect();
  const auto change = client.send(protocol::DeleteRequest{"stuck"});
  const auto bind = client.bind("cn=admin", "secret");
  EXPECT_TRUE(client.is_quiet(milliseconds(50)));
  EXPECT_EQ(binder_.binds, 0);
  service_.release();
  EXPECT_EQ(client.code(change), 0);
  EXPECT_EQ(client.code(bind), 0);
}

// --- Guessing ---

TEST_F(BindTest, AnswersEachFailureLater) {
  options_.limits.bind_delay = milliseconds(20);
  options_.limits.bind_delay_most = milliseconds(80);
  start();
  auto client = connect();
  const auto time_of_failure = [&] {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(client.code(client.bind("cn=admin", "wrong")), invalid_credentials);
    return std::chrono::steady_clock::now() - begin;
  };
  EXPECT_GE(time_of_failure(), milliseconds(20));
  EXPECT_GE(time_of_failure(), milliseconds(40));
  EXPECT_GE(time_of_failure(), milliseconds(80));
}

TEST_F(BindTest, CountsFailuresByAddressToo) {
  options_.limits.bind_delay = milliseconds(10);
  options_.limits.bind_delay_most = milliseconds(160);
  start();
  std::chrono::steady_clock::duration last{};
  for (int i = 0; i < 5; ++i) {
    auto client = connect();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(client.code(client.bind("cn=admin", "wrong")), invalid_credentials);
    last = std::chrono::steady_clock::now() - begin;
  }
  EXPECT_GE(last, milliseconds(160));
  auto client = connect();
  EXPECT_EQ(client.code(client.bind("cn=admin", "secret")), 0);
}

TEST_F(BindTest, KeepsNoThreadAndNoMoreThanSomeWaiting) {
  options_.limits.bind_delay = options_.limits.bind_delay_most = std::chrono::seconds(60);
  options_.limits.bind_waiting = 20;
  start();
  std::vector<WireClient> guessing;
  for (int i = 0; i < 20; ++i) {
    guessing.push_back(connect());
    guessing.back().bind("cn=admin", "wrong");
  }
  ASSERT_TRUE(eventually([&] { return binder_.binds == 20; }));
  auto one_more = connect();
  // The others are on their way from the pool to their delay: this one finds them there soon.
  EXPECT_TRUE(eventually([&] {
    auto client = connect();
    client.bind("cn=admin", "wrong");
    return !client.is_quiet(milliseconds(50));
  }));
  one_more.bind("cn=admin", "wrong");
  expect_disconnection(one_more, ResultCode::busy);
  auto right = connect();
  EXPECT_EQ(right.code(right.bind("cn=admin", "secret")), 0);
  EXPECT_TRUE(serves());
}

TEST_F(BindTest, SurvivesAFloodOfBinds) {
  start();
  std::vector<WireClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(connect());
    std::string binds;
    for (int id = 1; id <= 20; ++id) {
      binds += protocol::encode_request({id, protocol::BindRequest{3, "cn=admin", Secret("secret")}, {}});
    }
    clients.back().send_bytes(binds);
  }
  EXPECT_TRUE(serves());
  for (auto& client : clients) {
    for (int id = 1; id <= 20; ++id) {
      const int code = client.code(id);
      EXPECT_TRUE(code == 0 || code == 51) << code;
    }
  }
}

}  // namespace
}  // namespace replkit::refserver::session
