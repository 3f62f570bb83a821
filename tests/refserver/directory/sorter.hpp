// Puts the entries a search found in order (RFC 2891).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/model/descriptions.hpp"
#include "tests/refserver/access/policy.hpp"
#include "tests/refserver/directory/entry_view.hpp"
#include "tests/refserver/protocol/controls.hpp"

namespace replkit::refserver::directory {

class Sorter {
 public:
  // Throws protocol::Refusal, the code that of the sort response control, the attribute at fault its matched_dn:
  // noSuchAttribute for an unknown attribute type, inappropriateMatching where it has no ordering rule or there is no
  // such rule.
  Sorter(const std::vector<protocol::SortKey>& keys, EntryView& entry, const access::View& rights);

  // Takes the entry in view in. Takes values that the caller may not read for absent.
  void add();
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }

  // Appends to `out` at most `limit` of the entries taken in, in order; returns false when there are no more. No entry
  // can be added any more.
  bool take(std::size_t limit, std::vector<store::EntryId>& out);

 private:
  struct Key {
    model::Description wanted;
    model::ValueKind kind;
    bool reverse;
    model::DescriptionTable<char> counts;
  };
  struct Item {
    store::EntryId id = store::no_entry;
    std::vector<std::optional<std::string>> values;  // one a key: the least value's normal form
  };
  // Sorted runs, so that no single step of the work is long.
  struct Run {
    std::vector<Item> items;
    std::size_t at = 0;
  };

  bool before(const Item& a, const Item& b) const;
  std::optional<std::string> value_of(Key& key);
  void finish_run();

  EntryView& entry_;
  const access::View& rights_;
  VirtualAttributes virtual_;
  std::vector<Key> keys_;
  std::vector<Run> runs_;
  std::vector<std::size_t> heap_;  // runs that have items left, the one with the first item in front
  bool merging_ = false;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace replkit::refserver::directory
