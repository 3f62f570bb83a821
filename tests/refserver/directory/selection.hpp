// Which attributes of an entry are returned (RFC 4511 4.5.1.8).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/model/descriptions.hpp"
#include "common/model/filter_matcher.hpp"
#include "tests/refserver/access/policy.hpp"
#include "tests/refserver/directory/entry_view.hpp"
#include "tests/refserver/schema/schema.hpp"

namespace replkit::refserver::directory {

// A list of attribute descriptions, "*", "+" (RFC 3673), "@class" (RFC 4529) and "1.1"; empty: all user attributes.
// What is unknown selects nothing.
class Selection {
 public:
  Selection(std::span<const std::string> requested, const schema::Schema& schema);

  bool selects(const model::Description& description) const;

 private:
  const schema::Schema& schema_;
  bool all_user_ = false;
  bool all_operational_ = false;
  std::vector<model::Description> wanted_;
};

// Chooses what of an entry goes to a client.
class EntryPicker {
 public:
  // With `types_only` without values. Of `value_filters` (RFC 3876) a value must match one; none: all values. Serves
  // this one view of entries; it and the rights must outlive it.
  EntryPicker(std::span<const std::string> requested, bool types_only, std::span<const model::Filter> value_filters,
              EntryView& entry, const access::View& rights);

  // Makes up what is selected of the entry in view, and returns its attributes that are selected and may be read; good
  // until the next call. Throws model::FilterTooCostly when there are too many values and filters.
  std::span<const model::AttributeView> pick();

 private:
  bool may_read(std::string_view key, const model::Description& description) const;
  void put_matching_values(const model::AttributeView& attribute, std::uint32_t number);

  EntryView& entry_;
  const access::View& rights_;
  Selection selection_;
  bool types_only_;
  std::size_t filter_count_;
  VirtualAttributes virtual_;
  std::optional<model::FilterMatcher> value_filter_;  // any of them
  std::uint64_t comparisons_ = 0;                     // of values and filters, of the entry in view

  model::DescriptionTable<char> selected_;  // and may be read, where that is the same for all entries
  std::vector<model::AttributeView> picked_;
  std::vector<std::string_view> values_;  // those that matched
};

// Makes a filter ready for the entries in view, under the rights of a caller.
class EntryMatcher {
 public:
  // What it is given must outlive it, but the filter. `right`: what the caller needs to have his answer.
  EntryMatcher(const model::Filter& filter, EntryView& entry, const access::View& rights,
               access::Right right = access::Right::search);
  EntryMatcher(const EntryMatcher&) = delete;
  EntryMatcher& operator=(const EntryMatcher&) = delete;

  model::Truth match();

 private:
  EntryView& entry_;
  model::FilterMatcher matcher_;
  VirtualAttributes virtual_;
  std::function<bool(const model::AttributeType&)> may_;
  bool all_rights_;
};

}  // namespace replkit::refserver::directory
