// Paged results, sorting, matched values, assertions and proxied authorization on searches.
#include <algorithm>

#include "tests/unit/refserver/directory/directory_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;
using protocol::Scope;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* base = "dc=example,dc=com";

std::string dn_of(int number) {
  return "uid=p" + std::to_string(number) + ",dc=example,dc=com";
}

// People p0 .. p(count-1): surnames in descending order, mail for every second one, uidNumber = number for all.
std::vector<model::Entry> people(int count) {
  std::vector<model::Entry> out = entries_of("dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n");
  for (int i = 0; i < count; ++i) {
    model::Entry entry;
    entry.dn = dn_of(i);
    for (const auto* name : {"inetOrgPerson", "posixAccount"}) entry.add("objectClass", name);
    const auto number = std::to_string(i);
    entry.add("uid", "p" + number);
    entry.add("cn", "P " + number);
    entry.add("cn", "Z " + number);
    auto surname = std::to_string(100'000 - i);
    entry.add("sn", "S" + surname);
    if (i % 2 == 0) entry.add("mail", "p" + number + "@example.com");
    entry.add("uidNumber", number);
    entry.add("gidNumber", std::to_string(i % 3));
    entry.add("homeDirectory", "/");
    out.push_back(entry);
  }
  return out;
}

protocol::Control page(std::int32_t size, std::string cookie = {}, bool critical = true) {
  auto out = protocol::encode_paged_results({.size = size, .cookie = std::move(cookie)});
  out.critical = critical;
  return out;
}

protocol::Control sort_by(std::vector<protocol::SortKey> keys, bool critical = true) {
  auto out = protocol::encode_sort_request(keys);
  out.critical = critical;
  return out;
}

// Reads all pages and returns the DNs, page by page.
std::vector<std::vector<std::string>> pages(TestDirectory& server, const protocol::SearchRequest& request,
                                            std::int32_t size, std::vector<protocol::Control> controls = {}) {
  std::vector<std::vector<std::string>> out;
  std::string cookie;
  do {
    auto with_page = controls;
    with_page.push_back(page(size, cookie));
    const auto found = server.search(request, with_page);
    EXPECT_EQ(found.result.code, ResultCode::success);
    if (!found.paged()) {
      ADD_FAILURE() << "no response control";
      break;
    }
    out.push_back(found.dns());
    cookie = found.paged()->cookie;
  } while (!cookie.empty() && out.size() < 1000);
  return out;
}

class SearchControls : public ::testing::Test {
 protected:
  SearchControls() { server.load(people(100)); }

  TestDirectory server;
  const protocol::SearchRequest everybody = search_of(base, "(objectClass=person)");
};

// --- Paged results ---

TEST_F(SearchControls, PagesHoldEverythingOnce) {
  for (const std::int32_t size : {1, 7, 10, 99, 100, 101, 1000}) {
    const auto found = pages(server, everybody, size);
    EXPECT_THAT(found, SizeIs((100 + size - 1) / size)) << "no empty page at the end";
    std::vector<std::string> all;
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(i + 1 == found.size() || found[i].size() == static_cast<std::size_t>(size));
      all.insert(all.end(), found[i].begin(), found[i].end());
    }
    std::sort(all.begin(), all.end());
    EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
    EXPECT_THAT(all, SizeIs(100));
  }
}

TEST_F(SearchControls, PagesGoOnAfterChanges) {
  const auto first = server.search(everybody, {page(50)});
  server.store().apply([](store::Writer& writer) {
    for (int i = 0; i < 100; ++i) writer.erase(writer.find(dn_of(i)));
  });
  const auto second = server.search(everybody, {page(50, first.paged()->cookie)});
  EXPECT_EQ(second.result.code, ResultCode::success);
  EXPECT_THAT(second.entries, IsEmpty());
  EXPECT_EQ(second.paged()->cookie, "");
}

TEST_F(SearchControls, CookiesBelongToOneSearchOfOneConnection) {
  const auto cookie = server.search(everybody, {page(10)}).paged()->cookie;
  EXPECT_EQ(server.search(search_of(base, "(uid=*)"), {page(10, cookie)}).result.code,
            ResultCode::unwilling_to_perform);
  auto other = TestDirectory::administrator();
  other.connection = 2;
  EXPECT_EQ(server.search(other, everybody, {page(10, cookie)}).result.code, ResultCode::unwilling_to_perform);
  auto changed = everybody;
  changed.base = dn_of(1);
  EXPECT_EQ(server.search(changed, {page(10, cookie)}).result.code, ResultCode::unwilling_to_perform);
  EXPECT_EQ(server.search(everybody, {page(10, "no such")}).result.code, ResultCode::unwilling_to_perform);
  EXPECT_EQ(server.search(everybody, {page(10, cookie)}).result.code, ResultCode::success);
  EXPECT_EQ(server.search(everybody, {page(10, cookie)}).result.code, ResultCode::unwilling_to_perform) << "used up";
}

TEST_F(SearchControls, AreMindedByTheServersOwnEntriesToo) {
  for (const auto* dn : {"", "cn=Subschema"}) {
    const auto request = search_of(dn, "(objectClass=*)", protocol::Scope::base);
    const auto paged = server.search(request, {page(10)});
    EXPECT_THAT(paged.entries, SizeIs(1)) << dn;
    EXPECT_EQ(paged.paged()->cookie, "") << dn;
    EXPECT_EQ(server.search(request, {page(10, "no such")}).result.code, ResultCode::unwilling_to_perform) << dn;
    const auto unknown = server.search(request, {sort_by({{"noSuch", "", false}})});
    EXPECT_EQ(unknown.result.code, ResultCode::unavailable_critical_extension) << dn;
    EXPECT_THAT(unknown.entries, IsEmpty()) << dn;
    const auto unsorted = server.search(request, {sort_by({{"noSuch", "", false}}, false)});
    EXPECT_THAT(unsorted.entries, SizeIs(1)) << dn;
    EXPECT_EQ(unsorted.sorted()->code, ResultCode::no_such_attribute) << dn;
    EXPECT_EQ(server.search(request, {sort_by({{"cn", "caseIgnoreOrderingMatch", false}})}).sorted()->code,
              ResultCode::success)
        << dn;
  }
}

TEST_F(SearchControls, CookiesGoWithTheirConnection) {
  const auto cookie = server.search(everybody, {page(10)}).paged()->cookie;
  server.directory().forget(2);
  const auto next = server.search(everybody, {page(10, cookie)});
  EXPECT_EQ(next.result.code, ResultCode::success);
  server.directory().forget(1);
  EXPECT_EQ(server.search(everybody, {page(10, next.paged()->cookie)}).result.code, ResultCode::unwilling_to_perform);
}

TEST_F(SearchControls, TheOldestPagedSearchGoesFirst) {
  std::vector<std::string> cookies;
  for (int i = 0; i < 9; ++i) cookies.push_back(server.search(everybody, {page(10)}).paged()->cookie);
  EXPECT_EQ(server.search(everybody, {page(10, cookies[0])}).result.code, ResultCode::unwilling_to_perform);
  for (int i = 1; i < 9; ++i) {
    EXPECT_EQ(server.search(everybody, {page(10, cookies[static_cast<std::size_t>(i)])}).result.code,
              ResultCode::success);
    server.search(everybody, {page(0)});
  }
}

TEST_F(SearchControls, APageOfNothingEndsThePagedSearch) {
  const auto cookie = server.search(everybody, {page(10)}).paged()->cookie;
  const auto ended = server.search(everybody, {page(0, cookie)});
  EXPECT_EQ(ended.result.code, ResultCode::success);
  EXPECT_EQ(ended.paged()->cookie, "");
  EXPECT_THAT(ended.entries, IsEmpty());
  EXPECT_EQ(server.search(everybody, {page(10, cookie)}).result.code, ResultCode::unwilling_to_perform);
}

TEST_F(SearchControls, TheSizeLimitIsThatOfAllPages) {
  auto request = everybody;
  request.size_limit = 25;
  const auto first = server.search(request, {page(10)});
  const auto second = server.search(request, {page(10, first.paged()->cookie)});
  EXPECT_THAT(second.entries, SizeIs(10));
  const auto third = server.search(request, {page(10, second.paged()->cookie)});
  EXPECT_THAT(third.entries, SizeIs(5));
  EXPECT_EQ(third.result.code, ResultCode::size_limit_exceeded);
  EXPECT_EQ(third.paged()->cookie, "");
  const auto whole = server.search(request, {page(30)});
  EXPECT_THAT(whole.entries, SizeIs(25)) << "one page would hold it: as without the control";
  EXPECT_FALSE(whole.paged());
}

// --- Sorting ---

std::vector<std::string> first_of(const Found& found, std::size_t count) {
  auto out = found.dns();
  out.resize(std::min(count, out.size()));
  return out;
}

TEST_F(SearchControls, Sorts) {
  const auto sorted = [&](std::vector<protocol::SortKey> keys) {
    const auto found = server.search(everybody, {sort_by(std::move(keys))});
    EXPECT_EQ(found.result.code, ResultCode::success);
    EXPECT_EQ(found.sorted().value_or(protocol::SortResult{ResultCode::other, {}}).code, ResultCode::success);
    EXPECT_THAT(found.entries, SizeIs(100));
    return first_of(found, 3);
  };
  EXPECT_THAT(sorted({{"uidNumber", "", false}}), ElementsAre(dn_of(0), dn_of(1), dn_of(2))) << "as numbers";
  EXPECT_THAT(sorted({{"uidNumber", "", true}}), ElementsAre(dn_of(99), dn_of(98), dn_of(97)));
  EXPECT_THAT(sorted({{"sn", "caseIgnoreOrderingMatch", false}}), ElementsAre(dn_of(0), dn_of(99), dn_of(98)))
      << "S100000 stands before S99901";
  EXPECT_THAT(sorted({{"gidNumber", "", false}, {"uidNumber", "", true}}),
              ElementsAre(dn_of(99), dn_of(96), dn_of(93)));
  EXPECT_THAT(sorted({{"mail", "2.5.13.3", false}, {"uidNumber", "", false}}),
              ElementsAre(dn_of(0), dn_of(10), dn_of(12)));
  EXPECT_THAT(sorted({{"mail", "2.5.13.3", true}, {"uidNumber", "", false}}), ElementsAre(dn_of(1), dn_of(3), dn_of(5)))
      << "missing is greatest (RFC 2891)";
  EXPECT_THAT(sorted({{"cn", "caseIgnoreOrderingMatch", false}}), ElementsAre(dn_of(0), dn_of(1), dn_of(10)))
      << "by the least value";
}

TEST_F(SearchControls, SaysWhyItCannotSort) {
  const auto attempt = [&](const protocol::SortKey& key, bool critical) {
    return server.search(everybody, {sort_by({key}, critical)});
  };
  const auto unknown = attempt({"noSuch", "", false}, true);
  EXPECT_EQ(unknown.result.code, ResultCode::unavailable_critical_extension);
  EXPECT_THAT(unknown.entries, IsEmpty());
  EXPECT_EQ(unknown.sorted()->code, ResultCode::no_such_attribute);
  EXPECT_EQ(unknown.sorted()->description, "noSuch");
  EXPECT_EQ(attempt({"jpegPhoto", "", false}, true).sorted()->code, ResultCode::inappropriate_matching);
  EXPECT_EQ(attempt({"sn", "noSuchMatch", false}, true).sorted()->code, ResultCode::inappropriate_matching);
  const auto unsorted = attempt({"noSuch", "", false}, false);
  EXPECT_EQ(unsorted.result.code, ResultCode::success);
  EXPECT_THAT(unsorted.entries, SizeIs(100));
  EXPECT_EQ(unsorted.sorted()->code, ResultCode::no_such_attribute);
}

TEST(SearchSorting, IsBounded) {
  ServerOptions options;
  options.directory.sort_limit = 50;
  TestDirectory server({}, options);
  server.load(people(100));
  const auto request = search_of(base, "(objectClass=person)");
  const auto refused = server.search(request, {sort_by({{"uidNumber", "", false}})});
  EXPECT_EQ(refused.result.code, ResultCode::unavailable_critical_extension);
  EXPECT_EQ(refused.sorted()->code, ResultCode::admin_limit_exceeded);
  EXPECT_THAT(refused.entries, IsEmpty());
  const auto unsorted = server.search(request, {sort_by({{"uidNumber", "", false}}, false)});
  EXPECT_EQ(unsorted.result.code, ResultCode::success);
  EXPECT_THAT(unsorted.entries, SizeIs(100));
  EXPECT_EQ(unsorted.sorted()->code, ResultCode::admin_limit_exceeded);
}

TEST(SearchSorting, OfManyGoesByPagesAndLimits) {
  TestDirectory server;
  constexpr int count = 10'000;
  server.load(people(count));
  const auto request = search_of(base, "(objectClass=person)");
  int next = 0;
  for (const auto& one : pages(server, request, 999, {sort_by({{"uidNumber", "", false}})})) {
    for (const auto& dn : one) ASSERT_EQ(dn, dn_of(next++));
  }
  EXPECT_EQ(next, count);
  auto limited = request;
  limited.size_limit = 5;
  const auto found = server.search(limited, {sort_by({{"uidNumber", "", true}})});
  EXPECT_EQ(found.result.code, ResultCode::size_limit_exceeded);
  EXPECT_THAT(found.dns(), ElementsAre(dn_of(9999), dn_of(9998), dn_of(9997), dn_of(9996), dn_of(9995)));
}

// --- Others ---

TEST_F(SearchControls, ReturnsTheValuesThatMatch) {
  const auto filters = [](std::vector<std::string_view> texts) {
    std::vector<model::Filter> out;
    for (const auto text : texts) out.push_back(model::Filter::parse(text));
    return protocol::encode_matched_values(out);
  };
  const auto found = [&](std::vector<std::string_view> texts) {
    return server
        .search(search_of(dn_of(2), "(objectClass=*)", Scope::base, {"cn", "mail"}), {filters(std::move(texts))})
        .entries.at(0);
  };
  EXPECT_EQ(found({"(cn=z*)"}).attributes, (std::vector<model::Attribute>{{"cn", {"Z 2"}}}));
  EXPECT_EQ(found({"(cn=z*)", "(mail=*)"}).attributes,
            (std::vector<model::Attribute>{{"cn", {"Z 2"}}, {"mail", {"p2@example.com"}}}));
  EXPECT_EQ(found({"(name=p 2)"}).attributes, (std::vector<model::Attribute>{{"cn", {"P 2"}}}));
  EXPECT_THAT(found({"(sn=x)"}).attributes, IsEmpty());
}

TEST_F(SearchControls, GoesOnlyWhereTheAssertionHolds) {
  const auto code = [&](const std::string& dn, std::string_view assertion) {
    return server
        .search(search_of(dn, "(objectClass=*)", Scope::base),
                {protocol::encode_assertion(model::Filter::parse(assertion))})
        .result.code;
  };
  EXPECT_EQ(code(dn_of(1), "(uidNumber=1)"), ResultCode::success);
  EXPECT_EQ(code(dn_of(1), "(uidNumber=2)"), ResultCode::assertion_failed);
  EXPECT_EQ(code(dn_of(1), "(noSuch=2)"), ResultCode::assertion_failed);
  EXPECT_EQ(code("", "(namingContexts=DC=example,dc=com)"), ResultCode::success);
  EXPECT_EQ(code("", "(namingContexts=dc=com)"), ResultCode::assertion_failed);
}

TEST(SearchProxied, ActsAsTheOtherWithItsRights) {
  using access::Right;
  ServerOptions options;
  options.rules = {
      rule({"dn:" + dn_of(1)}, {"base:" + dn_of(2)}, {"entry"}, access::Rights(Right::proxy) | Right::read),
      rule({"dn:" + dn_of(2)}, {"base:" + dn_of(3)}, {}, access::Rights(Right::read) | Right::search),
  };
  TestDirectory server({}, options);
  server.load(people(5));
  const auto code = [&](const access::Caller& caller, const std::string& identity, int target) {
    return server
        .search(caller, search_of(dn_of(target), "(objectClass=*)", Scope::base),
                {protocol::encode_proxied_authorization(identity)})
        .result.code;
  };
  const auto one = TestDirectory::user(dn_of(1));
  EXPECT_EQ(code(one, "dn:" + dn_of(2), 3), ResultCode::success);
  EXPECT_EQ(server.search(one, search_of(dn_of(3))).result.code, ResultCode::no_such_object);
  EXPECT_EQ(code(one, "dn:" + dn_of(3), 3), ResultCode::authorization_denied);
  EXPECT_EQ(code(one, "dn:" + dn_of(1), 3), ResultCode::no_such_object) << "everybody may act as himself";
  EXPECT_EQ(code(one, "", 3), ResultCode::no_such_object) << "and as nobody";
  EXPECT_EQ(code(one, "nonsense", 3), ResultCode::authorization_denied);
  EXPECT_EQ(code(TestDirectory::anonymous(), "dn:" + dn_of(2), 3), ResultCode::authorization_denied);
  auto uncritical = protocol::encode_proxied_authorization("dn:" + dn_of(2));
  uncritical.critical = false;
  EXPECT_EQ(server.search(one, search_of(dn_of(3)), {uncritical}).result.code, ResultCode::protocol_error);
}

TEST_F(SearchControls, TakesFiltersOfManyParts) {
  model::Filter filter;
  filter.kind = model::Filter::Kind::or_;
  for (int i = 0; i < 10'000; ++i) filter.parts.push_back(model::Filter::parse("(uid=p" + std::to_string(i * 2) + ")"));
  auto request = everybody;
  request.filter = filter;
  EXPECT_THAT(server.search(request).entries, SizeIs(50));
}

TEST_F(SearchControls, TakesDeepFilters) {
  auto filter = model::Filter::parse("(uid=p1)");
  for (int i = 0; i < 98; ++i) {
    model::Filter around;
    around.kind = model::Filter::Kind::not_;
    around.parts.push_back(std::move(filter));
    filter = std::move(around);
  }
  auto request = everybody;
  request.filter = filter;
  EXPECT_THAT(server.search(request).dns(), ElementsAre(dn_of(1)));
}

}  // namespace
}  // namespace replkit::refserver::directory
