// The indexes over attribute values: which there are, and what keys an entry has in them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::store {

// One attribute type's indexes.
struct Index {
  const model::AttributeType* type = nullptr;
  std::uint32_t number = 0;  // in the keys
  bool presence = false;
  bool equality = false;
  bool substring = false;
};

// Keys that an entry loses and gains by a change.
struct IndexChanges {
  std::vector<std::string> removed;
  std::vector<std::string> added;
};

// Constant once made.
class IndexSet {
 public:
  explicit IndexSet(const model::Schema& schema) : schema_(&schema) {}

  void add(const Index& index) { indexes_.emplace(index.type, index); }

  // Returns the indexes of just this type; null when there are none.
  const Index* find(const model::AttributeType& type) const;

  // What the keys of an entry that was `old` must lose and gain for it to be `fresh`. Either may be null: no such
  // entry. Values that stay cost next to nothing.
  IndexChanges changes(const LiveEntry* old, const LiveEntry* fresh) const;

 private:
  using Values = std::vector<std::string_view>;
  struct Touched;

  void collect(const LiveEntry& entry, Values Touched::*side, std::vector<Touched>& out) const;
  std::vector<std::string> keys(const Index& index, const Values& values) const;
  void compare(Touched& touched, IndexChanges& out) const;

  const model::Schema* schema_;
  std::unordered_map<const model::AttributeType*, Index> indexes_;
};

}  // namespace replkit::refserver::store
