#include "common/ldup/fractional_filter.hpp"

#include <algorithm>
#include <utility>

#include "common/base/text.hpp"

namespace replkit::ldup {

namespace {

bool is_type(const model::Description& attribute, std::string_view name, std::string_view oid) {
  if (attribute.type != nullptr) return attribute.type->oid == oid || equals_ignore_case(attribute.type->key, name);
  return equals_ignore_case(attribute.base(), name) || attribute.base() == oid;
}

bool excludes_all(const AttributeList& exclusion) {
  return exclusion.all || exclusion.none;
}

}  // namespace

bool is_always_sent(const model::Description& attribute) {
  return is_type(attribute, "objectclass", "2.5.4.0") || is_type(attribute, "entryuuid", "1.3.6.1.1.16.4");
}

AttributeSet::AttributeSet(const std::vector<std::string>& attributes, const model::Schema& schema) : schema_(&schema) {
  items_.reserve(attributes.size());
  for (const auto& attribute : attributes) items_.emplace_back(attribute, schema);
}

bool AttributeSet::contains(const model::Description& attribute) const {
  return std::any_of(items_.begin(), items_.end(),
                     [&](const model::Description& item) { return attribute.is_kind_of(item, *schema_); });
}

bool AttributeSet::contains(std::string_view attribute) const {
  return !items_.empty() && contains(model::Description(attribute, *schema_));
}

SendRule::SendRule(const FractionalFilter& consumer, const AttributeList& agreement, const model::Schema& schema)
    : schema_(&schema),
      sends_all_(consumer.is_full() && agreement.empty()),
      includes_all_(consumer.includes_all()),
      excludes_all_(excludes_all(consumer.exclusion) || excludes_all(agreement)),
      inclusion_(consumer.inclusion.attributes, schema),
      exclusion_(consumer.exclusion.attributes, schema),
      agreement_(agreement.attributes, schema) {}

bool SendRule::sends(const model::Description& attribute) const {
  if (sends_all_ || is_always_sent(attribute)) return true;
  if (excludes_all_ || exclusion_.contains(attribute) || agreement_.contains(attribute)) return false;
  return includes_all_ || inclusion_.contains(attribute);
}

bool SendRule::sends(std::string_view attribute) const {
  return sends_all_ || sends(model::Description(attribute, *schema_));
}

namespace {

// A filter made ready.
struct Held {
  Held(const FractionalFilter& filter, const model::Schema& schema)
      : all_included(filter.includes_all()),
        all_excluded(excludes_all(filter.exclusion)),
        included(filter.inclusion.attributes, schema),
        excluded(filter.exclusion.attributes, schema) {}

  // What the inclusion list names and the exclusion list leaves.
  std::vector<const model::Description*> named() const {
    std::vector<const model::Description*> out;
    if (all_included || all_excluded) return out;
    for (const auto& item : included.items()) {
      if (!is_always_sent(item) && !excluded.contains(item)) out.push_back(&item);
    }
    return out;
  }

  bool all_included;
  bool all_excluded;
  AttributeSet included;
  AttributeSet excluded;
};

// Whether the consumer's inclusion list has something of `excluded`, which the supplier lacks.
bool wants_some_of(const Held& consumer, const model::Description& excluded, const model::Schema& schema) {
  const auto named = consumer.named();
  return std::any_of(named.begin(), named.end(), [&](const model::Description* item) {
    if (item->is_kind_of(excluded, schema)) return true;
    return excluded.is_kind_of(*item, schema) && !consumer.excluded.contains(excluded);
  });
}

void check_exclusion(const Held& supplier, const Held& consumer, const model::Schema& schema,
                     FilterConflict& not_excluded, FilterConflict& included) {
  if (supplier.all_excluded) {
    if (consumer.all_included) not_excluded.attributes.emplace_back("*");
    for (const auto* item : consumer.named()) included.attributes.push_back(item->text);
    return;
  }
  for (const auto& item : supplier.excluded.items()) {
    if (is_always_sent(item)) continue;
    if (consumer.all_included) {
      if (!consumer.excluded.contains(item)) not_excluded.attributes.push_back(item.text);
    } else if (wants_some_of(consumer, item, schema)) {
      included.attributes.push_back(item.text);
    }
  }
}

void check_inclusion(const Held& supplier, const Held& consumer, FilterConflict& conflict) {
  if (supplier.all_included) return;
  if (consumer.all_included) conflict.attributes.emplace_back("*");
  for (const auto* item : consumer.named()) {
    if (!supplier.included.contains(*item)) conflict.attributes.push_back(item->text);
  }
}

}  // namespace

std::vector<FilterConflict> filter_conflicts(const FractionalFilter& supplier, const FractionalFilter& consumer,
                                             const model::Schema& schema) {
  const Held from(supplier, schema);
  const Held to(consumer, schema);
  if (to.all_excluded) return {};
  FilterConflict not_excluded{1, {}, "the supplier excludes what the consumer does not exclude"};
  FilterConflict included{2, {}, "the supplier excludes what the consumer includes"};
  FilterConflict not_included{3, {}, "the consumer includes what the supplier does not include"};
  check_exclusion(from, to, schema, not_excluded, included);
  check_inclusion(from, to, not_included);
  std::vector<FilterConflict> conflicts;
  for (auto* conflict : {&not_excluded, &included, &not_included}) {
    if (!conflict->attributes.empty()) conflicts.push_back(std::move(*conflict));
  }
  return conflicts;
}

}  // namespace replkit::ldup
