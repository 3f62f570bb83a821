// Aliases, referrals, subentries, and trees that change while they are searched.
#include <algorithm>
#include <random>
#include <set>

#include "tests/unit/refserver/directory/directory_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::Dereference;
using protocol::ResultCode;
using protocol::Scope;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr std::string_view tree = R"(
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=A,dc=example,dc=com
objectClass: organizationalUnit
ou: A

dn: cn=one,ou=A,dc=example,dc=com
objectClass: device
cn: one

dn: cn=two,ou=A,dc=example,dc=com
objectClass: device
cn: two

dn: ou=B,dc=example,dc=com
objectClass: organizationalUnit
ou: B
)";

constexpr const char* top = "dc=example,dc=com";
constexpr const char* a = "ou=A,dc=example,dc=com";
constexpr const char* b = "ou=B,dc=example,dc=com";
constexpr const char* one = "cn=one,ou=A,dc=example,dc=com";
constexpr const char* two = "cn=two,ou=A,dc=example,dc=com";

model::Entry alias(const std::string& dn, const std::string& target) {
  model::Entry entry;
  entry.dn = dn;
  for (const auto* name : {"alias", "extensibleObject"}) entry.add("objectClass", name);
  entry.add("cn", dn.substr(3, dn.find(',') - 3));
  entry.add("aliasedObjectName", target);
  return entry;
}

model::Entry referral(const std::string& dn, const std::vector<std::string>& uris) {
  model::Entry entry;
  entry.dn = dn;
  for (const auto* name : {"referral", "extensibleObject"}) entry.add("objectClass", name);
  entry.add("ou", dn.substr(3, dn.find(',') - 3));
  for (const auto& uri : uris) entry.add("ref", uri);
  return entry;
}

Found follow(TestDirectory& server, const std::string& base, Dereference dereference, Scope scope = Scope::subtree,
             std::string_view filter = "(objectClass=*)") {
  auto request = search_of(base, filter, scope);
  request.dereference = dereference;
  return server.search(request);
}

// --- Aliases ---

TEST(SearchAliases, AreFollowedToTheBaseOnDemand) {
  TestDirectory server(tree);
  server.load({alias("cn=to a,ou=B,dc=example,dc=com", a),
               alias("cn=again,ou=B,dc=example,dc=com", "cn=to a,ou=B,dc=example,dc=com")});
  const std::string name = "cn=to a,ou=B,dc=example,dc=com";
  EXPECT_THAT(follow(server, name, Dereference::never).dns(), ElementsAre(name));
  EXPECT_THAT(follow(server, name, Dereference::searching).dns(), ElementsAre(name)) << "the base is not below itself";
  EXPECT_THAT(follow(server, name, Dereference::finding).dns(), UnorderedElementsAre(a, one, two));
  EXPECT_THAT(follow(server, "cn=again,ou=B,dc=example,dc=com", Dereference::always).dns(),
              UnorderedElementsAre(a, one, two));
  EXPECT_THAT(follow(server, "cn=one,cn=again,ou=B,dc=example,dc=com", Dereference::finding).dns(), ElementsAre(one));
  const auto missing = follow(server, "cn=three," + name, Dereference::finding);
  EXPECT_EQ(missing.result.code, ResultCode::alias_problem);
  EXPECT_EQ(missing.result.matched_dn, name);
  EXPECT_EQ(follow(server, "cn=one," + name, Dereference::never).result.code, ResultCode::no_such_object);
}

TEST(SearchAliases, ThatLeadNowhereOrAroundAreRefusedAsBase) {
  TestDirectory server(tree);
  server.load({alias("cn=x,ou=B,dc=example,dc=com", "cn=y,ou=B,dc=example,dc=com"),
               alias("cn=y,ou=B,dc=example,dc=com", "cn=x,ou=B,dc=example,dc=com"),
               alias("cn=lost,ou=B,dc=example,dc=com", "cn=none,dc=example,dc=com")});
  EXPECT_EQ(follow(server, "cn=x,ou=B,dc=example,dc=com", Dereference::finding).result.code, ResultCode::loop_detect);
  EXPECT_EQ(follow(server, "cn=lost,ou=B,dc=example,dc=com", Dereference::finding).result.code,
            ResultCode::alias_problem);
  const auto found = follow(server, b, Dereference::always);
  EXPECT_EQ(found.result.code, ResultCode::success);
  EXPECT_THAT(found.dns(), ElementsAre(b));
}

TEST(SearchAliases, InARowAreFollowedUpToALimit) {
  TestDirectory server(tree);
  for (int i = 0; i < 40; ++i) {
    server.load({alias("cn=" + std::to_string(i) + ",ou=B,dc=example,dc=com",
                       i == 0 ? a : "cn=" + std::to_string(i - 1) + ",ou=B,dc=example,dc=com")});
  }
  EXPECT_EQ(follow(server, "cn=10,ou=B,dc=example,dc=com", Dereference::finding).result.code, ResultCode::success);
  EXPECT_EQ(follow(server, "cn=39,ou=B,dc=example,dc=com", Dereference::finding).result.code,
            ResultCode::alias_dereferencing_problem);
}

TEST(SearchAliases, BringWhatTheyStandForIntoTheSearchOnce) {
  TestDirectory server(tree);
  server.load({alias("cn=to a,ou=B,dc=example,dc=com", a), alias("cn=to one,ou=B,dc=example,dc=com", one),
               alias("cn=to b,ou=B,dc=example,dc=com", b), alias("cn=to top,ou=B,dc=example,dc=com", top)});
  EXPECT_THAT(follow(server, b, Dereference::never).entries, SizeIs(5));
  EXPECT_THAT(follow(server, b, Dereference::finding).entries, SizeIs(5));
  EXPECT_THAT(follow(server, b, Dereference::searching).dns(), UnorderedElementsAre(b, top, a, one, two));
  EXPECT_THAT(follow(server, top, Dereference::always).dns(), UnorderedElementsAre(top, a, b, one, two));
  EXPECT_THAT(follow(server, b, Dereference::always, Scope::one_level).dns(), UnorderedElementsAre(a, one, b, top));
  EXPECT_THAT(follow(server, b, Dereference::always, Scope::subtree, "(cn=two)").dns(), ElementsAre(two));
}

TEST(SearchAliases, AreFollowedWhereIndexesWouldNotFindThem) {
  for (const bool class_index : {true, false}) {
    ServerOptions options;
    options.indexes = {{.attribute = "cn", .presence = false, .equality = true, .substring = false}};
    if (class_index) {
      options.indexes.push_back({.attribute = "objectClass", .presence = false, .equality = true, .substring = false});
    }
    TestDirectory server(tree, options);
    EXPECT_THAT(follow(server, b, Dereference::always, Scope::subtree, "(cn=two)").dns(), IsEmpty());
    server.load({alias("cn=to a,ou=B,dc=example,dc=com", a)});
    EXPECT_THAT(follow(server, b, Dereference::always, Scope::subtree, "(cn=two)").dns(), ElementsAre(two));
  }
}

TEST(SearchAliases, ThatTheCallerMayNotReadAreNotFollowed) {
  ServerOptions options;
  options.rules = {rule({"users"}, {"*"}, {"aliasedObjectName"}, {}), everything()};
  TestDirectory server(tree, options);
  server.load({alias("cn=to a,ou=B,dc=example,dc=com", a)});
  auto request = search_of("cn=to a,ou=B,dc=example,dc=com");
  request.dereference = Dereference::always;
  EXPECT_EQ(server.search(TestDirectory::user(one), request).result.code, ResultCode::alias_dereferencing_problem);
  EXPECT_EQ(server.search(TestDirectory::anonymous(), request).result.code, ResultCode::success);
}

// --- Referrals ---

class SearchReferrals : public ::testing::TestWithParam<bool> {
 protected:
  static ServerOptions options() {
    ServerOptions out;
    out.directory.referrals = {"ldap://root.example"};
    if (GetParam()) {
      for (const auto* name : {"cn", "objectClass"}) {
        out.indexes.push_back({.attribute = name, .presence = false, .equality = true, .substring = false});
      }
    }
    return out;
  }

  void SetUp() override {
    server.load({referral("ou=away,ou=A,dc=example,dc=com",
                          {"ldap://b.example/ou=Far,dc=example,dc=com", "ldap://c.example"})});
  }

  TestDirectory server{tree, options()};
  static constexpr const char* away = "ou=away,ou=A,dc=example,dc=com";
};

INSTANTIATE_TEST_SUITE_P(WithAndWithoutIndexes, SearchReferrals, ::testing::Bool());

TEST_P(SearchReferrals, ContinueSearches) {
  const auto found = server.search(search_of(top, "(cn=one)"));
  EXPECT_THAT(found.dns(), ElementsAre(one));
  EXPECT_THAT(found.references, ElementsAre(ElementsAre("ldap://b.example/ou=Far,dc=example,dc=com??sub",
                                                        "ldap://c.example/ou=away,ou=A,dc=example,dc=com??sub")));
  const auto level = server.search(search_of(a, "(cn=one)", Scope::one_level));
  EXPECT_THAT(level.references, ElementsAre(ElementsAre("ldap://b.example/ou=Far,dc=example,dc=com??base",
                                                        "ldap://c.example/ou=away,ou=A,dc=example,dc=com??base")));
  EXPECT_THAT(server.search(search_of(top, "(cn=one)", Scope::one_level)).references, IsEmpty());
  EXPECT_THAT(server.search(search_of(b)).references, IsEmpty());
}

TEST_P(SearchReferrals, AnswerForTheirBase) {
  const auto found = server.search(search_of(std::string("cn=x,") + away));
  EXPECT_EQ(found.result.code, ResultCode::referral);
  EXPECT_THAT(found.result.referrals, ElementsAre("ldap://b.example/cn=x,ou=Far,dc=example,dc=com??sub",
                                                  "ldap://c.example/cn=x,ou=away,ou=A,dc=example,dc=com??sub"));
  EXPECT_EQ(server.search(search_of(away)).result.code, ResultCode::referral);
  const auto other = server.search(search_of("cn=a b,dc=other"));
  EXPECT_EQ(other.result.code, ResultCode::referral);
  EXPECT_THAT(other.result.referrals, ElementsAre("ldap://root.example/cn=a%20b,dc=other??sub"));
}

TEST_P(SearchReferrals, AreEntriesWhenManaged) {
  const std::vector<protocol::Control> managed{control(protocol::oid::manage_dsa_it)};
  EXPECT_THAT(server.search(search_of(away), managed).dns(), ElementsAre(away));
  const auto found = server.search(search_of(top, "(ou=away)"), managed);
  EXPECT_THAT(found.dns(), ElementsAre(away));
  EXPECT_THAT(found.references, IsEmpty());
}

TEST_P(SearchReferrals, HideWhatIsBelowThem) {
  model::Entry below;
  below.dn = std::string("cn=one,") + away;
  below.add("objectClass", "device");
  below.add("cn", "one");
  server.load({below});
  EXPECT_THAT(server.search(search_of(top, "(cn=one)")).dns(), ElementsAre(one));
  EXPECT_THAT(server.search(search_of(top, "(cn=one)"), {control(protocol::oid::manage_dsa_it)}).dns(),
              UnorderedElementsAre(one, below.dn));
}

TEST(SearchReferralAccess, IsNotGivenToThoseWhoMayNotSeeIt) {
  ServerOptions options;
  options.rules = {rule({"*"}, {"subtree:ou=away,ou=A,dc=example,dc=com"}, {}, {}), everything()};
  TestDirectory server(tree, options);
  server.load({referral("ou=away,ou=A,dc=example,dc=com", {"ldap://b.example"})});
  EXPECT_THAT(server.search(search_of(top)).references, IsEmpty());
  const auto found = server.search(search_of("cn=x,ou=away,ou=A,dc=example,dc=com"));
  EXPECT_EQ(found.result.code, ResultCode::no_such_object);
  EXPECT_EQ(found.result.matched_dn, a);
}

// --- Subentries ---

constexpr std::string_view subentries = R"(
dn: cn=replica,dc=example,dc=com
objectClass: subentry
objectClass: replicaSubentry-2
cn: replica
subtreeSpecification: {}
replicaURI: ldap://a.example
replicaType: 2
lostAndFoundEntryDN: cn=lostAndFound,dc=example,dc=com
replicaOnline: TRUE

dn: cn=agreement,cn=replica,dc=example,dc=com
objectClass: subentry
objectClass: replicaAgreementSubentry-2
cn: agreement
subtreeSpecification: {}
)";

TEST(SearchSubentries, ShowOnDemand) {
  TestDirectory server(tree);
  server.load(entries_of(subentries));
  const std::string replica = "cn=replica,dc=example,dc=com";
  const std::string agreement = "cn=agreement," + replica;
  const auto found = [&](const std::string& base, std::string_view filter, Scope scope,
                         std::vector<protocol::Control> controls) {
    return server.search(search_of(base, filter, scope), std::move(controls)).dns();
  };
  const auto only = protocol::encode_subentries(true);
  const auto none = protocol::encode_subentries(false);
  const auto ldup = control(protocol::oid::ldup_subentries);
  EXPECT_THAT(found(top, "(objectClass=*)", Scope::subtree, {}), UnorderedElementsAre(top, a, b, one, two));
  EXPECT_THAT(found(top, "(objectClass=*)", Scope::subtree, {none}), UnorderedElementsAre(top, a, b, one, two));
  EXPECT_THAT(found(top, "(objectClass=*)", Scope::subtree, {only}), UnorderedElementsAre(replica, agreement));
  EXPECT_THAT(found(top, "(objectClass=*)", Scope::subtree, {ldup}), UnorderedElementsAre(replica, agreement));
  EXPECT_THAT(found(top, "(objectClass=*)", Scope::one_level, {only}), ElementsAre(replica));
  EXPECT_THAT(found(replica, "(objectClass=*)", Scope::base, {}), ElementsAre(replica));
  EXPECT_THAT(found(replica, "(objectClass=*)", Scope::base, {none}), IsEmpty());
  EXPECT_THAT(found(replica, "(objectClass=*)", Scope::subtree, {}), UnorderedElementsAre(replica, agreement))
      << "the base is one";
  for (const auto* name : {"replicaSubentry-2", "replicaSubentry", "replicationSubentry"}) {
    EXPECT_THAT(found(top, std::string("(&(objectClass=") + name + ")(cn=*))", Scope::one_level, {}),
                ElementsAre(replica))
        << name;
  }
  EXPECT_THAT(found(top, "(objectClass=subentry)", Scope::subtree, {}), IsEmpty());
}

// --- Trees that change between the steps ---

model::Entry device(int number) {
  model::Entry entry;
  entry.dn = "cn=d" + std::to_string(number) +
             (number % 10 == 0 ? ",ou=B,dc=example,dc=com"
                               : ",cn=d" + std::to_string(number - number % 10) + ",ou=B,dc=example,dc=com");
  entry.add("objectClass", "device");
  entry.add("cn", "d" + std::to_string(number));
  return entry;
}

std::vector<model::Entry> devices(int count) {
  std::vector<model::Entry> out;
  for (int i = 0; i < count; ++i) out.push_back(device(i));
  return out;
}

class ChangingTree : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(WithAndWithoutIndexes, ChangingTree, ::testing::Bool());

// What stays is found once, whatever comes, goes, moves and is renamed meanwhile.
TEST_P(ChangingTree, IsSearchedWithoutLosingWhatStays) {
  ServerOptions options;
  if (GetParam())
    options.indexes = {{.attribute = "description", .presence = true, .equality = true, .substring = false}};
  TestDirectory server(tree, options);
  constexpr int count = 3000;
  auto all = devices(count);
  for (int i = 0; i < count; i += 5) all[static_cast<std::size_t>(i)].add("description", "wanted");
  server.load(all);
  std::mt19937 random(7);
  const auto operation =
      server.start(TestDirectory::administrator(),
                   search_of(b, GetParam() ? "(description=wanted)" : "(objectClass=*)", Scope::subtree, {"cn"}));
  std::set<int> gone;
  std::vector<std::string> seen;
  for (auto state = Operation::State::more; state != Operation::State::done;) {
    std::string out;
    state = operation->step(out, 2000);
    Found found;
    add_responses(out, found);
    for (const auto& entry : found.entries) seen.emplace_back(entry.first("cn"));
    server.store().apply([&](store::Writer& writer) {
      // A leaf goes, another one moves, and an inner entry is renamed.
      const auto leaf = static_cast<int>(random() % (count / 10)) * 10 + 1;
      if (auto entry = writer.load(writer.find("cn=d" + std::to_string(leaf) + ",cn=d" + std::to_string(leaf - 1) +
                                               ",ou=b,dc=example,dc=com"))) {
        writer.erase(entry->id);
        gone.insert(leaf);
      }
      const auto moved = leaf + 1;
      if (auto entry = writer.load(writer.find("cn=d" + std::to_string(moved) + ",cn=d" + std::to_string(moved - 2) +
                                               ",ou=b,dc=example,dc=com"))) {
        entry->superior = writer.find("ou=a,dc=example,dc=com");
        writer.put(*entry);
        gone.insert(moved);
      }
    });
  }
  std::set<std::string> distinct(seen.begin(), seen.end());
  EXPECT_EQ(distinct.size(), seen.size()) << "nothing is found twice";
  for (int i = 0; i < count; ++i) {
    if (gone.contains(i) || (GetParam() && i % 5 != 0)) continue;
    EXPECT_TRUE(distinct.contains("d" + std::to_string(i))) << i;
  }
  EXPECT_GT(gone.size(), 10U);
}

TEST(ChangingTreeOnce, EndsWhenItsBaseIsDeleted) {
  TestDirectory server(tree);
  server.load(devices(10));
  const auto operation = server.start(TestDirectory::administrator(), search_of(b, "(objectClass=*)", Scope::subtree));
  std::string out;
  EXPECT_EQ(operation->step(out, 1), Operation::State::more);
  server.store().apply([&](store::Writer& writer) {
    for (int i = 9; i >= 0; --i)
      writer.erase(writer.find(i == 0 ? "cn=d0,ou=b,dc=example,dc=com"
                                      : "cn=d" + std::to_string(i) + ",cn=d0,ou=b,dc=example,dc=com"));
    writer.erase(writer.find("ou=b,dc=example,dc=com"));
  });
  EXPECT_EQ(operation->step(out, 65'536), Operation::State::done);
  Found found;
  add_responses(out, found);
  EXPECT_EQ(found.result.code, ResultCode::success);
  EXPECT_THAT(found.dns(), ElementsAre(b));
}

TEST(SearchSteps, AreSmall) {
  TestDirectory server(tree);
  server.load(devices(2000));
  const auto found = server.search(TestDirectory::administrator(), search_of(b), {}, 1000);
  EXPECT_THAT(found.entries, SizeIs(2001));
  EXPECT_GT(found.steps, 50U);
  const auto operation = server.start(TestDirectory::administrator(), search_of(b));
  std::string out;
  EXPECT_EQ(operation->step(out, 1000), Operation::State::more);
  EXPECT_LT(out.size(), 1200U);
  EXPECT_TRUE(operation->stop());
}

TEST(SearchDepth, IsThatOfADn) {
  TestDirectory server(tree);
  std::string dn = b;
  std::vector<model::Entry> entries;
  for (int i = 0; i < 300; ++i) {
    dn = "cn=x," + dn;
    model::Entry entry;
    entry.dn = dn;
    entry.add("objectClass", "device");
    entry.add("cn", "x");
    entries.push_back(entry);
  }
  server.load(entries);
  EXPECT_THAT(server.search(search_of(b)).entries, SizeIs(301));
  EXPECT_THAT(server.search(search_of(dn)).dns(), ElementsAre(dn));
}

}  // namespace
}  // namespace replkit::refserver::directory
