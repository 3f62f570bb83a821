#include "tests/refserver/store/meta.hpp"

namespace replkit::refserver::store {

void put_meta(MDB_txn* txn, const Tables& tables, std::string_view name, std::string_view bytes) {
  auto key = to_val(name);
  auto value = to_val(bytes);
  check_code(mdb_put(txn, tables.meta, &key, &value, 0), "write");
}

void remove_meta(MDB_txn* txn, const Tables& tables, std::string_view name) {
  auto key = to_val(name);
  const auto code = mdb_del(txn, tables.meta, &key, nullptr);
  if (code != MDB_NOTFOUND) check_code(code, "write");
}

std::map<std::string, std::string> list_meta(MDB_txn* txn, const Tables& tables, std::string_view beginning) {
  std::map<std::string, std::string> out;
  Cursor cursor(txn, tables.meta);
  auto key = to_val(beginning);
  MDB_val value{};
  for (bool more = cursor.move(MDB_SET_RANGE, key, value); more && to_view(key).starts_with(beginning);
       more = cursor.move(MDB_NEXT, key, value)) {
    out.emplace(to_view(key).substr(beginning.size()), to_view(value));
  }
  return out;
}

}  // namespace replkit::refserver::store
