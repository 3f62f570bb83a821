#include "tests/refserver/directory/held_search.hpp"

#include <algorithm>
#include <string>

#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "tests/refserver/directory/answer.hpp"
#include "tests/refserver/directory/entry_classes.hpp"
#include "tests/refserver/directory/entry_view.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/search_limits.hpp"
#include "tests/refserver/directory/selection.hpp"
#include "tests/refserver/directory/special_entries.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;
using protocol::Scope;

namespace {

bool is_in_scope(std::string_view key, std::string_view base, Scope scope) {
  if (scope == Scope::base) return key == base;
  if (scope == Scope::subtree) return model::is_at_or_below(key, base);
  return key != base && model::parent_of(key) == base;
}

bool is_subentry(const HeldEntry& held, ClassLookup& classes) {
  store::LiveEntry entry;
  entry.attributes.assign(held.attributes().begin(), held.attributes().end());
  return classes.of(entry).subentry;
}

void put_entries(const Call& call, std::span<const model::Entry> entries, std::string& out) {
  const auto& request = std::get<protocol::SearchRequest>(call.message.request);
  const auto& schema = call.context.schema;
  const auto base = dn_key(call.context, request.base);
  ClassLookup classes(schema.model());
  EntryView view(schema);
  EntryMatcher matcher(request.filter, view, call.view);
  EntryPicker picker(request.attributes, request.types_only, call.controls.matched_values, view, call.view);
  const auto limit = search_limits(call, request).entries;
  std::uint64_t count = 0;
  bool has_base = false;
  for (const auto& entry : entries) {
    std::string key;
    if (!model::normalize_dn(entry.dn, schema.model(), key) || !call.may_see(key)) continue;
    has_base |= key == base;
    if (!is_in_scope(key, base, request.scope)) continue;
    const HeldEntry held(entry);
    if (call.controls.subentries && *call.controls.subentries != is_subentry(held, classes)) continue;
    view.show(held.dn(), key, held.attributes());
    if (matcher.match() != model::Truth::yes) continue;
    if (limit != 0 && ++count > limit) throw Refusal(ResultCode::size_limit_exceeded, "");
    protocol::encode_entry(out, call.message.id, view.dn(), picker.pick());
  }
  if (!has_base) throw Refusal(ResultCode::no_such_object, "");
}

}  // namespace

std::unique_ptr<Operation> search_held(const Call& call, std::span<const model::Entry> entries) {
  std::string out;
  protocol::Result result;
  try {
    put_entries(call, entries, out);
  } catch (...) {
    result = current_exception_result();
  }
  std::vector<protocol::Control> controls;
  if (call.controls.paged) controls.push_back(protocol::encode_paged_results({.size = 0, .cookie = {}}));
  protocol::encode_result(out, call.message.id, protocol::Operation::search, result, controls);
  return answered(std::move(out));
}

}  // namespace replkit::refserver::directory
