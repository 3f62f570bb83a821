#include "tests/refserver/directory/walk.hpp"

#include <utility>

namespace replkit::refserver::directory {

using protocol::Scope;
using store::EntryId;
using store::no_entry;

Walk Walk::through_tree(EntryId base, Scope scope) {
  Walk walk;
  walk.base_ = base;
  walk.scope_ = scope;
  if (base != no_entry && scope == Scope::subtree) walk.roots_.insert(base);
  if (base == no_entry || scope == Scope::one_level) {
    walk.levels_.push_back({});
    walk.levels_.back().id = base;
  } else {
    walk.to_start_.push_back(base);
  }
  return walk;
}

Walk Walk::over(std::vector<EntryId> candidates, EntryId base, Scope scope, bool manage_dsa_it) {
  Walk walk;
  walk.base_ = base;
  walk.scope_ = scope;
  walk.listed_ = true;
  walk.manage_dsa_it_ = manage_dsa_it;
  walk.list_ = std::move(candidates);
  return walk;
}

Walk Walk::over(std::vector<EntryId> entries) {
  Walk walk;
  walk.listed_ = walk.anywhere_ = true;
  walk.list_ = std::move(entries);
  return walk;
}

void Walk::use(const store::Reader* reader, ClassLookup* classes) {
  reader_ = reader;
  classes_ = classes;
  below_base_.clear();
  if (reader == nullptr) return;
  for (std::size_t i = 1; i < levels_.size(); ++i) {
    if (reader->superior(levels_[i].id) == levels_[i - 1].id) continue;
    levels_.resize(i);
    break;
  }
}

EntryId Walk::next() {
  if (returned_ != no_entry) return std::exchange(returned_, no_entry);
  if (listed_) return list_at_ < list_.size() ? list_[list_at_++] : no_entry;
  constexpr std::size_t batch_size = 64;
  while (!levels_.empty()) {
    auto& level = levels_.back();
    if (level.at < level.batch.size()) {
      current_root_ = no_entry;
      return level.batch[level.at++];
    }
    if (!level.more) {
      levels_.pop_back();
      continue;
    }
    level.batch.clear();
    level.at = 0;
    level.more = reader_->children(level.id, level.after, batch_size, level.batch);
  }
  if (to_start_.empty()) return no_entry;
  current_root_ = to_start_.back();
  to_start_.pop_back();
  return current_root_;
}

bool Walk::in_scope(const store::LiveEntry& entry) {
  if (anywhere_) return true;
  if (listed_) {
    switch (scope_) {
      case Scope::base:
        return entry.id == base_;
      case Scope::one_level:
        return entry.superior == base_ && (entry.superior == no_entry || is_below_base(entry.superior));
      case Scope::subtree:
        return entry.id == base_ || is_below_base(entry.superior);
    }
  }
  if (entry.id == current_root_) return true;
  if (levels_.empty()) return false;
  // What an alias stands for is visited on its own.
  return entry.superior == levels_.back().id && !roots_.contains(entry.id);
}

// Whether `id` is the base or below it, with no referral entry on the way.
bool Walk::is_below_base(EntryId id) {
  std::vector<EntryId> path;
  bool result = false;
  store::LiveEntry entry;
  for (auto at = id;;) {
    const auto known = below_base_.find(at);
    if (known != below_base_.end()) {
      result = known->second;
      break;
    }
    path.push_back(at);
    if (at == base_) {
      result = true;
      break;
    }
    constexpr std::size_t max_depth = 1024;
    if (at == no_entry || path.size() > max_depth || !reader_->read(at, entry)) break;
    if (!manage_dsa_it_ && classes_->of(entry).referral) break;
    at = entry.superior;
  }
  for (const auto at : path) below_base_.emplace(at, result);
  return result;
}

void Walk::descend(EntryId id) {
  if (listed_ || scope_ != Scope::subtree) return;
  levels_.push_back({});
  levels_.back().id = id;
}

bool Walk::is_reached(EntryId id) const {
  for (auto at = id; at != no_entry; at = reader_->superior(at)) {
    if (roots_.contains(at)) return true;
  }
  return base_ == no_entry;
}

void Walk::add_target(EntryId id) {
  if (scope_ == Scope::one_level ? roots_.contains(id) || reader_->superior(id) == base_ : is_reached(id)) return;
  roots_.insert(id);
  to_start_.push_back(id);
}

}  // namespace replkit::refserver::directory
