#include "tests/refserver/directory/selection.hpp"

#include <algorithm>
#include <set>

#include "common/base/text.hpp"

namespace replkit::refserver::directory {

// --- Selection ---

Selection::Selection(std::span<const std::string> requested, const schema::Schema& schema)
    : schema_(schema), all_user_(requested.empty()) {
  const auto& model = schema.model();
  std::set<std::string> seen;  // a class that is named a million times stands for no more than once
  for (const auto& item : requested) {
    if (!seen.insert(to_lower(item)).second) continue;
    if (item == "*") {
      all_user_ = true;
    } else if (item == "+") {
      all_operational_ = true;
    } else if (item.starts_with('@')) {
      const auto* object_class = model.object_class(std::string_view(item).substr(1));
      if (object_class == nullptr) continue;
      for (const auto* type : schema.attributes_of(*object_class)) wanted_.emplace_back(type->key, model);
    } else if (item != "1.1" && model.attribute(item) != nullptr) {
      wanted_.emplace_back(item, model);
    }
  }
}

bool Selection::selects(const model::Description& description) const {
  const bool operational = description.type != nullptr && description.type->operational;
  if (operational ? all_operational_ : all_user_) return true;
  return std::any_of(wanted_.begin(), wanted_.end(),
                     [&](const model::Description& wanted) { return description.is_kind_of(wanted, schema_.model()); });
}

// --- EntryPicker ---

EntryPicker::EntryPicker(std::span<const std::string> requested, bool types_only,
                         std::span<const model::Filter> value_filters, EntryView& entry, const access::View& rights)
    : entry_(entry),
      rights_(rights),
      selection_(requested, entry.schema()),
      types_only_(types_only),
      filter_count_(value_filters.size()),
      virtual_(VirtualAttributes::chosen(entry.schema().model(), [&](const model::AttributeType& type) {
        return selection_.selects(model::Description(type.key, entry.schema().model()));
      })) {
  if (value_filters.empty()) return;
  model::Filter any;
  any.kind = model::Filter::Kind::or_;
  any.parts.assign(value_filters.begin(), value_filters.end());
  value_filter_.emplace(any, entry.descriptions(), model::RuleUse::declared);
}

bool EntryPicker::may_read(std::string_view key, const model::Description& description) const {
  if (rights_.all()) return true;
  return description.type != nullptr && rights_.attribute(key, *description.type).has(access::Right::read);
}

std::span<const model::AttributeView> EntryPicker::pick() {
  entry_.add(virtual_);
  const bool per_entry = !rights_.all() && !rights_.uniform();
  const auto& descriptions = entry_.descriptions();
  const auto attributes = entry_.attributes();
  const auto numbers = entry_.numbers();
  picked_.clear();
  values_.clear();
  comparisons_ = 0;
  if (value_filter_) {  // room for all: spans will point into it
    std::size_t count = 0;
    for (const auto& attribute : attributes) count += attribute.values.size();
    values_.reserve(count);
  }
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const bool selected = selected_.get(descriptions, numbers[i], [&](const model::Description& description) {
      return static_cast<char>(selection_.selects(description) && (per_entry || may_read({}, description)));
    }) != 0;
    if (!selected || (per_entry && !may_read(entry_.key(), descriptions[numbers[i]]))) continue;
    if (types_only_) {
      picked_.push_back({attributes[i].description, {}});
    } else if (!value_filter_) {
      picked_.push_back(attributes[i]);
    } else {
      put_matching_values(attributes[i], numbers[i]);
    }
  }
  return picked_;
}

void EntryPicker::put_matching_values(const model::AttributeView& attribute, std::uint32_t number) {
  // Nobody could stop it while it is busy with one entry.
  constexpr std::uint64_t most_comparisons = 2'000'000;
  comparisons_ += std::uint64_t{attribute.values.size()} * filter_count_;
  if (comparisons_ > most_comparisons) throw model::FilterTooCostly();
  const auto first = values_.size();
  for (const auto& value : attribute.values) {
    const model::AttributeView alone{attribute.description, std::span(&value, 1)};
    const model::FilterSubject subject{std::span(&alone, 1), std::span(&number, 1), {}, nullptr};
    if (value_filter_->match(subject) == model::Truth::yes) values_.push_back(value);
  }
  if (values_.size() > first) picked_.push_back({attribute.description, std::span(values_).subspan(first)});
}

// --- EntryMatcher ---

EntryMatcher::EntryMatcher(const model::Filter& filter, EntryView& entry, const access::View& rights,
                           access::Right right)
    : entry_(entry),
      matcher_(filter, entry.descriptions(), model::RuleUse::declared),
      virtual_(VirtualAttributes::chosen(entry.schema().model(),
                                         [&](const model::AttributeType& type) { return matcher_.mentions(type); })),
      may_([&entry, &rights, right](const model::AttributeType& type) {
        const auto key = rights.uniform() ? std::string_view() : std::string_view(entry.key());
        return rights.attribute(key, type).has(right);
      }),
      all_rights_(rights.all()) {}

model::Truth EntryMatcher::match() {
  entry_.add(virtual_);
  return matcher_.match({entry_.attributes(), entry_.numbers(), matcher_.uses_dn() ? entry_.dn() : std::string_view(),
                         all_rights_ ? nullptr : &may_});
}

}  // namespace replkit::refserver::directory
