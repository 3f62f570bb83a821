#include "tools/lab/damage.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "common/model/uuid.hpp"

namespace replkit::tools::lab {
namespace {

using testing::StartsWith;

const auto created = ldup::Csn::parse("20260101000000Z#000005#s1#000000");
const auto later = ldup::Csn::parse("20260201000000Z#000000#s2#000001");
const auto uuid = *model::Uuid::parse("9dd8ab30-17e1-400b-aa14-b9a56033bba0");

ldup::SearchMetaDataEntry person() {
  ldup::SearchMetaDataEntry out;
  out.name = "uid=ada,ou=people,dc=x";
  out.attributes = {
      {.type = "uid", .values = {{.value = "ada", .csn = created, .distinguished = true}}, .deletion_csn = {}},
      {.type = "l",
       .values = {{.value = "Porto", .csn = later}, {.value = "Accra", .deleted = true, .csn = later}},
       .deletion_csn = created},
      {.type = "title", .values = {}, .deletion_csn = later},
      {.type = "entryDN", .values = {{.value = "uid=ada,ou=people,dc=x", .csn = {}}}, .deletion_csn = {}},
      {.type = "modifyTimestamp", .values = {{.value = "20260201000000Z", .csn = later}}, .deletion_csn = {}}};
  out.state.emplace();
  out.state->entry = uuid;
  out.state->created_csn = created;
  return out;
}

const ldup::MetaDataAttribute* find(const ldup::AddWithMetaDataRequest& request, const std::string& type) {
  for (const auto& each : request.attributes) {
    if (each.type == type) return &each;
  }
  return nullptr;
}

TEST(Damage, RenamesUnderTheSameIdsAndChangeNumbers) {
  const auto request = renamed(person(), "-renamed");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->entry, "uid=ada-renamed,ou=people,dc=x");
  EXPECT_EQ(find(*request, "uid")->values,
            (std::vector<ldup::MetaDataValue>{{.value = "ada-renamed", .csn = created}}));
  EXPECT_EQ(find(*request, "entryUUID")->values[0].value, uuid.text());
  EXPECT_EQ(find(*request, "createdEntryCSN")->values[0].value, created.ldup_text());
  EXPECT_EQ(*find(*request, "l"), person().attributes[1]) << "records and all";
  EXPECT_EQ(find(*request, "entryDN"), nullptr) << "servers make that up";
}

TEST(Damage, CopiesAreEntriesOfTheirOwnWithoutAPast) {
  const auto request = copied(person(), "-extra");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->entry, "uid=ada-extra,ou=people,dc=x");
  EXPECT_NE(find(*request, "entryUUID")->values[0].value, uuid.text());
  const auto* place = find(*request, "l");
  EXPECT_EQ(place->values.size(), 1U);
  EXPECT_FALSE(place->deletion_csn);
  EXPECT_EQ(find(*request, "title"), nullptr) << "nothing but a record";
}

TEST(Damage, DatesBackWholeEntries) {
  auto request = *copied(person(), "-lingering");
  date_back(request, Instant{std::chrono::microseconds(1'600'000'000'123'456)});
  const auto csn = ldup::Csn::parse("20200913122640Z#000005#s1#000000");
  for (const auto& attribute : request.attributes) {
    for (const auto& value : attribute.values) {
      if (value.csn) {
        EXPECT_EQ(*value.csn, csn) << attribute.type;
      }
    }
  }
  EXPECT_EQ(find(request, "createdEntryCSN")->values[0].value, csn.ldup_text());
  EXPECT_EQ(find(request, "modifyTimestamp")->values[0].value, "20200913122640Z");
}

TEST(Damage, ChangesATextUnderItsOwnChangeNumber) {
  const auto request = changed(person());
  ASSERT_TRUE(request);
  EXPECT_EQ(request->entry, person().name);
  ASSERT_EQ(request->changes.size(), 1U);
  const auto& attribute = request->changes[0].attribute;
  EXPECT_EQ(attribute.type, "l");
  EXPECT_EQ(attribute.values,
            (std::vector<ldup::MetaDataValue>{{.value = "changed behind the others' back", .csn = later}}));
  EXPECT_EQ(attribute.deletion_csn, created);
}

TEST(Damage, PassesOverWhatLendsItselfToNothing) {
  auto odd = person();
  odd.name = "uid=ada+cn=a,ou=people,dc=x";
  EXPECT_FALSE(renamed(odd, "-x"));
  odd = person();
  odd.name = "c=PT";
  EXPECT_FALSE(copied(odd, "-x"));
  odd = person();
  odd.attributes.erase(odd.attributes.begin() + 1);
  EXPECT_FALSE(changed(odd)) << "a title that is only remembered is none";
}

TEST(Damage, TakesLeavesOnly) {
  std::vector<std::string> dns{"dc=x", "ou=people,dc=x", "OU=Groups,dc=x"};
  for (int i = 0; i < 20; ++i) dns.push_back("uid=u" + std::to_string(i) + ",ou=People,dc=x");
  const auto found = leaves(dns);
  EXPECT_EQ(std::set(found.begin(), found.end()).size(), 21U) << "with the unit that has nobody";
  EXPECT_THAT(found, testing::Each(testing::Not(StartsWith("ou=people"))));
  EXPECT_EQ(leaves(dns), found);
  EXPECT_TRUE(leaves({}).empty());
}

}  // namespace
}  // namespace replkit::tools::lab
