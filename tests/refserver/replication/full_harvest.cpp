#include <algorithm>

#include "common/ldup/names.hpp"
#include "tests/refserver/replication/harvest.hpp"
#include "tests/refserver/store/attribute_key.hpp"

namespace replkit::refserver::replication {

using store::EntryId;

FullHarvest::FullHarvest(const store::Reader& reader, const Area& area, const model::Schema& schema,
                         AttributeFilter filter)
    : area_(area), scope_(reader, area), schema_(schema), filter_(std::move(filter)) {
  if (scope_.root() == store::no_entry) {
    done_ = true;
    return;
  }
  ready_ = level_ = {scope_.root()};
}

bool FullHarvest::is_management(const store::Reader& reader, EntryId id) {
  if (!reader.read(id, live_)) return false;
  const auto* classes = live_.find("objectClass");
  if (classes == nullptr) return false;
  const auto which = ldup::class_of(std::vector<std::string>(classes->values.begin(), classes->values.end()));
  return which != ldup::ManagementClass::none && which != ldup::ManagementClass::context;
}

// Lists some more of what is to be sent, into `ready_`.
void FullHarvest::list(const store::Reader& reader) {
  if (!tree_done_) {
    tree_done_ = !list_children(reader);
    if (!tree_done_ || !management_) return;
    management_ = false;
    tree_done_ = false;
    level_ = {scope_.root()};
    next_level_.clear();
    at_ = 0;
    return;
  }
  done_ = !list_tombstones(reader);
}

// Lists children of one entry of this level. Returns false when the last level is done.
bool FullHarvest::list_children(const store::Reader& reader) {
  constexpr std::size_t batch = 1000;
  if (at_ == level_.size()) {
    if (next_level_.empty()) return false;
    level_ = std::exchange(next_level_, {});
    at_ = 0;
  }
  const auto superior = level_[at_];
  std::vector<EntryId> children;
  if (!reader.children(superior, after_, batch, children)) {
    after_.clear();
    ++at_;
  }
  // Only below the top are those that are management themselves told from the others.
  const bool at_top = superior == scope_.root();
  std::erase_if(children, [&](EntryId id) {
    return scope_.is_inner_root(id) || (at_top && is_management(reader, id) != management_);
  });
  next_level_.insert(next_level_.end(), children.begin(), children.end());
  ready_.assign(children.rbegin(), children.rend());
  return true;
}

bool FullHarvest::list_tombstones(const store::Reader& reader) {
  constexpr std::size_t batch = 1000;
  std::vector<EntryId> ids;
  const bool more = reader.entries(last_, batch, ids);
  if (!ids.empty()) last_ = ids.back();
  std::erase_if(ids, [&](EntryId id) {
    const auto head = reader.head(id);
    return !head || !head->tombstone || !scope_.holds(reader, id);
  });
  ready_.assign(ids.rbegin(), ids.rend());
  return more;
}

std::optional<ldup::EntryUpdate> FullHarvest::next(const store::Reader& reader) {
  for (;;) {
    while (ready_.empty()) {
      if (done_) return std::nullopt;
      list(reader);
    }
    const auto id = ready_.back();
    ready_.pop_back();
    const auto entry = reader.load(id);
    if (!entry) continue;
    auto update = primitives_of(reader, *entry, {}, filter_, schema_);
    if (!update.primitives.empty()) return update;
  }
}

}  // namespace replkit::refserver::replication
