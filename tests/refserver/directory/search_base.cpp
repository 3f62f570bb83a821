#include "tests/refserver/directory/search_base.hpp"

#include <set>

#include "common/model/dn.hpp"
#include "tests/refserver/directory/entry_classes.hpp"
#include "tests/refserver/directory/lookup.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;

namespace {

constexpr std::string_view target_attribute = "aliasedObjectName";

Refusal alias_refusal(ResultCode code, std::string alias_dn, const char* diagnostic) {
  return Refusal(
      protocol::Result{.code = code, .matched_dn = std::move(alias_dn), .diagnostic = diagnostic, .referrals = {}});
}

}  // namespace

std::string alias_target(const Call& call, EntryView& alias) {
  const auto& schema = call.context.schema.model();
  const auto* type = schema.attribute(target_attribute);
  const bool allowed =
      call.view.all() || (type != nullptr && call.view.attribute(alias.key(), *type).has(access::Right::read));
  if (!allowed) {
    throw alias_refusal(ResultCode::alias_dereferencing_problem, {}, "not allowed to follow the alias");
  }
  const auto* attribute = find_type(alias.stored(), schema, target_attribute);
  std::string key;
  if (attribute == nullptr || attribute->values.empty() ||
      !model::normalize_dn(attribute->values.front(), schema, key)) {
    throw alias_refusal(ResultCode::alias_problem, alias.dn(), "the alias names nothing");
  }
  return key;
}

store::EntryId find_behind_aliases(const Call& call, const store::Reader& reader, std::string_view dn,
                                   std::string_view key) {
  constexpr std::size_t max_aliases = 20;
  ClassLookup classes(call.context.schema.model());
  EntryView entry(call.context.schema);
  entry.use(&reader);
  std::set<std::string> seen;
  std::string name(dn);
  std::string at(key);
  std::string last_alias;
  for (;;) {
    if (!seen.insert(at).second) throw alias_refusal(ResultCode::loop_detect, {}, "the aliases go in a circle");
    if (seen.size() > max_aliases + 1) {
      throw alias_refusal(ResultCode::alias_dereferencing_problem, {}, "too many aliases in a row");
    }
    refer_if_below_referral(call, reader, name, at, true);
    const auto located = call.context.holds(at) ? reader.locate(at) : store::Located();
    const auto nearest = located.entry != store::no_entry ? located.entry : located.ancestor;
    const bool known = nearest != store::no_entry && may_see(call, reader, nearest) && entry.read(nearest);
    if (!known || !classes.of(entry.stored()).alias) {
      if (known && nearest == located.entry) return nearest;
      if (last_alias.empty()) throw not_there(call, reader, name, at);
      throw alias_refusal(ResultCode::alias_problem, last_alias, "the alias names an entry that is not there");
    }
    // What stands before the alias in the name goes on below its target.
    auto target = alias_target(call, entry);
    last_alias = entry.dn();
    at = at.substr(0, at.size() - entry.key().size()) + target;
    name = at;
  }
}

}  // namespace replkit::refserver::directory
