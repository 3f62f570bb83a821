#include "tests/refserver/store/view.hpp"

#include "common/model/dn.hpp"
#include "tests/refserver/store/bytes.hpp"
#include "tests/refserver/store/keys.hpp"

namespace replkit::refserver::store {

namespace {

EntryId find_id(const View& view, MDB_dbi table, std::string_view key) {
  const auto value = get(view.txn, table, to_val(key));
  return value ? to_id(to_val(*value)) : no_entry;
}

// Whether its last character is a '+' between AVAs, not an escaped one.
bool ends_in_plus(std::string_view text) {
  if (!text.ends_with('+')) return false;
  text.remove_suffix(1);
  const auto last = text.find_last_not_of('\\');
  const auto backslashes = text.size() - (last == std::string_view::npos ? 0 : last + 1);
  return backslashes % 2 == 0;
}

}  // namespace

std::optional<std::string_view> record_of(const View& view, EntryId id) {
  return get(view.txn, view.tables->entries, to_val(id));
}

RecordHead head_of(const View& view, EntryId id) {
  const auto record = record_of(view, id);
  if (!record) fail_damaged("entry " + std::to_string(id) + " is missing");
  return decode_head(*record);
}

EntryId find_uuid(const View& view, const model::Uuid& uuid) {
  return find_id(view, view.tables->uuids, {reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()});
}

EntryId find_in_tree(const View& view, std::string_view key) {
  return find_id(view, view.tables->tree, key);
}

bool has_children(const View& view, EntryId id) {
  const auto prefix = tree_key(id, {});
  Cursor cursor(view.txn, view.tables->tree);
  auto key = to_val(prefix);
  MDB_val value{};
  return cursor.move(MDB_SET_RANGE, key, value) && to_view(key).starts_with(prefix);
}

bool normalize_rdn(std::string_view rdn, EntryId superior, const model::Schema& schema, std::string& out) {
  if (!model::normalize_dn(rdn, schema, out) || out.empty()) return false;
  return superior == no_entry || model::parent_of(out).empty();
}

std::string tree_key(EntryId superior, std::string_view normalized_rdn) {
  std::string key;
  append_big_endian(key, superior);
  key += normalized_rdn;
  shorten_key(key);
  return key;
}

std::string namesake_key(EntryId superior, std::string_view normalized_rdn) {
  constexpr std::string_view type = "entryuuid=";
  if (superior == no_entry) return {};
  for (auto at = normalized_rdn.find(type); at != std::string_view::npos; at = normalized_rdn.find(type, at + 1)) {
    if (at > 0 && !ends_in_plus(normalized_rdn.substr(0, at))) continue;
    const auto end = normalized_rdn.find('+', at);
    if (at == 0 && end == std::string_view::npos) return {};
    std::string base(normalized_rdn.substr(0, at == 0 ? 0 : at - 1));
    if (end != std::string_view::npos) base += normalized_rdn.substr(at == 0 ? end + 1 : end);
    return tree_key(superior, base);
  }
  return {};
}

}  // namespace replkit::refserver::store
