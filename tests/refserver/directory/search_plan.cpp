#include "tests/refserver/directory/search_plan.hpp"

#include <algorithm>
#include <functional>
#include <string>

#include "common/ldup/oids.hpp"
#include "common/wire/filter_codec.hpp"

namespace replkit::refserver::directory {

namespace {

using model::Filter;
using protocol::Dereference;
using protocol::Scope;

Filter class_filter(std::string_view name) {
  Filter filter;
  filter.kind = Filter::Kind::equality;
  filter.description = "objectClass";
  filter.value = name;
  return filter;
}

bool follows_aliases_below_base(const protocol::SearchRequest& request) {
  return request.scope != Scope::base &&
         (request.dereference == Dereference::searching || request.dereference == Dereference::always);
}

}  // namespace

bool asks_for_ldup(const Filter& filter, const model::Schema& schema) {
  if (filter.kind == Filter::Kind::equality) {
    constexpr std::string_view ldup_arc = "2.16.840.1.113719.";  // Novell's, of all versions
    const auto* type = schema.attribute(filter.description);
    const auto* object_class = schema.object_class(filter.value);
    return type != nullptr && type->oid == "2.5.4.0" && object_class != nullptr &&
           (object_class->oid.starts_with(ldup_arc) || object_class->oid.starts_with(ldup::oid::arc));
  }
  return std::any_of(filter.parts.begin(), filter.parts.end(),
                     [&](const Filter& part) { return asks_for_ldup(part, schema); });
}

Visibility visibility(const Call& call, const protocol::SearchRequest& request, EntryClasses base) {
  if (call.controls.subentries) return {.normal = !*call.controls.subentries, .subentries = *call.controls.subentries};
  const bool shown =
      request.scope == Scope::base || base.subentry || asks_for_ldup(request.filter, call.context.schema.model());
  return {.normal = true, .subentries = shown};
}

Walk plan_walk(const Call& call, const protocol::SearchRequest& request, const store::Reader& reader,
               store::EntryId base) {
  const auto tree = Walk::through_tree(base, request.scope);
  if (request.scope == Scope::base || base == store::no_entry) return tree;
  if (follows_aliases_below_base(request)) {
    // What an alias stands for is found by way of the alias only.
    const auto aliases = reader.candidates(class_filter("alias"), 1);
    if (!aliases || !aliases->empty()) return tree;
  }
  constexpr std::uint64_t few = 100;
  const auto limit = std::min<std::uint64_t>(call.context.options.candidate_limit,
                                             std::max<std::uint64_t>(few, reader.entry_count() / 4));
  auto candidates = [&] {
    if (call.controls.manage_dsa_it) return reader.candidates(request.filter, limit);
    // Referral entries in scope are answered with references whatever the filter is (RFC 3296 5.3).
    Filter either;
    either.kind = Filter::Kind::or_;
    either.parts = {request.filter, class_filter("referral")};
    return reader.candidates(either, limit);
  }();
  if (!candidates) return tree;
  return Walk::over(std::move(*candidates), base, request.scope, call.controls.manage_dsa_it);
}

std::size_t page_fingerprint(const Call& call, const protocol::SearchRequest& request) {
  std::string text;
  const auto add = [&](std::string_view part) {
    text += std::to_string(part.size());
    text += ':';
    text += part;
  };
  add(call.caller.key);
  add(request.base);
  add(std::to_string(static_cast<int>(request.scope)));
  add(std::to_string(static_cast<int>(request.dereference)));
  add(request.types_only ? "types" : "values");
  add(call.controls.manage_dsa_it ? "manage" : "");
  add(!call.controls.subentries ? "" : *call.controls.subentries ? "subentries" : "normal");
  for (const auto& attribute : request.attributes) add(attribute);
  for (const auto& key : call.controls.sort) {
    add(key.description);
    add(key.rule);
    add(key.reverse ? "reverse" : "");
  }
  wire::encode_filter(text, request.filter);
  return std::hash<std::string>{}(text);
}

}  // namespace replkit::refserver::directory
