// What the store keeps of itself, written with every transaction that changes anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/ldup/csn.hpp"
#include "tests/refserver/store/entry.hpp"

struct MDB_txn;

namespace replkit::refserver::store {

struct Tables;

struct StoreState {
  EntryId next_id = 1;
  std::uint64_t entries = 0;  // tombstones not counted
  ldup::Csn last_csn;         // the newest given out or seen
};

// Returns what the transaction sees; a new store's when there is none yet.
StoreState read_state(MDB_txn* txn, const Tables& tables);
void write_state(MDB_txn* txn, const Tables& tables, const StoreState& state);

}  // namespace replkit::refserver::store
