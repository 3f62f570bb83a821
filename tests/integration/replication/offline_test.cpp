// Full updates that go by a file (draft-ietf-ldup-mrm-02 3.12, 4.1.1).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/base/files.hpp"
#include "common/ldup/cycle.hpp"
#include "common/ldup/oids.hpp"
#include "tests/integration/replication/group.hpp"

namespace replkit::replication_test {
namespace {

using Request = ldup::TriggerReplicationRequest;

constexpr int busy = 51;

class Offline : public testing::Test {
 protected:
  Group group{{{"a"}, {"b", 2, {}, false}}, {{"a", "b"}, {"b", "a"}}};

  Outcome ask(const std::string& at, Request::Mode mode, const std::string& file,
              Request::Update update = Request::Update::full) {
    const Request request{
        .target = Group::replica_dn("b"), .uri = group["b"].uri(), .update = update, .mode = mode, .file = file};
    return group.extended(at, std::string(ldup::oid::trigger_replication), ldup::encode(request));
  }
  std::filesystem::path file(const std::string& at, const std::string& name) {
    return group[at].directory() / "offline" / name;
  }
  // Writes a file of what "a" has.
  void write(const std::string& name) {
    const auto answer = ask("a", Request::Mode::offline_write, name);
    ASSERT_EQ(answer.code, 0) << answer.diagnostic;
    ASSERT_TRUE(group.session("a", {{"kind", "offline"}, {"peer", name}, {"result", "success"}}));
  }
};

TEST_F(Offline, WrittenHereAndReadThere) {
  auto a = group.client("a");
  auto b = group.client("b");
  ASSERT_EQ(add_unit(b, "goes away"), 0);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(add_unit(a, "unit " + std::to_string(i)), 0);
  write("update");
  ASSERT_EQ(add_unit(a, "later"), 0);
  std::filesystem::copy_file(file("a", "update"), file("b", "update"));
  const auto answer = ask("b", Request::Mode::offline_read, "update");
  ASSERT_EQ(answer.code, 0) << answer.diagnostic;
  ASSERT_TRUE(group.session("b", {{"kind", "offline"}, {"result", "success"}}));
  EXPECT_TRUE(b.read(unit_dn("unit 999")));
  EXPECT_FALSE(b.read(unit_dn("goes away")));
  EXPECT_FALSE(b.read(unit_dn("later")));
  // The rest comes over the line, and only that.
  ASSERT_EQ(b.modify(Group::replica_dn("b"), {{support::Change::replace, "replicaOnline", {"TRUE"}}}), 0);
  EXPECT_TRUE(group.shows("b", unit_dn("later")));
  const auto session = group.session("b", {{"kind", "incremental"}, {"result", "success"}});
  ASSERT_TRUE(session);
  EXPECT_LE((*session)["updates"], 3);
  EXPECT_TRUE(group.settles());
  EXPECT_EQ(group.difference("a", "b"), "");
}

// What has come since the file was written comes again, though its supplier has nothing new to send.
TEST_F(Offline, AFileOfYesterday) {
  auto a = group.client("a");
  ASSERT_EQ(add_unit(a, "before"), 0);
  write("update");
  std::filesystem::copy_file(file("a", "update"), file("b", "update"));
  {
    auto b = group.client("b");
    ASSERT_EQ(b.modify(Group::replica_dn("b"), {{support::Change::replace, "replicaOnline", {"TRUE"}}}), 0);
  }
  ASSERT_EQ(add_unit(a, "later"), 0);
  ASSERT_TRUE(group.shows("b", unit_dn("later")));
  ASSERT_TRUE(support::eventually(std::chrono::seconds(20),
                                  [&] { return ask("b", Request::Mode::offline_read, "update").code != busy; }));
  ASSERT_TRUE(group.session("b", {{"kind", "offline"}, {"result", "success"}}));
  EXPECT_TRUE(group.shows("b", unit_dn("later")));
}

// The file of one that does not have all.
TEST(OfflineFiles, AreForOneReplica) {
  Group group({{"a"}, {"b"}, {.id = "c", .type = 3, .extra = "attributeExclusionFilter: telephoneNumber\n"}});
  const auto id = std::string(ldup::oid::trigger_replication);
  auto request = Request{.target = Group::replica_dn("c"),
                         .uri = group["c"].uri(),
                         .update = Request::Update::full,
                         .mode = Request::Mode::offline_write,
                         .file = "update"};
  ASSERT_EQ(group.extended("a", id, ldup::encode(request)).code, 0);
  ASSERT_TRUE(group.session("a", {{"kind", "offline"}, {"result", "success"}}));
  const auto written = group["a"].directory() / "offline" / "update";
  request.mode = Request::Mode::offline_read;
  for (const char* at : {"b", "c"}) {
    std::filesystem::copy_file(written, group[at].directory() / "offline" / "update");
    request.target = Group::replica_dn(at);
    request.uri = group[at].uri();
    Outcome answer;
    ASSERT_TRUE(support::eventually(std::chrono::seconds(20), [&] {
      answer = group.extended(at, id, ldup::encode(request));
      return answer.code != busy;
    }));
    EXPECT_EQ(answer.code, at == std::string("b") ? 53 : 0) << at << answer.diagnostic;
    const bool said = answer.diagnostic.find("the file is for " + Group::replica_dn("c")) != std::string::npos;
    EXPECT_EQ(said, at == std::string("b")) << answer.diagnostic;
  }
}

TEST_F(Offline, NamesAndFilesThatAreRefused) {
  constexpr int protocol_error = 2, unwilling = 53;
  using enum Request::Mode;
  for (const char* name : {"../update", "/tmp/update", "a/b", "..", ".hidden", ""}) {
    EXPECT_EQ(ask("a", offline_write, name).code, unwilling) << name;
  }
  EXPECT_EQ(ask("a", offline_write, "update", Request::Update::incremental).code, unwilling);
  write("update");
  EXPECT_EQ(ask("a", offline_write, "update").code, unwilling) << "it is there already";
  EXPECT_EQ(ask("b", offline_write, "update").code, unwilling) << "for itself";
  EXPECT_EQ(ask("a", offline_read, "update").code, unwilling) << "for another";
  EXPECT_EQ(ask("b", offline_read, "nothing").code, unwilling);
  support::write_file(file("b", "nonsense"), "nonsense");
  EXPECT_EQ(ask("b", offline_read, "nonsense").code, unwilling);
  const Request mixed_up{.target = Group::replica_dn("b"), .uri = group["b"].uri(), .file = "update"};
  EXPECT_EQ(group.extended("a", std::string(ldup::oid::trigger_replication), ldup::encode(mixed_up)).code,
            protocol_error);
  EXPECT_TRUE(group.client("b").read(suffix)) << "nothing has happened";
}

// Half a file changes nothing.
TEST_F(Offline, AFileThatIsCutOff) {
  auto a = group.client("a");
  for (int i = 0; i < 100; ++i) ASSERT_EQ(add_unit(a, "unit " + std::to_string(i)), 0);
  write("update");
  const auto whole = read_file(file("a", "update"), std::size_t{16} << 20);
  support::write_file(file("b", "half"), whole.substr(0, whole.size() / 2));
  const auto half = ask("b", Request::Mode::offline_read, "half");
  EXPECT_EQ(half.code, 53);
  EXPECT_NE(half.diagnostic.find("half: it is cut off"), std::string::npos) << half.diagnostic;
  ASSERT_TRUE(group.session("b", {{"kind", "offline"}, {"result", "failure"}}));
  EXPECT_TRUE(group.client("b").read(suffix)) << "what there was has not given way to it";
  support::write_file(file("b", "whole"), whole);
  ASSERT_EQ(ask("b", Request::Mode::offline_read, "whole").code, 0);
  ASSERT_TRUE(group.session("b", {{"kind", "offline"}, {"result", "success"}}));
  EXPECT_EQ(group.difference("a", "b"), "");
}

}  // namespace
}  // namespace replkit::replication_test
