// A store that is made anew beside the one that is there and then takes its place, at once: whatever happens on the
// way, the one or the other is there, whole.
#pragma once

#include <filesystem>

#include "tests/refserver/store/folder_lock.hpp"

namespace replkit::refserver::store {

// Waits until what is in the file, or which files are in the folder, is on disk. Throws LocalError.
void sync(const std::filesystem::path& path);

// Removes what interrupted ones have left in the folder of a store, to be called by who keeps others out of it: files
// of a store, and nothing else.
void discard_interrupted(const std::filesystem::path& folder) noexcept;

class Replacement {
 public:
  // Keeps other writers out of `folder` until the end, and begins with a compact copy of the store in it, if there is
  // one, in a folder `name` of it ("import", "compact"), where what an interrupted one has left goes first. Throws
  // LocalError, also when something else is in that folder.
  Replacement(const std::filesystem::path& folder, const char* name);
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement();

  // Where it is made.
  const std::filesystem::path& aside() const { return aside_; }

  // Puts it in its place; it is not open any more. Throws LocalError, also while somebody copies the one that is there.
  void commit();

 private:
  const std::filesystem::path folder_;
  const std::filesystem::path aside_;
  const FolderLock lock_;
};

}  // namespace replkit::refserver::store
