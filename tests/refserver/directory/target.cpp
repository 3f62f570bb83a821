#include "tests/refserver/directory/target.hpp"

#include <fmt/format.h>

#include "common/base/error.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/protocol/oids.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

using protocol::Refusal;
using protocol::ResultCode;

void require_ordinary(std::string_view key) {
  if (key.empty()) throw Refusal(ResultCode::unwilling_to_perform, "the root DSE is the server's own");
  if (is_subschema(key)) throw Refusal(ResultCode::unwilling_to_perform, "the schema is read from files");
}

void require_right(const Call& call, bool allowed, std::string_view dn, std::string_view key, std::string_view what) {
  if (allowed) return;
  const auto snapshot = call.context.store.snapshot();
  refer_if_below_referral(call, *snapshot, dn, key, true);
  const bool known = call.context.holds(key) && snapshot->find(key) != store::no_entry && call.may_see(key);
  if (!known) throw not_there(call, *snapshot, dn, key);
  throw Refusal(ResultCode::insufficient_access_rights, fmt::format("not allowed to {}", what));
}

store::EntryId find_target(const Call& call, const store::Reader& reader, std::string_view dn, std::string_view key) {
  refer_if_below_referral(call, reader, dn, key, true);
  const auto id = call.context.holds(key) ? reader.find(key) : store::no_entry;
  if (id == store::no_entry) throw not_there(call, reader, dn, key);
  return id;
}

store::StoredEntry load_target(const Call& call, const store::Reader& reader, std::string_view dn,
                               std::string_view key) {
  const auto id = find_target(call, reader, dn, key);
  check_assertion(call, reader, id);
  auto entry = reader.load(id);
  if (!entry) throw LocalError("the store is damaged: an entry in its tree has no record");
  return std::move(*entry);
}

bool may_be_top(const Call& call, const store::Reader& reader, std::string_view key) {
  const auto* context = call.context.context_of(key);
  if (context != nullptr) return context->key == key;
  return call.context.any_context && reader.locate(key).ancestor == store::no_entry;
}

store::EntryId find_new_place(const Call& call, const store::Reader& reader, std::string_view dn,
                              std::string_view key) {
  refer_if_below_referral(call, reader, dn, key, false);
  const auto located = reader.locate(key);
  const auto above = model::parent_of(key);
  const auto rdn = key.substr(0, key.size() - (above.empty() ? 0 : above.size() + 1));
  if (located.entry != store::no_entry || !reader.namesakes(located.superior, rdn, 1).empty())
    throw Refusal(ResultCode::entry_already_exists, "there is such an entry");
  if (located.superior == store::no_entry) {
    if (!may_be_top(call, reader, key)) throw not_there(call, reader, dn, key);
    return store::no_entry;
  }
  store::LiveEntry superior;
  if (reader.read(located.superior, superior) && has_class(superior, call.context.schema.model(), "alias")) {
    throw Refusal(ResultCode::alias_problem, "the superior is an alias, which can have no subordinates");
  }
  return located.superior;
}

Former find_former(const store::Reader& reader, const model::Uuid& uuid) {
  const auto id = reader.find(uuid);
  if (id == store::no_entry) return {};
  const auto former = reader.load(id);
  if (former && (former->deleted || former->glue)) return {id, store::place_of(*former)};
  throw Refusal(ResultCode::entry_already_exists, "there is an entry with this entryUUID");
}

void add_pre_read(const Call& call, const store::Reader& reader, store::EntryId id, Outcome& outcome) {
  if (!call.controls.pre_read) return;
  outcome.controls.push_back(read_entry_control(call, reader, id, protocol::oid::pre_read, *call.controls.pre_read));
}

void add_post_read(const Call& call, const store::Reader& reader, store::EntryId id, Outcome& outcome) {
  if (!call.controls.post_read) return;
  outcome.controls.push_back(read_entry_control(call, reader, id, protocol::oid::post_read, *call.controls.post_read));
}

void stamp(const Call& call, EntryEditor& editor) {
  editor.set("modifiersName", call.caller.dn);
  editor.set("modifyTimestamp", format_generalized_time(call.context.clock.now()));
}

}  // namespace replkit::refserver::directory
