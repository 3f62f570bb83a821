#include "tools/lab/step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/metadata/operations.hpp"
#include "common/model/filter.hpp"
#include "common/tasks/names.hpp"
#include "tools/lab/group.hpp"

namespace replkit::tools::lab {

namespace {

constexpr auto pause = std::chrono::milliseconds(20);

// Calls `take` for each CSN of the entry.
template <typename Take>
void each_csn(const ldup::SearchMetaDataEntry& entry, const Take& take) {
  const auto take_if = [&](const std::optional<ldup::Csn>& csn) {
    if (csn) take(*csn);
  };
  if (entry.state) {
    for (const auto& csn :
         {entry.state->created_csn, entry.state->deleted_csn, entry.state->rdn_csn, entry.state->superior_csn}) {
      take_if(csn);
    }
  }
  for (const auto& attribute : entry.attributes) {
    take_if(attribute.deletion_csn);
    for (const auto& value : attribute.values) take_if(value.csn);
  }
}

// Whether the server has an entry (replicas and agreements do not count) with a change that the replica `origin` made
// after `csn`; without one, any.
bool has_later(const Position& server, const Lab& lab, const std::string& origin, const std::optional<ldup::Csn>& csn) {
  // No entry seems older than its last change, and no replica has changed anything before it was made.
  std::string since;
  if (csn) {
    since = format_generalized_time(csn->time());
  } else if (const auto replica = server.connection->read(tasks::child_dn(origin, lab.base()), {"createTimestamp"})) {
    since = std::string(replica->first("createTimestamp"));
  }
  ldup::SearchWithMetaDataRequest request;
  request.base = lab.base();
  request.scope = ldup::SearchWithMetaDataRequest::Scope::subtree;
  request.filter =
      model::Filter::parse(fmt::format("(|(modifyTimestamp>={0})(deletedEntryCSN>={0}#0#{1}#0))", since, origin));
  request.attributes = {"*", "+"};
  request.deleted_entries = true;
  request.attribute_change_state = true;
  bool found = false;
  const auto look = [&](const ldup::SearchMetaDataEntry& entry) {
    each_csn(entry,
             [&](const ldup::Csn& each) { found = found || (each.replica_id() == origin && (!csn || each > *csn)); });
  };
  metadata::search(*server.connection, request, {.entry = look, .malformed = [](const auto&, auto) {}});
  return found;
}

}  // namespace

std::optional<Position> read_position(ldap::Connection& connection, const Lab& lab, const std::string& server) {
  Position out{.server = server, .connection = &connection, .online = false, .vector = {}};
  try {
    const auto entry = connection.read(tasks::child_dn(server, lab.base()), {std::string(tasks::name::update_vector),
                                                                             std::string(tasks::name::replica_online)});
    if (!entry) return std::nullopt;
    out.online = equals_ignore_case(tasks::first_of(*entry, tasks::name::replica_online), "TRUE");
    out.vector = ldup::UpdateVector::parse(tasks::values_of(*entry, tasks::name::update_vector));
  } catch (const ldap::LdapError& error) {
    if (error.code() != ldap::ResultCode::referral) throw;
    out.online = true;
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
      const auto known = each.vector.components().find(origin);
      const auto csn = known == each.vector.components().end() ? std::optional<ldup::Csn>() : known->second;
      if (has_later(*holder, lab, origin, csn)) lacks.push_back(origin);
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
  while (!in_step()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    cancel.wait(pause);
    cancel.check();
  }
  return true;
}

}  // namespace replkit::tools::lab
