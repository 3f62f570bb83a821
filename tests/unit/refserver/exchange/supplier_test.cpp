// The supplier's side of a session, against a consumer that the test plays.
#include "tests/refserver/exchange/supplier.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "common/base/error.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/oids.hpp"
#include "common/ldup/replication_update.hpp"

namespace replkit::refserver::exchange {
namespace {

using Kind = SupplierOutcome::Kind;

constexpr int busy = 51, denied = 50, other = 80, no_such_object = 32;

ldup::UpdateVector vector_of(const char* csn) {
  ldup::UpdateVector out;
  out.merge(ldup::Csn::parse(csn));
  return out;
}

class FakeConsumer : public ConsumerPort {
 public:
  int send(std::string_view oid, const std::string& value, const std::string& cookie) override {
    const int id = ++last_;
    if (oid == ldup::oid::create_grouping) {
      created = ldup::decode_create_repl_group_request(*ldup::decode_create_grouping_request(value).value);
      const ldup::CreateReplGroupResponse inner{.vector = mine};
      give(id, create_code, ldup::encode(ldup::CreateGroupingResponse{.cookie = "c", .value = ldup::encode(inner)}));
    } else if (oid == ldup::oid::end_grouping) {
      const auto group = ldup::decode_end_grouping_request(value);
      EXPECT_EQ(group.cookie, "c");
      ended = ldup::decode_end_repl_group_request(*group.value);
      const ldup::EndReplGroupResponse inner{.vector = mine};
      give(id, end_code, ldup::encode(ldup::EndGroupingResponse{.value = ldup::encode(inner)}));
    } else {
      EXPECT_EQ(cookie, "c");
      updates.push_back(ldup::decode_entry_update(value));
      ++outstanding;
      most_outstanding = std::max(most_outstanding, outstanding);
      if (on_update) on_update(updates.size());
      const bool is_unknown = unknown && updates.back().entry == unknown;
      if (!silent) give(id, is_unknown ? no_such_object : updates.size() == bad_update ? other : 0, std::nullopt);
    }
    return id;
  }

  std::optional<Message> receive(std::chrono::milliseconds) override {
    if (messages.empty()) return std::nullopt;
    auto out = messages.front();
    messages.pop_front();
    if (out.id != 0 && outstanding > 0) --outstanding;
    return out;
  }

  void give(int id, int code, std::optional<std::string> value) {
    messages.push_back({.id = id, .code = code, .diagnostic = "d", .oid = {}, .value = std::move(value)});
  }
  void notice(bool abort, std::optional<ldup::UpdateVector> vector) {
    const ldup::ReplicationUpdateNotice value{.vector = std::move(vector), .abort = abort};
    messages.push_back({.id = 0,
                        .code = 0,
                        .diagnostic = {},
                        .oid = std::string(ldup::oid::replication_update_notice),
                        .value = ldup::encode(value)});
  }

  int create_code = 0;
  int end_code = 0;
  std::size_t bad_update = 0;
  std::optional<model::Uuid> unknown;  // the entry of refused updates
  bool silent = false;
  ldup::UpdateVector mine = vector_of("20261121000000Z#000001#b#000000");
  std::function<void(std::size_t)> on_update;

  std::optional<ldup::CreateReplGroupRequest> created;
  std::optional<ldup::EndReplGroupRequest> ended;
  std::vector<ldup::EntryUpdate> updates;
  std::size_t outstanding = 0, most_outstanding = 0;
  std::deque<Message> messages;

 private:
  int last_ = 0;
};

ldup::EntryUpdate update_of(const model::Uuid& entry) {
  ldup::EntryUpdate out;
  out.entry = entry;
  out.primitives.resize(2);
  for (auto& each : out.primitives) each.csn = ldup::Csn::parse("20261121000001Z#000001#a#000000");
  return out;
}

// So many updates, of entries nobody knows.
class Many : public UpdateSource {
 public:
  explicit Many(std::size_t count) : count_(count) {}

  std::optional<ldup::EntryUpdate> next() override {
    if (sent_ == count_) return std::nullopt;
    ++sent_;
    return update_of(model::Uuid::random());
  }
  std::vector<ldup::EntryUpdate> whole(const model::Uuid& entry) override {
    return {update_of(superior), update_of(entry)};
  }
  ldup::UpdateVector vector() const override { return reached; }

  const model::Uuid superior = model::Uuid::random();
  ldup::UpdateVector reached = vector_of("20261121000001Z#000001#a#000000");

 private:
  const std::size_t count_;
  std::size_t sent_ = 0;
};

class Supplier : public testing::Test {
 protected:
  FakeConsumer consumer;
  SupplierOptions options{
      .window = 8, .answer_time = std::chrono::milliseconds(50), .begin_time = std::chrono::milliseconds(50)};
  std::atomic<bool> stop{false};
  SupplierSession session{consumer, options, stop};
  std::size_t wanted_at = 0;

  bool begin() { return begin(session); }
  void run(std::size_t updates) {
    Many source(updates);
    session.run(source);
  }
  static bool begin(SupplierSession& session) {
    ldup::CreateReplGroupRequest request;
    request.area = "cn=b,dc=example";
    request.replica_id = "a";
    request.protocol_oid = ldup::oid::incremental_update_protocol;
    return session.begin(request);
  }
};

TEST_F(Supplier, SendsAllWithinTheWindowAndTellsItsVector) {
  ASSERT_TRUE(begin());
  EXPECT_EQ(session.outcome().consumer, consumer.mine);
  run(100);
  const auto& outcome = session.outcome();
  EXPECT_EQ(outcome.kind, Kind::success) << outcome.text;
  EXPECT_EQ(outcome.updates, 100);
  EXPECT_EQ(outcome.primitives, 200);
  EXPECT_EQ(consumer.updates.size(), 100);
  EXPECT_LE(consumer.most_outstanding, options.window);
  ASSERT_TRUE(consumer.ended);
  EXPECT_TRUE(consumer.ended->return_vector);
  EXPECT_EQ(consumer.ended->vector, Many(0).vector());
}

TEST_F(Supplier, AConsumerThatIsBusyOrRefuses) {
  consumer.create_code = busy;
  EXPECT_FALSE(begin());
  EXPECT_EQ(session.outcome().kind, Kind::busy);
  consumer.create_code = denied;
  SupplierSession again(consumer, options, stop);
  EXPECT_FALSE(begin(again));
  EXPECT_EQ(again.outcome().kind, Kind::failed);
  EXPECT_EQ(again.outcome().code, denied);
}

TEST_F(Supplier, AnUpdateThatIsRefusedEndsTheSessionWithoutAVector) {
  ASSERT_TRUE(begin());
  consumer.bad_update = 20;
  run(100);
  EXPECT_EQ(session.outcome().kind, Kind::failed);
  EXPECT_EQ(session.outcome().code, other);
  EXPECT_LT(consumer.updates.size(), 40) << "it stops soon";
  ASSERT_TRUE(consumer.ended);
  EXPECT_FALSE(consumer.ended->vector);
}

TEST_F(Supplier, SendsAnEntryWholeThatTheConsumerDoesNotKnow) {
  ASSERT_TRUE(begin());
  Many source(20);
  consumer.on_update = [&](std::size_t count) {
    if (count == 10) consumer.unknown = consumer.updates.back().entry;
    if (count > 10 && consumer.updates.back().entry == source.superior) wanted_at = count;
    if (wanted_at > 0) consumer.unknown.reset();
  };
  const auto unknown = [&] { return consumer.updates.at(9).entry; };
  session.run(source);
  EXPECT_EQ(session.outcome().kind, Kind::success) << session.outcome().text;
  ASSERT_EQ(consumer.updates.size(), 22) << "the superior and the entry again";
  ASSERT_GT(wanted_at, 0);
  EXPECT_EQ(consumer.updates.at(wanted_at).entry, unknown());
  EXPECT_TRUE(consumer.ended->vector);
}

TEST_F(Supplier, TheConsumerMayWantAnEntryWhenTheSessionEnds) {
  ASSERT_TRUE(begin());
  Many source(3);
  consumer.on_update = [&](std::size_t count) {
    if (count == 3) consumer.unknown = consumer.updates.back().entry;
    if (count == 3) consumer.end_code = no_such_object;
    if (count == 4) consumer.unknown.reset();
    if (count == 5) consumer.end_code = 0;
  };
  session.run(source);
  EXPECT_EQ(session.outcome().kind, Kind::success) << session.outcome().text;
  ASSERT_EQ(consumer.updates.size(), 5);
  EXPECT_EQ(consumer.updates.at(4).entry, consumer.updates.at(2).entry);
}

TEST_F(Supplier, AnEndWithoutTheEntriesThatWereAskedForIsNoSuccess) {
  ASSERT_TRUE(begin());
  Many source(3);
  consumer.on_update = [&](std::size_t count) {
    if (count == 3) consumer.unknown = consumer.updates.back().entry;
  };
  session.run(source);
  EXPECT_EQ(session.outcome().kind, Kind::failed);
}

TEST_F(Supplier, AnEntryThatIsNotTakenWholeEither) {
  ASSERT_TRUE(begin());
  Many source(20);
  consumer.on_update = [&](std::size_t count) {
    if (count == 10) consumer.unknown = consumer.updates.back().entry;
  };
  session.run(source);
  EXPECT_EQ(session.outcome().kind, Kind::failed);
  EXPECT_EQ(session.outcome().code, no_such_object);
}

TEST_F(Supplier, WithNothingToClaimNothingIsAskedOfVectors) {
  ASSERT_TRUE(begin());
  Many source(3);
  source.reached = {};
  session.run(source);
  EXPECT_EQ(session.outcome().kind, Kind::success);
  ASSERT_TRUE(consumer.ended);
  EXPECT_FALSE(consumer.ended->vector);
  EXPECT_FALSE(consumer.ended->return_vector) << "it would take what was published";
}

TEST_F(Supplier, AnotherSessionMayFollowOnTheSameConnection) {
  ASSERT_TRUE(begin());
  run(3);
  ASSERT_TRUE(begin());
  run(4);
  EXPECT_EQ(session.outcome().kind, Kind::success);
  EXPECT_EQ(session.outcome().updates, 7);
  consumer.create_code = busy;
  EXPECT_FALSE(begin());
  EXPECT_EQ(session.outcome().kind, Kind::busy);
}

TEST_F(Supplier, StopsBetweenTwoUpdates) {
  ASSERT_TRUE(begin());
  consumer.on_update = [&](std::size_t count) { stop = count == 10; };
  run(100);
  EXPECT_EQ(session.outcome().kind, Kind::terminated);
  EXPECT_EQ(consumer.updates.size(), 10);
  ASSERT_TRUE(consumer.ended) << "the group is ended properly";
  EXPECT_FALSE(consumer.ended->vector);
}

// Nobody waits for the whole of answer_time then.
TEST_F(Supplier, StopsAtOnceWhenTheConsumerIsSilent) {
  options.answer_time = std::chrono::hours(1);
  options.stop_time = std::chrono::milliseconds(50);
  ASSERT_TRUE(begin());
  consumer.silent = true;
  consumer.on_update = [&](std::size_t count) { stop = count == 5; };
  EXPECT_THROW(run(100), Cancelled);
  EXPECT_EQ(consumer.updates.size(), 5);
}

TEST_F(Supplier, AnAbortOfTheConsumerEndsItAtOnce) {
  ASSERT_TRUE(begin());
  consumer.on_update = [&](std::size_t count) {
    if (count == 10) consumer.notice(true, std::nullopt);
  };
  run(100);
  EXPECT_EQ(session.outcome().kind, Kind::terminated);
  EXPECT_LT(consumer.updates.size(), 30);
  EXPECT_FALSE(consumer.ended) << "the connection is closed instead";
}

TEST_F(Supplier, NoticesTellHowFarTheConsumerIs) {
  ASSERT_TRUE(begin());
  const auto further = vector_of("20261121000009Z#000001#b#000000");
  consumer.on_update = [&](std::size_t count) {
    if (count == 10) consumer.notice(false, further);
  };
  consumer.mine = {};
  run(20);
  EXPECT_EQ(session.outcome().kind, Kind::success);
  EXPECT_EQ(session.outcome().consumer, further);
}

TEST_F(Supplier, ASilentConsumerIsGivenUp) {
  ASSERT_TRUE(begin());
  consumer.silent = true;
  EXPECT_THROW(run(100), Error);
  EXPECT_LE(consumer.updates.size(), options.window);
}

TEST_F(Supplier, AnEndThatIsRefusedIsNoSuccess) {
  ASSERT_TRUE(begin());
  consumer.end_code = other;
  run(1);
  EXPECT_EQ(session.outcome().kind, Kind::failed);
}

}  // namespace
}  // namespace replkit::refserver::exchange
