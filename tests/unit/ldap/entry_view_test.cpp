#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "common/ldap/search.hpp"

namespace replkit::ldap {
namespace {

using testing::ElementsAre;

std::string element(unsigned char tag, const std::string& content) {
  std::string result(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    result += static_cast<char>(content.size());
  } else {
    result += '\x82';
    result += static_cast<char>(content.size() >> 8);
    result += static_cast<char>(content.size() & 0xff);
  }
  return result + content;
}

std::string attribute(const std::string& name, const std::vector<std::string>& values) {
  std::string set;
  for (const std::string& value : values) set += element(0x04, value);
  return element(0x30, element(0x04, name) + element(0x31, set));
}

std::vector<std::string> walked(std::string_view bytes) {
  std::vector<std::string> seen;
  EntryView("cn=x", bytes)
      .walk([&](std::string_view name) { seen.push_back("@" + std::string(name)); },
            [&](std::string_view value) { seen.emplace_back(value); });
  return seen;
}

// A copy on the heap of exactly this size, so that a sanitizer sees every byte read beyond it.
class Exact {
 public:
  explicit Exact(std::string_view bytes) : size_(bytes.size()), data_(new char[bytes.size()]) {
    std::memcpy(data_.get(), bytes.data(), bytes.size());
  }
  std::string_view view() const { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> data_;
};

void expect_malformed(const std::string& bytes) {
  const Exact exact(bytes);
  try {
    walked(exact.view());
    ADD_FAILURE() << "no error for " << testing::PrintToString(bytes);
  } catch (const LdapError& error) {
    EXPECT_EQ(error.code(), ResultCode::protocol_error);
  }
}

TEST(EntryView, WalksAttributesAndValuesInOrder) {
  EXPECT_THAT(walked(attribute("cn", {"a", "", "b"}) + attribute("mail", {}) + attribute("sn", {"c"})),
              ElementsAre("@cn", "a", "", "b", "@mail", "@sn", "c"));
}

TEST(EntryView, WalksNothingInAnEntryWithoutAttributes) {
  EXPECT_THAT(walked(""), ElementsAre());
}

TEST(EntryView, TakesLongLengthsOfOneToFourBytes) {
  const std::string value(300, 'v');
  EXPECT_THAT(walked(attribute("photo", {value})), ElementsAre("@photo", value));
  const std::string type =
      "\x04\x81\x02"
      "cn";
  const std::string values = std::string("\x31\x83\0\0\x03", 5) + "\x04\x01z";
  EXPECT_THAT(walked(std::string("\x30\x84\0\0\0\x0d", 6) + type + values), ElementsAre("@cn", "z"));
}

TEST(EntryView, RefusesEveryTruncation) {
  const std::string whole = attribute("cn", {"alpha", std::string(200, 'b')});
  for (std::size_t size = 1; size < whole.size(); ++size) expect_malformed(whole.substr(0, size));
  EXPECT_EQ(walked(whole).size(), 3U);
}

TEST(EntryView, RefusesHostileLengths) {
  expect_malformed(std::string("\x30\x80\x04\x00\x00\x00", 6));    // indefinite
  expect_malformed(std::string("\x30\x85\0\0\0\0\x02\x04\0", 9));  // five bytes of length
  expect_malformed("\x30\x84\xff\xff\xff\xff\x04\x01x");           // 4 GiB
  expect_malformed("\x30\xff\x04\x01x");                           // 127 bytes of length
  expect_malformed("\x30\x84\xff");                                // a length cut in its middle
  expect_malformed(
      std::string("\x30\x05\x04\x06"
                  "abcdef",
                  10));  // the type reaches beyond its attribute
  expect_malformed(
      std::string("\x30\x07\x04\x01"
                  "a\x31\x09\x04\x01z",
                  10));  // the set beyond its attribute
  expect_malformed(
      std::string("\x30\x07\x04\x01"
                  "a\x31\x02\x04\x05",
                  9));  // the value beyond its set
}

TEST(EntryView, RefusesOtherTags) {
  expect_malformed(element(0x31, element(0x04, "cn") + element(0x31, "")));
  expect_malformed(element(0x30, element(0x0c, "cn") + element(0x31, "")));
  expect_malformed(element(0x30, element(0x04, "cn") + element(0x30, "")));
  expect_malformed(element(0x30, element(0x04, "cn")));
}

TEST(EntryView, CopyMergesRepeatedTypes) {
  const std::string bytes = attribute("mail", {"a"}) + attribute("cn", {"x"}) + attribute("Mail", {"b", "c"});
  const model::Entry entry = EntryView("uid=1", bytes).copy();
  EXPECT_EQ(entry.dn, "uid=1");
  ASSERT_EQ(entry.attributes.size(), 2U);
  EXPECT_EQ(entry.attributes[0].description, "mail");
  EXPECT_THAT(entry.attributes[0].values, ElementsAre("a", "b", "c"));
  EXPECT_THAT(entry.attributes[1].values, ElementsAre("x"));
}

}  // namespace
}  // namespace replkit::ldap
