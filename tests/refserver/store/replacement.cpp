#include "tests/refserver/store/replacement.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <optional>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::store {

namespace {

// Somebody else's files stay, and so does the folder then.
void discard(const std::filesystem::path& aside) noexcept {
  std::error_code ignored;
  for (const auto* name : {data_file, "lock.mdb", "lock"}) std::filesystem::remove(aside / name, ignored);
  std::filesystem::remove(aside, ignored);
}

}  // namespace

void sync(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = fd >= 0 && ::fsync(fd) == 0;
  const auto problem = last_error_text();
  if (fd >= 0) ::close(fd);
  if (!done) throw LocalError(path.string() + ": cannot write: " + problem);
}

void discard_interrupted(const std::filesystem::path& folder) noexcept {
  for (const auto* name : {"import", "compact"}) discard(folder / name);
}

Replacement::Replacement(const std::filesystem::path& folder, const char* name)
    : folder_(folder), aside_(folder / name), lock_(folder) {
  discard_interrupted(folder_);
  if (std::filesystem::exists(aside_)) {
    throw LocalError(aside_.string() + ": is in the way: a new store is made in a folder of this name");
  }
  try {
    if (std::filesystem::exists(folder_ / data_file)) copy_store(folder_, aside_);
  } catch (...) {
    discard(aside_);
    throw;
  }
}

Replacement::~Replacement() {
  discard(aside_);
}

void Replacement::commit() {
  sync(aside_ / data_file);
  std::optional<DataLock> replacing;
  if (std::filesystem::exists(folder_ / data_file)) replacing.emplace(folder_, DataLock::Kind::replacing);
  std::error_code error;
  std::filesystem::rename(aside_ / data_file, folder_ / data_file, error);
  if (error) throw LocalError(folder_.string() + ": cannot put the store in its place: " + error.message());
  sync(folder_);
}

}  // namespace replkit::refserver::store
