#include "tests/refserver/directory/sorter.hpp"

#include <algorithm>

#include "common/model/matching.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

namespace {

constexpr std::size_t run_size = 2048;

[[noreturn]] void refuse(protocol::ResultCode code, const std::string& description) {
  throw protocol::Refusal(
      protocol::Result{.code = code, .matched_dn = description, .diagnostic = "cannot sort by this", .referrals = {}});
}

model::ValueKind ordering_kind(const protocol::SortKey& key, const model::AttributeType& type) {
  const auto kind = model::ordering_rule_kind(key.rule.empty() ? type.ordering : key.rule);
  if (!kind) refuse(protocol::ResultCode::inappropriate_matching, key.description);
  return *kind;
}

}  // namespace

Sorter::Sorter(const std::vector<protocol::SortKey>& keys, EntryView& entry, const access::View& rights)
    : entry_(entry), rights_(rights) {
  const auto& schema = entry.schema().model();
  constexpr std::size_t max_keys = 16;
  if (keys.size() > max_keys) refuse(protocol::ResultCode::unwilling_to_perform, keys[max_keys].description);
  for (const auto& key : keys) {
    const auto* type = schema.attribute(key.description);
    if (type == nullptr) refuse(protocol::ResultCode::no_such_attribute, key.description);
    keys_.push_back({model::Description(key.description, schema), ordering_kind(key, *type), key.reverse, {}});
  }
  virtual_ = VirtualAttributes::chosen(schema, [&](const model::AttributeType& type) {
    const model::Description description(type.key, schema);
    return std::any_of(keys_.begin(), keys_.end(),
                       [&](const Key& key) { return description.is_kind_of(key.wanted, schema); });
  });
}

std::optional<std::string> Sorter::value_of(Key& key) {
  const auto& descriptions = entry_.descriptions();
  const auto& schema = entry_.schema().model();
  const auto numbers = entry_.numbers();
  std::optional<std::string> least;
  std::string form;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const bool counts = key.counts.get(descriptions, numbers[i], [&](const model::Description& description) {
      return static_cast<char>(description.is_kind_of(key.wanted, schema));
    }) != 0;
    if (!counts) continue;
    if (!rights_.all()) {
      const auto* type = descriptions[numbers[i]].type;
      const auto entry_key = rights_.uniform() ? std::string_view() : std::string_view(entry_.key());
      if (type == nullptr || !rights_.attribute(entry_key, *type).has(access::Right::read)) continue;
    }
    for (const auto value : entry_.attributes()[i].values) {
      model::normalize_value(key.kind, value, schema, form);
      if (model::is_malformed_form(key.kind, form)) continue;
      if (!least || model::compare_forms(key.kind, form, *least) < 0) least = form;
    }
  }
  return least;
}

void Sorter::add() {
  entry_.add(virtual_);
  if (runs_.empty() || runs_.back().items.size() == run_size) {
    finish_run();
    runs_.push_back({});
    runs_.back().items.reserve(run_size);
  }
  Item item;
  item.id = entry_.stored().id;
  for (auto& key : keys_) {
    item.values.push_back(value_of(key));
    bytes_ += sizeof(std::optional<std::string>) + (item.values.back() ? item.values.back()->capacity() : 0);
  }
  bytes_ += sizeof(Item);
  runs_.back().items.push_back(std::move(item));
  ++count_;
}

// An attribute that is missing counts as the greatest value; entries that are equal stay as they were found.
bool Sorter::before(const Item& a, const Item& b) const {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const auto& x = a.values[i];
    const auto& y = b.values[i];
    const int order =
        x && y ? model::compare_forms(keys_[i].kind, *x, *y) : static_cast<int>(!x) - static_cast<int>(!y);
    if (order != 0) return keys_[i].reverse ? order > 0 : order < 0;
  }
  return false;
}

void Sorter::finish_run() {
  if (runs_.empty()) return;
  auto& items = runs_.back().items;
  std::stable_sort(items.begin(), items.end(), [this](const Item& a, const Item& b) { return before(a, b); });
}

bool Sorter::take(std::size_t limit, std::vector<store::EntryId>& out) {
  // The heap has the run on top whose next item is first; of equal ones the earlier run.
  const auto later = [this](std::size_t a, std::size_t b) {
    const auto& x = runs_[a].items[runs_[a].at];
    const auto& y = runs_[b].items[runs_[b].at];
    return before(y, x) || (!before(x, y) && b < a);
  };
  if (!merging_) {
    merging_ = true;
    finish_run();
    for (std::size_t i = 0; i < runs_.size(); ++i) heap_.push_back(i);
    std::make_heap(heap_.begin(), heap_.end(), later);
  }
  for (std::size_t i = 0; i < limit && !heap_.empty(); ++i) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    auto& run = runs_[heap_.back()];
    out.push_back(run.items[run.at].id);
    ++run.at;
    if (run.at == run.items.size()) {
      run.items = {};
      heap_.pop_back();
    } else {
      std::push_heap(heap_.begin(), heap_.end(), later);
    }
  }
  return !heap_.empty();
}

}  // namespace replkit::refserver::directory
