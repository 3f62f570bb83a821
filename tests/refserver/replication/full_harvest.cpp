#include <algorithm>

#include "common/ldup/names.hpp"
#include "tests/refserver/replication/harvest.hpp"
#include "tests/refserver/store/attribute_key.hpp"

namespace replkit::refserver::replication {

using store::EntryId;

namespace {

constexpr std::size_t batch = 1000;

}  // namespace

FullHarvest::FullHarvest(const store::Reader& reader, const Area& area, const model::Schema& schema,
                         AttributeFilter filter)
    : area_(area), scope_(reader, area), schema_(schema), filter_(std::move(filter)) {
  list_management(reader);
}

bool FullHarvest::is_management(const store::Reader& reader, EntryId id) {
  if (!reader.read(id, live_)) return false;
  const auto* classes = live_.find("objectClass");
  if (classes == nullptr) return false;
  const auto which = ldup::class_of(std::vector<std::string>(classes->values.begin(), classes->values.end()));
  return which != ldup::ManagementClass::none && which != ldup::ManagementClass::context;
}

// Takes the top and the subtrees of management right below it.
void FullHarvest::list_management(const store::Reader& reader) {
  if (scope_.root() == store::no_entry) return;
  ready_ = {scope_.root()};
  for (std::size_t at = 0; at < ready_.size(); ++at) {
    std::string after;
    for (bool more = true; more;) {
      std::vector<EntryId> children;
      more = reader.children(ready_[at], after, batch, children);
      std::erase_if(children,
                    [&](EntryId id) { return scope_.is_inner_root(id) || (at == 0 && !is_management(reader, id)); });
      ready_.insert(ready_.end(), children.begin(), children.end());
    }
  }
  early_.insert(ready_.begin(), ready_.end());
  std::reverse(ready_.begin(), ready_.end());
}

// Returns false at the end.
bool FullHarvest::list_more(const store::Reader& reader) {
  if (scope_.root() == store::no_entry) return false;
  if (all_listed_) {
    if (tombstones_) return false;
    tombstones_ = true;
    last_ = store::no_entry;
  }
  all_listed_ = !reader.entries(last_, batch, listed_);
  if (!listed_.empty()) last_ = listed_.back();
  std::reverse(listed_.begin(), listed_.end());
  return true;
}

// Makes the entry ready, after those above it whose turn has not come yet.
void FullHarvest::take(const store::Reader& reader, EntryId id) {
  if (early_.erase(id) > 0) return;
  const auto head = reader.head(id);
  if (!head || head->tombstone != tombstones_) return;
  if (tombstones_) {
    if (scope_.holds(reader, id)) ready_.push_back(id);
    return;
  }
  if (head->superior != superior_ || scope_.is_inner_root(id)) {
    if (!scope_.holds(reader, id)) return;
    superior_ = head->superior;
  }
  ready_.push_back(id);
  for (auto above = head->superior; above > id && early_.insert(above).second; above = reader.superior(above)) {
    ready_.push_back(above);
  }
}

EntryId FullHarvest::next_id(const store::Reader& reader) {
  while (ready_.empty()) {
    while (listed_.empty()) {
      if (!list_more(reader)) return store::no_entry;
    }
    const auto id = listed_.back();
    listed_.pop_back();
    take(reader, id);
  }
  const auto id = ready_.back();
  ready_.pop_back();
  return id;
}

std::optional<ldup::EntryUpdate> FullHarvest::next(const store::Reader& reader) {
  while (const auto id = next_id(reader)) {
    const auto entry = reader.load(id);
    if (!entry) continue;
    auto update = primitives_of(reader, *entry, {}, filter_, schema_);
    if (!update.primitives.empty()) return update;
  }
  return std::nullopt;
}

}  // namespace replkit::refserver::replication
