#include "tests/refserver/directory/compare.hpp"

#include "common/model/matching.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/selection.hpp"

namespace replkit::refserver::directory {

namespace {

using protocol::Refusal;
using protocol::ResultCode;

// Returns what the request asserts as a filter. Throws where it cannot be asserted of any entry.
model::Filter assertion_of(const Call& call, const protocol::CompareRequest& request) {
  const auto* type = call.context.schema.model().attribute(request.description);
  if (type == nullptr) throw Refusal(ResultCode::undefined_attribute_type, "unknown attribute type");
  if (type->equality.empty()) {
    throw Refusal(ResultCode::inappropriate_matching, "the attribute has no equality rule");
  }
  if (!model::is_assertable(type->kind, request.value, call.context.schema.model())) {
    throw Refusal(ResultCode::invalid_attribute_syntax, "the value is none of the attribute's syntax");
  }
  model::Filter filter;
  filter.kind = model::Filter::Kind::equality;
  filter.description = request.description;
  filter.value = request.value;
  return filter;
}

// Brings the entry into view; `held` is room for one that is not stored.
void view_entry(const Call& call, const store::Reader& reader, const std::string& dn, const HeldEntry& subschema,
                EntryView& entry, std::optional<HeldEntry>& held) {
  const auto key = dn_key(call.context, dn);
  if (key.empty() || is_subschema(key)) {
    if (!call.may_see(key)) throw not_there(call, reader, dn, key);
    if (key.empty()) held.emplace(root_dse(call, reader));
    const auto& shown = held ? *held : subschema;
    return entry.show(shown.dn(), key, shown.attributes());
  }
  if (!entry.read(find_entry(call, reader, dn, key))) throw not_there(call, reader, dn, key);
}

}  // namespace

protocol::Result compare(const Call& call, const HeldEntry& subschema) {
  const auto& request = std::get<protocol::CompareRequest>(call.message.request);
  const auto snapshot = call.context.store.snapshot();
  EntryView entry(call.context.schema);
  entry.use(snapshot.get());
  std::optional<HeldEntry> held;
  view_entry(call, *snapshot, request.dn, subschema, entry, held);
  if (call.controls.assertion) {
    EntryMatcher asserted(*call.controls.assertion, entry, call.view);
    if (asserted.match() != model::Truth::yes) {
      throw Refusal(ResultCode::assertion_failed, "the assertion does not hold");
    }
  }
  const auto filter = assertion_of(call, request);
  protocol::Result result;
  switch (EntryMatcher(filter, entry, call.view, access::Right::compare).match()) {
    case model::Truth::yes:
      result.code = ResultCode::compare_true;
      return result;
    case model::Truth::undefined:  // the value is good: some of the attribute is not the caller's to compare
      throw Refusal(ResultCode::insufficient_access_rights, "not allowed to compare this attribute");
    case model::Truth::no:
      break;
  }
  model::Filter present;
  present.description = request.description;
  if (EntryMatcher(present, entry, call.view, access::Right::compare).match() != model::Truth::yes) {
    throw Refusal(ResultCode::no_such_attribute, "the entry has no such attribute");
  }
  result.code = ResultCode::compare_false;
  return result;
}

}  // namespace replkit::refserver::directory
