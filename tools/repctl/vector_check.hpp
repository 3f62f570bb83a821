// What a gap between update vectors consists of, by the meta-data of the entries.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/tasks/vectors.hpp"
#include "tools/repctl/servers.hpp"

namespace replkit::tools::repctl {

// Remembers what it was told: a gap is looked at once.
class GapCheck {
 public:
  explicit GapCheck(std::string area) : area_(std::move(area)) {}

  // Tells gaps that are but an update vector (tasks::Gap::only_vector), as one of the holders says. Gaps of which no
  // holder tells, for which it takes the right to meta-data, stay as they are.
  void run(std::vector<tasks::Gap>& gaps, const std::vector<tasks::ToldVector>& vectors, std::vector<Server>& servers);

  // Returns whether something else is missing than update vectors, as one of the holders says; nothing when none tells.
  std::optional<bool> lacks(const tasks::Gap& gap, const std::vector<tasks::ToldVector>& vectors,
                            std::vector<Server>& servers) const;

 private:
  std::string area_;
  std::map<std::string, bool> known_;
};

}  // namespace replkit::tools::repctl
