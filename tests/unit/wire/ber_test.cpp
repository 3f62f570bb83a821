#include "common/wire/ber.hpp"

#include <gmock/gmock.h>

#include "tests/unit/wire/testing.hpp"

namespace replkit::wire {
namespace {

using testing_::bytes;
using testing_::error_of;
using Action = ProtocolError::Action;

// --- Reader ---

TEST(Reader, ReadsNumbers) {
  const auto read = [](const char* hex) { return Reader(bytes(hex), Rules::pdu).integer(-1000000, 1000000); };
  EXPECT_EQ(read("020100"), 0);
  EXPECT_EQ(read("02017f"), 127);
  EXPECT_EQ(read("02020080"), 128);
  EXPECT_EQ(read("0201ff"), -1);
  EXPECT_EQ(read("020180"), -128);
  EXPECT_EQ(read("0202ff7f"), -129);
  EXPECT_EQ(read("0203010000"), 65536);
}

TEST(Reader, ReadsNumbersOfEightOctets) {
  using Limits = std::numeric_limits<std::int64_t>;
  const auto read = [](const char* hex) {
    return Reader(bytes(hex), Rules::pdu).integer(Limits::min(), Limits::max());
  };
  EXPECT_EQ(read("02087fffffffffffffff"), Limits::max());
  EXPECT_EQ(read("02088000000000000000"), Limits::min());
}

TEST(Reader, RefusesNumbersThatArePaddedOrOutOfRange) {
  for (const auto* wrong : {"02020000", "0202007f", "0202ff80", "0202ffff", "0203000080", "0201ff", "020165",
                            "0209010000000000000000", "0204ffffffff"}) {
    const auto error = error_of([&] { Reader(bytes(wrong), Rules::pdu).integer(0, 100); });
    EXPECT_EQ(error.action(), Action::answer) << wrong;
  }
}

TEST(Reader, TellsMalformedElementsByItsRules) {
  for (const auto* wrong : {"", "02", "0200", "0201", "020201", "0281", "028100", "0280", "02ff", "040100", "220101",
                            "028901000000000000000001", "0a0101"}) {
    EXPECT_EQ(error_of([&] { Reader(bytes(wrong), Rules::pdu).integer(0, 100); }).action(), Action::disconnect)
        << wrong;
    EXPECT_EQ(error_of([&] { Reader(bytes(wrong), Rules::value).integer(0, 100); }).action(), Action::answer) << wrong;
  }
}

TEST(Reader, TakesOtherTruthsInValuesOnly) {
  EXPECT_TRUE(Reader(bytes("0101ff"), Rules::pdu).boolean());
  EXPECT_FALSE(Reader(bytes("010100"), Rules::pdu).boolean());
  EXPECT_TRUE(Reader(bytes("010101"), Rules::value).boolean());
  EXPECT_EQ(error_of([] { Reader(bytes("010101"), Rules::pdu).boolean(); }).action(), Action::answer);
  EXPECT_EQ(error_of([] { Reader(bytes("0102ffff"), Rules::pdu).boolean(); }).action(), Action::disconnect);
  EXPECT_EQ(error_of([] { Reader(bytes("0100"), Rules::pdu).boolean(); }).action(), Action::disconnect);
}

TEST(Reader, StepsOverUnknownElementsWithLargeTagsToo) {
  const auto element = bytes("85 01 00 bf 8f ff ff 7f 02 0500 9f 20 00 04 00");
  Reader reader(element, Rules::pdu);
  EXPECT_EQ(reader.count(), 4U);
  auto copy = reader;
  copy.skip_unknown({tag::boolean, tag::primitive(3)});
  EXPECT_TRUE(copy.at_end());
  EXPECT_THAT([&] { reader.skip_unknown({tag::octet_string}); }, testing::Throws<ProtocolError>());
  EXPECT_THAT([] { Reader(bytes("8500 a000"), Rules::pdu).skip_unknown({tag::primitive(0)}); },
              testing::Throws<ProtocolError>());
  EXPECT_THAT([] { Reader(bytes("8500 1000"), Rules::pdu).skip_unknown({tag::sequence}); },
              testing::Throws<ProtocolError>());
  EXPECT_THAT([] { Reader(bytes("bf 8f ff ff ff 7f 00"), Rules::pdu).skip_unknown({}); },
              testing::Throws<ProtocolError>());
  EXPECT_THAT([] { Reader(bytes("85 02 00"), Rules::pdu).skip_unknown({}); }, testing::Throws<ProtocolError>());
}

// --- Writer ---

std::string written(std::int64_t number) {
  std::string out;
  Writer(out).integer(number);
  return out;
}

TEST(Writer, WritesNumbersWithoutPadding) {
  EXPECT_EQ(written(0), bytes("020100"));
  EXPECT_EQ(written(127), bytes("02017f"));
  EXPECT_EQ(written(128), bytes("02020080"));
  EXPECT_EQ(written(-128), bytes("020180"));
  EXPECT_EQ(written(-129), bytes("0202ff7f"));
  EXPECT_EQ(written(max_int), bytes("02047fffffff"));
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), bytes("02088000000000000000"));
}

TEST(Writer, WritesTheShortestLengths) {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65535U, 65536U, 1U << 24U}) {
    const std::string content(size, 'x');
    std::string plain;
    Writer(plain).octets(content, tag::sequence);
    std::string nested;
    Writer(nested).sequence([&] { nested += content; });
    EXPECT_EQ(plain, nested) << size;
    EXPECT_EQ(plain.size(), element_size(size));
    const auto header = read_header(plain).value();
    EXPECT_EQ(header.size + header.length, plain.size());
  }
  std::string out;
  Writer(out).octets(std::string(200, 'x'));
  EXPECT_TRUE(out.starts_with(bytes("0481c8")));
}

}  // namespace
}  // namespace replkit::wire
