#include "tests/refserver/store/planner.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "common/base/text.hpp"
#include "common/model/matching.hpp"
#include "common/model/substring_form.hpp"
#include "tests/refserver/store/index_keys.hpp"
#include "tests/refserver/store/index_set.hpp"
#include "tests/refserver/store/keys.hpp"

namespace replkit::refserver::store {

namespace {

// The entries under one key, or under all keys from `from` on and before `to`.
struct Lookup {
  std::string from;
  std::string to;  // empty: `from` alone
};

// A superset of what matches: the union of all these.
struct Plan {
  std::uint64_t count = 0;  // at most so many
  std::vector<Lookup> lookups;
  std::vector<EntryId> entries;

  void add(Plan&& other) {
    count += other.count;
    std::move(other.lookups.begin(), other.lookups.end(), std::back_inserter(lookups));
    entries.insert(entries.end(), other.entries.begin(), other.entries.end());
  }
};

using Narrowed = std::optional<Plan>;  // nothing: too many, or no index

class Planner {
 public:
  Planner(const View& view, std::size_t limit)
      : view_(view), schema_(view.schema->model()), limit_(limit), cursor_(view.txn, view.tables->index) {}

  Narrowed plan(const model::Filter& filter) {
    using enum model::Filter::Kind;
    switch (filter.kind) {
      case and_:
        return plan_and(filter);
      case or_:
        return plan_or(filter);
      case not_:
        // Without parts it stands for Undefined, which matches nothing. Others match what no index lists.
        return filter.parts.empty() ? Narrowed(Plan{}) : std::nullopt;
      default:
        return plan_item(filter);
    }
  }

  std::vector<EntryId> run(Plan plan) {
    auto out = std::move(plan.entries);
    for (const auto& lookup : plan.lookups) take(lookup, out);
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

 private:
  Narrowed plan_and(const model::Filter& filter) {
    Narrowed best;
    for (const auto& part : filter.parts) {
      auto next = plan(part);
      if (next && (!best || next->count < best->count)) best = std::move(next);
      if (best && best->count == 0) break;
    }
    return best;
  }

  Narrowed plan_or(const model::Filter& filter) {
    Plan all;
    for (const auto& part : filter.parts) {
      auto next = plan(part);
      if (!next || all.count + next->count > limit_) return std::nullopt;
      all.add(std::move(*next));
    }
    return all;
  }

  Narrowed plan_item(const model::Filter& filter) {
    const auto* type = schema_.attribute(filter.description);
    if (type == nullptr || filter.dn_attributes) return std::nullopt;
    if (auto narrowed = plan_assertion(filter, *type)) return narrowed;
    // Whatever is asserted, the attribute must be there.
    return for_all_types(*type, [](const Index& index) -> std::optional<Lookup> {
      if (!index.presence) return std::nullopt;
      return Lookup{index_prefix(index.number, IndexKind::presence), {}};
    });
  }

  Narrowed plan_assertion(const model::Filter& filter, const model::AttributeType& type) {
    using enum model::Filter::Kind;
    switch (filter.kind) {
      case equality:
      case approximate:
        return plan_equality(filter.value, type);
      case greater_or_equal:
      case less_or_equal:
        return plan_ordering(filter, type);
      case substrings:
        return plan_substrings(filter, type);
      case extensible:
        if (filter.rule.empty() || model::rule_kind(filter.rule) == type.kind) return plan_equality(filter.value, type);
        return std::nullopt;
      default:
        return std::nullopt;
    }
  }

  Narrowed plan_equality(std::string_view value, const model::AttributeType& type) {
    std::string form;
    model::normalize_value(type.kind, value, schema_, form);
    if (model::is_malformed_form(type.kind, form)) return std::nullopt;
    // What the server knows of every entry, indexed or not.
    if (type.key == "entryuuid") {
      const auto uuid = model::Uuid::parse(form);
      return uuid ? one_entry(find_uuid(view_, *uuid)) : std::nullopt;
    }
    return for_all_types(type, [&](const Index& index) -> std::optional<Lookup> {
      if (!index.equality || index.type->kind != type.kind) return std::nullopt;
      return Lookup{equality_key(index.number, type.kind, form), {}};
    });
  }

  Narrowed plan_ordering(const model::Filter& filter, const model::AttributeType& type) {
    if (!type.ordering.empty() && model::ordering_rule_kind(type.ordering) != type.kind) return std::nullopt;
    std::string form;
    model::normalize_value(type.kind, filter.value, schema_, form);
    if (model::is_malformed_form(type.kind, form)) return std::nullopt;
    return for_all_types(type, [&](const Index& index) -> std::optional<Lookup> {
      if (!index.equality || index.type->kind != type.kind) return std::nullopt;
      // Beyond this length keys no longer stand in the order of the values: all that begin so are taken.
      const auto key = equality_key(index.number, type.kind, form).substr(0, kept_prefix);
      auto all = index_prefix(index.number, IndexKind::equality);
      if (filter.kind == model::Filter::Kind::greater_or_equal) return Lookup{key, behind(std::move(all))};
      return Lookup{std::move(all), key.size() == kept_prefix ? behind(key) : key + '\0'};
    });
  }

  Narrowed plan_substrings(const model::Filter& filter, const model::AttributeType& type) {
    const auto kind = model::substrings_rule_kind(type.substring);
    if (!kind) return std::nullopt;
    const auto pieces = model::substring_pieces(*kind, filter.substrings, schema_);
    if (!pieces) return std::nullopt;
    return for_all_types(type, [&](const Index& index) -> std::optional<Lookup> {
      if (!index.substring || model::substrings_rule_kind(index.type->substring) != kind) return std::nullopt;
      return rarest(index, *pieces);
    });
  }

  // Of all keys that a value with these pieces must have, returns the one with the fewest entries.
  std::optional<Lookup> rarest(const Index& index, const std::vector<std::string>& pieces) {
    std::optional<Lookup> best;
    std::uint64_t least = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (pieces[i].empty()) continue;
      for_each_substring_key(index.number, pieces[i], i == 0, i + 1 == pieces.size(), [&](std::string key) {
        if (best && least == 0) return;
        const auto entries = count({key, {}});
        if (!best || entries < least) {
          best = Lookup{std::move(key), {}};
          least = entries;
        }
      });
    }
    return best;
  }

  Narrowed one_entry(EntryId id) const {
    Plan plan;
    if (id == no_entry) return plan;
    plan.count = 1;
    plan.entries.push_back(id);
    return plan;
  }

  // Values of subtypes count as the type's own: makes the union over all of them, if all have what it takes.
  template <typename MakeLookup>
  Narrowed for_all_types(const model::AttributeType& type, MakeLookup make_lookup) {
    Plan all;
    for (const auto* one : view_.schema->subtypes(type)) {
      const auto* index = view_.indexes->find(*one);
      auto lookup = index != nullptr ? make_lookup(*index) : std::nullopt;
      if (!lookup) return std::nullopt;
      all.count += count(*lookup);
      if (all.count > limit_) return std::nullopt;
      all.lookups.push_back(std::move(*lookup));
    }
    return all;
  }

  // Returns how many entries the lookup leads to; of a range, no more than it takes to pass the limit.
  std::uint64_t count(const Lookup& lookup) {
    std::uint64_t sum = 0;
    for_each_key(lookup, [&](const MDB_val&) {
      std::size_t ids = 0;
      check_code(mdb_cursor_count(cursor_.get(), &ids), "read");
      sum += ids;
      return sum <= limit_;
    });
    return sum;
  }

  void take(const Lookup& lookup, std::vector<EntryId>& out) {
    for_each_key(lookup, [&](const MDB_val& first) {
      // A single one is no array for LMDB, and then `ids` stays what it is.
      MDB_val key{};
      MDB_val ids = first;
      bool more = cursor_.move(MDB_GET_MULTIPLE, key, ids);
      for (; more; more = cursor_.move(MDB_NEXT_MULTIPLE, key, ids)) {
        const auto begin = out.size();
        out.resize(begin + ids.mv_size / sizeof(EntryId));
        std::memcpy(out.data() + begin, ids.mv_data, (out.size() - begin) * sizeof(EntryId));
      }
      return true;
    });
  }

  // Puts the cursor on each key of the lookup, until `visit`, which gets the first id there, returns false.
  template <typename Visit>
  void for_each_key(const Lookup& lookup, Visit visit) {
    auto key = to_val(lookup.from);
    MDB_val value{};
    if (lookup.to.empty()) {
      if (cursor_.move(MDB_SET, key, value)) visit(value);
      return;
    }
    for (bool more = cursor_.move(MDB_SET_RANGE, key, value); more && to_view(key) < lookup.to;
         more = cursor_.move(MDB_NEXT_NODUP, key, value)) {
      if (!visit(value)) return;
    }
  }

  const View& view_;
  const model::Schema& schema_;
  std::size_t limit_;
  Cursor cursor_;
};

}  // namespace

std::optional<std::vector<EntryId>> find_candidates(const View& view, const model::Filter& filter, std::size_t limit) {
  Planner planner(view, limit);
  auto plan = planner.plan(filter);
  if (!plan) return std::nullopt;
  return planner.run(std::move(*plan));
}

}  // namespace replkit::refserver::store
