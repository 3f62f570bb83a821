#include "tests/refserver/protocol/encode.hpp"

#include <gmock/gmock.h>

#include "tests/refserver/protocol/client.hpp"
#include "tests/refserver/protocol/decode.hpp"
#include "tests/unit/refserver/protocol/testing.hpp"

namespace replkit::refserver::protocol {
namespace {

using testing_::bytes;

TEST(EncodeResult, WritesEveryKind) {
  const auto encoded = [](Operation operation, const Result& result) {
    std::string out;
    encode_result(out, 1, operation, result);
    return out;
  };
  EXPECT_EQ(encoded(Operation::bind, {}), bytes("30 0c 020101 61 07 0a0100 0400 0400"));
  EXPECT_EQ(encoded(Operation::search, {}), bytes("30 0c 020101 65 07 0a0100 0400 0400"));
  EXPECT_EQ(encoded(Operation::modify, {}), bytes("30 0c 020101 67 07 0a0100 0400 0400"));
  EXPECT_EQ(encoded(Operation::add, {ResultCode::entry_already_exists, {}, {}, {}}),
            bytes("30 0c 020101 69 07 0a0144 0400 0400"));
  EXPECT_EQ(encoded(Operation::remove, {ResultCode::no_such_object, "dc=x", "gone", {}}),
            bytes("30 14 020101 6b 0f 0a0120 0404'dc=x' 0404'gone'"));
  EXPECT_EQ(encoded(Operation::modify_dn, {}), bytes("30 0c 020101 6d 07 0a0100 0400 0400"));
  EXPECT_EQ(encoded(Operation::compare, {ResultCode::compare_true, {}, {}, {}}),
            bytes("30 0c 020101 6f 07 0a0106 0400 0400"));
  EXPECT_EQ(encoded(Operation::extended, {}), bytes("30 0c 020101 78 07 0a0100 0400 0400"));
  EXPECT_EQ(encoded(Operation::search, {ResultCode::referral, {}, {}, {"ldap://a", "ldap://b"}}),
            bytes("30 22 020101 65 1d 0a010a 0400 0400 a3 14 0408'ldap://a' 0408'ldap://b'"));
}

TEST(EncodeResult, WritesLargeCodesAndMessageIds) {
  std::string out;
  encode_result(out, max_int, Operation::search, {static_cast<ResultCode>(4096), {}, {}, {}});
  EXPECT_EQ(out, bytes("30 10 02047fffffff 65 08 0a021000 0400 0400"));
  EXPECT_EQ(decode_response(out).result.code, static_cast<ResultCode>(4096));
}

TEST(EncodeResult, WritesControls) {
  const Control controls[] = {{"1.2", true, "v"}, {"1.3", false, std::nullopt}};
  std::string out;
  encode_result(out, 2, Operation::remove, {}, controls);
  EXPECT_EQ(out, bytes("30 22 020102 6b 07 0a0100 0400 0400 a0 14 30 0b 0403'1.2' 0101ff 0401'v' 30 05 0403'1.3'"));
  EXPECT_THAT(decode_response(out).controls, testing::ElementsAreArray(controls));
}

TEST(EncodeResult, MakesDiagnosticsPrintable) {
  std::string out;
  encode_result(out, 1, Operation::add, {ResultCode::other, {}, "a\n\xff", {}});
  EXPECT_EQ(decode_response(out).result.diagnostic, "a\\0a\\ff");
}

TEST(EncodeResult, AppendsToWhatIsThere) {
  std::string out = "before";
  encode_result(out, 1, Operation::add, {ResultCode::other, {}, std::string(300, 'd'), {}});
  EXPECT_TRUE(out.starts_with("before"));
  EXPECT_EQ(decode_response(out.substr(6)).result.diagnostic, std::string(300, 'd'));
}

TEST(EncodeResponses, WriteTheirOwnFields) {
  std::string out;
  encode_bind_response(out, 1, {ResultCode::sasl_bind_in_progress, {}, {}, {}}, "ch");
  EXPECT_EQ(out, bytes("30 10 020101 61 0b 0a010e 0400 0400 8702'ch'"));
  out.clear();
  encode_extended_response(out, 1, {}, "1.2", "v");
  EXPECT_EQ(out, bytes("30 14 020101 78 0f 0a0100 0400 0400 8a03'1.2' 8b01'v'"));
  out.clear();
  encode_intermediate_response(out, 1, "1.2", "v");
  EXPECT_EQ(out, bytes("30 0d 020101 79 08 8003'1.2' 8101'v'"));
  out.clear();
  encode_intermediate_response(out, 1, std::nullopt, std::nullopt);
  EXPECT_EQ(out, bytes("30 05 020101 7900"));
  out.clear();
  encode_reference(out, 1, std::vector<std::string>{"ldap://a"});
  EXPECT_EQ(out, bytes("30 0f 020101 73 0a 0408'ldap://a'"));
  out.clear();
  encode_notice_of_disconnection(out, ResultCode::unavailable, "bye");
  EXPECT_EQ(out, bytes("30 27 020100 78 22 0a0134 0400 0403'bye' 8a16'1.3.6.1.4.1.1466.20036'"));
}

TEST(EncodeEntry, WritesViewsAndEntriesAlike) {
  const std::string_view cn[] = {"a", "b"};
  const AttributeView views[] = {{"cn", cn}, {"sn", {}}};
  std::string out;
  encode_entry(out, 5, "cn=a", views);
  EXPECT_EQ(out, bytes("30 23 020105 64 1e 0404'cn=a' 30 16 30 0c 0402'cn' 31 06 0401'a' 0401'b' 30 06 0402'sn' 3100"));
  std::string again;
  const model::Entry entry{"cn=a", {{"cn", {"a", "b"}}, {"sn", {}}}};
  encode_entry(again, 5, entry);
  EXPECT_EQ(again, out);
  EXPECT_EQ(decode_response(out).entry, entry);
}

TEST(EncodeEntry, AddsUpItsSizesAtEveryStep) {
  for (std::size_t size : {0U, 60U, 80U, 90U, 100U, 110U, 120U, 127U, 128U, 240U, 255U, 256U, 65000U, 65530U, 70000U}) {
    const model::Entry entry{"dc=x", {{"jpegPhoto", {std::string(size, 'x'), ""}}, {std::string(size % 300, 'a'), {}}}};
    const Control controls[] = {{"1.2", false, std::string(size, 'c')}};
    std::string out = "before";
    encode_entry(out, 300, entry, controls);
    out.erase(0, 6);
    const auto message = decode_response(out);
    EXPECT_EQ(message.entry, entry) << size;
    EXPECT_EQ(message.id, 300);
    EXPECT_THAT(message.controls, testing::ElementsAreArray(controls));
    EXPECT_EQ(frame_length(out, out.size()), out.size());
  }
}

TEST(EncodeError, WantsToKnowTheRequestOfAnAnswer) {
  auto error = ProtocolError::answer("no");
  std::string out;
  EXPECT_ANY_THROW(encode_error(out, error));
  EXPECT_EQ(out, "");
  error.set_request(4, Operation::compare);
  encode_error(out, error);
  EXPECT_EQ(out, bytes("30 0e 020104 6f 09 0a0102 0400 0402'no'"));
}

}  // namespace
}  // namespace replkit::refserver::protocol
