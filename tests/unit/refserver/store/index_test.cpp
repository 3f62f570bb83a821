// Indexes: that candidates() returns every entry that matches, and narrows where it can.
#include <gmock/gmock.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/model/filter.hpp"
#include "tests/unit/refserver/store/testing.hpp"

namespace replkit::refserver::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::size_t no_limit = 1'000'000;

class IndexTest : public StoreTest {
 protected:
  IndexTest() { reopen(all_indexes()); }

  static std::vector<IndexDefinition> all_indexes() {
    return {{"objectClass", true, true, false},
            {"cn", true, true, true},
            {"sn", true, true, true},
            {"employeeNumber", false, true, false},
            {"uidNumber", false, true, false},
            {"description", true, true, true},
            {"modifyTimestamp", true, true, false},
            {"telephoneNumber", false, true, true},
            {"member", false, true, false},
            {"title", true, false, false}};
  }

  void reopen(std::vector<IndexDefinition> indexes) {
    StoreOptions options;
    options.indexes = std::move(indexes);
    open(options);
  }

  // Returns the candidates' numbers; -1 alone when the indexes cannot narrow.
  std::vector<long> candidates(std::string_view filter, std::size_t limit = no_limit) const {
    return candidates(model::Filter::parse(filter), limit);
  }
  std::vector<long> candidates(const model::Filter& filter, std::size_t limit = no_limit) const {
    const auto found = store_->snapshot()->candidates(filter, limit);
    if (!found) return {-1};
    EXPECT_TRUE(std::is_sorted(found->begin(), found->end()));
    return {found->begin(), found->end()};
  }

  long add(std::string rdn, const Values& values) {
    if (top_ == no_entry) top_ = put(make_entry(no_entry, "o=top"));
    return static_cast<long>(put(make_entry(top_, std::move(rdn), values)));
  }

  EntryId top_ = no_entry;
};

#define EXPECT_CANNOT_NARROW(...) EXPECT_THAT(candidates(__VA_ARGS__), ElementsAre(-1))

TEST_F(IndexTest, FindsByEqualityInNormalForm) {
  const auto a = add("cn=a", {{"cn", "Barbara  Jensen"}, {"telephoneNumber", "+1 408-555 1862"}});
  const auto b = add("cn=b", {{"cn;lang-de", "barbara jensen"}, {"member", "CN=x, O=Top"}});
  add("cn=c", {{"cn", "Babs Jensen"}});
  EXPECT_THAT(candidates("(cn=BARBARA jensen)"), ElementsAre(a, b));
  EXPECT_THAT(candidates("(2.5.4.3=barbara jensen)"), ElementsAre(a, b));
  EXPECT_THAT(candidates("(cn;lang-de=barbara jensen)"), ElementsAre(a, b)) << "a superset: options are not indexed";
  EXPECT_THAT(candidates("(cn~=barbara jensen)"), ElementsAre(a, b));
  EXPECT_THAT(candidates("(telephoneNumber=+14085551862)"), ElementsAre(a));
  EXPECT_THAT(candidates("(member=cn=X,o=top)"), ElementsAre(b));
  EXPECT_THAT(candidates("(cn=nobody)"), IsEmpty());
}

TEST_F(IndexTest, CombinesParts) {
  const auto a = add("cn=a", {{"cn", "a"}, {"sn", "x"}});
  const auto b = add("cn=b", {{"cn", "b"}, {"sn", "x"}});
  EXPECT_THAT(candidates("(&(sn=x)(cn=a))"), ElementsAre(a));
  EXPECT_THAT(candidates("(&(uid=z)(cn=a))"), ElementsAre(a)) << "uid is not indexed";
  EXPECT_THAT(candidates("(|(cn=b)(cn=a)(sn=x))"), ElementsAre(a, b));
  EXPECT_CANNOT_NARROW("(|(cn=b)(uid=z))");
  EXPECT_CANNOT_NARROW("(!(cn=a))");
  EXPECT_THAT(candidates("(&(!(cn=a))(sn=x))"), ElementsAre(a, b));
  EXPECT_CANNOT_NARROW("(&)");
  EXPECT_THAT(candidates("(|)"), IsEmpty());
  model::Filter undefined;
  undefined.kind = model::Filter::Kind::not_;
  EXPECT_THAT(candidates(undefined), IsEmpty());
  model::Filter either;
  either.kind = model::Filter::Kind::or_;
  either.parts = {undefined, model::Filter::parse("(cn=a)")};
  EXPECT_THAT(candidates(either), ElementsAre(a));
}

TEST_F(IndexTest, OrdersIntegersAndTimes) {
  std::vector<long> ids;
  for (const auto* number : {"-100", "-20", "-3", "0", "4", "30", "200"}) {
    ids.push_back(add("cn=" + std::string(number), {{"uidNumber", number}}));
  }
  EXPECT_THAT(candidates("(uidNumber>=30)"), ElementsAre(ids[5], ids[6]));
  EXPECT_THAT(candidates("(uidNumber<=-20)"), ElementsAre(ids[0], ids[1]));
  EXPECT_THAT(candidates("(uidNumber>=-3)"), ElementsAre(ids[2], ids[3], ids[4], ids[5], ids[6]));
  EXPECT_THAT(candidates("(uidNumber<=0)"), ElementsAre(ids[0], ids[1], ids[2], ids[3]));
  EXPECT_THAT(candidates("(uidNumber>=1000000000000000000000000)"), IsEmpty());

  const auto early = add("cn=early", {{"modifyTimestamp", "20260101000000Z"}});
  const auto later = add("cn=later", {{"modifyTimestamp", "20260101000000.5Z"}});
  const auto zone = add("cn=zone", {{"modifyTimestamp", "20260101030000+0200"}});  // 01:00:00Z
  EXPECT_THAT(candidates("(modifyTimestamp>=20260101000000.1Z)"), ElementsAre(later, zone));
  EXPECT_THAT(candidates("(modifyTimestamp<=20260101000000Z)"), ElementsAre(early));
  EXPECT_THAT(candidates("(modifyTimestamp>=20260101000000Z)"), ElementsAre(early, later, zone));
}

TEST_F(IndexTest, FindsSubstrings) {
  const auto a = add("cn=a", {{"description", "The quick brown fox"}});
  const auto b = add("cn=b", {{"description", "A QUICK one"}});
  const auto c = add("cn=c", {{"description", "qu"}});
  EXPECT_THAT(candidates("(description=*quick*)"), UnorderedElementsAre(a, b));
  EXPECT_THAT(candidates("(description=the*fox)"), ElementsAre(a));
  EXPECT_THAT(candidates("(description=*uick  bro*)"), ElementsAre(a));
  EXPECT_THAT(candidates("(description=qu*)"), ElementsAre(c)) << "the beginning counts as a byte";
  EXPECT_THAT(candidates("(description=*ne)"), ElementsAre(b));
  EXPECT_THAT(candidates("(description=*zzz*)"), IsEmpty());
  EXPECT_THAT(candidates("(description=*q*)"), ElementsAre(a, b, c)) << "too short: by presence";
  EXPECT_THAT(candidates("(&(description=*q*)(description=*brown*))"), ElementsAre(a));
}

TEST_F(IndexTest, FallsBackToPresence) {
  const auto a = add("cn=a", {{"title", "Dr."}});
  const auto b = add("cn=b", {{"title", "Mr."}});
  add("cn=c", {});
  EXPECT_THAT(candidates("(title=*)"), ElementsAre(a, b));
  EXPECT_THAT(candidates("(title=Dr.)"), ElementsAre(a, b));
  EXPECT_THAT(candidates("(title>=Dr.)"), ElementsAre(a, b));
  EXPECT_THAT(candidates("(title:caseExactMatch:=Dr.)"), ElementsAre(a, b));
  EXPECT_CANNOT_NARROW("(uid=*)");
  EXPECT_CANNOT_NARROW("(noSuchType=*)");
  EXPECT_CANNOT_NARROW("(employeeNumber=*)");
}

TEST_F(IndexTest, TakesExtensibleFiltersOfItsRule) {
  const auto a = add("cn=a", {{"cn", "a"}});
  const auto b = add("cn=b", {{"cn", "b"}});
  EXPECT_THAT(candidates("(cn:=A)"), ElementsAre(a));
  EXPECT_THAT(candidates("(cn:caseIgnoreMatch:=A)"), ElementsAre(a));
  EXPECT_THAT(candidates("(cn:caseExactMatch:=a)"), ElementsAre(a, b)) << "by presence";
  EXPECT_CANNOT_NARROW("(cn:dn:=a)");
  EXPECT_CANNOT_NARROW("(:caseIgnoreMatch:=a)");
}

TEST_F(IndexTest, AFilterOnASupertypeNeedsEverySubtypesIndex) {
  add("cn=a", {{"cn", "a"}});
  EXPECT_CANNOT_NARROW("(name=a)");
}

TEST_F(IndexTest, AClassIsFoundByItsSuperiors) {
  auto entry = make_entry(no_entry, "cn=bare", {});
  entry.attributes[0].values[0].bytes = "inetOrgPerson";
  const auto id = static_cast<long>(put(entry));
  for (const auto* name : {"inetOrgPerson", "organizationalperson", "person", "top", "2.5.6.6"}) {
    EXPECT_THAT(candidates("(objectClass=" + std::string(name) + ")"), ElementsAre(id)) << name;
  }
  EXPECT_THAT(candidates("(objectClass=device)"), IsEmpty());
}

TEST_F(IndexTest, FindsEntryUuidsWithoutAnIndex) {
  add("cn=a", {});
  auto entry = make_entry(top_, "cn=b");
  const auto id = static_cast<long>(put(entry));
  EXPECT_THAT(candidates("(entryUUID=" + entry.uuid.text() + ")"), ElementsAre(id));
  EXPECT_THAT(candidates("(|(entryUUID=" + entry.uuid.text() + ")(entryUUID=" + model::Uuid::random().text() + "))"),
              ElementsAre(id));
}

TEST_F(IndexTest, KeepsToTheLimit) {
  std::vector<long> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(add("cn=" + std::to_string(i), {{"sn", "x"}, {"uidNumber", "7"}}));
  EXPECT_EQ(candidates("(sn=x)", 20), ids);
  EXPECT_CANNOT_NARROW("(sn=x)", 19);
  EXPECT_CANNOT_NARROW("(uidNumber>=1)", 19);
  EXPECT_EQ(candidates("(uidNumber>=1)", 20), ids);
}

// Far more ids under one key than fit on a page.
TEST_F(IndexTest, HoldsManyEntriesUnderOneKey) {
  std::vector<long> ids;
  add("cn=first", {});
  store().apply([&](Writer& writer) {
    ids.clear();
    for (int i = 0; i < 5'000; ++i) {
      ids.push_back(static_cast<long>(writer.put(make_entry(top_, "cn=" + std::to_string(i), {{"sn", "same"}}))));
    }
  });
  EXPECT_EQ(candidates("(sn=same)"), ids);
  expect_sound();
}

TEST_F(IndexTest, ShortensLongKeys) {
  std::vector<long> ids;
  const std::string text(1000, 'm');
  ids.push_back(add("cn=0", {{"sn", text + "a"}}));
  ids.push_back(add("cn=1", {{"sn", text + "b"}}));
  ids.push_back(add("cn=2", {{"sn", "z"}}));
  for (std::size_t size = 460; size < 515; ++size) add("cn=s" + std::to_string(size), {{"sn", std::string(size, 'k')}});
  EXPECT_THAT(candidates("(sn=" + text + "A)"), ElementsAre(ids[0]));
  EXPECT_THAT(candidates("(sn=" + text + "c)"), IsEmpty());
  EXPECT_THAT(candidates("(sn>=" + text + "b)"), ElementsAre(ids[0], ids[1], ids[2])) << "a superset";
  for (std::size_t size = 460; size < 515; ++size) {
    EXPECT_EQ(candidates("(sn=" + std::string(size, 'k') + ")").size(), 1U) << size;
    EXPECT_GE(candidates("(sn>=" + std::string(size, 'k') + ")").size(), 515 - size + 3);
    EXPECT_GE(candidates("(sn<=" + std::string(size, 'k') + ")").size(), size - 459);
  }
}

TEST_F(IndexTest, FollowsChanges) {
  auto entry = make_entry(no_entry, "o=top", {{"cn", "one"}, {"cn", "two"}, {"description", "abcdef"}});
  entry.id = put(entry);
  const auto id = static_cast<long>(entry.id);
  entry.find("cn")->values.erase(entry.find("cn")->values.begin());
  entry.find("description")->values[0].bytes = "abcxyz";
  put(entry);
  EXPECT_THAT(candidates("(cn=one)"), IsEmpty());
  EXPECT_THAT(candidates("(cn=two)"), ElementsAre(id));
  EXPECT_THAT(candidates("(description=*def*)"), IsEmpty());
  EXPECT_THAT(candidates("(description=*abc*)"), ElementsAre(id));
  EXPECT_THAT(candidates("(description=*xyz*)"), ElementsAre(id));
  expect_sound();

  entry.find("cn")->values.clear();
  put(entry);
  EXPECT_THAT(candidates("(cn=*)"), IsEmpty());
  expect_sound();

  entry.deleted = ldup::Csn(clock_.time, 0, "001", 0);
  put(entry);
  EXPECT_THAT(candidates("(description=*)"), IsEmpty());
  EXPECT_THAT(candidates("(objectClass=person)"), IsEmpty());
  expect_sound();
  erase(entry.id);
  expect_sound();
}

// Two values that have a key in common: it stays as long as one of them does.
TEST_F(IndexTest, SharedKeysStayAsLongAsOneValueHasThem) {
  auto entry = make_entry(no_entry, "o=top", {{"cn", "same"}, {"cn;lang-de", "SAME"}});
  entry.id = put(entry);
  entry.find("cn")->values.clear();
  put(entry);
  EXPECT_THAT(candidates("(cn=same)"), ElementsAre(static_cast<long>(entry.id)));
  expect_sound();
}

TEST_F(IndexTest, BuildsWhatIsNewAndDropsWhatIsNot) {
  const auto a = add("cn=a", {{"sn", "a"}, {"uid", "x"}, {"cn", "abc"}});
  reopen({{"uid", true, true, false}, {"sn", false, true, false}});
  EXPECT_THAT(candidates("(uid=x)"), ElementsAre(a));
  EXPECT_THAT(candidates("(sn=a)"), ElementsAre(a));
  EXPECT_CANNOT_NARROW("(sn=*)");
  EXPECT_CANNOT_NARROW("(cn=abc)");
  expect_sound();
  reopen({});
  EXPECT_CANNOT_NARROW("(uid=x)");
  expect_sound();
  reopen(all_indexes());
  EXPECT_THAT(candidates("(cn=*bc)"), ElementsAre(a));
  expect_sound();
}

TEST_F(IndexTest, RefusesWhatCannotBeIndexed) {
  EXPECT_THROW(reopen({{"noSuchType", true, false, false}}), UsageError);
  EXPECT_THROW(reopen({{"member", false, false, true}}), UsageError);
}

}  // namespace
}  // namespace replkit::refserver::store
