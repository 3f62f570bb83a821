#include "tests/refserver/store/replacement.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <optional>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::store {

namespace {

void discard(const std::filesystem::path& path) noexcept {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

}  // namespace

void sync(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = fd >= 0 && ::fsync(fd) == 0;
  const auto problem = last_error_text();
  if (fd >= 0) ::close(fd);
  if (!done) throw LocalError(path.string() + ": cannot write: " + problem);
}

Replacement::Replacement(const std::filesystem::path& folder, const char* name)
    : folder_(folder), aside_(folder / name), lock_(folder) {
  discard(aside_);
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
