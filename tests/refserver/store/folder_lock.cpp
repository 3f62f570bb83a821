#include "tests/refserver/store/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"

namespace replkit::refserver::store {

void make_private_folder(const std::filesystem::path& folder) {
  std::error_code failure;
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), failure);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw LocalError(folder.string() + ": cannot make the folder: " + last_error_text());
  }
}

FolderLock::FolderLock(const std::filesystem::path& folder) {
  make_private_folder(folder);
  const auto path = folder / "lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) throw LocalError(path.string() + ": cannot open: " + last_error_text());
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    const auto reason = errno;
    char pid[32] = {};
    const auto size = ::pread(fd_, pid, sizeof pid - 1, 0);
    ::close(fd_);
    if (reason != EWOULDBLOCK) {
      errno = reason;
      throw LocalError(path.string() + ": cannot lock: " + last_error_text());
    }
    const auto owner = size > 0 ? " " + printable(trim(pid)) : std::string();
    throw LocalError(folder.string() + ": the store is in use by process" + owner);
  }
  // What the file says serves people only: it does not matter when it cannot be written.
  const auto pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, pid.data(), pid.size(), 0) < 0) errno = 0;
}

FolderLock::~FolderLock() {
  ::close(fd_);
}

std::string FolderLock::identity() const {
  struct statx status {};
  if (::statx(fd_, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0) {
    throw LocalError(std::string("cannot look at the lock of the store: ") + last_error_text());
  }
  // Some filesystems do not know births: zero then.
  return fmt::format("{} {}.{:09}", status.stx_ino, status.stx_btime.tv_sec, status.stx_btime.tv_nsec);
}

namespace {

bool is_same_file(int fd, const std::filesystem::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

}  // namespace

DataLock::DataLock(const std::filesystem::path& folder, Kind kind) {
  const auto path = folder / data_file;
  const int how = kind == Kind::copying ? LOCK_SH : LOCK_EX | LOCK_NB;
  for (;;) {
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) throw LocalError(path.string() + ": cannot open: " + last_error_text());
    const bool locked = ::flock(fd_, how) == 0;
    if (locked && is_same_file(fd_, path)) return;
    const auto reason = errno;
    ::close(fd_);
    if (locked || reason == EINTR) continue;  // it was replaced while this one waited
    if (reason == EWOULDBLOCK) throw LocalError(folder.string() + ": a backup of it is being made: try again later");
    errno = reason;
    throw LocalError(path.string() + ": cannot lock: " + last_error_text());
  }
}

DataLock::~DataLock() {
  ::close(fd_);
}

}  // namespace replkit::refserver::store
