// LMDB behind RAII: the folder, its lock, the tables, transactions and cursors. Only this folder sees LMDB.
#pragma once

#include <lmdb.h>

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/refserver/store/folder_lock.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::store {

// The transaction did not fit into the map: abort it, grow() and run it again.
class MapFull final : public std::exception {
 public:
  const char* what() const noexcept override { return "the store's map is full"; }
};

// Throws MapFull, or LocalError ("store: cannot ACTION: reason"), for any code but success.
void check_code(int code, const char* action);

// Throws LocalError unless the file is new or a store whose format this program knows. Changes nothing.
void check_format(MDB_env* env, const std::filesystem::path& folder);

inline MDB_val to_val(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};  // LMDB does not write there
}
inline std::string_view to_view(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}
// Entry ids as keys and values, in this machine's order: no file of LMDB serves two orders anyway.
inline MDB_val to_val(const EntryId& id) {
  return {sizeof id, const_cast<EntryId*>(&id)};
}
EntryId to_id(const MDB_val& value);

struct Tables {
  MDB_dbi meta = 0;       // name -> bytes
  MDB_dbi entries = 0;    // id -> record
  MDB_dbi tree = 0;       // superior, RDN -> id
  MDB_dbi uuids = 0;      // UUID -> id
  MDB_dbi index = 0;      // index key -> ids
  MDB_dbi changes = 0;    // origin, newest CSN of it in an entry, id -> nothing
  MDB_dbi namesakes = 0;  // superior, RDN without entryUUID -> ids of those that had to take it into their RDNs
};

class WriteTransaction {
 public:
  explicit WriteTransaction(MDB_txn* txn) : txn_(txn) {}
  WriteTransaction(WriteTransaction&& other) noexcept : txn_(std::exchange(other.txn_, nullptr)) {}
  WriteTransaction& operator=(WriteTransaction&&) = delete;
  ~WriteTransaction() { abort(); }

  MDB_txn* get() const { return txn_; }
  // Throws MapFull or LocalError; then nothing of it is stored.
  void commit();
  void abort() noexcept;

 private:
  MDB_txn* txn_;
};

class Cursor {
 public:
  Cursor(MDB_txn* txn, MDB_dbi table);
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  ~Cursor() { mdb_cursor_close(cursor_); }

  // Moves as `operation` says, from and to `key` and `value`. Returns false when there is nothing there.
  bool move(MDB_cursor_op operation, MDB_val& key, MDB_val& value);
  MDB_cursor* get() const { return cursor_; }

 private:
  MDB_cursor* cursor_ = nullptr;
};

// Returns the value under the key; nothing when there is none.
std::optional<std::string_view> get(MDB_txn* txn, MDB_dbi table, MDB_val key);

class Environment {
 public:
  // Opens or makes the store in its folder, with its tables. Throws LocalError: not ours, newer, in use, no space.
  explicit Environment(const StoreOptions& options);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  // There must be no transaction any more.
  ~Environment();

  const Tables& tables() const { return tables_; }
  MDB_env* get() const { return env_.get(); }

  WriteTransaction begin_write() const;
  // Runs `work` in one transaction and commits it; again from its start when the map had to grow.
  void write(const std::function<void(MDB_txn*)>& work);

  // Returns a transaction that sees what is committed now; from any thread, to any thread.
  MDB_txn* take_reader() const;
  void give_back(MDB_txn* reader) const noexcept;

  // As FolderLock's.
  std::string identity() const { return lock_.identity(); }

  // Doubles the map once no reader is left; new ones wait for a moment. There must be no write transaction.
  void grow();

 private:
  void open_tables();

  struct Close {
    void operator()(MDB_env* env) const { mdb_env_close(env); }
  };
  FolderLock lock_;
  std::unique_ptr<MDB_env, Close> env_;
  Tables tables_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::vector<MDB_txn*> idle_;  // reset, to be renewed
  mutable std::size_t active_ = 0;
  bool growing_ = false;
};

// A reader that gives itself back.
class ReadTransaction {
 public:
  explicit ReadTransaction(const Environment& environment)
      : environment_(environment), txn_(environment.take_reader()) {}
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ~ReadTransaction() { environment_.give_back(txn_); }

  MDB_txn* get() const { return txn_; }

 private:
  const Environment& environment_;
  MDB_txn* txn_;
};

}  // namespace replkit::refserver::store
