#include "tests/unit/refserver/session/fixture.hpp"

#include <thread>

namespace replkit::refserver::session::testing_ {

bool eventually(const std::function<bool()>& condition, milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

void ServerTest::start() {
  if (options_.listeners == ServerOptions().listeners) options_.listeners = {"ldap://127.0.0.1:0"};
  server_ = std::make_unique<Server>(options_, service_, binder_, observer_);
  server_->start();
}

// Whatever a test did: nothing is left, and every connection that began has ended.
void ServerTest::TearDown() {
  binder_.release();
  if (server_) {
    service_.release();
    server_->stop(milliseconds(100));
    const auto statistics = server_->statistics();
    EXPECT_EQ(statistics.connections, 0U);
    EXPECT_EQ(statistics.operations, 0U);
  }
  server_.reset();
  EXPECT_EQ(service_.alive, 0);
  EXPECT_EQ(observer_.connections, observer_.disconnections);
  EXPECT_EQ(service_.forgotten, observer_.disconnections);
  if (HasFailure()) {
    for (const auto& line : observer_.lines()) std::cerr << "  " << line << '\n';
  }
}

testing::AssertionResult ServerTest::serves() const {
  const auto begin = std::chrono::steady_clock::now();
  try {
    auto client = connect();
    const int code = client.code(client.search("entries=3"));
    if (code != 0) return testing::AssertionFailure() << "result code " << code;
  } catch (const std::exception& error) {
    return testing::AssertionFailure() << error.what();
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  if (took > std::chrono::seconds(5)) return testing::AssertionFailure() << "it took seconds";
  return testing::AssertionSuccess();
}

void expect_disconnection(WireClient& client, protocol::ResultCode code) {
  const auto notice = client.expect();
  EXPECT_EQ(notice.id, 0);
  EXPECT_EQ(notice.kind, protocol::ResponseKind::extended);
  EXPECT_EQ(notice.name, protocol::oid::notice_of_disconnection);
  EXPECT_EQ(notice.result.code, code) << notice.result.diagnostic;
  EXPECT_FALSE(client.receive());
}

}  // namespace replkit::refserver::session::testing_
