// Seed data, golden files and the oracle, without a server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/ldif.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/seed_data.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {
namespace {

std::vector<model::Entry> entries(const std::string& ldif) {
  std::vector<model::Entry> result;
  model::LdifReader reader(model::memory_bytes(ldif), "seed");
  while (auto entry = reader.next_entry()) result.push_back(std::move(*entry));
  return result;
}

TEST(SeedData, ShuffledHoldsTheSameEntriesInAnotherOrder) {
  SeedOptions options{.persons = 400};
  std::vector<model::Entry> plain = entries(seed_data(options));
  options.shuffle = 7;
  std::vector<model::Entry> shuffled = entries(seed_data(options));
  EXPECT_EQ(plain.size(), 5u + 400 + 2);
  EXPECT_NE(plain, shuffled);
  const auto by_dn = [](const model::Entry& a, const model::Entry& b) { return a.dn < b.dn; };
  std::sort(plain.begin(), plain.end(), by_dn);
  std::sort(shuffled.begin(), shuffled.end(), by_dn);
  EXPECT_EQ(plain, shuffled);
}

TEST(SeedData, GivesEveryEntryItsOwnIdAndCsnAndAdjacentValues) {
  const std::string ldif = seed_data({.persons = 1000});
  std::set<std::string> ids, csns;
  std::size_t photos = 0;
  for (const model::Entry& entry : entries(ldif)) {
    EXPECT_TRUE(ids.emplace(entry.first("entryUUID")).second);
    EXPECT_TRUE(csns.emplace(entry.first("entryCSN")).second);
    photos += entry.find("jpegPhoto") != nullptr ? 1 : 0;
    for (const model::Attribute& attribute : entry.attributes) {
      EXPECT_EQ(std::set<std::string>(attribute.values.begin(), attribute.values.end()).size(), attribute.values.size())
          << entry.dn << " " << attribute.description;
    }
  }
  EXPECT_NEAR(static_cast<double>(photos), 100, 40);
  // slapadd -q stores an attribute twice when its values do not stand together.
  std::set<std::string> done;
  std::string last;
  for (const std::string_view line : split(ldif, '\n')) {
    const std::string name(line.substr(0, line.find(':')));
    if (line.empty()) done.clear();
    EXPECT_TRUE(name == last || done.insert(name).second) << line;
    last = name;
  }
}

TEST(Golden, NumbersWhatChanges) {
  EXPECT_EQ(normalise("ldap://127.0.0.1:40001 and ldap://127.0.0.1:40002, again 127.0.0.1:40001"),
            "ldap://127.0.0.1:PORT-1 and ldap://127.0.0.1:PORT-2, again 127.0.0.1:PORT-1");
  EXPECT_EQ(normalise("12345678-aaaa-4bbb-8ccc-123456789abc at 20260101000000.000001Z#000000#001#000000"),
            "UUID-1 at CSN-1");
  EXPECT_EQ(normalise("2026-11-21T07:45:49Z, 20261121074549Z, 340 ms, 1.5 s, 100 entries"),
            "TIME, TIME, LENGTH, LENGTH, 100 entries");
  EXPECT_EQ(normalise("file:/tmp/replkit-aB3dE6/a.ldif"), "file:DIR/a.ldif");
}

TEST(Golden, ShowsTheLineThatDiffers) {
  TempDir directory;
  write_file(directory / "out", "one\ntwo\n");
  EXPECT_TRUE(matches_golden("one\ntwo\n", directory / "out"));
  const testing::AssertionResult result = matches_golden("one\nthree\n", directory / "out");
  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), testing::HasSubstr("out:2: expected\n  two\nbut got\n  three"));
  EXPECT_FALSE(matches_golden("one\n", directory / "absent"));
}

TEST(Oracle, FindsMissingRenamedAndChanged) {
  TempDir directory;
  const auto entry = [](int id, std::string_view dn, std::string_view rest, int csn) {
    return "dn: " + std::string(dn) + "\nentryUUID: 00000000-0000-4000-8000-00000000000" + std::to_string(id) + "\n" +
           std::string(rest) + "entryCSN: 2026010100000" + std::to_string(csn) + ".000000Z#000000#001#000000\n\n";
  };
  write_file(directory / "a", entry(1, "cn=a", "cn: a\nmail: x\nmail: y\n", 1) + entry(2, "cn=b", "cn: b\n", 1) +
                                  entry(3, "cn=c", "cn: c\n", 1) + entry(4, "cn=d", "cn: d\n", 1));
  write_file(directory / "b", entry(1, "CN=a", "mail: y\nCN: a\nmail: x\n", 2) + entry(3, "cn=c2", "cn: c2\n", 1) +
                                  entry(4, "cn=d", "cn: D\n", 1));
  const std::vector<TrueDifference> found = true_differences({directory / "a", directory / "b"});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].describe(), "00000000-0000-4000-8000-000000000002: [cn=b] [missing]");
  EXPECT_EQ(found[1].describe(), "00000000-0000-4000-8000-000000000003: [cn=c] [cn=c2] DN differs content differs");
  EXPECT_EQ(found[2].describe(), "00000000-0000-4000-8000-000000000004: [cn=d] [cn=d] content differs");
}

TEST(Oracle, WantsIds) {
  TempDir directory;
  write_file(directory / "a", "dn: cn=a\ncn: a\n\n");
  EXPECT_THROW(true_differences({directory / "a"}), LocalError);
}

}  // namespace
}  // namespace replkit::support
