// Holds a folder for one process: two writers of one store would both believe they are alone.
#pragma once

#include <filesystem>
#include <string>

namespace replkit::refserver::store {

class FolderLock {
 public:
  // Makes the folder (0700) when it is missing and locks the file "lock" in it, which then holds this process's id.
  // Throws LocalError that names the process that has it.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

  // Returns what tells the folder from copies of it: number and time of birth of the file.
  std::string identity() const;

 private:
  int fd_ = -1;
};

// LMDB's file, which is the whole store.
inline constexpr const char* data_file = "data.mdb";

// Keeps the file of a store from being replaced while it is copied, by whatever process. LMDB's lock file, which all
// share who have the store open, says what is newest in the file: of another file that would be wrong.
class DataLock {
 public:
  enum class Kind { copying, replacing };
  // Throws LocalError: there is none; it is to be replaced, and is being copied. Copying waits for the replacing.
  DataLock(const std::filesystem::path& folder, Kind kind);
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;
  ~DataLock();

 private:
  int fd_ = -1;
};

// Makes the folder with its parents: it alone gets mode 0700. Nothing happens when it exists.
void make_private_folder(const std::filesystem::path& folder);

}  // namespace replkit::refserver::store
