// The table in which the store keeps what it knows of itself, by name.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tests/refserver/store/environment.hpp"

namespace replkit::refserver::store {

inline std::optional<std::string_view> get_meta(MDB_txn* txn, const Tables& tables, std::string_view name) {
  return get(txn, tables.meta, to_val(name));
}
void put_meta(MDB_txn* txn, const Tables& tables, std::string_view name, std::string_view bytes);
// Under which Writer::put_state() keeps what is not the store's own.
inline std::string state_name(std::string_view name) {
  return "state of " + std::string(name);
}

// Nothing happens when there is none of that name.
void remove_meta(MDB_txn* txn, const Tables& tables, std::string_view name);

// Returns all whose names begin so, by the rest of their names.
std::map<std::string, std::string> list_meta(MDB_txn* txn, const Tables& tables, std::string_view beginning);

}  // namespace replkit::refserver::store
