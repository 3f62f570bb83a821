#include "common/directory/ldup/missing_changes.hpp"

#include <fmt/format.h>

#include <functional>
#include <set>

#include "common/base/text.hpp"
#include "common/directory/ldup/ldup_replica.hpp"
#include "common/ldup/metadata.hpp"
#include "common/metadata/operations.hpp"
#include "common/model/filter.hpp"

namespace replkit::directory {

namespace {

// Which entries may have such changes: those whose newest change is not older, by its CSN and not by modifyTimestamp,
// which is the clock's when CSNs are ahead of it. Tombstones show no entryCSN, so that it is all of them.
std::string filter_of(const ChangeRange& changes) {
  const auto since = changes.after ? ldup::Csn(changes.after->time(), 0, changes.origin, 0).text() : std::string();
  return fmt::format("(|({})(deletedEntryCSN=*))", since.empty() ? "objectClass=*" : "entryCSN>=" + since);
}

// Whether each change of an entry writes the attribute: it is none by itself. What is changed of a replica that does
// not replicate, as whether it is online, leaves nothing else.
bool is_written_along(std::string_view type) {
  return equals_ignore_case(type, "modifiersName") || equals_ignore_case(type, "modifyTimestamp");
}

constexpr std::size_t most_changes = 100'000;
struct TooMany {};

// Calls `take` with the CSN of each change, in any order and perhaps several times. Returns whether the server told
// all.
bool each_change(ldap::Connection& connection, const std::string& area, const ChangeRange& changes,
                 const std::function<void(const ldup::Csn&)>& take) {
  ldup::SearchWithMetaDataRequest request;
  request.base = area;
  request.scope = ldup::SearchWithMetaDataRequest::Scope::subtree;
  request.filter = model::Filter::parse(fmt::format("(|{0}(&(objectClass=replicaSubentry-2){0}))", filter_of(changes)));
  request.attributes = {"*", "+"};
  request.deleted_entries = true;
  request.attribute_change_state = true;
  bool malformed = false;
  metadata::SearchVisitor visitor;
  visitor.entry = [&](ldup::SearchMetaDataEntry&& entry) {
    std::erase_if(entry.attributes, [](const auto& attribute) { return is_written_along(attribute.type); });
    for (const auto& csn : record_of(entry).csns) {
      if (csn.replica_id() != changes.origin || csn > changes.upto) continue;
      if (!changes.after || csn > *changes.after) take(csn);
    }
  };
  visitor.malformed = [&](const std::string&, std::string_view) { malformed = true; };
  return metadata::search(connection, request, visitor).code == ldap::ResultCode::success && !malformed;
}

}  // namespace

std::optional<bool> lacks_changes(ldap::Connection& other, ldap::Connection& holder, const std::string& area,
                                  const ChangeRange& changes) {
  std::set<ldup::Csn> missing;
  const auto add = [&](const ldup::Csn& csn) {
    if (missing.size() == most_changes) throw TooMany();
    missing.insert(csn);
  };
  try {
    if (!each_change(holder, area, changes, add)) return std::nullopt;
  } catch (const TooMany&) {
    return std::nullopt;
  }
  if (missing.empty()) return false;
  // It may have them without knowing of it: its vector began anew when the area was added again, or its entries were
  // loaded.
  if (!each_change(other, area, changes, [&](const ldup::Csn& csn) { missing.erase(csn); })) return std::nullopt;
  return !missing.empty();
}

}  // namespace replkit::directory
