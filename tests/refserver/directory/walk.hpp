// Which entries a search looks at: the way through a tree, or a list of candidates. It stops anywhere and goes on in a
// later snapshot, holding nothing in between but numbers of entries.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tests/refserver/directory/entry_classes.hpp"
#include "tests/refserver/protocol/messages.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::directory {

class Walk {
 public:
  Walk() = default;

  // Through the tree, superiors first; `base` may be no_entry, the root above all naming contexts.
  static Walk through_tree(store::EntryId base, protocol::Scope scope);
  // Over those of the candidates that are in scope. Those below referral entries are not, unless those are managed.
  static Walk over(std::vector<store::EntryId> candidates, store::EntryId base, protocol::Scope scope,
                   bool manage_dsa_it);
  // Over all of these, in this order.
  static Walk over(std::vector<store::EntryId> entries);

  // Goes on here. What has moved away meanwhile is left out. `classes` must outlive the reader's use.
  void use(const store::Reader* reader, ClassLookup* classes);

  // Returns the next entry; no_entry at the end.
  store::EntryId next();
  // Whether the entry that next() returned is (still) in scope. It must have been read just now.
  bool in_scope(const store::LiveEntry& entry);
  // Goes to the entry's subordinates next, if the scope has them and they are not on the way anyhow.
  void descend(store::EntryId id);
  // Has next() return the last entry again.
  void put_back(store::EntryId id) { returned_ = id; }

  // Takes in what an alias stands for: the entry, and for a subtree search what is below it, unless it is on the way
  // already.
  void add_target(store::EntryId id);

 private:
  struct Level {
    store::EntryId id = store::no_entry;
    std::string after;  // the last child key of the batch
    std::vector<store::EntryId> batch;
    std::size_t at = 0;
    bool more = true;
  };

  bool is_reached(store::EntryId id) const;
  bool is_below_base(store::EntryId id);

  store::EntryId base_ = store::no_entry;
  protocol::Scope scope_ = protocol::Scope::base;
  bool listed_ = false;
  bool anywhere_ = false;  // the list has been checked
  bool manage_dsa_it_ = false;

  std::vector<Level> levels_;                 // from a root down
  std::vector<store::EntryId> to_start_;      // roots yet to come: the base, what aliases stand for
  std::unordered_set<store::EntryId> roots_;  // all so far
  store::EntryId current_root_ = store::no_entry;

  std::vector<store::EntryId> list_;
  std::size_t list_at_ = 0;

  store::EntryId returned_ = store::no_entry;
  const store::Reader* reader_ = nullptr;
  ClassLookup* classes_ = nullptr;
  std::unordered_map<store::EntryId, bool> below_base_;  // in this snapshot
};

}  // namespace replkit::refserver::directory
