#include "tools/lab/group.hpp"

#include <gmock/gmock.h>

#include <set>

namespace replkit::tools::lab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Partners, AreAllOfAFewAndSomeOfMany) {
  EXPECT_THAT(partners_of(0), IsEmpty());
  EXPECT_THAT(partners_of(1), ElementsAre(0));
  EXPECT_THAT(partners_of(4), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(partners_of(5), ElementsAre(0, 1));
  EXPECT_THAT(partners_of(9), ElementsAre(4, 0));
}

// With any one of them away the others still hear of each other.
TEST(Partners, NoServerAloneHoldsTheGroupTogether) {
  constexpr std::size_t size = 20;
  for (std::size_t away = 0; away < size; ++away) {
    const std::size_t first = away == 0 ? 1 : 0;
    std::set<std::size_t> reached{first};
    for (std::size_t before = 0; before != reached.size();) {
      before = reached.size();
      for (std::size_t n = 0; n < size; ++n) {
        for (const std::size_t partner : partners_of(n)) {
          if (n == away || partner == away) continue;
          if (reached.contains(n) || reached.contains(partner)) reached.insert({n, partner});
        }
      }
    }
    EXPECT_EQ(reached.size(), size - 1) << away;
  }
}

}  // namespace
}  // namespace replkit::tools::lab
