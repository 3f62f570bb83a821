// Clients that mean harm: the server lives, its memory stays small, and others are served meanwhile.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <thread>

#include "tests/integration/replserver/lab.hpp"
#include "tests/integration/replserver/pdus.hpp"
#include "tests/refserver/protocol/client_controls.hpp"

namespace replkit::replserver_test {
namespace {

using std::chrono::steady_clock;

// MiB. The sanitizers' own memory says nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t most_memory = 8192;
constexpr std::uint64_t most_growth = 512;    // freed memory is kept for a while
constexpr std::size_t senders_of_parts = 10;  // reading takes much longer
#else
constexpr std::uint64_t most_memory = 160;
constexpr std::uint64_t most_growth = 16;
constexpr std::size_t senders_of_parts = 100;
#endif

class HostileTest : public testing::Test {
 protected:
  void start(int count = 200) {
    server_.load(people(count));
    server_.start();
  }

  void TearDown() override {
    if (!server_.running()) {
      ADD_FAILURE() << "the server is gone";
      return;
    }
    EXPECT_TRUE(serves(server_));
    EXPECT_LT(peak_memory(server_.pid()), most_memory_);
    RecordProperty("memory", static_cast<int>(peak_memory(server_.pid())));
    EXPECT_EQ(server_.stop(), 0);
    EXPECT_EQ(server_.check(), "");
  }

  std::vector<WireClient> crowd(std::size_t count) {
    std::vector<WireClient> clients;
    for (std::size_t i = 0; i < count; ++i) clients.emplace_back(server_.uri());
    return clients;
  }

  // Reads until the server closes. Returns how many messages there were.
  static int read_to_end(WireClient& client) {
    int count = 0;
    while (client.receive()) ++count;
    return count;
  }

  Replserver server_;
  std::uint64_t most_memory_ = most_memory;
};

TEST_F(HostileTest, DamagedRequestsDoNoHarm) {
  start();
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  auto bystander = connect_as(server_, person_dn(0), "secret0");
  int answered = 0;
  for (int i = 0; i < 2000 * rounds(1); ++i) {
    const auto pdu = damaged_request(random);
    WireClient client(server_.uri());
    const bool as_administrator = i % 4 == 0;
    if (as_administrator) {
      ASSERT_EQ(client.code(client.bind(server_.root_dn(), "secret")), 0);
    }
    client.send_bytes(pdu);
    client.end_writing();
    answered += read_to_end(client);
    if (i % 200 == 0) {
      ASSERT_EQ(bystander.code(bystander.search("")), 0) << i;
    }
  }
  EXPECT_GT(answered, 500);
}

TEST_F(HostileTest, EveryTruncationEndsTheConnectionOnly) {
  start(10);
  for (const auto& pdu : good_requests()) {
    for (std::size_t size = 1; size < pdu.size(); size += 1 + pdu.size() / 12) {
      WireClient client(server_.uri());
      client.send_bytes(std::string_view(pdu).substr(0, size));
      client.end_writing();
      EXPECT_LE(read_to_end(client), 1);
    }
  }
}

TEST_F(HostileTest, LengthsBeyondAllBoundsAreRefusedAtOnce) {
  start(10);
  const std::string rest(1000, 'x');
  for (const std::string_view head :
       {std::string_view("\x30\x84\x7f\xff\xff\xff"), std::string_view("\x30\x84\x80\x00\x00\x00", 6),
        std::string_view("\x30\x84\xff\xff\xff\xff"), std::string_view("\x30\x88\x7f\xff\xff\xff\xff\xff\xff\xff"),
        std::string_view("\x30\x83\x01\x00\x01", 5), std::string_view("\x30\xfe"), std::string_view("\x30\x80")}) {
    for (int i = 0; i < 20; ++i) {
      WireClient client(server_.uri());
      client.send_bytes(head);
      client.send_some(rest);
      const auto notice = client.receive();
      ASSERT_TRUE(notice);
      EXPECT_EQ(notice->id, 0);
      EXPECT_EQ(notice->name, "1.3.6.1.4.1.1466.20036");
      EXPECT_EQ(read_to_end(client), 0);
    }
  }
  // Inside of a message that is whole.
  auto client = connect_as_administrator(server_);
  client.send_bytes(message(2, element(0x63, std::string("\x04\x84\x7f\xff\xff\xff", 6) + rest)));
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->result.code, protocol::ResultCode::protocol_error);
}

TEST_F(HostileTest, DeepFiltersAreRefused) {
  start(10);
  for (const std::size_t depth :
       {std::size_t{1000}, std::size_t{10'000}, std::size_t{100'000}, std::size_t{1'000'000}}) {
    const auto pdu = message(2, search_operation(deep_filter(depth)));
    for (const bool bound : {false, true}) {
      auto client = bound ? connect_as_administrator(server_) : WireClient(server_.uri());
      if (bound) {
        client.send_bytes(pdu);
      } else {
        client.send_some(pdu);
      }
      const auto answer = client.receive();
      ASSERT_TRUE(answer) << depth;
      EXPECT_NE(answer->result.code, protocol::ResultCode::success) << depth;
    }
  }
  // In a control, too.
  auto client = connect_as_administrator(server_);
  const auto control = element(0x30, octets("1.3.6.1.1.12") + element(0x01, "\xff") + octets(deep_filter(10'000)));
  client.send_bytes(message(2, search_operation(octets("objectClass", 0x87)), element(0xa0, control)));
  EXPECT_NE(client.code(2), 0);
}

TEST_F(HostileTest, WideFiltersCostNoMoreThanTheirLength) {
  start(200);
  auto client = connect_as_administrator(server_);
  std::string parts;
  for (int i = 0; i < 20'000; ++i) parts += element(0xa3, octets("uid") + octets(std::to_string(i)));
  auto answer = message(2, search_operation(element(0xa1, parts)));
  client.send_bytes(answer);
  EXPECT_TRUE(serves(server_));
  client.code(2);
  // As many parts as fit: memory is charged for what they come to.
  parts.clear();
  while (parts.size() < (15U << 20)) parts += octets("", 0x87);
  client.send_bytes(message(3, search_operation(element(0xa1, parts))));
  EXPECT_TRUE(serves(server_));
  client.code(3);
  most_memory_ += 512;
}

TEST_F(HostileTest, SelectionsAndValueFiltersCostLittle) {
  start(10);
  auto client = connect_as_administrator(server_);
  model::Attribute many{"description", {}};
  for (int i = 0; i < 20'000; ++i) many.values.push_back(fmt::format("value {}", i));
  const std::string dn = "cn=many,dc=example,dc=com";
  ASSERT_EQ(ask(client, protocol::AddRequest{dn, {{"objectClass", {"device"}}, {"cn", {"many"}}, many}}).code, 0);
  const auto everything = search("dc=example,dc=com", protocol::Scope::subtree, "(objectClass=*)");
  std::vector<model::Filter> filters;
  for (int i = 0; i < 10'000; ++i) filters.push_back(model::Filter::parse(fmt::format("(description=none {})", i)));
  EXPECT_EQ(ask(client, everything, {protocol::encode_matched_values(filters)}).code, 11);
  filters.resize(50);
  EXPECT_EQ(ask(client, everything, {protocol::encode_matched_values(filters)}).code, 0);
  auto request = everything;
  request.attributes.assign(500'000, "@inetOrgPerson");
  EXPECT_EQ(ask(client, request).code, 0);
  EXPECT_TRUE(serves(server_));
  most_memory_ += 256;  // the decoded requests
}

TEST_F(HostileTest, SlowClientsHoldNobodyUp) {
  configure(server_, "connections", "request_time = \"2s\"");
  start();
  const auto& pdu = good_requests()[5];
  auto clients = crowd(400);
  auto bystander = connect_as(server_, person_dn(0), "secret0");
  for (std::size_t at = 0; at < 10; ++at) {
    for (auto& client : clients) client.send_bytes(std::string_view(pdu).substr(at, 1));
    const auto begun = steady_clock::now();
    EXPECT_EQ(bystander.code(bystander.search("")), 0);
    EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(2));
  }
  EXPECT_TRUE(serves(server_));
  // None comes to an end of its request in time.
  for (auto& client : clients) {
    const auto notice = client.receive();
    ASSERT_TRUE(notice);
    EXPECT_EQ(notice->id, 0);
  }
}

TEST_F(HostileTest, ConnectionsOfOneAddressAreCounted) {
  configure(server_, "connections", "most_per_peer = 100");
  start(10);
  auto inside = crowd(99);
  auto bystander = connect_as(server_, person_dn(0), "secret0");
  int refused = 0;
  for (int i = 0; i < 400; ++i) {
    WireClient client(server_.uri());
    const auto notice = client.receive();  // or none, when there are too many to tell each
    if (notice) {
      EXPECT_EQ(notice->result.code, protocol::ResultCode::busy);
    }
    ++refused;
  }
  EXPECT_EQ(refused, 400);
  EXPECT_EQ(bystander.code(bystander.search("")), 0);
  inside.clear();
  EXPECT_TRUE(soon([&] { return serves(server_); }));
}

TEST_F(HostileTest, ConnectionsThatComeAndGoLeaveNothing) {
  start(10);
  ASSERT_TRUE(serves(server_));
  for (int i = 0; i < 3000; ++i) {
    WireClient client(server_.uri());
    if (i % 3 == 0) client.send_bytes("\x30\x05");
    if (i % 2 == 0) client.reset();
  }
  const auto before = peak_memory(server_.pid());
  for (int i = 0; i < 3000; ++i) WireClient(server_.uri()).reset();
  EXPECT_LT(peak_memory(server_.pid()), before + most_growth);
}

TEST_F(HostileTest, FloodsOfBindsLeaveRoomForOthers) {
  // What a password costs by default.
  reconfigure(server_, "argon2_memory = \"64 KiB\"", "argon2_memory = \"19 MiB\"");
  start(4);
  auto bystander = connect_as(server_, person_dn(0), "secret0");
  auto clients = crowd(100);
  std::string binds;
  for (std::int32_t id = 1; id <= 200; ++id) {
    binds += protocol::encode_request({id, protocol::BindRequest{3, person_dn(id % 4), Secret("wrong")}, {}});
  }
  for (auto& client : clients) client.send_some(binds);
  for (int i = 0; i < 20; ++i) {
    const auto begun = steady_clock::now();
    EXPECT_EQ(bystander.code(bystander.search("dc=example,dc=com")), 0);
    EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(2));
  }
  EXPECT_TRUE(serves(server_));
}

TEST_F(HostileTest, BigRequestsOfNobodyAreRefused) {
  start(10);
  // Beyond the limit.
  WireClient big(server_.uri());
  big.send_bytes(element(0x30, std::string(65 << 10, 'x')).substr(0, 6));
  const auto notice = big.receive();
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->id, 0);
  // Below it, as many as may connect, never finished.
  auto clients = crowd(450);
  const std::string almost = element(0x30, std::string((64 << 10) - 8, '\x02')).substr(0, (64 << 10) - 20);
  for (auto& client : clients) client.send_some(almost);
  EXPECT_TRUE(serves(server_));
  clients.clear();
  // Whole ones whose parts are many: nothing is much larger in memory than it was in the network.
  std::string attributes;
  while (attributes.size() < 60'000) attributes += element(0x30, octets("") + element(0x31, octets("")));
  const auto add = message(1, element(0x68, octets("cn=x") + element(0x30, attributes)));
  auto senders = crowd(senders_of_parts);
  for (int i = 0; i < 5; ++i) {
    for (auto& client : senders) client.send_some(add);
  }
  EXPECT_TRUE(serves(server_));
}

TEST_F(HostileTest, BigRequestsOfTheKnownShareTheMemory) {
  start(10);
  std::vector<WireClient> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(connect_as(server_, person_dn(0), "secret0"));
  const std::string almost = element(0x30, std::string(15 << 20, '\x02')).substr(0, 14 << 20);
  {
    std::vector<std::jthread> senders;
    for (std::size_t half = 0; half < 2; ++half) {
      senders.emplace_back([&, half] {
        for (std::size_t i = half; i < clients.size(); i += 2) {
          // What is not taken at once is not sent.
          for (std::size_t at = 0; at < almost.size();) {
            const auto sent = clients[i].send_some(std::string_view(almost).substr(at, 1 << 20));
            pollfd room{clients[i].fd(), POLLOUT, 0};
            if (sent == 0 && ::poll(&room, 1, 20) == 0) break;
            at += sent;
          }
        }
      });
    }
  }
  EXPECT_TRUE(serves(server_));
  most_memory_ += 256;  // as configured
}

TEST_F(HostileTest, WhoDoesNotReadIsNotWorkedFor) {
  start(200);
  auto bystander = connect_as(server_, person_dn(0), "secret0");
  std::vector<WireClient> clients;
  for (int i = 0; i < 20; ++i)
    clients.push_back(connect_as(server_, person_dn(i % 10), fmt::format("secret{}", i % 10)));
  std::string searches;
  for (std::int32_t id = 2; id < 20'000; ++id) {
    searches += protocol::encode_request(
        {id, search("dc=example,dc=com", protocol::Scope::subtree, "(objectClass=*)", {"*", "+"}), {}});
  }
  for (int i = 0; i < 5; ++i) {
    for (auto& client : clients) client.send_some(searches);
    const auto begun = steady_clock::now();
    EXPECT_EQ(bystander.code(bystander.search("dc=example,dc=com")), 0);
    EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(3));
  }
  // One that reads after all gets everything.
  auto& late = clients.front();
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(late.receive());
}

TEST_F(HostileTest, PagedAndSortedSearchesAreHeldInBounds) {
  start(3000);
  auto client = connect_as(server_, person_dn(0), "secret0");
  const std::vector<protocol::SortKey> keys{{"sn", "caseIgnoreOrderingMatch", false}};
  for (int i = 0; i < 100; ++i) {
    const auto answer =
        ask(client, search("dc=example,dc=com", protocol::Scope::subtree, "(uid=*)", {"1.1"}),
            {protocol::encode_paged_results({.size = 1, .cookie = {}}), protocol::encode_sort_request(keys)});
    ASSERT_EQ(answer.code, 0) << answer.diagnostic;
  }
}

}  // namespace
}  // namespace replkit::replserver_test
