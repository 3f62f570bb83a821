// Whole comparisons of LDIF files.
#include "common/compare/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/base/error.hpp"
#include "tests/unit/compare/fake_source.hpp"
#include "tests/unit/compare/tree.hpp"

namespace replkit::compare {
namespace {

class CompareTest : public testing::Test {
 protected:
  CompareTest() {
    std::string pattern = testing::TempDir() + "compare.XXXXXX";
    folder = ::mkdtemp(pattern.data());
    options.area.base = "dc=example,dc=com";
  }
  ~CompareTest() override { std::filesystem::remove_all(folder); }

  void file(const std::string& name, const std::string& text) {
    const auto path = folder + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    for (const auto& source : options.sources) {
      if (source.name == name) return;
    }
    options.sources.push_back({name, std::nullopt, path});
  }

  Result run() {
    found.clear();
    Callbacks callbacks;
    callbacks.difference = [this](Difference&& difference) { found.push_back(std::move(difference)); };
    return compare(options, StoppedClock(csn_at(59).time()), cancel, callbacks);
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const auto& difference : found) out.push_back(line_of(difference, options.exact));
    std::sort(out.begin(), out.end());
    return out;
  }

  std::string folder;
  Options options;
  CancelToken cancel;
  std::vector<Difference> found;
};

constexpr Plant every_plant[] = {Plant::remove,       Plant::add,    Plant::change_value, Plant::add_value,
                                 Plant::remove_value, Plant::binary, Plant::option,       Plant::case_only,
                                 Plant::rename,       Plant::move,   Plant::identity};

// Returns a copy with up to a dozen differences.
Tree damaged(const Tree& tree, Random& random, bool ids, unsigned first_id) {
  auto out = tree;
  std::vector<unsigned> used;
  for (auto n = random() % 12; n > 0; --n) {
    const auto what = every_plant[random() % std::size(every_plant)];
    if (what == Plant::identity && !ids) continue;
    plant(random, out, what, first_id + static_cast<unsigned>(n), used);
  }
  return out;
}

struct Round {
  std::size_t sources;
  bool ids;
  bool csns;
  bool exact;
};

class CompareProperty : public CompareTest, public testing::WithParamInterface<Round> {};

TEST_P(CompareProperty, FindsExactlyWhatWasPlanted) {
  const auto round = GetParam();
  std::size_t all = 0;
  for (unsigned seed = 0; seed < seeds(120); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    std::vector<Tree> trees{random_tree(random, 5 + random() % 60)};
    while (trees.size() < round.sources) {
      trees.push_back(damaged(trees[0], random, round.ids, 1000 * static_cast<unsigned>(trees.size())));
    }
    std::vector<const Tree*> pointers;
    for (std::size_t s = 0; s < trees.size(); ++s) {
      pointers.push_back(&trees[s]);
      file("s" + std::to_string(s),
           to_ldif(trees[s], random, {.ids = round.ids, .csns = round.csns, .keep_case = round.exact}));
    }
    options.exact = round.exact;
    const auto result = run();
    const auto wanted = expected(pointers, round.ids, round.exact);
    ASSERT_THAT(lines(), testing::ElementsAreArray(wanted));
    all += wanted.size();
    EXPECT_TRUE(result.complete());
    for (std::size_t s = 0; s < trees.size(); ++s) EXPECT_EQ(result.sources[s].entries, trees[s].nodes.size());
    EXPECT_EQ(round.csns ? result.summary.diverged : result.summary.unknown, wanted.size());
    EXPECT_EQ(status_of(result, true), wanted.empty() ? ExitStatus::done : ExitStatus::findings);
    if (HasFailure()) break;
  }
  EXPECT_GT(all, 100U);
}

INSTANTIATE_TEST_SUITE_P(Files, CompareProperty,
                         testing::Values(Round{2, true, true, false}, Round{2, true, false, false},
                                         Round{2, false, false, false}, Round{2, true, true, true},
                                         Round{3, true, true, false}, Round{3, false, false, true}),
                         [](const auto& one) {
                           return std::to_string(one.param.sources) + (one.param.ids ? "WithIds" : "WithoutIds") +
                                  (one.param.csns ? "AndCsns" : "") + (one.param.exact ? "Exact" : "");
                         });

std::string entry_text(unsigned n, const std::string& title, const std::string& more = {}) {
  return "dn: cn=p" + std::to_string(n) + ",dc=example,dc=com\nobjectClass: person\ncn: p" + std::to_string(n) +
         "\nsn: s\ntitle: " + title + "\n" + more + "\n";
}

std::string meta(unsigned n, unsigned second) {
  return "entryUUID: " + uuid_of(n) + "\nentryCSN: " + csn_at(second).text() + "\n";
}

std::string top(unsigned covered = 0) {
  return "dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n" +
         (covered == 0 ? "" : meta(1, 1) + "contextCSN: " + csn_at(covered).text() + "\n") + "\n";
}

TEST_F(CompareTest, AChangeNewerThanTheOtherExportIsInFlightAndNobodyWaits) {
  options.watch.max_wait = std::chrono::hours{1};
  file("new", top(40) + entry_text(2, "new", meta(2, 30)));
  file("old", top(20) + entry_text(2, "old", meta(2, 10)));
  const auto result = run();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].judgement.verdict, Verdict::in_flight);
  EXPECT_EQ(found[0].judgement.waits_for, WaitsFor::file);
  EXPECT_EQ(found[0].judgement.source, 1U);
  EXPECT_EQ(result.summary.stalled, 0U);
  EXPECT_EQ(status_of(result, false), ExitStatus::done);
  EXPECT_EQ(status_of(result, true), ExitStatus::undecided);
}

TEST_F(CompareTest, MetadataInOneFileOnlyIsUnknown) {
  file("with", top(40) + entry_text(2, "a", meta(2, 30)));
  file("without", top() + entry_text(2, "b"));
  const auto result = run();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].judgement.verdict, Verdict::unknown);
  EXPECT_THAT(found[0].attributes, testing::SizeIs(1)) << "ids and CSNs are no content";
  EXPECT_EQ(status_of(result, false), ExitStatus::findings);
}

TEST_F(CompareTest, IdsThatAreNoUuidsPairEntriesToo) {
  const auto odd = [](const char* title, const char* name) {
    return "dn: cn=" + std::string(name) + ",dc=example,dc=com\nobjectClass: person\ncn: " + name +
           "\nsn: s\ntitle: " + title + "\nentryUUID: not-a-uuid\n\n";
  };
  file("a", top(9) + odd("x", "one"));
  file("b", top(9) + odd("y", "two"));
  run();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, DifferenceKind::renamed);
}

TEST_F(CompareTest, ADamagedFileIsIncompleteAndNeverMissesEntries) {
  file("whole", top() + entry_text(2, "a") + entry_text(3, "a") + entry_text(4, "a"));
  for (const std::string_view bad :
       {"dn: cn=p3,dc=example,dc=com\ncn:: %%%\n\n", "dn: cn=p3,dc=exam", "cn: no dn\n\n"}) {
    SCOPED_TRACE(bad);
    file("bad", top() + entry_text(2, "a") + std::string(bad));
    const auto result = run();
    EXPECT_THAT(found, testing::IsEmpty());
    EXPECT_FALSE(result.sources[1].complete());
    EXPECT_TRUE(result.sources[0].complete());
    EXPECT_EQ(status_of(result, false), ExitStatus::undecided);
  }
}

TEST_F(CompareTest, ABaseThatNoFileHasIsAMistake) {
  options.area.base = "dc=typo,dc=com";
  file("a", top());
  file("b", top());
  EXPECT_EQ(status_of(run(), false), ExitStatus::undecided);
}

TEST_F(CompareTest, ABaseMissingOnOneSideIsADifference) {
  options.area.base = "cn=p2,dc=example,dc=com";
  file("a", top() + entry_text(2, "a"));
  file("b", top());
  const auto result = run();
  EXPECT_TRUE(result.complete());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, DifferenceKind::missing);
}

TEST_F(CompareTest, EmptyFilesAreNotTheSame) {
  options.area.base.clear();
  file("a", "");
  file("b", "version: 1\n");
  EXPECT_EQ(status_of(run(), false), ExitStatus::undecided);
}

TEST_F(CompareTest, DuplicatesMakeAFileIncomplete) {
  file("a", top() + entry_text(2, "a") + entry_text(2, "a"));
  file("b", top() + entry_text(2, "a"));
  const auto result = run();
  EXPECT_THAT(found, testing::IsEmpty());
  EXPECT_FALSE(result.sources[0].complete());
}

TEST_F(CompareTest, HiddenAttributesMakeAFileIncomplete) {
  const std::string part = "dn: cn=p2,dc=example,dc=com\nobjectClass: person\ncn: p2\n\n";
  file("a", top() + part);
  file("b", top() + part);
  EXPECT_EQ(status_of(run(), false), ExitStatus::undecided) << "hidden on both sides";
  options.excluded = {"sn"};
  EXPECT_EQ(status_of(run(), false), ExitStatus::done);
}

TEST_F(CompareTest, ScopeAndFilterAndBranches) {
  const std::string unit = "dn: ou=u,dc=example,dc=com\nobjectClass: organizationalUnit\nou: u\ndescription: ";
  const std::string below = "dn: ou=v,ou=u,dc=example,dc=com\nobjectClass: organizationalUnit\nou: v\ndescription: ";
  file("a", top() + unit + "1\n\n" + below + "1\n\n" + entry_text(2, "x"));
  file("b", top() + unit + "2\n\n" + below + "2\n\n" + entry_text(2, "y"));
  EXPECT_EQ((run(), found.size()), 3U);
  options.area.scope = ldap::Scope::one;
  EXPECT_EQ((run(), found.size()), 2U);
  options.area.scope = ldap::Scope::base;
  EXPECT_EQ((run(), found.size()), 0U);
  options.area.scope = ldap::Scope::subtree;
  options.area.filter = "(objectClass=person)";
  EXPECT_EQ((run(), found.size()), 1U);
  options.area.filter = "(objectClass=*)";
  options.excluded_branches = {"OU=U,dc=example,dc=com"};
  EXPECT_EQ((run(), found.size()), 1U);
}

TEST_F(CompareTest, QuickNeedsCsns) {
  options.quick = true;
  file("a", top());
  file("b", top());
  EXPECT_THROW(run(), UsageError);
  file("a", top(9) + entry_text(2, "x", meta(2, 5)) + entry_text(3, "x", meta(3, 5)));
  file("b", top(9) + entry_text(2, "y", meta(2, 5)) + entry_text(3, "x", meta(3, 6)));
  run();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].dn, "cn=p3,dc=example,dc=com");
  EXPECT_EQ(found[0].judgement.verdict, Verdict::diverged);
}

TEST_F(CompareTest, StopsWhenAsked) {
  options.stop_after = 1;
  file("a", top() + entry_text(2, "x") + entry_text(3, "x"));
  file("b", top() + entry_text(2, "y") + entry_text(3, "y"));
  const auto result = run();
  EXPECT_EQ(found.size(), 1U);
  EXPECT_TRUE(result.stopped_early);
  EXPECT_EQ(status_of(result, false), ExitStatus::findings);
}

TEST_F(CompareTest, KnownDifferencesAreCountedApart) {
  const auto path = folder + "/ignore.toml";
  std::ofstream(path) << "[[ignore]]\ndn = \"cn=p2,dc=example,dc=com\"\n";
  const auto known = KnownDifferences::load(path, csn_at(1).time());
  options.known = &known;
  file("a", top() + entry_text(2, "x"));
  file("b", top() + entry_text(2, "y"));
  const auto result = run();
  EXPECT_THAT(found, testing::IsEmpty());
  EXPECT_EQ(result.summary.ignored, 1U);
  EXPECT_EQ(status_of(result, true), ExitStatus::done);
}

TEST_F(CompareTest, AnInterruptedRunSaysSo) {
  file("a", top() + entry_text(2, "x"));
  file("b", top() + entry_text(2, "y"));
  cancel.request();
  const auto result = run();
  EXPECT_THAT(found, testing::IsEmpty());
  EXPECT_FALSE(result.complete());
  EXPECT_EQ(status_of(result, false), ExitStatus::undecided);
}

TEST_F(CompareTest, OneSourceIsNotEnough) {
  file("a", top());
  EXPECT_THROW(run(), UsageError);
  for (int i = 0; i < 20; ++i) file("s" + std::to_string(i), top());
  EXPECT_THROW(run(), UsageError);
}

TEST_F(CompareTest, AFileThatIsNotThere) {
  file("a", top());
  options.sources.push_back({"b", std::nullopt, folder + "/none"});
  EXPECT_THROW(run(), LocalError);
}

}  // namespace
}  // namespace replkit::compare
