// Listening, serving, stopping.
#include <gmock/gmock.h>
#include <unistd.h>

#include <thread>

#include "common/base/error.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/refserver/session/fixture.hpp"

namespace replkit::refserver::session {
namespace {

using namespace testing_;
using protocol::ResultCode;
using ::testing::HasSubstr;

TEST_F(ServerTest, AnswersRequests) {
  start();
  auto client = connect();
  const auto id = client.search("entries=3");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.expect().kind, protocol::ResponseKind::entry);
  EXPECT_EQ(client.code(id), 0);
  EXPECT_EQ(client.code(client.send(protocol::DeleteRequest{"cn=x"})), 0);
  EXPECT_EQ(client.result(client.extended(protocol::oid::who_am_i)).value, "dn:");
  client.send(protocol::UnbindRequest{});
  EXPECT_FALSE(client.receive());
  EXPECT_TRUE(eventually([&] { return observer_.has("disconnected: unbind"); }));
  EXPECT_TRUE(observer_.has("1 finished 1 code=0 entries=3"));
  EXPECT_TRUE(observer_.has("1 started 1 3 entries=3 [base] by \"\""));
}

TEST_F(ServerTest, ListensOnEveryKindOfAddress) {
  const support::TempDir directory;
  const auto path = (directory / "socket").string();
  std::string encoded = path;
  for (std::size_t at = 0; (at = encoded.find('/', at)) != encoded.npos;) encoded.replace(at, 1, "%2F");
  options_.listeners = {"ldap://127.0.0.1:0", "ldap://[::1]:0", "ldapi://" + encoded};
  start();
  ASSERT_EQ(server_->addresses().size(), 3U);
  EXPECT_THAT(uri(1), HasSubstr("ldap://[::1]:"));
  EXPECT_EQ(uri(2), "ldapi://" + encoded);
  const auto security = [&](std::size_t number) {
    WireClient client(uri(number));
    return client.result(client.extended("1.2.3")).value.value();
  };
  EXPECT_THAT(security(0),
              HasSubstr("tls=false local=false loopback=true strength=0 subject= uid=0 peer=IP=127.0.0.1:"));
  EXPECT_THAT(security(1), HasSubstr("loopback=true strength=0 subject= uid=0 peer=IP=[::1]:"));
  EXPECT_EQ(security(2), "tls=false local=true loopback=false strength=71 subject= uid=" + std::to_string(::getuid()) +
                             " peer=PATH=" + path);
  server_->stop(milliseconds(0));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ServerTest, ReplacesADeadSocketAndNothingElse) {
  const support::TempDir directory;
  support::write_file(directory / "file", "data");
  const auto socket_uri = [&](const std::string& name) {
    std::string encoded = (directory / name).string();
    for (std::size_t at = 0; (at = encoded.find('/', at)) != encoded.npos;) encoded.replace(at, 1, "%2F");
    return "ldapi://" + encoded;
  };
  const auto listen = [&](const std::string& name) {
    ServerOptions options;
    options.listeners = {socket_uri(name)};
    Server server(options, service_, binder_, observer_);
    server.start();
  };
  EXPECT_THROW(listen("file"), LocalError);
  options_.listeners = {socket_uri("live")};
  start();
  EXPECT_THROW(listen("live"), LocalError);
  EXPECT_TRUE(serves());
  std::filesystem::rename(directory / "live", directory / "dead");
  server_->stop(milliseconds(0));
  EXPECT_NO_THROW(listen("dead"));
}

TEST_F(ServerTest, TellsWhyItCannotListen) {
  start();
  ServerOptions options;
  for (const auto& [uri_text, what] : {std::pair<std::string, std::string>{uri(), "in use"},
                                       {"ldap://no.such.host.invalid:0", "cannot listen on"},
                                       {"ldaps://127.0.0.1:0", "certificate"},
                                       {"ldapi://relative", "absolute"},
                                       {"http://x", "none of ldap"},
                                       {"ldap://127.0.0.1:99999", "port"}}) {
    options.listeners = {uri_text};
    Server server(options, service_, binder_, observer_);
    try {
      server.start();
      FAIL() << uri_text;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(what));
    }
  }
}

TEST_F(ServerTest, StopsInMidSearch) {
  start();
  auto hanging = connect();
  hanging.search("hang");
  auto reading = connect();
  reading.search("big=100000");
  auto idle = connect();
  EXPECT_EQ(idle.code(idle.search("x")), 0);
  ASSERT_TRUE(eventually([&] { return service_.started == 3; }));
  server_->stop(milliseconds(50));
  expect_disconnection(hanging, ResultCode::unavailable);
  expect_disconnection(idle, ResultCode::unavailable);
  EXPECT_EQ(service_.alive, 0);
  EXPECT_THROW(connect(), std::exception);
}

TEST_F(ServerTest, LetsOperationsFinishBeforeItStops) {
  start();
  auto client = connect();
  const auto id = client.search("hang");
  ASSERT_TRUE(eventually([&] { return service_.started == 1; }));
  std::thread stopper([&] { server_->stop(std::chrono::seconds(30)); });
  EXPECT_TRUE(eventually([&] {  // it takes no more connections
    try {
      WireClient other(uri());
      return false;
    } catch (const std::exception&) {
      return true;
    }
  }));
  service_.release();
  EXPECT_EQ(client.code(id), 0);
  expect_disconnection(client, ResultCode::unavailable);
  stopper.join();
}

TEST_F(ServerTest, StopsWithAnOperationThatCannotBeStopped) {
  start();
  auto client = connect();
  const auto id = client.search("stuck");
  ASSERT_TRUE(eventually([&] { return service_.started == 1; }));
  std::thread stopper([&] { server_->stop(milliseconds(0)); });
  EXPECT_TRUE(eventually([&] { return server_->statistics().operations == 1 && service_.started == 1; }));
  service_.release();
  EXPECT_EQ(client.code(id), 0);
  expect_disconnection(client, ResultCode::unavailable);
  stopper.join();
}

TEST_F(ServerTest, DoesNotLingerWhenItStops) {
  options_.limits.linger = std::chrono::minutes(1);
  start();
  auto client = connect();
  client.send_bytes("garbage");
  const auto notice = client.expect();
  EXPECT_EQ(notice.result.code, ResultCode::protocol_error);
  server_->stop(milliseconds(0));  // the client has not closed its side
}

TEST_F(ServerTest, WakesNobodyAfterItsEnd) {
  start();
  {
    auto client = connect();
    client.search("hang");
    ASSERT_TRUE(eventually([&] { return service_.started == 1; }));
  }
  server_->stop(milliseconds(0));
  server_.reset();
  service_.release();  // the wakes are still there
}

TEST_F(ServerTest, TakesAThousandQuickConnections) {
  start();
  { EXPECT_TRUE(serves()); }
  ASSERT_TRUE(eventually([&] { return server_->statistics().connections == 0; }));
  const auto before = open_descriptors();
  for (int i = 0; i < 1000; ++i) {
    auto client = connect();
    if (i % 3 == 0) client.search("x");
    if (i % 3 == 1) client.send(protocol::UnbindRequest{});
    if (i % 5 == 0) client.reset();
  }
  EXPECT_TRUE(eventually([&] { return observer_.disconnections == 1001; }));
  EXPECT_TRUE(eventually([&] { return server_->statistics().connections == 0; }));
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(serves());
}

}  // namespace
}  // namespace replkit::refserver::session
