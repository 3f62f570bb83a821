#include "tools/lab/damage.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace replkit::tools::lab {
namespace {

model::Entry entry(const std::string& dn, std::vector<model::Attribute> attributes) {
  return {dn, std::move(attributes)};
}

// A base, two units, and twenty people below the first.
std::vector<model::Entry> sample() {
  std::vector<model::Entry> result{entry("dc=x", {{"objectClass", {"domain"}}, {"dc", {"x"}}}),
                                   entry("ou=people,dc=x", {{"ou", {"people"}}}),
                                   entry("OU=Groups,dc=x", {{"ou", {"Groups"}}})};
  for (int i = 0; i < 20; ++i) {
    const std::string uid = "u" + std::to_string(i);
    result.push_back(entry("uid=" + uid + ",ou=People,dc=x",
                           {{"uid", {uid}}, {"l", {"Porto"}}, {"entryUUID", {"id-" + uid}}, {"entryCSN", {"csn"}}}));
  }
  return result;
}

std::vector<std::string> dns(const std::vector<model::Entry>& entries) {
  std::vector<std::string> result;
  for (const auto& each : entries) result.push_back(each.dn);
  return result;
}

TEST(Damage, DoesOneOfEachKind) {
  auto entries = sample();
  const auto before = entries;
  const auto done = diverge(entries);
  ASSERT_EQ(done.size(), 4U);
  EXPECT_EQ(entries.size(), before.size());  // one less, one more
  const auto names = dns(entries);
  EXPECT_THAT(names, testing::Not(testing::Contains(done[0].dn)));
  const auto changed = std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.dn == done[1].dn; });
  ASSERT_NE(changed, entries.end());
  EXPECT_EQ(changed->first("l"), "changed behind the others' back");
  EXPECT_EQ(changed->first("entryCSN"), "csn");
  EXPECT_THAT(names, testing::Not(testing::Contains(done[2].dn)));
  EXPECT_THAT(names, testing::Contains(testing::HasSubstr("-renamed,ou=People")));
  EXPECT_THAT(names, testing::Contains(done[3].dn));
}

TEST(Damage, RenamesValueAndName) {
  auto entries = sample();
  diverge(entries);
  const auto renamed = std::find_if(entries.begin(), entries.end(),
                                    [](const auto& e) { return e.dn.find("-renamed") != std::string::npos; });
  ASSERT_NE(renamed, entries.end());
  EXPECT_EQ("uid=" + std::string(renamed->first("uid")) + ",ou=People,dc=x", renamed->dn);
  EXPECT_EQ(std::string(renamed->first("entryUUID")) + "-renamed", "id-" + std::string(renamed->first("uid")));
}

TEST(Damage, GivesWhatIsNewAnIdOfItsOwn) {
  auto entries = sample();
  diverge(entries, 3);
  std::set<std::string> ids;
  for (const auto& each : entries) {
    if (each.find("entryUUID") != nullptr) {
      EXPECT_TRUE(ids.insert(std::string(each.first("entryUUID"))).second) << each.dn;
    }
  }
}

TEST(Damage, LeavesEntriesWithChildrenAlone) {
  auto entries = sample();
  for (const auto& damage : diverge(entries, 10))
    EXPECT_THAT(damage.dn, testing::Not(testing::StartsWith("ou=people")));
  EXPECT_THAT(dns(entries), testing::IsSupersetOf({"dc=x", "ou=people,dc=x"}));
}

TEST(Damage, LingersAsOfLongAgo) {
  auto entries = sample();
  for (auto& each : entries) {
    each.attributes.push_back({"createTimestamp", {"20260101000000Z"}});
    for (auto& attribute : each.attributes) {
      if (attribute.description == "entryCSN") attribute.values = {"20260101000000.000000Z#000005#002#000000"};
    }
  }
  const auto before = dns(entries);
  const auto done = linger(entries, 3, Instant{std::chrono::seconds(1'600'000'000)});
  ASSERT_EQ(done.size(), 3U);
  ASSERT_EQ(entries.size(), before.size() + 3);
  EXPECT_THAT(dns(entries), testing::IsSupersetOf(before));
  for (std::size_t i = before.size(); i < entries.size(); ++i) {
    EXPECT_THAT(entries[i].dn, testing::HasSubstr("-lingering,"));
    EXPECT_EQ(entries[i].first("createTimestamp"), "20200913122640Z");
    EXPECT_EQ(entries[i].first("entryCSN"), "20200913122640.000000Z#000005#002#000000");
    EXPECT_THAT(std::string(entries[i].first("entryUUID")), testing::Not(testing::StartsWith("id-")));
  }
}

TEST(Damage, DoesWhatItCanWithLittle) {
  std::vector<model::Entry> none;
  EXPECT_TRUE(diverge(none).empty());
  std::vector<model::Entry> odd{entry("cn=a+sn=b", {{"cn", {"a"}}}), entry("c=PT", {{"c", {"PT"}}})};
  const auto done = diverge(odd);
  EXPECT_EQ(done.size(), 1U);  // one is missing; the other lends itself to nothing
  EXPECT_EQ(odd.size(), 1U);
}

}  // namespace
}  // namespace replkit::tools::lab
