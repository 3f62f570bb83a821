#include "tools/lab/step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/directory/ldup/missing_changes.hpp"
#include "common/tasks/names.hpp"
#include "tools/lab/group.hpp"

namespace replkit::tools::lab {

namespace {

constexpr auto pause = std::chrono::milliseconds(20);
// replserver(8): so late may what it shows of its update vector be.
constexpr auto show_delay = std::chrono::milliseconds(300);

// Returns the last change that the server knows to have, or else what all changes of the replica are newer than.
std::optional<ldup::Csn> known_of(const Position& server, const Position& holder, const Lab& lab,
                                  const std::string& origin) {
  const auto known = server.vector.components().find(origin);
  if (known != server.vector.components().end()) return known->second;
  // No replica has changed anything before it was made.
  const auto replica = holder.connection->read(tasks::child_dn(origin, lab.base()), {"createTimestamp"});
  if (!replica) return std::nullopt;
  const auto since = parse_generalized_time(replica->first("createTimestamp"));
  if (!since) return std::nullopt;
  return ldup::Csn(*since, 0, {}, 0);
}

// Whether the server refers to others for its entries.
bool refers(ldap::Connection& connection, const std::string& base) {
  ldap::SearchRequest request;
  request.base = base;
  request.scope = ldap::Scope::one;
  request.attributes = {"1.1"};
  request.size_limit = 1;
  return connection.search(request, [](const ldap::EntryView&) {}).code == ldap::ResultCode::referral;
}

}  // namespace

std::optional<Position> read_position(ldap::Connection& connection, const Lab& lab, const std::string& server) {
  Position out{.server = server, .connection = &connection, .online = false, .waits = false, .vector = {}};
  try {
    const auto entry = connection.read(tasks::child_dn(server, lab.base()), {std::string(tasks::name::update_vector),
                                                                             std::string(tasks::name::replica_online)});
    if (!entry) return std::nullopt;
    out.online = equals_ignore_case(tasks::first_of(*entry, tasks::name::replica_online), "TRUE");
    out.waits = refers(connection, lab.base());
    if (!out.waits) out.vector = ldup::UpdateVector::parse(tasks::values_of(*entry, tasks::name::update_vector));
  } catch (const ldap::LdapError& error) {
    if (error.code() != ldap::ResultCode::referral) throw;
    out.online = out.waits = true;
  }
  return out;
}

std::vector<std::vector<std::string>> find_lacks(const Lab& lab, const std::vector<Position>& positions) {
  // Where the newest change of each origin is.
  std::map<std::string, const Position*> holders;
  for (const auto& each : positions) {
    for (const auto& [origin, csn] : each.vector.components()) {
      auto& holder = holders[origin];
      if (holder == nullptr || holder->vector.components().at(origin) < csn) holder = &each;
    }
  }
  std::vector<std::vector<std::string>> out;
  for (const auto& each : positions) {
    auto& lacks = out.emplace_back();
    for (const auto& [origin, holder] : holders) {
      if (each.vector.covers(holder->vector.components().at(origin))) continue;
      const auto found = directory::lacks_changes(*each.connection, *holder->connection, lab.base(),
                                                  {.origin = origin,
                                                   .after = known_of(each, *holder, lab, origin),
                                                   .upto = holder->vector.components().at(origin)});
      if (found.value_or(true)) lacks.push_back(origin);
    }
  }
  return out;
}

bool wait_in_step(const Lab& lab, std::chrono::milliseconds limit, const CancelToken& cancel) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::vector<std::pair<std::string, ldap::Connection>> connections;
  for (const Server& server : lab.servers()) {
    if (server.member && Lab::running(server) && !Lab::is_cut(server)) {
      connections.emplace_back(server.name, connect(lab, server, cancel));
    }
  }
  const auto in_step = [&] {
    std::vector<Position> positions;
    for (auto& [name, connection] : connections) {
      auto position = read_position(connection, lab, name);
      if (position && position->online) positions.push_back(std::move(*position));
    }
    const auto lacks = find_lacks(lab, positions);
    return std::all_of(lacks.begin(), lacks.end(), [](const auto& each) { return each.empty(); });
  };
  using Clock = std::chrono::steady_clock;
  auto not_yet = Clock::now();  // when they were not in step, at the latest
  for (;;) {
    const auto now = Clock::now();
    if (!in_step()) not_yet = Clock::now();
    if (now - not_yet >= show_delay) return true;
    if (now >= deadline) return false;
    cancel.wait(pause);
    cancel.check();
  }
}

}  // namespace replkit::tools::lab
