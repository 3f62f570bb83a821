// Holds a folder for one process: two writers of one store would both believe they are alone.
#pragma once

#include <filesystem>

namespace replkit::refserver::store {

class FolderLock {
 public:
  // Makes the folder (0700) when it is missing and locks the file "lock" in it, which then holds this process's id.
  // Throws LocalError that names the process that has it.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int fd_ = -1;
};

// Makes the folder with its parents: it alone gets mode 0700. Nothing happens when it exists.
void make_private_folder(const std::filesystem::path& folder);

}  // namespace replkit::refserver::store
