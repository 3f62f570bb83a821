// Entries that only moved along with an entry above them: one move is one difference.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/compare/result.hpp"
#include "common/compare/watch.hpp"

namespace replkit::compare {

class MovedSubtrees {
 public:
  explicit MovedSubtrees(const model::Schema& schema) : schema_(schema) {}

  // Finds the tops of moved subtrees, and how many entries moved along with each. The watches are in order of depth.
  void find(const std::vector<Watch>& watches);

  // Returns the differences without the entries that only moved along: they are counted at the top's.
  std::vector<Difference> fold(std::vector<Difference> differences) const;

 private:
  struct Top {
    std::vector<std::string> names;  // its normalized DN, by source
    std::uint64_t descendants = 0;
  };

  std::optional<std::string> moved_along_with(const std::vector<std::string>& names) const;
  std::string normalized(std::string_view dn) const;

  const model::Schema& schema_;
  std::map<std::string, Top> tops_;  // by the first of their names
};

}  // namespace replkit::compare
