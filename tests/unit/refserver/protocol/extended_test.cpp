#include "tests/refserver/protocol/extended.hpp"

#include <gmock/gmock.h>

#include "tests/refserver/protocol/client_controls.hpp"
#include "tests/refserver/protocol/oids.hpp"
#include "tests/unit/refserver/protocol/testing.hpp"

namespace replkit::refserver::protocol {
namespace {

using testing_::bytes;
using testing_::error_of;
using Action = ProtocolError::Action;

ExtendedRequest request(const char* value) {
  return {"1.2", bytes(value)};
}

TEST(PasswordModify, ReadsEveryField) {
  const auto all = decode_password_modify(request("30 0c 8003'u:a' 8101'o' 8202'nn'"));
  EXPECT_EQ(all.identity, "u:a");
  EXPECT_EQ(all.old_password->reveal(), "o");
  EXPECT_EQ(all.new_password->reveal(), "nn");
  EXPECT_EQ(encode_password_modify(all).value, bytes("30 0c 8003'u:a' 8101'o' 8202'nn'"));
  EXPECT_EQ(encode_password_modify(all).oid, oid::password_modify);
}

TEST(PasswordModify, TellsWhatIsAbsentFromWhatIsEmpty) {
  for (const auto& nothing : {request("3000"), ExtendedRequest{"1.2", std::nullopt}}) {
    const auto value = decode_password_modify(nothing);
    EXPECT_FALSE(value.identity || value.old_password || value.new_password);
  }
  const auto empty = decode_password_modify(request("30 04 8000 8200"));
  EXPECT_EQ(empty.identity, "");
  EXPECT_FALSE(empty.old_password);
  EXPECT_TRUE(empty.new_password && empty.new_password->empty());
}

TEST(PasswordModify, RefusesOtherThings) {
  for (const auto* wrong : {"", "30", "3001", "0400", "3000 00", "30 04 8200 8000", "30 04 8000 8000",
                            "30 80 8000 0000", "30 03 8002'u'", "30 02 a000 00"}) {
    EXPECT_EQ(error_of([&] { decode_password_modify(request(wrong)); }).action(), Action::answer) << wrong;
  }
}

TEST(PasswordModify, TellsTheGeneratedPassword) {
  const auto value = encode_generated_password(Secret("gen"));
  EXPECT_EQ(value, bytes("30 05 8003'gen'"));
  EXPECT_EQ(decode_generated_password(value).reveal(), "gen");
}

TEST(Cancel, ReadsTheMessageId) {
  EXPECT_EQ(decode_cancel(request("3003 020105")), 5);
  EXPECT_EQ(decode_cancel(request("3006 02047fffffff")), 2147483647);
  EXPECT_EQ(encode_cancel(128).value, bytes("3004 02020080"));
  for (const auto* wrong : {"", "3000", "3003 0201ff", "3002 0200", "020105", "3003 020105 00", "3004 02020005"}) {
    EXPECT_EQ(error_of([&] { decode_cancel(request(wrong)); }).action(), Action::answer) << wrong;
  }
  EXPECT_EQ(error_of([] { decode_cancel({"1.2", std::nullopt}); }).action(), Action::answer);
}

TEST(ExtendedWithoutValue, RefuseOne) {
  EXPECT_NO_THROW(expect_no_value(ExtendedRequest{std::string(oid::start_tls), std::nullopt}));
  EXPECT_EQ(error_of([] {
              expect_no_value(ExtendedRequest{std::string(oid::who_am_i), ""});
            }).action(),
            Action::answer);
}

}  // namespace
}  // namespace replkit::refserver::protocol
