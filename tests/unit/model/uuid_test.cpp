#include "common/model/uuid.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace replkit::model {
namespace {

constexpr std::string_view dns_space = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";  // RFC 4122 appendix C

TEST(Uuid, ReadsBothCasesAndWritesLower) {
  const auto uuid = Uuid::parse("01234567-89AB-cdef-0123-456789ABCDEF");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->bytes[0], 0x01);
  EXPECT_EQ(uuid->bytes[7], 0xEF);
  EXPECT_EQ(uuid->bytes[15], 0xEF);
  EXPECT_EQ(uuid->text(), "01234567-89ab-cdef-0123-456789abcdef");
}

TEST(Uuid, RefusesEverythingElse) {
  for (const auto* text : {"", "01234567-89ab-cdef-0123-456789abcde", "01234567-89ab-cdef-0123-456789abcdef0",
                           "0123456789abcdef0123456789abcdef", "{1234567-89ab-cdef-0123-456789abcde}",
                           "01234567-89ab-cdef-0123-456789abcdeg", "01234567+89ab-cdef-0123-456789abcdef",
                           "0123456-789ab-cdef-0123-456789abcdef"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

TEST(Uuid, RandomOnesAreOfVersion4AndDiffer) {
  std::set<Uuid> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto uuid = Uuid::random();
    EXPECT_EQ(uuid.text()[14], '4');
    EXPECT_NE(std::string("89ab").find(uuid.text()[19]), std::string::npos);
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

TEST(Uuid, NamedOnesFollowRfc4122) {
  // The value Python's uuid.uuid5(uuid.NAMESPACE_DNS, "python.org") gives.
  EXPECT_EQ(Uuid::named(*Uuid::parse(dns_space), "python.org").text(), "886313e1-3b8a-5372-9b90-0c9aee199e5d");
  EXPECT_NE(Uuid::named(*Uuid::parse(dns_space), "a"), Uuid::named(*Uuid::parse(dns_space), "b"));
}

}  // namespace
}  // namespace replkit::model
