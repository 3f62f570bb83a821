#include "tests/refserver/store/backup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/error.hpp"
#include "common/base/files.hpp"

namespace replkit::refserver::store {

namespace {

class File {
 public:
  File(const std::filesystem::path& path, int flags) : path_(path), fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail("open");
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { ::close(fd_); }

  int get() const { return fd_; }
  void sync() const {
    if (::fsync(fd_) != 0) fail("write");
  }

 private:
  [[noreturn]] void fail(const char* action) const {
    throw LocalError(path_.string() + ": cannot " + action + ": " + last_error_text());
  }

  std::filesystem::path path_;
  int fd_;
};

void copy(MDB_env* environment, const std::filesystem::path& path) {
  const File file(path, O_WRONLY | O_CREAT | O_EXCL);
  const auto code = mdb_env_copyfd2(environment, file.get(), MDB_CP_COMPACT);
  if (code != MDB_SUCCESS) throw LocalError(path.string() + ": cannot write the copy: " + mdb_strerror(code));
  file.sync();
}

void copy_into(MDB_env* environment, const std::filesystem::path& folder) {
  make_private_folder(folder);
  std::error_code failure;
  if (!std::filesystem::is_empty(folder, failure) || failure) {
    throw LocalError(folder.string() + ": a backup needs an empty folder");
  }
  if (::chmod(folder.c_str(), 0700) != 0) {
    throw LocalError(folder.string() + ": cannot set the mode: " + last_error_text());
  }
  const auto path = folder / data_file;
  try {
    copy(environment, path);
    File(folder, O_RDONLY | O_DIRECTORY).sync();
  } catch (...) {
    std::filesystem::remove(path, failure);
    throw;
  }
}

}  // namespace

void back_up(const Environment& environment, const std::filesystem::path& folder) {
  // While it is held, the map does not grow under the copy, which reads on its own.
  const ReadTransaction reader(environment);
  copy_into(environment.get(), folder);
}

void copy_store(const std::filesystem::path& from, const std::filesystem::path& to) {
  const DataLock lock(from, DataLock::Kind::copying);
  MDB_env* env = nullptr;
  check_code(mdb_env_create(&env), "open");
  const std::unique_ptr<MDB_env, decltype(&mdb_env_close)> closing(env, &mdb_env_close);
  check_code(mdb_env_set_maxdbs(env, 1), "open");
  // Read-only, it takes a reader's slot, and the map's size from the file: whoever writes there is not disturbed.
  if (const auto code = mdb_env_open(env, from.c_str(), MDB_RDONLY | MDB_NOTLS, 0600); code != MDB_SUCCESS) {
    throw LocalError(from.string() + ": cannot open the store: " + mdb_strerror(code));
  }
  check_format(env, from);
  copy_into(env, to);
}

}  // namespace replkit::refserver::store
