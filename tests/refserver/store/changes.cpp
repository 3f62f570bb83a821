#include "tests/refserver/store/changes.hpp"

#include <algorithm>

#include "tests/refserver/store/bytes.hpp"
#include "tests/refserver/store/meta.hpp"

namespace replkit::refserver::store {

namespace {

constexpr std::string_view made_name = "changes made";
constexpr std::size_t max_origin = 256;
constexpr std::size_t mark_size = 24;

// Makes negative numbers sort before the others.
std::uint64_t biased(std::int64_t value) {
  return static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63U);
}

std::string origin_key(std::string_view origin) {
  std::string key(origin);
  key += '\0';
  return key;
}

std::string change_key(std::string_view origin, const ldup::Csn& csn, EntryId id) {
  auto key = origin_key(origin);
  append_big_endian(key, biased(csn.time().time_since_epoch().count()));
  append_big_endian(key, std::uint64_t{csn.count()} << 32U | csn.modification());
  append_big_endian(key, id);
  return key;
}

std::uint64_t take_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8U | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

ChangeMark take_mark(std::string_view origin, std::string_view bytes) {
  if (bytes.size() != mark_size) fail_damaged("a key of the index of changes is malformed");
  const Instant time{
      std::chrono::microseconds{static_cast<std::int64_t>(biased(static_cast<std::int64_t>(take_big_endian(bytes))))}};
  const auto numbers = take_big_endian(bytes.substr(8));
  return {ldup::Csn(time, static_cast<std::uint32_t>(numbers >> 32U), std::string(origin),
                    static_cast<std::uint32_t>(numbers)),
          take_big_endian(bytes.substr(16))};
}

}  // namespace

std::vector<std::string> change_keys(EntryId id, const std::vector<ldup::Csn>& csns) {
  std::vector<const ldup::Csn*> newest;
  for (const auto& csn : csns) {
    if (csn.replica_id().empty()) continue;
    if (csn.replica_id().size() > max_origin) throw LocalError("store: a CSN's replica ID is too long");
    const auto found = std::find_if(newest.begin(), newest.end(),
                                    [&](const auto* other) { return other->replica_id() == csn.replica_id(); });
    if (found == newest.end()) {
      newest.push_back(&csn);
    } else if (**found < csn) {
      *found = &csn;
    }
  }
  std::vector<std::string> keys;
  for (const auto* csn : newest) keys.push_back(change_key(csn->replica_id(), *csn, id));
  std::sort(keys.begin(), keys.end());
  return keys;
}

bool list_changes(const View& view, std::string_view origin, ChangeMark& after, std::size_t limit,
                  std::vector<ChangeMark>& out) {
  const auto prefix = origin_key(origin);
  const auto start = change_key(origin, after.csn, after.entry);
  Cursor cursor(view.txn, view.tables->changes);
  auto key = to_val(start);
  MDB_val value{};
  bool more = cursor.move(MDB_SET_RANGE, key, value);
  if (more && to_view(key) == start) more = cursor.move(MDB_NEXT, key, value);
  for (; more && to_view(key).starts_with(prefix); more = cursor.move(MDB_NEXT, key, value)) {
    if (limit-- == 0) return true;
    after = out.emplace_back(take_mark(origin, to_view(key).substr(prefix.size())));
  }
  return false;
}

std::vector<std::string> list_origins(const View& view) {
  std::vector<std::string> out;
  Cursor cursor(view.txn, view.tables->changes);
  std::string start;
  for (;;) {
    auto key = to_val(start);
    MDB_val value{};
    if (!cursor.move(start.empty() ? MDB_FIRST : MDB_SET_RANGE, key, value)) return out;
    out.emplace_back(to_view(key).substr(0, to_view(key).find('\0')));
    start = out.back() + '\x01';
  }
}

void open_changes(Environment& environment) {
  environment.write([&](MDB_txn* txn) {
    const auto& tables = environment.tables();
    if (get_meta(txn, tables, made_name)) return;
    check_code(mdb_drop(txn, tables.changes, 0), "write");
    Cursor cursor(txn, tables.entries);
    MDB_val id{};
    MDB_val record{};
    for (bool more = cursor.move(MDB_FIRST, id, record); more; more = cursor.move(MDB_NEXT, id, record)) {
      for (const auto& bytes : change_keys(to_id(id), decode_csns(to_view(record)))) {
        auto key = to_val(bytes);
        auto nothing = to_val(std::string_view());
        check_code(mdb_put(txn, tables.changes, &key, &nothing, 0), "write");
      }
    }
    put_meta(txn, tables, made_name, "");
  });
}

}  // namespace replkit::refserver::store
