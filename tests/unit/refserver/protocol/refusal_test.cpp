// What is no LDAP, and what the peer is told.
#include <gmock/gmock.h>

#include "tests/refserver/protocol/client.hpp"
#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/oids.hpp"
#include "tests/unit/refserver/protocol/testing.hpp"

namespace replkit::refserver::protocol {
namespace {

using testing_::bytes;
using testing_::error_of;
using Action = ProtocolError::Action;

struct Refusal {
  const char* what;
  const char* pdu;
  ResultCode code = ResultCode::protocol_error;
};

// Structure: a notice of disconnection (RFC 4511 4.1.1).
constexpr Refusal broken[] = {
    {"nothing", ""},
    {"no sequence", "02 01 01"},
    {"an empty sequence", "30 00"},
    {"a length beyond the end", "30 06 020103 4200"},
    {"a length before the end", "30 04 020103 4200"},
    {"something after the message", "30 05 020103 4200 00"},
    {"no message id", "30 02 4200"},
    {"message id 0", "30 05 020100 4200"},
    {"a negative message id", "30 05 0201ff 4200"},
    {"message id 2^31", "30 09 02050080000000 4200"},
    {"a padded message id", "30 06 02020001 4200"},
    {"a message id without octets", "30 04 0200 4200"},
    {"a message id of the wrong type", "30 05 040101 4200"},
    {"no operation", "30 03 020101"},
    {"an unknown operation", "30 05 020101 7a00"},
    {"a response", "30 0c 020101 61 07 0a0100 0400 0400"},
    {"an unbind as a sequence", "30 05 020101 6200"},
    {"an unbind with content", "30 06 020101 420100"},
    {"a delete as a sequence", "30 09 02010a 6a04'dc=x'"},
    {"an abandon as a sequence", "30 06 02010c 700105"},
    {"an abandon of a negative id", "30 06 02010c 5001ff"},
    {"an abandon of nothing", "30 05 02010c 5000"},
    {"the indefinite form outside", "30 80 020103 4200 0000"},
    {"the indefinite form inside", "30 0e 020101 60 80 020103 0400 8000 0000"},
    {"a constructed string", "30 0e 020101 60 09 020103 2402 0400 8000"},
    {"a bind as a primitive", "30 0c 020101 40 07 020103 0400 8000"},
    {"a bind without version", "30 09 020101 60 04 0400 8000"},
    {"a bind without authentication", "30 0a 020101 60 05 020103 0400"},
    {"a bind without anything", "30 05 020101 60 00"},
    {"a password beyond its bind", "30 0c 020101 60 07 020103 0400 8001"},
    {"a bind beyond its message", "30 0c 020101 60 08 020103 0400 8000"},
    {"SASL without a mechanism", "30 0c 020103 60 07 020103 0400 a300"},
    {"a length of 2 GiB", "30 0f 020101 60 0a 020103 0484 7fffffff 8000"},
    {"a length of 2^64 - 1", "30 13 020101 60 0e 020103 0488 ffffffffffffffff 8000"},
    {"a search without a filter", "30 18 020106 63 13 0400 0a0100 0a0100 020100 020100 010100 3000"},
    {"a search that ends before its filter", "30 16 020106 63 11 0400 0a0100 0a0100 020100 020100 010100"},
    {"a search without attributes", "30 1a 020106 63 15 0400 0a0100 0a0100 020100 020100 010100 8702'cn'"},
    {"a wrong type in the attributes",
     "30 1f 020106 63 1a 0400 0a0100 0a0100 020100 020100 010100 8702'cn' 30 03 0a0101"},
    {"a scope as a number", "30 1c 020106 63 17 0400 020100 0a0100 020100 020100 010100 8702'cn' 3000"},
    {"a BOOLEAN of two octets", "30 1d 020106 63 18 0400 0a0100 0a0100 020100 020100 0102ffff 8702'cn' 3000"},
    {"a not of nothing", "30 1a 020106 63 15 0400 0a0100 0a0100 020100 020100 010100 a200 3000"},
    {"a not of two", "30 1e 020106 63 19 0400 0a0100 0a0100 020100 020100 010100 a204 8700 8700 3000"},
    {"an equality as a primitive", "30 1e 020106 63 19 0400 0a0100 0a0100 020100 020100 010100 8304 0400 0400 3000"},
    {"an equality without a value", "30 1c 020106 63 17 0400 0a0100 0a0100 020100 020100 010100 a302 0400 3000"},
    {"a present as a sequence", "30 1a 020106 63 15 0400 0a0100 0a0100 020100 020100 010100 a700 3000"},
    {"an attribute without a set", "30 13 020109 68 0e 0404'dc=x' 30 06 30 04 0402'dc'"},
    {"an attribute with a sequence", "30 18 020109 68 13 0404'dc=x' 30 0b 30 09 0402'dc' 30 03 0401'x'"},
    {"a change without a modification", "30 12 020108 66 0d 0404'dc=x' 30 05 30 03 0a0100"},
    {"controls of the wrong tag", "30 0b 02010a 4a04'dc=x' 30 00 a000"},
    {"controls that hold no sequence", "30 0d 02010a 4a04'dc=x' a0 02 0400"},
    {"a control without a type", "30 0d 02010a 4a04'dc=x' a0 02 3000"},
    {"criticality after the value", "30 17 02010a 4a04'dc=x' a0 0c 30 0a 0403'1.2' 0400 0101ff"},
    {"controls twice", "30 0d 02010a 4a04'dc=x' a000 a000"},
    {"a second operation", "30 0f 02010a 4a04'dc=x' 4a04'dc=y'"},
    {"controls before the operation", "30 0b 02010a a000 4a04'dc=x'"},
};

TEST(Refusal, OfABrokenMessageEndsTheSession) {
  for (const auto& [what, pdu, code] : broken) {
    const auto error = error_of([&, text = pdu] { decode_request(bytes(text)); });
    EXPECT_EQ(error.action(), Action::disconnect) << what;
    EXPECT_EQ(error.code(), code) << what;
    std::string out;
    encode_error(out, error);
    const auto notice = decode_response(out);
    EXPECT_EQ(notice.id, 0) << what;
    EXPECT_EQ(notice.name, oid::notice_of_disconnection) << what;
    EXPECT_EQ(notice.result.code, ResultCode::protocol_error) << what;
  }
}

// Values: this message gets an answer.
constexpr Refusal wrong[] = {
    {"bind version 0", "30 0c 020101 60 07 020100 0400 8000"},
    {"bind version 128", "30 0d 020101 60 08 02020080 0400 8000"},
    {"a bind DN that is no UTF-8", "30 0d 020101 60 08 020103 0401ff 8000", ResultCode::invalid_dn_syntax},
    {"an unknown authentication", "30 0c 020101 60 07 020103 0400 8100", ResultCode::auth_method_not_supported},
    {"an unknown authentication in future", "30 0c 020101 60 07 020103 0400 a400",
     ResultCode::auth_method_not_supported},
    {"scope 3", "30 1c 020106 63 17 0400 0a0103 0a0100 020100 020100 010100 8702'cn' 3000"},
    {"scope -1", "30 1c 020106 63 17 0400 0a01ff 0a0100 020100 020100 010100 8702'cn' 3000"},
    {"dereferencing 4", "30 1c 020106 63 17 0400 0a0100 0a0104 020100 020100 010100 8702'cn' 3000"},
    {"size limit -1", "30 1c 020106 63 17 0400 0a0100 0a0100 0201ff 020100 010100 8702'cn' 3000"},
    {"time limit 2^31", "30 20 020106 63 1b 0400 0a0100 0a0100 020100 02050080000000 010100 8702'cn' 3000"},
    {"a BOOLEAN 01", "30 1c 020106 63 17 0400 0a0100 0a0100 020100 020100 010101 8702'cn' 3000"},
    {"a padded number", "30 1d 020106 63 18 0400 0a0100 0a0100 02020001 020100 010100 8702'cn' 3000"},
    {"a search base that is no UTF-8", "30 1d 020106 63 18 0401c0 0a0100 0a0100 020100 020100 010100 8702'cn' 3000",
     ResultCode::invalid_dn_syntax},
    {"a delete of no UTF-8", "30 06 02010a 4a0180", ResultCode::invalid_dn_syntax},
    {"an operation 4 in a modify", "30 19 020108 66 14 0404'dc=x' 30 0c 30 0a 0a0104 30 05 0401'b' 3100"},
    {"an attribute to add without values", "30 15 020109 68 10 0404'dc=x' 30 08 30 06 0402'dc' 3100"},
    {"a control type that is no OID", "30 11 02010a 4a04'dc=x' a0 06 30 04 0402'cn'"},
    {"an empty control type", "30 0f 02010a 4a04'dc=x' a0 04 30 02 0400"},
    {"a criticality 01", "30 15 02010a 4a04'dc=x' a0 0a 30 08 0403'1.2' 010101"},
    {"an extended request that is no OID", "30 0b 02010f 77 06 8004'cafe'"},
};

TEST(Refusal, OfAWrongValueAnswersTheRequest) {
  for (const auto& [what, pdu, code] : wrong) {
    const auto error = error_of([&, text = pdu] { decode_request(bytes(text)); });
    EXPECT_EQ(error.action(), Action::answer) << what << ": " << error.what();
    EXPECT_EQ(error.code(), code) << what;
    std::string out;
    encode_error(out, error);
    const auto answer = decode_response(out);
    EXPECT_EQ(answer.id, bytes(pdu)[4]) << what;
    EXPECT_EQ(answer.result.code, code) << what;
    EXPECT_EQ(static_cast<unsigned>(answer.kind), response_number(*error.operation())) << what;
    EXPECT_FALSE(answer.result.diagnostic.empty()) << what;
  }
}

TEST(Refusal, OfABrokenRequestStillSaysWhichItWas) {
  const auto error = error_of([] { decode_request(bytes("30 0a 020109 60 05 020103 0400")); });
  EXPECT_EQ(error.action(), Action::disconnect);
  EXPECT_EQ(error.message_id(), 9);
  EXPECT_EQ(error.operation(), Operation::bind);
}

TEST(Refusal, OfWhatHasNoAnswerEndsTheSession) {
  // Both have a control whose type is no OID.
  for (const auto* pdu : {"30 0d 020105 4200 a0 06 30 04 0402'cn'", "30 0e 020105 500101 a0 06 30 04 0402'cn'"}) {
    EXPECT_EQ(error_of([&] { decode_request(bytes(pdu)); }).action(), Action::disconnect);
  }
}

}  // namespace
}  // namespace replkit::refserver::protocol
