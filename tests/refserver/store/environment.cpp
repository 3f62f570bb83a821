#include "tests/refserver/store/environment.hpp"

#include <sys/mman.h>

#include <chrono>
#include <cstring>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "tests/refserver/store/bytes.hpp"
#include "tests/refserver/store/meta.hpp"

namespace replkit::refserver::store {

namespace {

constexpr std::string_view magic = "replkit store";
constexpr std::string_view format = "2";
constexpr std::string_view older_format = "1";  // without the tables of changes and namesakes: made when it is opened
constexpr unsigned max_readers = 4096;
constexpr std::size_t least_map = 16U << 20;

// Address space, not memory or disk: the map is only read through, and the file grows as it is written. With so much
// the map in effect never has to grow, which would have to wait for all readers to end. ThreadSanitizer leaves
// programs little room.
#ifdef __SANITIZE_THREAD__
constexpr std::size_t default_map = std::size_t{1} << 30;
#else
constexpr std::size_t default_map = std::size_t{256} << 30;
#endif

// Whether this process could map so much more.
bool has_address_space(std::size_t size) {
  void* const at = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return false;
  ::munmap(at, size);
  return true;
}

std::size_t first_map_size(std::size_t wanted) {
  if (wanted != 0) return std::max(wanted, std::size_t{1} << 16);
  auto size = default_map;
  while (size > least_map && !has_address_space(size)) size /= 2;
  return size;
}

bool exists(MDB_txn* txn, const char* name) {
  MDB_dbi table = 0;
  const auto code = mdb_dbi_open(txn, name, 0, &table);
  // INCOMPATIBLE: a plain key of that name, in a file of someone else's.
  if (code != MDB_NOTFOUND && code != MDB_INCOMPATIBLE) check_code(code, "look for its tables");
  return code == MDB_SUCCESS;
}

// Throws unless the file is new or a store whose format this program knows. Changes nothing.
void check_format(MDB_txn* txn, const std::filesystem::path& folder) {
  MDB_dbi main = 0;
  check_code(mdb_dbi_open(txn, nullptr, 0, &main), "open");
  MDB_stat stat{};
  check_code(mdb_stat(txn, main, &stat), "open");
  if (stat.ms_entries == 0) return;
  const auto not_ours = folder.string() + ": holds an LMDB database that is no store of this program";
  if (!exists(txn, "meta")) throw LocalError(not_ours);
  MDB_dbi meta = 0;
  check_code(mdb_dbi_open(txn, "meta", 0, &meta), "open");
  if (get(txn, meta, to_val("magic")) != magic) throw LocalError(not_ours);
  const auto found = get(txn, meta, to_val("format"));
  if (found != format && found != older_format) {
    throw LocalError(folder.string() + ": the store has format '" + printable(found.value_or("")) +
                     "', which this program does not know (it knows " + std::string(format) + ")");
  }
}

}  // namespace

void check_format(MDB_env* env, const std::filesystem::path& folder) {
  // Not one of the readers' pool: it opens handles of tables, and those go when it ends.
  MDB_txn* txn = nullptr;
  check_code(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn), "begin to read");
  const std::unique_ptr<MDB_txn, decltype(&mdb_txn_abort)> reader(txn, &mdb_txn_abort);
  check_format(reader.get(), folder);
}

void check_code(int code, const char* action) {
  if (code == MDB_SUCCESS) return;
  if (code == MDB_MAP_FULL) throw MapFull();
  if (code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND) fail_damaged(mdb_strerror(code));
  throw LocalError(std::string("store: cannot ") + action + ": " + mdb_strerror(code));
}

EntryId to_id(const MDB_val& value) {
  if (value.mv_size != sizeof(EntryId)) fail_damaged("an entry's number has a wrong size");
  EntryId id = no_entry;
  std::memcpy(&id, value.mv_data, sizeof id);
  return id;
}

void WriteTransaction::commit() {
  check_code(mdb_txn_commit(std::exchange(txn_, nullptr)), "write the changes");
}

void WriteTransaction::abort() noexcept {
  if (txn_ != nullptr) mdb_txn_abort(std::exchange(txn_, nullptr));
}

Cursor::Cursor(MDB_txn* txn, MDB_dbi table) {
  check_code(mdb_cursor_open(txn, table, &cursor_), "read");
}

bool Cursor::move(MDB_cursor_op operation, MDB_val& key, MDB_val& value) {
  const auto code = mdb_cursor_get(cursor_, &key, &value, operation);
  if (code == MDB_NOTFOUND) return false;
  check_code(code, "read");
  return true;
}

std::optional<std::string_view> get(MDB_txn* txn, MDB_dbi table, MDB_val key) {
  MDB_val value{};
  const auto code = mdb_get(txn, table, &key, &value);
  if (code == MDB_NOTFOUND) return std::nullopt;
  check_code(code, "read");
  return to_view(value);
}

Environment::Environment(const StoreOptions& options) : lock_(options.directory) {
  MDB_env* env = nullptr;
  check_code(mdb_env_create(&env), "open");
  env_.reset(env);
  check_code(mdb_env_set_mapsize(env, first_map_size(options.map_size)), "open");
  check_code(mdb_env_set_maxreaders(env, max_readers), "open");
  check_code(mdb_env_set_maxdbs(env, 8), "open");
  const unsigned flags = MDB_NOTLS | (options.durability == Durability::none ? MDB_NOSYNC : 0U);
  const auto code = mdb_env_open(env, options.directory.c_str(), flags, 0600);
  if (code != MDB_SUCCESS) {
    throw LocalError(options.directory.string() + ": cannot open the store: " + mdb_strerror(code));
  }
  int dead = 0;
  check_code(mdb_reader_check(env, &dead), "clear the slots of dead readers");
  check_format(env, options.directory);
  open_tables();
}

Environment::~Environment() {
  for (auto* reader : idle_) mdb_txn_abort(reader);
  mdb_env_sync(env_.get(), 1);
}

void Environment::open_tables() {
  write([this](MDB_txn* txn) {
    const auto open = [&](const char* name, unsigned flags, MDB_dbi& table) {
      check_code(mdb_dbi_open(txn, name, MDB_CREATE | flags, &table), "open its tables");
    };
    open("meta", 0, tables_.meta);
    open("entries", MDB_INTEGERKEY, tables_.entries);
    open("tree", 0, tables_.tree);
    open("uuids", 0, tables_.uuids);
    open("index", MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP, tables_.index);
    open("changes", 0, tables_.changes);
    open("namesakes", MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP, tables_.namesakes);
    if (get_meta(txn, tables_, "format") == format) return;
    put_meta(txn, tables_, "magic", magic);
    put_meta(txn, tables_, "format", format);
  });
}

WriteTransaction Environment::begin_write() const {
  MDB_txn* txn = nullptr;
  check_code(mdb_txn_begin(env_.get(), nullptr, 0, &txn), "begin a change");
  return WriteTransaction(txn);
}

void Environment::write(const std::function<void(MDB_txn*)>& work) {
  for (;;) {
    try {
      auto transaction = begin_write();
      work(transaction.get());
      transaction.commit();
      return;
    } catch (const MapFull&) {
      grow();
    }
  }
}

MDB_txn* Environment::take_reader() const {
  std::unique_lock lock(mutex_);
  // For a moment only: this thread may have a snapshot already, for which the growing waits.
  if (growing_) changed_.wait_for(lock, std::chrono::milliseconds(100), [this] { return !growing_; });
  MDB_txn* reader = nullptr;
  if (idle_.empty()) {
    check_code(mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &reader), "begin to read");
  } else {
    reader = idle_.back();
    const auto code = mdb_txn_renew(reader);
    check_code(code, "begin to read");
    idle_.pop_back();
  }
  ++active_;
  return reader;
}

void Environment::give_back(MDB_txn* reader) const noexcept {
  mdb_txn_reset(reader);
  const std::lock_guard lock(mutex_);
  try {
    idle_.push_back(reader);
  } catch (...) {
    mdb_txn_abort(reader);
  }
  if (--active_ == 0) changed_.notify_all();
}

void Environment::grow() {
  std::unique_lock lock(mutex_);
  growing_ = true;
  changed_.wait(lock, [this] { return active_ == 0; });
  growing_ = false;
  changed_.notify_all();
  MDB_envinfo info{};
  check_code(mdb_env_info(env_.get(), &info), "grow");
  const auto size = info.me_mapsize * 2;
  if (!has_address_space(size)) {
    throw LocalError("store: cannot grow its map to " + std::to_string(size >> 20) + " MiB: no address space is left");
  }
  check_code(mdb_env_set_mapsize(env_.get(), size), "grow");
}

}  // namespace replkit::refserver::store
