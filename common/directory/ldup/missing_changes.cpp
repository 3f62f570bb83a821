#include "common/directory/ldup/missing_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/directory/ldup/ldup_replica.hpp"
#include "common/ldup/metadata.hpp"
#include "common/metadata/operations.hpp"
#include "common/model/filter.hpp"

namespace replkit::directory {

namespace {

// Which entries may have such changes: no entry seems older than its last change.
std::string filter_of(const ChangeRange& changes) {
  if (!changes.after) return "(|(objectClass=*)(deletedEntryCSN=*))";
  const auto since = format_generalized_time(changes.after->time());
  return fmt::format("(|(modifyTimestamp>={0})(createTimestamp>={0})(deletedEntryCSN>={1}))", since,
                     changes.after->ldup_text());
}

// Whether each change of an entry writes the attribute: it is none by itself. What is changed of a replica that does
// not replicate, as whether it is online, leaves nothing else.
bool is_written_along(std::string_view type) {
  return equals_ignore_case(type, "modifiersName") || equals_ignore_case(type, "modifyTimestamp");
}

// Returns the CSNs of the changes, sorted.
std::optional<std::vector<ldup::Csn>> find_changes(ldap::Connection& connection, const std::string& area,
                                                   const ChangeRange& changes) {
  ldup::SearchWithMetaDataRequest request;
  request.base = area;
  request.scope = ldup::SearchWithMetaDataRequest::Scope::subtree;
  request.filter = model::Filter::parse(fmt::format("(|{0}(&(objectClass=replicaSubentry-2){0}))", filter_of(changes)));
  request.attributes = {"*", "+"};
  request.deleted_entries = true;
  request.attribute_change_state = true;
  std::vector<ldup::Csn> found;
  bool malformed = false;
  metadata::SearchVisitor visitor;
  visitor.entry = [&](ldup::SearchMetaDataEntry&& entry) {
    std::erase_if(entry.attributes, [](const auto& attribute) { return is_written_along(attribute.type); });
    for (const auto& csn : record_of(entry).csns) {
      if (csn.replica_id() != changes.origin || csn > changes.upto) continue;
      if (!changes.after || csn > *changes.after) found.push_back(csn);
    }
  };
  visitor.malformed = [&](const std::string&, std::string_view) { malformed = true; };
  const auto outcome = metadata::search(connection, request, visitor);
  if (outcome.code != ldap::ResultCode::success || malformed) return std::nullopt;
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::optional<bool> lacks_changes(ldap::Connection& other, ldap::Connection& holder, const std::string& area,
                                  const ChangeRange& changes) {
  const auto held = find_changes(holder, area, changes);
  if (!held || held->empty()) return held ? std::optional(false) : std::nullopt;
  // It may have them without knowing of it: its vector began anew when the area was added again, or its entries were
  // loaded.
  const auto present = find_changes(other, area, changes);
  if (!present) return std::nullopt;
  return !std::includes(present->begin(), present->end(), held->begin(), held->end());
}

}  // namespace replkit::directory
