#include <gtest/gtest.h>

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <sstream>

#include "common/base/text.hpp"
#include "common/wire/error.hpp"
#include "tests/golden/ldup/mutations.hpp"
#include "tests/unit/ldup/vectors.hpp"
#include "tests/unit/wire/testing.hpp"

namespace replkit::ldup::testing_ {

namespace {

std::vector<std::string> lines_of(const std::string& name) {
  std::ifstream file(REPLKIT_SOURCE_DIR "/tests/golden/ldup/" + name);
  std::vector<std::string> out;
  for (std::string line; std::getline(file, line);) out.push_back(line);
  if (out.empty()) throw std::runtime_error("cannot read " + name);
  return out;
}

unsigned from_hex(std::string_view text) {
  unsigned out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return out;
}

}  // namespace

const std::map<std::string, std::string>& vectors() {
  static const auto all = [] {
    std::map<std::string, std::string> out;
    for (const auto& line : lines_of("vectors")) {
      const auto fields = split(line, ' ');
      out.emplace(fields.at(0), wire::testing_::bytes(fields.at(2)));
    }
    return out;
  }();
  return all;
}

const std::set<std::string>& accepted() {
  static const auto all = [] {
    std::set<std::string> out;
    for (const auto& line : lines_of("accepted")) {
      const auto fields = split(line, ' ');
      for (std::size_t i = 3; i < fields.size(); ++i) {
        const auto ends = split(fields[i], '-');
        for (auto tag = from_hex(ends.front()); tag <= from_hex(ends.back()); ++tag) {
          out.insert(fmt::format("{} {} {} {:x}", fields[0], fields[1], fields[2], tag));
        }
      }
    }
    return out;
  }();
  return all;
}

namespace {

const std::vector<Expected>& all_expected() {
  static const auto all = [] {
    std::vector<Expected> out;
    for (auto make : {expected_groupings, expected_sessions, expected_updates, expected_cycles, expected_searches,
                      expected_meta_data_updates}) {
      for (auto& expected : make()) out.push_back(std::move(expected));
    }
    return out;
  }();
  return all;
}

bool is_taken(const Expected& expected, std::string_view bytes) {
  try {
    expected.decode(bytes);
    return true;
  } catch (const wire::ProtocolError& error) {
    EXPECT_EQ(error.action(), wire::ProtocolError::Action::answer);
    return false;
  }
}

TEST(LdupVectors, AreAllExpected) {
  std::set<std::string> names;
  for (const auto& expected : all_expected()) names.insert(expected.name);
  EXPECT_EQ(names.size(), all_expected().size());
  for (const auto& [name, bytes] : vectors()) EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_EQ(names.size(), vectors().size());
}

// The page says all that is on the wire, to somebody who has nothing else.
TEST(LdupManual, HasTheAsn1OfTheModule) {
  std::string page;
  for (const auto& line : lines_of("../../../man/ldup-mrm.7")) page += line + "\n";
  for (auto at = page.find("\\-"); at != page.npos; at = page.find("\\-", at)) page.erase(at, 1);
  std::string module;
  for (const auto& line : lines_of("../../../common/ldup/ldup-mrm.asn1")) module += line + "\n";
  const auto start = module.find("-- [group]");
  const auto end = module.find("\n\nEND\n");
  ASSERT_NE(start, module.npos);
  ASSERT_NE(end, module.npos);
  EXPECT_NE(page.find(module.substr(start, end - start)), page.npos);
}

TEST(LdupVectors, AreReadToTheValuesTheyHold) {
  for (const auto& expected : all_expected()) {
    EXPECT_TRUE(expected.decodes_to_it(vectors().at(expected.name))) << expected.name;
  }
}

TEST(LdupVectors, AreWhatWeWrite) {
  for (const auto& expected : all_expected()) EXPECT_EQ(expected.encoded, vectors().at(expected.name)) << expected.name;
}

TEST(LdupVectors, AreRefusedWhenCutOffOrFollowed) {
  for (const auto& expected : all_expected()) {
    const auto& bytes = vectors().at(expected.name);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(is_taken(expected, bytes.substr(0, size))) << expected.name << " " << size;
    }
    EXPECT_FALSE(is_taken(expected, bytes + '\0')) << expected.name;
    EXPECT_FALSE(is_taken(expected, bytes + bytes)) << expected.name;
  }
}

// RFC 4511 4.5.1.7 has filters of choices nobody knows, which the compiler's decoder refuses though there are three
// dots.
bool is_unknown_filter(std::string_view name, std::string_view kind, unsigned tag) {
  return name.starts_with("search_request.") && kind == "tag" && (tag & 0xC0U) == 0x80 && (tag & 0x1FU) > 9;
}

// Another tag, an element gone, an element nobody knows: what we take the compiler's decoder takes. It takes more: what
// is in strings means nothing to it. With unknown elements we agree on all.
TEST(LdupVectors, AreRefusedWithAnythingWrong) {
  std::size_t taken = 0;
  for (const auto& expected : all_expected()) {
    const auto use = [&](std::size_t place, std::string_view kind, unsigned tag, const std::string& copy) {
      const auto id = fmt::format("{} {} {} {:x}", expected.name, place, kind, tag);
      const bool ours = is_taken(expected, copy);
      const bool theirs = accepted().contains(id);
      if (ours) ++taken;
      if (kind == "more") {
        EXPECT_EQ(ours, theirs) << id;
      } else if (!is_unknown_filter(expected.name, kind, tag)) {
        EXPECT_TRUE(!ours || theirs) << id;
      }
    };
    for_each_mutation(vectors().at(expected.name), use);
  }
  EXPECT_GT(taken, accepted().size() / 2);
}

}  // namespace
}  // namespace replkit::ldup::testing_
