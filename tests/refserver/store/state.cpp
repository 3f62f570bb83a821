#include "tests/refserver/store/state.hpp"

#include "tests/refserver/store/bytes.hpp"
#include "tests/refserver/store/meta.hpp"
#include "tests/refserver/store/record.hpp"

namespace replkit::refserver::store {

StoreState read_state(MDB_txn* txn, const Tables& tables) {
  StoreState state;
  const auto bytes = get_meta(txn, tables, "state");
  if (!bytes) return state;
  ByteReader in(*bytes);
  state.next_id = in.number();
  state.entries = in.number();
  state.last_csn = take_csn(in);
  in.end();
  return state;
}

void write_state(MDB_txn* txn, const Tables& tables, const StoreState& state) {
  std::string bytes;
  append_number(bytes, state.next_id);
  append_number(bytes, state.entries);
  append_csn(bytes, state.last_csn);
  put_meta(txn, tables, "state", bytes);
}

}  // namespace replkit::refserver::store
