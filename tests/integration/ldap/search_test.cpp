// Searches on real slapd.
#include <set>

#include "tests/integration/ldap/fixture.hpp"

namespace replkit::ldap {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr int count = 3000;

class Search : public testing::Test {
 protected:
  explicit Search(support::SlapdOptions options = {}) : slapd_(std::move(options)) {
    slapd_.load(people(slapd_.suffix(), count));
    slapd_.start();
    connection_.emplace(Connection::open(simple(slapd_.uri(), support::reader_dn), cancel_));
    request_.base = slapd_.suffix();
  }

  SearchOutcome run(const EntryVisitor& visitor = [](const EntryView&) {}) {
    return connection_->search(request_, visitor);
  }

  // Whether an operation still works on the connection.
  bool alive() { return connection_->read(slapd_.suffix(), {}).has_value(); }

  CancelToken cancel_;
  support::Slapd slapd_;
  std::optional<Connection> connection_;
  SearchRequest request_;
};

TEST_F(Search, StreamsAndCopiesEveryEntry) {
  std::set<std::string> names;
  std::size_t values = 0;
  const SearchOutcome outcome = run([&](const EntryView& entry) {
    const model::Entry copy = entry.copy();
    names.insert(copy.dn);
    if (copy.find("uid")) {
      EXPECT_EQ(copy.dn, fmt::format("uid={},{}", copy.first("uid"), slapd_.suffix()));
    }
    entry.walk([](std::string_view) {}, [&](std::string_view) { ++values; });
  });
  EXPECT_TRUE(outcome.complete());
  EXPECT_EQ(outcome.entries, count + 1U);
  EXPECT_EQ(names.size(), count + 1U);
  EXPECT_EQ(values, count * 5U + 4U);  // objectClass, uid, cn, sn, description; the suffix has four
}

TEST_F(Search, HonoursScopeFilterAndAttributes) {
  request_.scope = Scope::one;
  request_.filter = "(|(uid=u1)(uid=u2))";
  request_.attributes = {"cn"};
  std::vector<std::string> seen;
  run([&](const EntryView& entry) {
    entry.walk([&](std::string_view name) { seen.emplace_back(name); },
               [&](std::string_view value) { seen.emplace_back(value); });
  });
  EXPECT_THAT(seen, ElementsAre("cn", "User 1", "cn", "User 2"));
  request_.scope = Scope::children;
  request_.filter = "(objectClass=*)";
  EXPECT_EQ(run().entries, std::uint64_t{count});
  request_.scope = Scope::base;
  EXPECT_EQ(run().entries, 1U);
}

TEST_F(Search, AnEntryMayHaveNoAttributes) {
  request_.scope = Scope::base;
  request_.attributes = {"1.1"};
  int attributes = 0;
  const SearchOutcome outcome = run([&](const EntryView& entry) {
    EXPECT_EQ(entry.dn(), slapd_.suffix());
    entry.walk([&](std::string_view) { ++attributes; }, [](std::string_view) {});
  });
  EXPECT_TRUE(outcome.complete());
  EXPECT_EQ(attributes, 0);
}

TEST_F(Search, PagesGiveTheSameEntries) {
  request_.page_size = 700;
  std::set<std::string> names;
  const SearchOutcome outcome = run([&](const EntryView& entry) { names.emplace(entry.dn()); });
  EXPECT_TRUE(outcome.complete());
  EXPECT_EQ(outcome.entries, count + 1U);
  EXPECT_EQ(names.size(), count + 1U);
}

TEST_F(Search, ARefusedControlIsAnOutcome) {
  request_.controls.push_back({"1.2.3.4.5", true, "x"});
  const SearchOutcome outcome = run();
  EXPECT_EQ(outcome.code, ResultCode::unavailable_critical_extension);
  EXPECT_FALSE(outcome.complete());
  request_.controls.back().critical = false;
  EXPECT_TRUE(run().complete());
}

TEST_F(Search, SizeLimitIsAnOutcomeWithWhatCame) {
  request_.size_limit = 500;
  const SearchOutcome outcome = run();
  EXPECT_EQ(outcome.code, ResultCode::size_limit_exceeded);
  EXPECT_EQ(outcome.entries, 500U);
  EXPECT_FALSE(outcome.complete());
}

TEST_F(Search, NoSuchObjectNamesTheNearestEntry) {
  request_.base = "ou=nowhere," + slapd_.suffix();
  const SearchOutcome outcome = run();
  EXPECT_EQ(outcome.code, ResultCode::no_such_object);
  EXPECT_EQ(outcome.matched_dn, slapd_.suffix());
  EXPECT_EQ(connection_->read(request_.base, {}), std::nullopt);
}

TEST_F(Search, AMalformedFilterIsAUsageError) {
  request_.filter = "(uid=";
  EXPECT_THROW(run(), UsageError);
  EXPECT_TRUE(alive());
}

TEST_F(Search, ReferencesAndReferralsAreCountedAndKept) {
  slapd_.modify(
      fmt::format("dn: ou=far,{0}\nchangetype: add\nobjectClass: referral\nobjectClass: extensibleObject\nou: far\n"
                  "ref: ldap://far.example/ou=far,{0}\n",
                  slapd_.suffix()));
  const SearchOutcome reference = run();
  EXPECT_EQ(reference.code, ResultCode::success);
  EXPECT_EQ(reference.referral_count, 1U);
  EXPECT_FALSE(reference.complete());
  ASSERT_EQ(reference.referrals.size(), 1U);
  EXPECT_THAT(reference.referrals.front(), HasSubstr("far.example"));

  request_.base = "ou=far," + slapd_.suffix();
  const SearchOutcome referral = run();
  EXPECT_EQ(referral.code, ResultCode::referral);
  EXPECT_EQ(referral.referral_count, 1U);
  EXPECT_THROW(connection_->read(request_.base, {}), LdapError);
}

TEST_F(Search, AnExceptionOfTheVisitorPassesAndTheConnectionGoesOn) {
  int visited = 0;
  EXPECT_THROW(run([&](const EntryView&) {
                 if (++visited == 10) throw std::runtime_error("enough");
               }),
               std::runtime_error);
  EXPECT_EQ(visited, 10);
  EXPECT_TRUE(alive());
  EXPECT_THROW(run([&](const EntryView&) { throw LdapError(ResultCode::server_down, "visitor", "x", "y"); }),
               LdapError);
  EXPECT_TRUE(alive());
  EXPECT_EQ(run().entries, count + 1U);
}

TEST_F(Search, ACancelledRunEndsTheSearch) {
  std::uint64_t visited = 0;
  EXPECT_THROW(run([&](const EntryView&) {
                 if (++visited == 10) cancel_.request();
               }),
               Cancelled);
  EXPECT_LT(visited, 1000U);
}

TEST_F(Search, ReadManyGivesEachEntryOrNull) {
  std::vector<std::string> dns;
  for (int i = 0; i < 500; ++i) dns.push_back(fmt::format("uid=u{},{}", i % 7 == 3 ? count + i : i, slapd_.suffix()));
  std::vector<int> seen(dns.size(), 0);
  connection_->read_many(dns, {"uid"}, [&](std::size_t i, const EntryView* entry) {
    ++seen.at(i);
    ASSERT_EQ(entry != nullptr, i % 7 != 3) << i;
    if (entry) {
      EXPECT_EQ(entry->copy().first("uid"), fmt::format("u{}", i));
    }
  });
  EXPECT_THAT(seen, testing::Each(1));
  connection_->read_many({}, {}, [](std::size_t, const EntryView*) { FAIL(); });
}

TEST_F(Search, ReadManyThrowsForOtherResultsAndTheConnectionGoesOn) {
  const std::vector<std::string> dns = {slapd_.suffix(), "not a dn", "uid=u1," + slapd_.suffix()};
  try {
    connection_->read_many(dns, {}, [](std::size_t, const EntryView*) {});
    FAIL() << "no error";
  } catch (const LdapError& error) {
    EXPECT_EQ(error.code(), ResultCode::invalid_dn_syntax);
    EXPECT_THAT(error.what(), HasSubstr("not a dn"));
  }
  EXPECT_TRUE(alive());
  EXPECT_EQ(run().entries, count + 1U);
}

class LimitedSearch : public Search {
 protected:
  static support::SlapdOptions limited() {
    support::SlapdOptions options;
    options.size_limit = "500";
    return options;
  }
  LimitedSearch() : Search(limited()) {}
};

TEST_F(LimitedSearch, TheServersOwnLimitIsAnOutcome) {
  EXPECT_EQ(run().code, ResultCode::size_limit_exceeded);
  request_.page_size = 200;  // slapd's limit holds for all pages together
  const SearchOutcome paged = run();
  EXPECT_EQ(paged.code, ResultCode::size_limit_exceeded);
  EXPECT_LE(paged.entries, 500U);
}

}  // namespace
}  // namespace replkit::ldap
