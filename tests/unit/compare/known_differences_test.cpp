#include "common/compare/known_differences.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/base/error.hpp"

namespace replkit::compare {
namespace {

class KnownDifferencesTest : public testing::Test {
 protected:
  KnownDifferencesTest() {
    std::string pattern = testing::TempDir() + "known.XXXXXX";
    folder = ::mkdtemp(pattern.data());
    path = folder + "/ignore.toml";
  }
  ~KnownDifferencesTest() override { std::filesystem::remove_all(folder); }

  KnownDifferences load(const std::string& text) const {
    std::ofstream(path) << text;
    return KnownDifferences::load(path, *parse_generalized_time("20260615120000Z"));
  }

  // Returns what the file is refused for, without its name; "accepted" when it is not.
  std::string problem(const std::string& text) const {
    try {
      load(text);
    } catch (const UsageError& error) {
      const std::string what = error.what();
      EXPECT_TRUE(what.starts_with(path + ":")) << what;
      return what.substr(path.size() + 1);
    }
    return "accepted";
  }

  static Difference difference(DifferenceKind kind, const std::string& dn,
                               std::initializer_list<const char*> names = {}) {
    Difference out;
    out.kind = kind;
    out.dn = dn;
    for (const auto* name : names) out.attributes.push_back({name, {}});
    return out;
  }

  static bool covers(const KnownDifferences& known, const Difference& difference) {
    return known.covers(difference, model::Schema::standard());
  }

  std::string folder;
  std::string path;
};

TEST_F(KnownDifferencesTest, AnEntryByItsName) {
  const auto known = load("[[ignore]]\ndn = \"CN=A, dc=x\"\nreason = \"why\"\n");
  EXPECT_TRUE(covers(known, difference(DifferenceKind::missing, "cn=a,dc=x")));
  EXPECT_TRUE(covers(known, difference(DifferenceKind::changed, "commonName=A,DC=X", {"mail"})));
  EXPECT_FALSE(covers(known, difference(DifferenceKind::missing, "cn=b,cn=a,dc=x")));
  EXPECT_FALSE(covers(known, difference(DifferenceKind::missing, "dc=x")));
}

TEST_F(KnownDifferencesTest, ASubtree) {
  const auto known = load("[[ignore]]\nbelow = \"ou=a,dc=x\"\n");
  EXPECT_TRUE(covers(known, difference(DifferenceKind::missing, "ou=a,dc=x")));
  EXPECT_TRUE(covers(known, difference(DifferenceKind::missing, "cn=b,ou=A,dc=x")));
  EXPECT_FALSE(covers(known, difference(DifferenceKind::missing, "cn=b,ou=aa,dc=x")));
}

TEST_F(KnownDifferencesTest, AttributesMustCoverAllThatDiffers) {
  const auto known = load("[[ignore]]\nbelow = \"dc=x\"\nattributes = [\"commonName\", \"mail\"]\n");
  EXPECT_TRUE(covers(known, difference(DifferenceKind::changed, "cn=a,dc=x", {"cn"})));
  EXPECT_TRUE(covers(known, difference(DifferenceKind::changed, "cn=a,dc=x", {"cn", "MAIL"})));
  EXPECT_FALSE(covers(known, difference(DifferenceKind::changed, "cn=a,dc=x", {"cn", "sn"})));
  EXPECT_FALSE(covers(known, difference(DifferenceKind::missing, "cn=a,dc=x")));
  EXPECT_FALSE(covers(known, difference(DifferenceKind::renamed, "cn=a,dc=x", {"cn"})));
  EXPECT_FALSE(covers(known, difference(DifferenceKind::changed, "cn=a,dc=x"))) << "not read in full";
}

TEST_F(KnownDifferencesTest, TheLastDayStillCounts) {
  const auto text = [](const char* day) { return "[[ignore]]\ndn = \"dc=x\"\nuntil = " + std::string(day) + "\n"; };
  const auto one = difference(DifferenceKind::missing, "dc=x");
  EXPECT_TRUE(covers(load(text("2026-06-15")), one));
  EXPECT_TRUE(covers(load(text("2027-01-31")), one));
  const auto expired = load(text("2026-06-14"));
  EXPECT_FALSE(covers(expired, one));
  ASSERT_EQ(expired.notes().size(), 1U);
  EXPECT_NE(expired.notes().front().find(path + ":3: "), std::string::npos) << expired.notes().front();
}

TEST_F(KnownDifferencesTest, NothingIsKnownInAnEmptyFile) {
  EXPECT_FALSE(covers(load(""), difference(DifferenceKind::missing, "dc=x")));
}

TEST_F(KnownDifferencesTest, MistakesAreNamedByLine) {
  EXPECT_EQ(problem("[[ignore]]\ndn = \"dc=x\"\n[oops]\n").substr(0, 2), "3:");
  EXPECT_EQ(problem("[[ignore]]\ndn = \"dc=x\"\nuntl = 2026-01-01\n").substr(0, 2), "3:");
  EXPECT_EQ(problem("[[ignore]]\ndn = \"=x\"\n").substr(0, 2), "2:");
  EXPECT_EQ(problem("[[ignore]]\ndn = \"dc=x\"\nuntil = \"2026-01-01\"\n").substr(0, 2), "3:");
  EXPECT_NE(problem("[[ignore]]\ndn = \"dc=x\"\nuntil = 2026-02-30\n"), "accepted");
  EXPECT_EQ(problem("[[ignore]]\nreason = \"x\"\n").substr(0, 2), "1:");
  EXPECT_NE(problem("[[ignore]]\ndn = \"dc=x\"\nbelow = \"dc=x\"\n"), "accepted");
  EXPECT_NE(problem("[[ignore\n"), "accepted");
}

TEST_F(KnownDifferencesTest, NothingIsCoveredByMistake) {
  EXPECT_NE(problem("[[ignore]]\ndn = \"dc=x\"\nattributes = \"mail\"\n"), "accepted");
  EXPECT_NE(problem("[[ignore]]\ndn = \"dc=x\"\nattributes = []\n"), "accepted");
  EXPECT_NE(problem("[[ignore]]\ndn = \"dc=x\"\nattributes = [1]\n"), "accepted");
  EXPECT_NE(problem("[[ignore]]\nbelow = \"dc=x\"\ndn = 5\n"), "accepted");
  EXPECT_NE(problem("[ignore]\ndn = \"dc=x\"\n"), "accepted");
  EXPECT_NE(problem("ignore = 5\n"), "accepted");
}

TEST_F(KnownDifferencesTest, AFileThatIsNotThere) {
  EXPECT_THROW(KnownDifferences::load(folder + "/none", Instant{}), LocalError);
}

}  // namespace
}  // namespace replkit::compare
