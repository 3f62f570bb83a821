#include "tests/refserver/directory/request_controls.hpp"
#include "tests/unit/refserver/directory/directory_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;
using protocol::Scope;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr std::string_view people = R"(
dn: dc=example,dc=com
objectClass: domain
objectClass: dcObject
dc: example

dn: ou=People,dc=example,dc=com
objectClass: organizationalUnit
ou: People

dn: uid=ann,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
uid: ann
cn: Ann Lee
cn: Annie
cn;lang-de: Anna
sn: Lee
mail: ann@example.com
employeeNumber: 7
telephoneNumber: +1 555 1234
description: one  two

dn: uid=bob,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: posixAccount
uid: bob
cn: Bob
sn: Kay
uidNumber: 100
gidNumber: 5
homeDirectory: /home/bob
manager: uid=ann,ou=People,dc=example,dc=com

dn: ou=Groups,dc=example,dc=com
objectClass: organizationalUnit
ou: Groups

dn: cn=all,ou=Groups,dc=example,dc=com
objectClass: groupOfNames
cn: all
member: uid=ann,ou=People,dc=example,dc=com
member: uid=bob,ou=People,dc=example,dc=com
)";

constexpr const char* top = "dc=example,dc=com";
constexpr const char* ann = "uid=ann,ou=People,dc=example,dc=com";
constexpr const char* bob = "uid=bob,ou=People,dc=example,dc=com";
constexpr const char* unit = "ou=People,dc=example,dc=com";
constexpr const char* groups = "ou=Groups,dc=example,dc=com";
constexpr const char* all = "cn=all,ou=Groups,dc=example,dc=com";

std::vector<std::string> descriptions_of(const model::Entry& entry) {
  std::vector<std::string> out;
  for (const auto& attribute : entry.attributes) out.push_back(attribute.description);
  return out;
}

class SearchTest : public ::testing::Test {
 protected:
  TestDirectory server{people};

  std::vector<std::string> found(std::string_view filter) {
    const auto search = server.search(search_of(top, filter));
    EXPECT_EQ(search.result.code, ResultCode::success) << filter;
    return search.dns();
  }

  model::Entry read(const std::string& dn, std::vector<std::string> attributes) {
    const auto search = server.search(search_of(dn, "(objectClass=*)", Scope::base, std::move(attributes)));
    EXPECT_THAT(search.entries, SizeIs(1));
    return search.entries.empty() ? model::Entry() : search.entries.front();
  }
};

TEST_F(SearchTest, FindsWhatTheScopeHolds) {
  EXPECT_THAT(server.search(search_of(top)).dns(), UnorderedElementsAre(top, unit, ann, bob, groups, all));
  EXPECT_EQ(server.search(search_of(top)).dns().front(), top) << "superiors first";
  EXPECT_THAT(server.search(search_of(top, "(objectClass=*)", Scope::one_level)).dns(),
              UnorderedElementsAre(unit, groups));
  EXPECT_THAT(server.search(search_of(top, "(objectClass=*)", Scope::base)).dns(), ElementsAre(top));
  EXPECT_THAT(server.search(search_of("OU=people, DC=Example,dc=COM")).dns(), UnorderedElementsAre(unit, ann, bob));
  EXPECT_THAT(server.search(search_of(ann, "(objectClass=*)", Scope::one_level)).dns(), IsEmpty());
}

TEST_F(SearchTest, MatchesEveryKindOfFilter) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
      {"(uid=ANN)", {ann}},
      {"(cn=ann  lee)", {ann}},
      {"(commonName=bob)", {bob}},
      {"(2.5.4.3=bob)", {bob}},
      {"(cn;lang-de=anna)", {ann}},
      {"(cn=anna)", {ann}},
      {"(cn;lang-de=annie)", {}},
      {"(name=kay)", {bob}},
      {"(cn=a*)", {all, ann}},
      {"(cn=*n*)", {ann}},
      {"(cn=*ee)", {ann}},
      {"(cn=ann*l*e)", {ann}},
      {"(telephoneNumber=+1-555-1234)", {ann}},
      {"(telephoneNumber=*5551*)", {ann}},
      {"(description=one two)", {ann}},
      {"(description=one*two)", {ann}},
      {"(uidNumber>=99)", {bob}},
      {"(uidNumber>=101)", {}},
      {"(uidNumber<=0)", {}},
      {"(cn>=a)", {}},
      {"(createTimestamp>=20000101000000Z)", {top, unit, ann, bob, groups, all}},
      {"(createTimestamp<=20000101000000Z)", {}},
      {"(mail=*)", {ann}},
      {"(cn~=BOB)", {bob}},
      {"(objectClass=person)", {ann, bob}},
      {"(objectClass=2.5.6.6)", {ann, bob}},
      {"(objectClass=top)", {top, unit, ann, bob, groups, all}},
      {"(objectClass=inetOrgPerson)", {ann, bob}},
      {"(member=UID=bob, ou=people,dc=example,dc=com)", {all}},
      {"(&(objectClass=person)(!(uid=bob)))", {ann}},
      {"(|(uid=ann)(uid=bob)(uid=nobody))", {ann, bob}},
      {"(&)", {top, unit, ann, bob, groups, all}},
      {"(|)", {}},
      {"(!(&))", {}},
      {"(cn:caseExactMatch:=Bob)", {bob}},
      {"(cn:2.5.13.5:=bob)", {}},
      {"(cn:=bob)", {bob}},
      {"(:caseExactMatch:=Kay)", {bob}},
      {"(ou:dn:=people)", {unit, ann, bob}},
      {"(ou:dn:caseExactMatch:=people)", {}},
      {"(:dn:2.5.13.2:=groups)", {groups, all}},
      {"(cn:noSuchMatch:=Bob)", {}},
      {"(!(cn:noSuchMatch:=Bob))", {}},
      {"(noSuchAttribute=x)", {}},
      {"(!(noSuchAttribute=x))", {}},
      {"(!(uidNumber=not a number))", {}},
      {"(uidNumber=0100)", {}},
      {"(uidNumber=100)", {bob}},
      {"(entryDN=uid=ann,ou=people,dc=example,dc=com)", {ann}},
      {"(hasSubordinates=TRUE)", {top, unit, groups}},
      {"(&(hasSubordinates=FALSE)(objectClass=person))", {ann, bob}},
      {"(subschemaSubentry=cn=subschema)", {top, unit, ann, bob, groups, all}},
      {"(structuralObjectClass=inetOrgPerson)", {ann, bob}},
      {"(structuralObjectClass=person)", {}},
      {"(entryUUID=*)", {top, unit, ann, bob, groups, all}},
      {"(jpegPhoto=x)", {}},
      {"(!(jpegPhoto=x))", {}},
  };
  for (const auto& [filter, expected] : cases) {
    EXPECT_THAT(found(filter), ::testing::UnorderedElementsAreArray(expected)) << filter;
  }
  EXPECT_THAT(found("(entryUUID=" + std::string(read(ann, {"entryUUID"}).first("entryUUID")) + ")"), ElementsAre(ann));
}

TEST_F(SearchTest, SelectsAttributes) {
  EXPECT_THAT(descriptions_of(read(ann, {})),
              UnorderedElementsAre("objectClass", "uid", "cn", "cn;lang-de", "sn", "mail", "employeeNumber",
                                   "telephoneNumber", "description"));
  EXPECT_THAT(descriptions_of(read(ann, {"1.1"})), IsEmpty());
  EXPECT_THAT(descriptions_of(read(ann, {"1.1", "sn"})), ElementsAre("sn"));
  EXPECT_THAT(descriptions_of(read(ann, {"CN"})), UnorderedElementsAre("cn", "cn;lang-de"));
  EXPECT_THAT(descriptions_of(read(ann, {"cn;lang-de"})), ElementsAre("cn;lang-de"));
  EXPECT_THAT(descriptions_of(read(ann, {"cn;lang-fr"})), IsEmpty());
  EXPECT_THAT(descriptions_of(read(ann, {"name"})), UnorderedElementsAre("cn", "cn;lang-de", "sn"));
  EXPECT_THAT(descriptions_of(read(ann, {"2.5.4.4", "sn", "surname", "noSuch", ""})), ElementsAre("sn"));
  EXPECT_THAT(descriptions_of(read(ann, {"@person", "@noSuchClass"})),
              UnorderedElementsAre("objectClass", "cn", "cn;lang-de", "sn", "telephoneNumber", "description"));
  EXPECT_THAT(descriptions_of(read(ann, {"+"})),
              ::testing::IsSupersetOf({"structuralObjectClass", "createTimestamp", "creatorsName", "entryUUID",
                                       "entryDN", "subschemaSubentry", "hasSubordinates"}));
  EXPECT_THAT(descriptions_of(read(ann, {"+"})), ::testing::Not(::testing::Contains("uid")));
  EXPECT_THAT(descriptions_of(read(ann, {"*", "entryDN"})), ::testing::IsSupersetOf({"uid", "entryDN"}));
  EXPECT_EQ(read(ann, {"entryDN"}).first("entryDN"), ann);
  EXPECT_EQ(read(unit, {"hasSubordinates"}).first("hasSubordinates"), "TRUE");
}

TEST_F(SearchTest, ReturnsTypesOnly) {
  auto request = search_of(ann, "(objectClass=*)", Scope::base, {"cn", "entryDN"});
  request.types_only = true;
  const auto search = server.search(request);
  ASSERT_THAT(search.entries, SizeIs(1));
  EXPECT_THAT(descriptions_of(search.entries[0]), UnorderedElementsAre("cn", "cn;lang-de", "entryDN"));
  for (const auto& attribute : search.entries[0].attributes) EXPECT_THAT(attribute.values, IsEmpty());
}

TEST_F(SearchTest, SaysWhereANameEnds) {
  const auto missing = server.search(search_of("cn=x,uid=none,ou=People,dc=example,dc=com"));
  EXPECT_EQ(missing.result.code, ResultCode::no_such_object);
  EXPECT_EQ(missing.result.matched_dn, unit);
  EXPECT_EQ(server.search(search_of("dc=other")).result.code, ResultCode::no_such_object);
  EXPECT_EQ(server.search(search_of("dc=other")).result.matched_dn, "");
  EXPECT_EQ(server.search(search_of("no DN")).result.code, ResultCode::invalid_dn_syntax);
}

TEST_F(SearchTest, SearchesAllContextsFromTheRoot) {
  EXPECT_THAT(server.search(search_of("")).dns(), UnorderedElementsAre(top, unit, ann, bob, groups, all));
  EXPECT_THAT(server.search(search_of("", "(objectClass=*)", Scope::one_level)).dns(), ElementsAre(top));
}

TEST_F(SearchTest, DescribesItselfInTheRootDse) {
  const auto root = server.search(search_of("", "(objectClass=*)", Scope::base, {"*", "+"}));
  ASSERT_THAT(root.entries, SizeIs(1));
  const auto& entry = root.entries[0];
  EXPECT_EQ(entry.dn, "");
  EXPECT_EQ(entry.first("objectClass"), "top");
  EXPECT_EQ(entry.first("namingContexts"), top);
  EXPECT_EQ(entry.first("subschemaSubentry"), "cn=Subschema");
  EXPECT_EQ(entry.first("supportedLDAPVersion"), "3");
  EXPECT_THAT(entry.find("supportedControl")->values, SizeIs(supported_controls().size()));
  EXPECT_THAT(entry.find("supportedExtension")->values, ::testing::Contains(protocol::oid::who_am_i));
  EXPECT_THAT(entry.find("supportedFeatures")->values, SizeIs(6));
  EXPECT_NE(entry.first("accessRulesDigest"), "");
  EXPECT_EQ(entry.find("entryUUID"), nullptr);
  EXPECT_THAT(descriptions_of(server.search(search_of("", "(objectClass=*)", Scope::base, {})).entries.at(0)),
              ElementsAre("objectClass"));
  EXPECT_THAT(server.search(search_of("", "(objectClass=person)", Scope::base)).entries, IsEmpty());
  EXPECT_THAT(server.search(TestDirectory::anonymous(), search_of("", "(objectClass=*)", Scope::base)).entries,
              SizeIs(1));
}

TEST_F(SearchTest, PublishesTheSchema) {
  const auto search = server.search(TestDirectory::anonymous(),
                                    search_of("cn=subschema", "(objectClass=subschema)", Scope::base, {"*", "+"}));
  ASSERT_THAT(search.entries, SizeIs(1));
  EXPECT_THAT(search.entries[0].find("attributeTypes")->values, SizeIs(::testing::Gt(100U)));
  EXPECT_THAT(search.entries[0].find("objectClasses")->values, SizeIs(::testing::Gt(20U)));
  EXPECT_EQ(search.entries[0].first("cn"), "Subschema");
  EXPECT_THAT(server.search(search_of("cn=Subschema", "(attributeTypes=2.5.4.3)", Scope::base)).entries, SizeIs(1));
  EXPECT_THAT(server.search(search_of("cn=Subschema", "(attributeTypes=cn)", Scope::base)).entries, SizeIs(1));
  EXPECT_THAT(server.search(search_of("cn=Subschema", "(attributeTypes=9.9.9)", Scope::base)).entries, IsEmpty());
  EXPECT_THAT(server.search(search_of("cn=Subschema", "(objectClass=*)", Scope::one_level)).entries, IsEmpty());
  EXPECT_EQ(server.search(search_of("cn=x,cn=Subschema")).result.code, ResultCode::no_such_object);
}

// --- Limits ---

TEST_F(SearchTest, StopsAtTheSizeLimit) {
  auto request = search_of(top);
  request.size_limit = 6;
  EXPECT_EQ(server.search(request).result.code, ResultCode::success) << "as many as there are";
  request.size_limit = 5;
  const auto search = server.search(request);
  EXPECT_EQ(search.result.code, ResultCode::size_limit_exceeded);
  EXPECT_THAT(search.entries, SizeIs(5));
}

TEST(SearchLimits, OfTheServerBindAllButAdministrators) {
  ServerOptions options;
  options.rules = {everything()};
  options.directory.size_limit = 2;
  TestDirectory server(people, options);
  const auto limited = server.search(TestDirectory::user(ann), search_of(top));
  EXPECT_EQ(limited.result.code, ResultCode::size_limit_exceeded);
  EXPECT_THAT(limited.entries, SizeIs(2));
  auto request = search_of(top);
  request.size_limit = 4;
  EXPECT_THAT(server.search(TestDirectory::user(ann), request).entries, SizeIs(2)) << "no more than the server's";
  request.size_limit = 1;
  EXPECT_THAT(server.search(TestDirectory::user(ann), request).entries, SizeIs(1));
  EXPECT_EQ(server.search(search_of(top)).result.code, ResultCode::success);
}

TEST(SearchLimits, EndSearchesThatLookAtTooMuch) {
  ServerOptions options;
  options.rules = {everything()};
  options.directory.lookthrough_limit = 3;
  TestDirectory server(people, options);
  EXPECT_EQ(server.search(TestDirectory::user(ann), search_of(top, "(uid=nobody)")).result.code,
            ResultCode::admin_limit_exceeded);
  EXPECT_EQ(server.search(TestDirectory::user(ann), search_of(unit, "(uid=nobody)")).result.code, ResultCode::success);
}

TEST_F(SearchTest, StopsAtTheTimeLimit) {
  auto request = search_of(top);
  request.time_limit = 5;
  const auto operation = server.start(TestDirectory::administrator(), request);
  Found found;
  std::string out;
  EXPECT_EQ(operation->step(out, 1), Operation::State::more);
  add_responses(out, found);
  server.clock().advance(std::chrono::seconds(5));
  out.clear();
  EXPECT_EQ(operation->step(out, 1), Operation::State::done);
  add_responses(out, found);
  EXPECT_EQ(found.result.code, ResultCode::time_limit_exceeded);
  EXPECT_THAT(found.entries, SizeIs(2));
}

// --- Access ---

TEST(SearchAccess, ShowsWhatTheRulesAllow) {
  using access::Right;
  ServerOptions options;
  options.rules = {
      rule({"*"}, {"subtree:" + std::string(groups)}, {}, {}),
      rule({"*"}, {"*"}, {"mail"}, access::Rights(Right::compare) | Right::search),
      rule({"*"}, {"*"}, {"employeeNumber"}, {}),
      rule({"*"}, {"*"}, {}, access::Rights(Right::read) | Right::search | Right::compare),
  };
  TestDirectory server(people, options);
  const auto user = TestDirectory::user(bob);
  const auto found = [&](std::string_view filter) { return server.search(user, search_of(top, filter)).dns(); };
  EXPECT_THAT(found("(objectClass=*)"), UnorderedElementsAre(top, unit, ann, bob));
  EXPECT_THAT(found("(mail=ann@example.com)"), ElementsAre(ann));
  EXPECT_THAT(found("(employeeNumber=7)"), IsEmpty());
  EXPECT_THAT(found("(employeeNumber=*)"), IsEmpty());
  EXPECT_THAT(found("(!(employeeNumber=7))"), IsEmpty()) << "nobody learns that it is not there, either";
  EXPECT_THAT(found("(|(uid=ann)(employeeNumber=7))"), ElementsAre(ann));
  const auto entry = server.search(user, search_of(ann, "(objectClass=*)", Scope::base, {})).entries.at(0);
  EXPECT_THAT(descriptions_of(entry),
              UnorderedElementsAre("objectClass", "uid", "cn", "cn;lang-de", "sn", "telephoneNumber", "description"));
  const auto hidden = server.search(user, search_of(all));
  EXPECT_EQ(hidden.result.code, ResultCode::no_such_object);
  EXPECT_EQ(hidden.result.matched_dn, top);
  const auto none = server.search(user, search_of("cn=none,ou=Groups,dc=example,dc=com"));
  EXPECT_EQ(none.result, hidden.result) << "as if it did not exist";
}

TEST(SearchAccess, DefaultsToNothing) {
  TestDirectory server(people);
  const auto search = server.search(TestDirectory::anonymous(), search_of(top));
  EXPECT_EQ(search.result.code, ResultCode::no_such_object);
  EXPECT_EQ(search.result.matched_dn, "");
  EXPECT_THAT(server.search(TestDirectory::anonymous(), search_of("")).entries, IsEmpty());
}

TEST(SearchAccess, FollowsNewRules) {
  TestDirectory server(people);
  server.set_rules({everything()});
  EXPECT_THAT(server.search(TestDirectory::anonymous(), search_of(top)).entries, SizeIs(6));
}

}  // namespace
}  // namespace replkit::refserver::directory
