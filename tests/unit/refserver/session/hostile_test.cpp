// What no client should send, and the limits.
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "common/wire/ber.hpp"
#include "tests/unit/refserver/session/fixture.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // gcc installs no header for it
#endif

namespace replkit::refserver::session {
namespace {

using namespace testing_;
using protocol::ResultCode;

class HostileTest : public ServerTest {
 protected:
  HostileTest() { options_.limits.linger = milliseconds(200); }

  // Bytes of memory this process uses.
  static std::size_t memory() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return __sanitizer_get_current_allocated_bytes();  // what is freed they keep for a while
#endif
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0;
    file >> pages >> pages;
    return pages * 4096;
  }

  static std::string search_of(std::size_t size) {
    return protocol::encode_request({1, WireClient::search_request(std::string(size, 'x')), {}});
  }

  // An OR of `count` presence filters, four bytes each.
  static std::string dense_filter(std::size_t count) {
    auto search = WireClient::search_request("x");
    search.filter = model::Filter::parse("(|(a=*)(b=*))");
    auto one = search.filter.parts.at(0);
    search.filter.parts.assign(count, one);
    return protocol::encode_request({1, search, {}});
  }
};

constexpr std::string_view unbind_bytes("0\x05\x02\x01\x01\x42\x00", 7);

TEST_F(HostileTest, EndsAtWhatIsNoMessage) {
  start();
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.0\r\n\r\n"), std::string(100, '\0'), std::string(100, '\xFF'),
        std::string("0\x84\x7F\xFF\xFF\xFF", 6),                                                    // 2 GiB
        std::string("0\x88\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10), std::string("0\x80\x02\x01", 4),  // indefinite
        std::string("0\xFF\x02\x01", 4), std::string("0\x00", 2),
        std::string("0\x05\x02\x01\x01\x5F\x00", 7),     // an unknown operation
        std::string("0\x05\x02\x01\x00\x42\x00", 7)}) {  // id 0
    auto client = connect();
    client.send_bytes(bytes);
    expect_disconnection(client, ResultCode::protocol_error);
  }
  EXPECT_TRUE(serves());
  EXPECT_EQ(service_.started, 1);
}

TEST_F(HostileTest, IsRidOfWhoEndsInMidMessage) {
  start();
  const auto message = protocol::encode_request({1, WireClient::search_request("x"), {}});
  for (std::size_t cut = 1; cut < message.size(); ++cut) {
    auto client = connect();
    client.send_bytes(message.substr(0, cut));
    client.end_writing();
    EXPECT_FALSE(client.receive());
  }
  EXPECT_EQ(service_.started, 0);
  EXPECT_TRUE(serves());
}

TEST_F(HostileTest, TakesMessagesByteByByte) {
  start();
  auto client = connect();
  const auto message = protocol::encode_request({1, WireClient::search_request("entries=1"), {}});
  for (const char c : message + message) client.send_bytes({&c, 1});
  EXPECT_EQ(client.code(1), 0);
  EXPECT_EQ(client.code(1), 0);
}

TEST_F(HostileTest, SurvivesMutatedMessages) {
  start();
  std::mt19937 random(1);  // NOLINT: the same each time
  const auto good = protocol::encode_request({1, WireClient::search_request("entries=1"), {{"1.2.3", true, "x"}}});
  for (int round = 0; round < 500; ++round) {
    auto bytes = good;
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    auto client = connect();
    client.send_bytes(bytes + good + std::string(unbind_bytes));
    client.end_writing();
    while (client.receive()) {
    }
  }
  EXPECT_TRUE(serves());
}

TEST_F(HostileTest, AnswersWhatIsOnlyWrongInItsValues) {
  start();
  auto client = connect();
  EXPECT_EQ(client.code(client.send(protocol::DeleteRequest{"\xFF"})), 34);
  EXPECT_EQ(client.code(client.search("x")), 0);
  client.send_bytes(std::string("0\x06\x02\x01\x05\x50\x01\xFF", 8));  // an abandon of -1 cannot be answered
  expect_disconnection(client, ResultCode::protocol_error);
}

TEST_F(HostileTest, AnswersNoFasterThanTheClientReads) {
  options_.limits.output = 10'000;
  start();
  WireClient client(uri(), 4096);
  client.send(protocol::DeleteRequest{"\xFF"});
  EXPECT_EQ(client.code(1), 34);
  const auto request_size = server_->statistics().bytes_received;
  const auto answer_size = server_->statistics().bytes_sent;
  std::string bad;  // each is answered without the directory
  for (int i = 0; i < 1000; ++i) bad += protocol::encode_request({1, protocol::DeleteRequest{"\xFF"}, {}});
  std::size_t sent = 0;
  constexpr std::size_t most = std::size_t{200} << 20;
  int stalls = 0;
  // It ends when all buffers on the way are full, and stay so.
  ASSERT_TRUE(eventually([&] {
    const auto now = client.send_some(std::string_view(bad).substr(sent % bad.size()));
    sent += now;
    stalls = now == 0 ? stalls + 1 : 0;
    return sent > most || stalls == 100;
  }));
  const auto statistics = server_->statistics();
  EXPECT_EQ(statistics.connections, 1U);  // it stalls, it is not cut
  EXPECT_LT(statistics.bytes_received / request_size * answer_size, statistics.bytes_sent + 1'000'000);
  EXPECT_LT(sent, most);
  EXPECT_TRUE(serves());
}

// --- Sizes ---

TEST_F(HostileTest, TakesLongMessagesFromThoseItKnows) {
  options_.limits.pdu_anonymous = 1000;
  options_.limits.pdu = 100'000;
  start();
  auto client = connect();
  client.send_bytes(search_of(900));
  EXPECT_EQ(client.code(1), 0);
  ASSERT_EQ(client.code(client.bind("cn=admin", "secret")), 0);
  client.send_bytes(search_of(90'000));
  EXPECT_EQ(client.code(1), 0);
  ASSERT_EQ(client.code(client.bind("", "")), 0);
  client.send_bytes(search_of(90'000));
  expect_disconnection(client, ResultCode::protocol_error);
  auto known = connect();
  ASSERT_EQ(known.code(known.bind("cn=admin", "secret")), 0);
  known.send_bytes(search_of(100'000).substr(0, 10));
  expect_disconnection(known, ResultCode::protocol_error);
}

TEST_F(HostileTest, BoundsTheMemoryOfHalfReadMessages) {
  options_.limits.pdu = std::size_t{4} << 20;
  options_.limits.request_memory = std::size_t{16} << 20;  // one such message may be read at a time
  options_.limits.busy = milliseconds(50);
  start();
  const auto long_message = search_of(std::size_t{3} << 20);
  auto first = connect();
  ASSERT_EQ(first.code(first.bind("cn=admin", "secret")), 0);
  first.send_bytes(std::string_view(long_message).substr(0, 1'000'000));
  auto second = connect();
  ASSERT_EQ(second.code(second.bind("cn=admin", "secret")), 0);
  ASSERT_TRUE(eventually([&] { return server_->statistics().bytes_received > 1'000'000; }));
  second.send_some(long_message);
  expect_disconnection(second, ResultCode::busy);
  EXPECT_TRUE(serves());
  first.send_bytes(std::string_view(long_message).substr(1'000'000));
  EXPECT_EQ(first.code(1), 0);
  auto third = connect();
  ASSERT_EQ(third.code(third.bind("cn=admin", "secret")), 0);
  third.send_bytes(long_message);
  EXPECT_EQ(third.code(1), 0);
}

TEST_F(HostileTest, BoundsTheMemoryOfRequestsUnderWay) {
  options_.limits.pdu = std::size_t{4} << 20;
  options_.limits.request_memory = std::size_t{16} << 20;
  options_.limits.busy = milliseconds(50);
  start();
  auto client = connect();
  client.send_bytes(dense_filter(15'000));  // 2 MB once decoded
  EXPECT_EQ(client.code(1), 0);
  ASSERT_EQ(client.code(client.bind("cn=admin", "secret")), 0);
  client.send_bytes(dense_filter(500'000));  // more than all requests together may take
  EXPECT_EQ(client.code(1), 11);
  EXPECT_EQ(client.code(client.search("x")), 0);

  // Two connections fill the memory with hanging searches.
  const auto hanging = [&](std::int32_t id) {
    auto search = WireClient::search_request("hang");
    search.attributes.assign(1, std::string(2'500'000, 'x'));
    return protocol::encode_request({id, search, {}});
  };
  auto other = connect();
  ASSERT_EQ(other.code(other.bind("cn=admin", "secret")), 0);
  client.send_bytes(hanging(100));
  other.send_bytes(hanging(100));
  ASSERT_TRUE(eventually([&] { return server_->statistics().operations == 2; }));
  auto third = connect();
  ASSERT_EQ(third.code(third.bind("cn=admin", "secret")), 0);
  third.send_bytes(hanging(100));
  EXPECT_EQ(third.code(100), 51);
  EXPECT_EQ(third.code(third.search("entries=3")), 0);  // small ones are served all the same
  EXPECT_TRUE(serves());
}

// --- Times ---

TEST_F(HostileTest, IsRidOfSlowLoris) {
  options_.limits.request = milliseconds(300);
  options_.limits.connections = options_.limits.connections_per_peer = 400;
  start();
  const auto message = protocol::encode_request({1, WireClient::search_request("x"), {}});
  std::vector<WireClient> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(connect());
    slow.back().send_bytes(message.substr(0, 1 + static_cast<std::size_t>(i) % (message.size() - 1)));
  }
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(serves());
  for (auto& client : slow) expect_disconnection(client, ResultCode::unavailable);
  EXPECT_TRUE(serves());
}

TEST_F(HostileTest, EndsAMessageThatGrowsByDrops) {
  options_.limits.request = milliseconds(200);
  start();
  auto client = connect();
  const auto message = search_of(10'000);
  std::size_t sent = 0;
  const bool ended = eventually([&] {
    if (sent < 1000) client.send_some(std::string_view(message).substr(sent++, 1));
    return !client.is_quiet(milliseconds(1));
  });
  EXPECT_TRUE(ended);
  expect_disconnection(client, ResultCode::unavailable);
}

TEST_F(HostileTest, EndsIdleConnections) {
  options_.limits.idle = milliseconds(100);
  start();
  auto idle = connect();
  auto busy = connect();
  const auto id = busy.search("hang");
  expect_disconnection(idle, ResultCode::unavailable);
  EXPECT_TRUE(busy.is_quiet(milliseconds(150)));  // an outstanding operation is not idle
  service_.release();
  EXPECT_EQ(busy.code(id), 0);
  expect_disconnection(busy, ResultCode::unavailable);
}

// --- Numbers ---

TEST_F(HostileTest, RefusesMoreConnectionsThanItMay) {
  options_.limits.connections = 3;
  start();
  std::vector<WireClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(connect());
    EXPECT_EQ(clients.back().code(clients.back().search("x")), 0);
  }
  auto refused = connect();
  refused.search("x");
  expect_disconnection(refused, ResultCode::busy);
  EXPECT_EQ(server_->statistics().connections_refused, 1U);
  EXPECT_TRUE(observer_.has("too many connections"));
  clients.pop_back();
  EXPECT_TRUE(eventually([&] { return static_cast<bool>(serves()); }));
}

TEST_F(HostileTest, RefusesMoreConnectionsOfOneAddress) {
  options_.limits.connections_per_peer = 2;
  options_.listeners = {"ldap://127.0.0.1:0", "ldap://[::1]:0"};
  start();
  auto first = connect();
  auto second = connect();
  EXPECT_EQ(second.code(second.search("x")), 0);
  auto third = connect();
  expect_disconnection(third, ResultCode::busy);
  WireClient elsewhere(uri(1));
  EXPECT_EQ(elsewhere.code(elsewhere.search("x")), 0);
}

TEST_F(HostileTest, KeepsServingWithoutDescriptors) {
  start();
  auto early = connect();
  EXPECT_EQ(early.code(early.search("x")), 0);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  auto late = connect();
  EXPECT_EQ(late.code(late.search("x")), 0);
  // The test's own sockets are opened first: then none is left for the server.
  auto waiting = std::make_unique<WireClient>(uri());
  EXPECT_EQ(waiting->code(waiting->search("x")), 0);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const rlimit none{static_cast<rlim_t>(client) + 1, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(uri().substr(uri().rfind(':') + 1))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(eventually([&] { return observer_.has("trouble: cannot accept connections"); }));
  EXPECT_EQ(early.code(early.search("x")), 0);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(serves());
  ::close(client);
}

TEST_F(HostileTest, GivesMemoryBack) {
  start();
  { EXPECT_TRUE(serves()); }
  const auto before = memory();
  for (int round = 0; round < 5; ++round) {
    std::vector<WireClient> clients;
    for (int i = 0; i < 100; ++i) {
      clients.push_back(connect());
      clients.back().send_bytes(search_of(60'000).substr(0, 50'000));
    }
    clients.clear();
    EXPECT_TRUE(eventually([&] { return server_->statistics().connections == 0; }));
  }
  EXPECT_LT(memory(), before + (std::size_t{64} << 20));
}

}  // namespace
}  // namespace replkit::refserver::session
