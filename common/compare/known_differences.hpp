// The ignore file: differences the administrator knows of and does not want to hear about until a day.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/compare/result.hpp"
#include "common/model/schema.hpp"

namespace replkit::compare {

// TOML, one table a known difference; all keys given must fit:
//
//   [[ignore]]
//   dn = "uid=x,ou=people,dc=example,dc=com"   # this entry; or below = "..." for it and all below it
//   attributes = ["description"]               # only when nothing but these differs
//   until = 2027-01-31                         # the last day (UTC) it counts
//   reason = "migration, ticket 4711"
class KnownDifferences {
 public:
  // Throws UsageError naming the file and the line; LocalError when it cannot be read.
  static KnownDifferences load(const std::string& path, Instant now);

  // Whether the difference is known.
  bool covers(const Difference& difference, const model::Schema& schema) const;

  // A line for each entry of the file that has expired.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  struct Known {
    std::string dn;
    bool subtree = false;
    std::vector<std::string> attributes;
  };

  std::vector<Known> known_;
  std::vector<std::string> notes_;
};

}  // namespace replkit::compare
