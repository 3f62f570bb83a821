#include "tests/refserver/store/index_set.hpp"

#include <algorithm>
#include <iterator>

#include "common/model/matching.hpp"
#include "common/model/substring_form.hpp"
#include "tests/refserver/store/index_keys.hpp"

namespace replkit::refserver::store {

namespace {

// Adds the normal forms of a class's superiors: a filter for one of them matches too (RFC 4512 3.3).
void add_superior_classes(std::string_view name, const model::Schema& schema, std::vector<std::string>& forms,
                          unsigned depth = 0) {
  constexpr unsigned deepest = 30;
  const auto* object_class = depth < deepest ? schema.object_class(name) : nullptr;
  if (object_class == nullptr) return;
  for (const auto& superior : object_class->superiors) {
    model::normalize_value(model::ValueKind::oid, superior, schema, forms.emplace_back());
    add_superior_classes(superior, schema, forms, depth + 1);
  }
}

void sort_unique(std::vector<std::string>& keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

template <typename Item>
std::vector<Item> without(const std::vector<Item>& from, const std::vector<Item>& what) {
  std::vector<Item> out;
  std::set_difference(from.begin(), from.end(), what.begin(), what.end(), std::back_inserter(out));
  return out;
}

}  // namespace

// The values of one indexed type, before and after.
struct IndexSet::Touched {
  const Index* index = nullptr;
  Values old;
  Values fresh;
};

const Index* IndexSet::find(const model::AttributeType& type) const {
  const auto found = indexes_.find(&type);
  return found == indexes_.end() ? nullptr : &found->second;
}

void IndexSet::collect(const LiveEntry& entry, Values Touched::*side, std::vector<Touched>& out) const {
  for (const auto& attribute : entry.attributes) {
    const auto* type = schema_->attribute(attribute.description);
    const auto* index = type != nullptr ? find(*type) : nullptr;
    if (index == nullptr) continue;
    auto at = std::find_if(out.begin(), out.end(), [&](const Touched& touched) { return touched.index == index; });
    if (at == out.end()) at = out.insert(out.end(), {index, {}, {}});
    auto& values = (*at).*side;
    values.insert(values.end(), attribute.values.begin(), attribute.values.end());
  }
}

// Returns the keys of these values, but for the one of presence, sorted.
std::vector<std::string> IndexSet::keys(const Index& index, const Values& values) const {
  std::vector<std::string> out;
  std::string form;
  const auto kind = index.type->kind;
  const auto substrings = model::substrings_rule_kind(index.type->substring);
  const bool is_class = index.type->oid == "2.5.4.0";
  std::vector<std::string> superiors;
  for (const auto value : values) {
    if (index.equality) {
      model::normalize_value(kind, value, *schema_, form);
      // What its syntax does not allow equals nothing that can be asked for.
      if (!model::is_malformed_form(kind, form)) out.push_back(equality_key(index.number, kind, form));
      if (is_class) add_superior_classes(value, *schema_, superiors);
    }
    if (index.substring && substrings && model::put_substring_form(*substrings, value, *schema_, form)) {
      for_each_substring_key(index.number, form, true, true, [&](std::string key) { out.push_back(std::move(key)); });
    }
  }
  for (const auto& superior : superiors) out.push_back(equality_key(index.number, kind, superior));
  sort_unique(out);
  return out;
}

void IndexSet::compare(Touched& touched, IndexChanges& out) const {
  std::sort(touched.old.begin(), touched.old.end());
  std::sort(touched.fresh.begin(), touched.fresh.end());
  if (touched.old == touched.fresh) return;
  const auto removed_values = without(touched.old, touched.fresh);
  const auto added = keys(*touched.index, without(touched.fresh, touched.old));
  auto removed = without(keys(*touched.index, removed_values), added);
  if (!removed.empty()) {
    // Others of its values may have some of these keys, too.
    removed = without(removed, keys(*touched.index, without(touched.old, removed_values)));
  }
  if (touched.index->presence && touched.old.empty() != touched.fresh.empty()) {
    auto& side = touched.old.empty() ? out.added : out.removed;
    side.push_back(index_prefix(touched.index->number, IndexKind::presence));
  }
  std::move(removed.begin(), removed.end(), std::back_inserter(out.removed));
  out.added.insert(out.added.end(), added.begin(), added.end());
}

IndexChanges IndexSet::changes(const LiveEntry* old, const LiveEntry* fresh) const {
  IndexChanges out;
  if (indexes_.empty()) return out;
  std::vector<Touched> touched;
  if (old != nullptr) collect(*old, &Touched::old, touched);
  if (fresh != nullptr) collect(*fresh, &Touched::fresh, touched);
  for (auto& one : touched) compare(one, out);
  return out;
}

}  // namespace replkit::refserver::store
