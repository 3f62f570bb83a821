// DeleteWithMetaData (draft-ietf-ldup-mrm-02 3.15.2).
#include "tests/unit/refserver/metadata/metadata_testing.hpp"

namespace replkit::refserver::metadata {
namespace {

TEST_F(MetaDataTest, DeletesAsDeleteDoes) {
  const auto uuid = load(ann).uuid;
  const auto answer = delete_entry({ann, {}, false, {}});
  ASSERT_EQ(answer.code(), ResultCode::success);
  EXPECT_EQ(answer.value.uuid, uuid);
  EXPECT_EQ(load(uuid)->deleted, answer.value.csn);
  EXPECT_EQ(listener_->told.at(0).csn, answer.value.csn);
  EXPECT_EQ(listener_->told.at(0).operation, protocol::Operation::remove);
  EXPECT_EQ(delete_entry({ann, {}, false, {}}).code(), ResultCode::no_such_object);
  EXPECT_EQ(delete_entry({people, {}, false, {}}).code(), ResultCode::not_allowed_on_non_leaf);
}

TEST_F(MetaDataTest, LeavesTheRecordThatWasGiven) {
  const auto uuid = load(ann).uuid;
  const ldup::Csn csn{server_.clock().now() + std::chrono::minutes(1), 0, "berlin", 0};
  const auto answer = delete_entry({ann, csn, false, {}});
  ASSERT_EQ(answer.code(), ResultCode::success);
  EXPECT_FALSE(answer.value.csn);
  EXPECT_EQ(load(uuid)->deleted, csn);
  EXPECT_EQ(load(uuid)->last_dn, ann);
  EXPECT_EQ(listener_->told.at(0).csn, ldup::Csn());
  EXPECT_EQ(delete_entry({bob, berlin(1), false, {}}).code(), ResultCode::constraint_violation)
      << "older than the entry";
  const ldup::Csn future{server_.clock().now() + std::chrono::hours(25), 0, "berlin", 0};
  EXPECT_EQ(delete_entry({bob, future, false, {}}).code(), ResultCode::constraint_violation);
}

TEST_F(MetaDataTest, LeavesNoRecord) {
  const auto uuid = load(ann).uuid;
  const auto answer = delete_entry({ann, {}, true, {}});
  ASSERT_EQ(answer.code(), ResultCode::success);
  EXPECT_FALSE(answer.value.csn);
  EXPECT_FALSE(load(uuid));
  EXPECT_TRUE(server_.store().check(10).empty());
  // A CSN for it makes no sense.
  std::string both = encode(ldup::DeleteWithMetaDataRequest{bob, berlin(1), false, {}});
  both += std::string("\x81\x01\xff", 3);
  both[1] = static_cast<char>(both[1] + 3);
  EXPECT_EQ(ask("2.25.181348535598521182392638709585471321732.2.1.5", both).at(0).result.code,
            ResultCode::protocol_error);
}

TEST_F(MetaDataTest, FindsTombstonesByUuid) {
  const auto uuid = load(ann).uuid;
  plain(protocol::DeleteRequest{ann});
  EXPECT_EQ(delete_entry({ann, {}, false, uuid}).code(), ResultCode::no_such_object) << "it is deleted";
  EXPECT_EQ(delete_entry({bob, {}, true, uuid}).code(), ResultCode::no_such_object) << "that is not its name";
  const ldup::Csn csn{server_.clock().now() + std::chrono::minutes(1), 0, "berlin", 0};
  ASSERT_EQ(delete_entry({ann, csn, false, uuid}).code(), ResultCode::success);
  EXPECT_EQ(load(uuid)->deleted, csn);
  ASSERT_EQ(delete_entry({ann, {}, true, uuid}).code(), ResultCode::success);
  EXPECT_FALSE(load(uuid));
  EXPECT_EQ(delete_entry({ann, {}, true, uuid}).code(), ResultCode::no_such_object);
  EXPECT_EQ(delete_entry({bob, {}, true, load(bob).uuid}).code(), ResultCode::success) << "one that lives";
}

TEST_F(MetaDataTest, DeletesOnlyWhereItIsAllowed) {
  caller_ = over_tls(TestDirectory::user("cn=other"));
  EXPECT_EQ(delete_entry({ann, {}, false, {}}).code(), ResultCode::insufficient_access_rights);
  EXPECT_EQ(delete_entry({"", {}, false, {}}).code(), ResultCode::unwilling_to_perform);
  EXPECT_EQ(delete_entry({"x", {}, false, {}}).code(), ResultCode::invalid_dn_syntax);
}

}  // namespace
}  // namespace replkit::refserver::metadata
