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
  for (unsigned seed = 0; seed < 120; ++seed) {
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

}  // namespace
}  // namespace replkit::compare
