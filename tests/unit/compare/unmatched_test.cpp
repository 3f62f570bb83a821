#include "common/compare/unmatched.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

namespace replkit::compare {
namespace {

using Added = UnmatchedTable::Added;

Fingerprint print(std::uint64_t key, std::uint64_t content = 0, std::uint64_t dn = 0) {
  return {EntryKey{{key, ~key}}, content, dn};
}

// What the table must do, in the plainest way.
class Model {
 public:
  explicit Model(std::size_t sources) : all_((1U << sources) - 1) {}

  Added add(std::size_t source, const Fingerprint& fingerprint) {
    const auto bit = static_cast<std::uint16_t>(1U << source);
    const auto [place, fresh] =
        waiting_.try_emplace(fingerprint.key, Waiting{{fingerprint.key, bit, false, false}, fingerprint});
    auto& [candidate, first] = place->second;
    if (fresh) return Added::waiting;
    if ((candidate.seen & bit) != 0) {
      candidate.content_differs = true;
      return Added::repeated;
    }
    candidate.seen |= bit;
    candidate.content_differs = candidate.content_differs || first.content != fingerprint.content;
    candidate.dn_differs = candidate.dn_differs || first.dn != fingerprint.dn;
    if (candidate.seen != all_) return Added::waiting;
    const bool differs = candidate.content_differs || candidate.dn_differs;
    if (differs) differing.push_back(candidate);
    waiting_.erase(place);
    return differs ? Added::differs : Added::matched;
  }

  struct Waiting {
    Candidate candidate;
    Fingerprint first;
  };
  std::vector<Candidate> differing;
  std::map<EntryKey, Waiting> waiting_;

 private:
  std::uint16_t all_;
};

void expect_same(const Candidate& found, const Candidate& wanted) {
  EXPECT_EQ(found.key, wanted.key);
  EXPECT_EQ(found.seen, wanted.seen);
  EXPECT_EQ(found.content_differs, wanted.content_differs);
  EXPECT_EQ(found.dn_differs, wanted.dn_differs);
}

TEST(UnmatchedTable, DoesWhatAMapDoes) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const std::size_t sources = 2 + random() % (seed % 10 == 0 ? max_sources - 1 : 4);
    // Few keys: many repeats and erases; many keys: growth, long runs.
    const std::uint64_t keys = seed % 3 == 0 ? 200 : 20'000;
    UnmatchedTable table(sources);
    Model model(sources);
    for (int i = 0; i < 40'000; ++i) {
      const auto fingerprint = print(random() % keys, random() % 8 == 0 ? 1 : 0, random() % 8 == 0 ? 1 : 0);
      const auto source = random() % sources;
      ASSERT_EQ(table.add(source, fingerprint), model.add(source, fingerprint));
      ASSERT_EQ(table.waiting(), model.waiting_.size());
    }
    ASSERT_EQ(table.differing().size(), model.differing.size());
    for (std::size_t i = 0; i < model.differing.size(); ++i) expect_same(table.differing()[i], model.differing[i]);
    std::size_t visited = 0;
    table.visit_rest([&](const Candidate& rest) {
      ++visited;
      const auto place = model.waiting_.find(rest.key);
      ASSERT_NE(place, model.waiting_.end());
      expect_same(rest, place->second.candidate);
    });
    EXPECT_EQ(visited, model.waiting_.size());
  }
}

TEST(UnmatchedTable, OnlyTheLow48BitsOfTheDnCount) {
  UnmatchedTable table(2);
  const auto high = std::uint64_t{1} << 60;
  EXPECT_EQ(table.add(0, print(1, 5, 9 | high)), Added::waiting);
  EXPECT_EQ(table.add(1, print(1, 5, 9)), Added::matched);
  EXPECT_EQ(table.add(0, print(2, 5, 8)), Added::waiting);
  EXPECT_EQ(table.add(1, print(2, 5, 9)), Added::differs);
  EXPECT_TRUE(table.differing().front().dn_differs);
  EXPECT_FALSE(table.differing().front().content_differs);
}

TEST(UnmatchedTable, TheEntryOfZerosIsAnEntry) {
  UnmatchedTable table(2);
  EXPECT_EQ(table.add(1, Fingerprint{}), Added::waiting);
  EXPECT_EQ(table.waiting(), 1U);
  EXPECT_EQ(table.add(0, Fingerprint{}), Added::matched);
}

TEST(UnmatchedTable, TakesAtMost48BytesAnEntryAndAConstant) {
  UnmatchedTable table(2);
  constexpr std::size_t constant = 200U << 10;
  EXPECT_LE(table.memory(), constant);
  std::size_t worst = 0;
  for (std::uint64_t i = 1; i <= 400'000; ++i) {
    table.add(0, print(i * 0x9E3779B97F4A7C15U));
    if (i % 5'000 == 0) worst = std::max(worst, (table.memory() - std::min(table.memory(), constant)) * 1000 / i);
  }
  EXPECT_LE(worst, 48'000U) << "thousandths of a byte";
  const auto full = table.memory();
  for (std::uint64_t i = 1; i <= 400'000; ++i) {
    ASSERT_EQ(table.add(1, print(i * 0x9E3779B97F4A7C15U)), Added::matched);
  }
  EXPECT_EQ(table.waiting(), 0U);
  EXPECT_EQ(table.memory(), full);
}

TEST(UnmatchedTable, EqualOrderTakesConstantMemory) {
  UnmatchedTable table(3);
  const auto before = table.memory();
  for (std::uint64_t i = 0; i < 300'000; ++i) {
    for (std::size_t source = 0; source < 3; ++source) table.add(source, print(i));
  }
  EXPECT_EQ(table.memory(), before);
}

}  // namespace
}  // namespace replkit::compare
