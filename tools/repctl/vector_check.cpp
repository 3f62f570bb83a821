#include "tools/repctl/vector_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/directory/ldup/missing_changes.hpp"

namespace replkit::tools::repctl {

void GapCheck::run(std::vector<tasks::Gap>& gaps, const std::vector<tasks::ToldVector>& vectors,
                   std::vector<Server>& servers) {
  for (auto& gap : gaps) {
    if (gap.only_vector) continue;
    const auto key = fmt::format("{} {} {}", vectors[gap.vector].server, gap.has ? gap.has->ldup_text() : "",
                                 gap.newest.ldup_text());
    auto known = known_.find(key);
    if (known == known_.end()) known = known_.emplace(key, !lacks(gap, vectors, servers).value_or(true)).first;
    gap.only_vector = known->second;
  }
}

std::optional<bool> GapCheck::lacks(const tasks::Gap& gap, const std::vector<tasks::ToldVector>& vectors,
                                    std::vector<Server>& servers) const {
  const auto server_of = [&](std::size_t place) {
    const auto found = std::find_if(servers.begin(), servers.end(),
                                    [&](const Server& each) { return each.name == vectors[place].server; });
    return found == servers.end() || !found->connection ? nullptr : &*found;
  };
  for (const auto place : gap.holders) {
    auto* holder = server_of(place);
    auto* other = server_of(gap.vector);
    if (holder == nullptr || other == nullptr) continue;
    try {
      const auto lacks = directory::lacks_changes(*other->connection, *holder->connection, area_,
                                                  {.origin = gap.origin, .after = gap.has, .upto = gap.newest});
      if (lacks) return lacks;
    } catch (const ldap::LdapError&) {
      holder->connection.reset();  // another may tell
    }
  }
  return std::nullopt;
}

}  // namespace replkit::tools::repctl
