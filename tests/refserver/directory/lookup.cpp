#include "tests/refserver/directory/lookup.hpp"

#include <vector>

#include "common/model/dn.hpp"
#include "tests/refserver/directory/entry_classes.hpp"
#include "tests/refserver/directory/entry_view.hpp"
#include "tests/refserver/directory/referral.hpp"
#include "tests/refserver/directory/selection.hpp"

namespace replkit::refserver::directory {

namespace {

using protocol::Refusal;
using protocol::ResultCode;

// Referrals in answer to a search say its scope, so that nobody has to guess (RFC 4511 4.1.10).
std::optional<protocol::Scope> scope_of(const protocol::Request& request) {
  const auto* search = std::get_if<protocol::SearchRequest>(&request);
  return search == nullptr ? std::nullopt : std::optional(search->scope);
}

// Returns the topmost referral entry at or above `id`; no_entry when there is none.
store::EntryId referral_above(const Call& call, const store::Reader& reader, store::EntryId id) {
  ClassLookup classes(call.context.schema.model());
  store::LiveEntry entry;
  auto found = store::no_entry;
  while (id != store::no_entry && reader.read(id, entry)) {
    if (classes.of(entry).referral) found = id;
    id = entry.superior;
  }
  return found;
}

// Returns the RDNs of `dn` that stand before the last `above` ones.
std::string leading_rdns(std::string_view dn, std::size_t above) {
  const auto parsed = model::Dn::parse(dn);
  std::string out;
  for (std::size_t i = 0; i + above < parsed.size(); ++i) {
    if (!out.empty()) out += ',';
    out += model::rdn_text(parsed.rdns()[i]);
  }
  return out;
}

}  // namespace

std::string dn_key(const Context& context, std::string_view dn) {
  std::string key;
  if (!model::normalize_dn(dn, context.schema.model(), key)) {
    throw Refusal(ResultCode::invalid_dn_syntax, "malformed DN");
  }
  return key;
}

bool is_subschema(std::string_view key) {
  return key == "cn=subschema";
}

bool may_see(const Call& call, const store::Reader& reader, store::EntryId id) {
  if (call.view.all()) return true;
  return call.may_see(call.view.uniform() ? std::string() : reader.dn_key(id));
}

void refer_if_below_referral(const Call& call, const store::Reader& reader, std::string_view dn, std::string_view key,
                             bool itself) {
  const auto scope = scope_of(call.message.request);
  if (!call.context.holds(key)) {
    if (call.context.options.referrals.empty()) return;
    const std::vector<std::string_view> refs(call.context.options.referrals.begin(),
                                             call.context.options.referrals.end());
    throw referral_refusal(referral_uris(refs, dn, {}, scope));
  }
  if (call.controls.manage_dsa_it) return;
  const auto located = reader.locate(key);
  const auto nearest = located.entry == store::no_entry ? located.ancestor
                       : itself                         ? located.entry
                                                        : reader.superior(located.entry);
  const auto id = referral_above(call, reader, nearest);
  if (id == store::no_entry || !may_see(call, reader, id)) return;
  store::LiveEntry entry;
  const auto* refs = reader.read(id, entry) ? find_type(entry, call.context.schema.model(), "ref") : nullptr;
  if (refs == nullptr) throw referral_refusal({});
  const auto entry_dn = reader.dn(id);
  throw referral_refusal(
      referral_uris(refs->values, entry_dn, leading_rdns(dn, model::Dn::parse(entry_dn).size()), scope));
}

Refusal not_there(const Call& call, const store::Reader& reader, std::string_view /*dn*/, std::string_view key) {
  protocol::Result result;
  result.code = ResultCode::no_such_object;
  if (call.context.holds(key)) {
    const auto located = reader.locate(key);
    auto id = located.entry == store::no_entry ? located.ancestor : reader.superior(located.entry);
    while (id != store::no_entry && !may_see(call, reader, id)) id = reader.superior(id);
    if (id != store::no_entry) result.matched_dn = reader.dn(id);
  } else {
    result.diagnostic = "no naming context holds this DN";
  }
  return Refusal(std::move(result));
}

store::EntryId find_entry(const Call& call, const store::Reader& reader, std::string_view dn, std::string_view key) {
  refer_if_below_referral(call, reader, dn, key, true);
  const auto id = call.context.holds(key) ? reader.find(key) : store::no_entry;
  if (id == store::no_entry || !may_see(call, reader, id)) throw not_there(call, reader, dn, key);
  return id;
}

bool has_class(const store::LiveEntry& entry, const model::Schema& schema, std::string_view name) {
  model::Filter filter;
  filter.kind = model::Filter::Kind::equality;
  filter.description = "objectClass";
  filter.value = name;
  model::Descriptions descriptions(schema);
  std::vector<std::uint32_t> numbers;
  descriptions.number(entry.attributes, numbers);
  model::FilterMatcher matcher(filter, descriptions, model::RuleUse::declared);
  return matcher.match({entry.attributes, numbers, {}, nullptr}) == model::Truth::yes;
}

void check_assertion(const Call& call, const store::Reader& reader, store::EntryId id) {
  if (!call.controls.assertion) return;
  EntryView entry(call.context.schema);
  entry.use(&reader);
  EntryMatcher matcher(*call.controls.assertion, entry, call.view);
  if (!entry.read(id) || matcher.match() != model::Truth::yes) {
    throw Refusal(ResultCode::assertion_failed, "the assertion does not hold");
  }
}

protocol::Control read_entry_control(const Call& call, const store::Reader& reader, store::EntryId id,
                                     std::string_view oid, const std::vector<std::string>& requested) {
  EntryView entry(call.context.schema);
  entry.use(&reader);
  EntryPicker picker(requested, false, {}, entry, call.view);
  if (!entry.read(id)) throw Refusal(ResultCode::other, "the entry is gone");
  return protocol::encode_read_response(oid, entry.dn(), picker.pick());
}

}  // namespace replkit::refserver::directory
