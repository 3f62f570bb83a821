// What a policy and the views of it share.
#pragma once

#include <string>
#include <vector>

#include "tests/refserver/access/policy.hpp"
#include "tests/refserver/access/rule.hpp"

namespace replkit::refserver::access {

struct Policy::State {
  model::Schema schema;
  std::vector<CompiledRule> rules;
  std::string digest;
};

}  // namespace replkit::refserver::access
