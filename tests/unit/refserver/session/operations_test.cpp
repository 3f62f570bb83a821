// Outstanding operations: many at once, abandon, cancel, backpressure.
#include <gmock/gmock.h>

#include <set>

#include "common/wire/ber.hpp"
#include "tests/unit/refserver/session/fixture.hpp"

namespace replkit::refserver::session {
namespace {

using namespace testing_;
using protocol::ResultCode;

constexpr int protocol_error = 2;
constexpr int canceled = 118;
constexpr int no_such_operation = 119;
constexpr int too_late = 120;
constexpr int cannot_cancel = 121;

std::string cancel_value(std::int32_t id) {
  std::string out;
  wire::Writer writer(out);
  writer.sequence([&] { writer.integer(id); });
  return out;
}

class OperationsTest : public ServerTest {
 protected:
  static std::int32_t cancel(WireClient& client, std::int32_t id) {
    return client.extended(protocol::oid::cancel, cancel_value(id));
  }
  // Returns the code of each message's id, in the order in which they came.
  static std::vector<std::pair<std::int32_t, int>> results(WireClient& client, std::size_t count) {
    std::vector<std::pair<std::int32_t, int>> out;
    while (out.size() < count) {
      const auto message = client.expect();
      if (message.kind != protocol::ResponseKind::entry) {
        out.emplace_back(message.id, static_cast<int>(message.result.code));
      }
    }
    return out;
  }
};

TEST_F(OperationsTest, AnswersWhatIsDoneWhileOthersWait) {
  start();
  auto client = connect();
  const auto hanging = client.search("hang");
  EXPECT_EQ(client.code(client.search("entries=2")), 0);
  EXPECT_EQ(client.code(client.search("late")), 0);
  service_.release();
  EXPECT_EQ(client.code(hanging), 0);
}

TEST_F(OperationsTest, AnswersAThousandPipelinedRequests) {
  start();
  auto client = connect();
  std::string requests;
  for (int id = 1; id <= 1000; ++id) {
    requests += protocol::encode_request({id, WireClient::search_request(id % 3 ? "entries=2" : "late"), {}});
  }
  client.send_bytes(requests);
  std::set<std::int32_t> answered;
  for (const auto& [id, code] : results(client, 1000)) {
    EXPECT_EQ(code, 0);
    EXPECT_TRUE(answered.insert(id).second) << id;
  }
  EXPECT_EQ(*answered.rbegin(), 1000);
}

TEST_F(OperationsTest, MixesTheEntriesOfSearchesButKeepsTheirOrder) {
  start();
  auto client = connect();
  client.search("big=3000");
  client.search("big=3000");
  std::int32_t last = 0;
  int changes = 0;
  std::map<std::int32_t, int> expected = {{1, 3000}, {2, 3000}};
  for (int done = 0; done < 2;) {
    const auto message = client.expect();
    if (message.id != last) ++changes;
    last = message.id;
    if (message.kind == protocol::ResponseKind::entry) {
      EXPECT_EQ(message.entry.dn, "cn=" + std::to_string(expected[message.id]--));
    } else {
      EXPECT_EQ(expected[message.id], 0);
      ++done;
    }
  }
  EXPECT_GT(changes, 4);  // they took turns
}

TEST_F(OperationsTest, SurvivesADirectoryThatBreaksItsPromises) {
  start();
  auto client = connect();
  for (const auto* base : {"null", "throw", "step"}) EXPECT_EQ(client.code(client.search(base)), 80) << base;
  EXPECT_TRUE(observer_.has("trouble: start failed"));
  EXPECT_EQ(client.code(client.search("x")), 0);
}

TEST_F(OperationsTest, EndsTheConnectionWhenAMessageIdIsUsedTwice) {
  start();
  auto client = connect();
  const auto id = client.search("hang");
  client.send_bytes(protocol::encode_request({id, WireClient::search_request("x"), {}}));
  expect_disconnection(client, ResultCode::protocol_error);
  // One after the other is fine.
  auto other = connect();
  for (int i = 0; i < 3; ++i) {
    other.send_bytes(protocol::encode_request({7, WireClient::search_request("x"), {}}));
    EXPECT_EQ(other.code(7), 0);
  }
}

TEST_F(OperationsTest, EndsTheConnectionWhenAMalformedRequestHasAnIdInUse) {
  start();
  auto client = connect();
  const auto id = client.search("hang");
  client.send_bytes(protocol::encode_request({id, protocol::DeleteRequest{"\xFF"}, {}}));
  expect_disconnection(client, ResultCode::protocol_error);
}

// --- Abandon ---

TEST_F(OperationsTest, AbandonsInMidSearch) {
  start();
  auto client = connect();
  const auto waiting = client.search("hang");
  const auto running = client.search("big=1000000");  // a gigabyte
  EXPECT_EQ(client.expect().id, running);
  client.send(protocol::AbandonRequest{waiting});
  client.send(protocol::AbandonRequest{running}, {{"1.2.3.4", true, std::nullopt}});  // RFC 4511 4.1.11: all the same
  const auto last = client.search("x");
  for (auto message = client.expect(); message.id != last; message = client.expect()) {
    ASSERT_EQ(message.kind, protocol::ResponseKind::entry);
  }
  EXPECT_EQ(service_.stopped, 2);
  EXPECT_EQ(service_.alive, 0);
  EXPECT_TRUE(observer_.has("finished 1 code=none"));
}

TEST_F(OperationsTest, IgnoresAnAbandonOfNothing) {
  start();
  auto client = connect();
  client.send(protocol::AbandonRequest{0});
  client.send(protocol::AbandonRequest{77});
  client.send(protocol::AbandonRequest{3});  // itself
  EXPECT_EQ(client.code(client.search("x")), 0);
}

TEST_F(OperationsTest, AnswersWhatCannotBeAbandoned) {
  start();
  auto client = connect();
  const auto change = client.send(protocol::DeleteRequest{"stuck"});
  client.send(protocol::AbandonRequest{change});
  EXPECT_EQ(client.code(client.search("x")), 0);
  service_.release();
  EXPECT_EQ(client.code(change), 0);
}

// --- Cancel (RFC 3909) ---

TEST_F(OperationsTest, CancelsInMidSearch) {
  start();
  auto client = connect();
  const auto search = client.search("hang");
  const auto id = cancel(client, search);
  EXPECT_EQ(client.code(search), canceled);
  EXPECT_EQ(client.code(id), 0);
  const auto change = client.send(protocol::DeleteRequest{"hang"});
  const auto second = cancel(client, change);
  const auto answer = client.result(change);
  EXPECT_EQ(answer.kind, protocol::ResponseKind::remove);
  EXPECT_EQ(static_cast<int>(answer.result.code), canceled);
  EXPECT_EQ(client.code(second), 0);
  EXPECT_EQ(service_.alive, 0);
}

TEST_F(OperationsTest, SaysWhyItDoesNotCancel) {
  start();
  auto client = connect();
  EXPECT_EQ(client.code(cancel(client, 77)), no_such_operation);
  EXPECT_EQ(client.code(cancel(client, client.last_id() + 1)), cannot_cancel);  // itself
  EXPECT_EQ(client.code(client.extended(protocol::oid::cancel)), protocol_error);
  EXPECT_EQ(client.code(client.extended(protocol::oid::cancel, "garbage")), protocol_error);
  EXPECT_EQ(client.code(client.send(protocol::ExtendedRequest{std::string(protocol::oid::cancel), cancel_value(1)},
                                    {{"1.2.3.4", true, std::nullopt}})),
            12);
  const auto change = client.send(protocol::DeleteRequest{"stuck"});
  EXPECT_EQ(client.code(cancel(client, change)), too_late);
  service_.release();
  EXPECT_EQ(client.code(change), 0);
  EXPECT_EQ(client.code(cancel(client, change)), no_such_operation);
}

// --- Backpressure ---

TEST_F(OperationsTest, StopsReadingAtTheLimitButHearsAbandonAndCancel) {
  options_.limits.operations = 4;
  start();
  auto client = connect();
  for (int i = 0; i < 4; ++i) client.search("hang");
  ASSERT_TRUE(eventually([&] { return service_.started == 4; }));
  client.send(protocol::AbandonRequest{1});
  const auto id = cancel(client, 2);
  EXPECT_EQ(client.code(2), canceled);
  EXPECT_EQ(client.code(id), 0);
  EXPECT_EQ(service_.stopped, 2);
  for (int i = 0; i < 4; ++i) client.search("hang");  // two of them wait
  ASSERT_TRUE(eventually([&] { return service_.started == 6; }));
  EXPECT_EQ(server_->statistics().operations, 4U);
  service_.release();
  for (const auto& [done, code] : results(client, 6)) EXPECT_EQ(code, 0) << done;
}

TEST_F(OperationsTest, HearsUnbindAtTheLimit) {
  options_.limits.operations = 2;
  start();
  auto client = connect();
  for (int i = 0; i < 2; ++i) client.search("hang");
  client.send(protocol::UnbindRequest{}, {{"1.2.3.4", true, std::nullopt}});
  EXPECT_FALSE(client.receive());
  EXPECT_EQ(service_.alive, 0);
}

TEST_F(OperationsTest, ServesOthersWhileOneDoesNotRead) {
  options_.limits.output = 100'000;
  start();
  WireClient stalled(uri(), 4096);
  for (int i = 0; i < 10; ++i) stalled.search("big=1000000");  // ten gigabytes
  const auto sent = [&] { return server_->statistics().bytes_sent; };
  ASSERT_TRUE(eventually([&] { return sent() > 0 && service_.started == 10; }));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(serves());
  // What is made for it is bounded: steps end when its output is full.
  std::uint64_t before = 0;
  ASSERT_TRUE(eventually([&] { return std::exchange(before, service_.steps.load()) == before; }));
  EXPECT_LT(service_.steps, 500U);
}

TEST_F(OperationsTest, CutsAClientThatDoesNotRead) {
  options_.limits.write = milliseconds(100);
  start();
  WireClient stalled(uri(), 4096);
  stalled.search("big=1000000");
  EXPECT_TRUE(eventually([&] { return observer_.has("disconnected: the client does not read"); }));
  EXPECT_EQ(service_.alive, 0);
}

TEST_F(OperationsTest, DoesNotCutAClientThatReadsSlowly) {
  options_.limits.write = milliseconds(500);
  start();
  WireClient slow(uri(), 4096);
  const auto id = slow.search("big=3000");
  const auto begin = std::chrono::steady_clock::now();
  int entries = 0;
  for (auto message = slow.expect(); message.kind == protocol::ResponseKind::entry; message = slow.expect()) {
    ++entries;
    if (entries % 100 == 0) eventually([] { return false; }, milliseconds(50));  // reads nothing for a while
  }
  EXPECT_EQ(entries, 3000);
  EXPECT_GT(std::chrono::steady_clock::now() - begin, milliseconds(1400));
  EXPECT_EQ(slow.code(slow.search("x")), 0);
  EXPECT_GT(id, 0);
}

// --- Ends ---

TEST_F(OperationsTest, AnswersAClientThatSendsNoMore) {
  start();
  auto client = connect();
  const auto id = client.search("hang");
  client.search("big=2000");
  client.end_writing();
  ASSERT_TRUE(eventually([&] { return service_.started == 2; }));
  std::size_t others = 0;
  while (client.expect().kind == protocol::ResponseKind::entry) ++others;
  EXPECT_EQ(others, 2000U);
  service_.release();
  EXPECT_EQ(client.code(id), 0);
  EXPECT_FALSE(client.receive());
}

TEST_F(OperationsTest, DoesNotWaitForeverForAClientThatSendsNoMore) {
  options_.limits.half_closed = milliseconds(50);
  start();
  auto client = connect();
  client.search("hang");
  client.end_writing();
  EXPECT_FALSE(client.receive());
  EXPECT_EQ(service_.alive, 0);
}

TEST_F(OperationsTest, StopsEverythingWhenTheClientIsGone) {
  start();
  auto client = connect();
  client.search("hang");
  client.search("big=1000000");
  ASSERT_TRUE(eventually([&] { return server_->statistics().bytes_sent > 0; }));
  client.reset();
  EXPECT_TRUE(eventually([&] { return service_.alive == 0 && observer_.disconnections == 1; }));
  EXPECT_EQ(service_.forgotten, 1);
}

TEST_F(OperationsTest, EndsAChangeBeforeItForgetsTheConnection) {
  start();
  auto client = connect();
  client.send(protocol::DeleteRequest{"stuck"});
  ASSERT_TRUE(eventually([&] { return service_.started == 1; }));
  client.reset();
  EXPECT_FALSE(eventually([&] { return service_.forgotten == 1; }, milliseconds(50)));
  service_.release();
  EXPECT_TRUE(eventually([&] { return service_.forgotten == 1; }));
  EXPECT_TRUE(observer_.has("finished 1 code=0"));
}

}  // namespace
}  // namespace replkit::refserver::session
