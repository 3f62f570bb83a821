#include "tests/refserver/protocol/decode.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "tests/unit/refserver/protocol/testing.hpp"

namespace replkit::refserver::protocol {
namespace {

using testing_::bytes;
using testing_::error_of;
using Action = ProtocolError::Action;

constexpr std::size_t limit = 1000;

TEST(FrameLength, TellsTheWholeLengthFromTheHeader) {
  EXPECT_EQ(frame_length(bytes("3000"), limit), 2U);
  EXPECT_EQ(frame_length(bytes("300c 0201"), limit), 14U);
  EXPECT_EQ(frame_length(bytes("30 7f"), limit), 129U);
  EXPECT_EQ(frame_length(bytes("30 81 80"), limit), 131U);
  EXPECT_EQ(frame_length(bytes("30 82 0100"), limit), 260U);
}

TEST(FrameLength, TakesPaddedLengths) {
  EXPECT_EQ(frame_length(bytes("30 81 05"), limit), 8U);
  EXPECT_EQ(frame_length(bytes("30 84 00000005"), limit), 11U);
  EXPECT_EQ(frame_length(bytes("30 8a 00000000000000000005"), limit), 17U);
  EXPECT_EQ(frame_length("\x30\xfe" + std::string(125, '\0') + "\x05", limit), 133U);
}

TEST(FrameLength, WantsMoreWhileTheHeaderIsCutOff) {
  for (const auto* cut : {"", "30", "30 81", "30 84 000000", "30 82 01"}) {
    EXPECT_EQ(frame_length(bytes(cut), limit), std::nullopt) << cut;
  }
}

TEST(FrameLength, TakesWhatIsExactlyAtTheLimit) {
  EXPECT_EQ(frame_length(bytes("30 82 03e4"), limit), limit);
  EXPECT_THAT([] { frame_length(bytes("30 82 03e5"), limit); }, testing::Throws<ProtocolError>());
  EXPECT_EQ(frame_length(bytes("30 03"), 5), 5U);
  EXPECT_THAT([] { frame_length(bytes("30 04"), 5); }, testing::Throws<ProtocolError>());
  EXPECT_THAT([] { frame_length(bytes("30 00"), 1); }, testing::Throws<ProtocolError>());
}

TEST(FrameLength, RefusesHostileLengthsAndOtherThings) {
  for (const auto* hostile : {"30 84 7fffffff", "30 84 80000000", "30 84 ffffffff", "30 88 7fffffffffffffff",
                              "30 88 ffffffffffffffff", "30 89 010000000000000000", "30 89 ffffffffffffffffff", "30 80",
                              "30 ff", "31", "10", "02", "16", "47 45", "00", "70", "bf", "1f 80", "30 82 ffff"}) {
    const auto error = error_of([&] { frame_length(bytes(hostile), limit); });
    EXPECT_EQ(error.action(), Action::disconnect) << hostile;
    EXPECT_EQ(error.code(), ResultCode::protocol_error) << hostile;
  }
}

TEST(FrameLength, HasNoOverflowWithoutALimit) {
  const auto none = std::numeric_limits<std::size_t>::max();
  EXPECT_EQ(frame_length(bytes("30 84 ffffffff"), none), 0x100000005U);
  EXPECT_THAT([&] { frame_length(bytes("30 88 ffffffffffffffff"), none); }, testing::Throws<ProtocolError>());
  EXPECT_THAT([&] { frame_length(bytes("30 89 ffffffffffffffffff"), none); }, testing::Throws<ProtocolError>());
}

}  // namespace
}  // namespace replkit::refserver::protocol
