// What is common to all changes: audit trail, proxied authorization, stopping, controls.
#include "tests/refserver/directory/update.hpp"

#include <gmock/gmock.h>

#include "tests/refserver/protocol/oids.hpp"
#include "tests/unit/refserver/directory/update_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;
using ::testing::ElementsAre;

TEST_F(UpdateTest, RecordsWhatIsDoneAndWhatIsRefused) {
  EXPECT_EQ(modify(ann, {replace("sn", {"Kay"}), directory::add("sn", {"Roe"})}).code, ResultCode::success);
  EXPECT_THAT(audit_.last().attributes, ElementsAre("sn"));
  EXPECT_NE(audit_.last().csn, "");
  EXPECT_EQ(audit_.last().time, clock_.time);
  caller_ = bound(ann);
  EXPECT_EQ(remove(ann).code, ResultCode::insufficient_access_rights);
  EXPECT_EQ(audit_.last().csn, "");
  EXPECT_EQ(add_person("no dn").code, ResultCode::invalid_dn_syntax);
  const auto lines = audit_.lines();
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines[0], "cn=root add " + base + " 0");
  EXPECT_EQ(lines[4], "cn=root modify " + ann + " 0");
  EXPECT_EQ(lines[5], ann + " delete " + ann + " 50");
  EXPECT_EQ(lines[6], ann + " add no dn 34");
}

TEST_F(UpdateTest, ChangesNothingThatCannotBeRecorded) {
  audit_.refusal = "the disk is full";
  EXPECT_EQ(modify(ann, {replace("sn", {"Kay"})}).code, ResultCode::unavailable);
  EXPECT_THAT(values(ann, "sn"), ElementsAre("Lee"));
}

TEST_F(UpdateTest, ActsAsAnother) {
  const auto as_ann = protocol::encode_proxied_authorization("dn:" + ann);
  EXPECT_EQ(modify(ann, {replace("description", {"x"})}, {as_ann}).code, ResultCode::success);
  EXPECT_THAT(values(ann, "modifiersName"), ElementsAre(ann));
  EXPECT_EQ(audit_.lines().back(), ann + " modify " + ann + " 0");
  EXPECT_EQ(audit_.last().authenticated_dn, "cn=root");
  EXPECT_EQ(modify(ann, {replace("sn", {"x"})}, {as_ann}).code, ResultCode::insufficient_access_rights);
}

TEST_F(UpdateTest, StopsWhatHasNotBegunToBeWritten) {
  // Passwords take all threads of the pool for a while, so that some of these wait for one: in nearly every round.
  int stopped = 0;
  for (int round = 0; stopped == 0 && round < 1000; ++round) {
    std::vector<Pending> pending;
    for (int i = 0; i < 20; ++i) {
      pending.push_back(
          start(protocol::ModifyRequest{.dn = ann, .changes = {replace("userPassword", {"p" + std::to_string(i)})}}));
    }
    for (; !pending.empty(); pending.pop_back()) {
      auto& one = pending.back();
      if (one.operation->stop()) {
        ++stopped;
      } else {
        EXPECT_EQ(wait(one).result.code, ResultCode::success);
        EXPECT_FALSE(one.operation->stop()) << "too late";
      }
    }
  }
  EXPECT_GT(stopped, 0);
  updates_.reset();
  int canceled = 0;
  for (const auto& line : audit_.lines()) canceled += line.ends_with(" 118") ? 1 : 0;
  EXPECT_EQ(canceled, stopped);
}

TEST_F(UpdateTest, GoesOnWithoutItsOperation) {
  for (int i = 0; i < 20; ++i) {
    start(protocol::AddRequest{.dn = "cn=p" + std::to_string(i) + "," + people,
                               .attributes = attributes_of({"objectClass: person", "sn: x", "userPassword: y"})});
  }
  updates_.reset();  // waits
  EXPECT_EQ(entries(), 24U);
}

}  // namespace
}  // namespace replkit::refserver::directory
