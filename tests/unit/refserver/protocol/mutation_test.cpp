// Messages that were damaged on the way: refused or understood, never more.
#include <gmock/gmock.h>

#include "tests/refserver/protocol/client.hpp"
#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/unit/refserver/protocol/testing.hpp"

namespace replkit::refserver::protocol {
namespace {

using testing_::golden_requests;

// Decodes; what was understood must read the same after it was written, what was refused must have an answer.
bool is_understood(std::string_view pdu) {
  try {
    const auto written = encode_request(decode_request(pdu));
    EXPECT_EQ(encode_request(decode_request(written)), written);
    return true;
  } catch (const ProtocolError& error) {
    std::string out;
    encode_error(out, error);
    decode_response(out);
    return false;
  }
}

TEST(Mutation, EveryTruncationIsRefused) {
  for (const auto& request : golden_requests()) {
    for (std::size_t size = 0; size < request.pdu.size(); ++size) {
      const auto cut = request.pdu.substr(0, size);
      EXPECT_FALSE(is_understood(cut)) << request.name << " at " << size;
      const auto length = frame_length(cut, request.pdu.size());
      EXPECT_EQ(length.value_or(request.pdu.size()), request.pdu.size()) << request.name << " at " << size;
    }
  }
}

TEST(Mutation, EveryTruncationOfAnElementIsRefused) {
  for (const auto& request : golden_requests()) {
    if (static_cast<unsigned char>(request.pdu[1]) >= 0x80) continue;
    for (std::size_t size = 2; size < request.pdu.size(); ++size) {
      auto cut = request.pdu.substr(0, size);
      cut[1] = static_cast<char>(size - 2);  // so that only the elements inside are cut off
      EXPECT_FALSE(is_understood(cut)) << request.name << " at " << size;
    }
  }
}

TEST(Mutation, NoByteDoesHarm) {
  std::size_t understood = 0;
  std::size_t refused = 0;
  for (const auto& request : golden_requests()) {
    for (std::size_t at = 0; at < request.pdu.size(); ++at) {
      auto damaged = request.pdu;
      for (int byte = 0; byte < 256; ++byte) {
        damaged[at] = static_cast<char>(byte);
        ++(is_understood(damaged) ? understood : refused);
      }
    }
  }
  EXPECT_GT(understood, 1000U);
  EXPECT_GT(refused, 1000U);
}

TEST(Mutation, NoInsertionOrRemovalDoesHarm) {
  for (const auto& request : golden_requests()) {
    for (std::size_t at = 0; at < request.pdu.size(); ++at) {
      auto shorter = request.pdu;
      shorter.erase(at, 1);
      is_understood(shorter);
      for (const char byte : {'\x00', '\x01', '\x30', '\x7f', '\x80', '\x84', '\xa0', '\xff'}) {
        auto longer = request.pdu;
        longer.insert(at, 1, byte);
        is_understood(longer);
      }
    }
  }
}

}  // namespace
}  // namespace replkit::refserver::protocol
