#include "tools/repctl/vector_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/directory/ldup/ldup_replica.hpp"
#include "common/metadata/operations.hpp"

namespace replkit::tools::repctl {

namespace {

struct Found {};

// Which entries may have changes of the gap: those that have changed since what is held was made; all where nothing is.
std::string recent(const tasks::Gap& gap) {
  if (!gap.has) return "(|(objectClass=*)(deletedEntryCSN=*))";
  const auto since = format_generalized_time(gap.has->time());
  return fmt::format("(|(modifyTimestamp>={0})(createTimestamp>={0})(deletedEntryCSN>={1}))", since,
                     gap.has->ldup_text());
}

// Asks for those, deleted ones too, and looks for changes of the gap. Returns nothing when the server does not tell.
std::optional<bool> has_changes(ldap::Connection& connection, const std::string& area, const tasks::Gap& gap) {
  ldup::SearchWithMetaDataRequest request;
  request.base = area;
  request.scope = ldup::SearchWithMetaDataRequest::Scope::subtree;
  request.filter = model::Filter::parse(fmt::format("(|{0}(&(objectClass=replicaSubentry-2){0}))", recent(gap)));
  request.attributes = {"*", "+"};
  request.deleted_entries = true;
  request.attribute_change_state = true;
  bool malformed = false;
  metadata::SearchVisitor visitor;
  visitor.entry = [&](ldup::SearchMetaDataEntry&& entry) {
    const auto record = directory::record_of(entry);  // without update vectors
    const bool any = std::any_of(record.csns.begin(), record.csns.end(), [&](const ldup::Csn& csn) {
      return csn.replica_id() == gap.origin && (!gap.has || csn > *gap.has) && csn <= gap.newest;
    });
    if (any) throw Found();
  };
  visitor.malformed = [&](const std::string&, std::string_view) { malformed = true; };
  try {
    const auto outcome = metadata::search(connection, request, visitor);
    if (outcome.code != ldap::ResultCode::success || malformed) return std::nullopt;
    return false;
  } catch (const Found&) {
    return true;
  }
}

}  // namespace

void GapCheck::run(std::vector<tasks::Gap>& gaps, const std::vector<tasks::ToldVector>& vectors,
                   std::vector<Server>& servers) {
  for (auto& gap : gaps) {
    if (gap.only_vector) continue;
    const auto key = fmt::format("{} {}", gap.has ? gap.has->ldup_text() : "", gap.newest.ldup_text());
    auto known = known_.find(key);
    if (known == known_.end()) known = known_.emplace(key, is_only_vector(gap, vectors, servers)).first;
    gap.only_vector = known->second;
  }
}

bool GapCheck::is_only_vector(const tasks::Gap& gap, const std::vector<tasks::ToldVector>& vectors,
                              std::vector<Server>& servers) const {
  for (const auto place : gap.holders) {
    const auto server = std::find_if(servers.begin(), servers.end(),
                                     [&](const Server& each) { return each.name == vectors[place].server; });
    if (server == servers.end() || !server->connection) continue;
    try {
      if (const auto any = has_changes(*server->connection, area_, gap)) return !*any;
    } catch (const ldap::LdapError&) {
      server->connection.reset();  // another may tell
    }
  }
  return false;
}

}  // namespace replkit::tools::repctl
