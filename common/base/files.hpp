// Local files: read whole with a bound, written so that a reader sees the old or the new content and nothing between.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace replkit {

// Returns the content of the file. Throws LocalError when it cannot be read or has over `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::size_t limit);

enum class FileMode { private_file /* 0600 */, public_file /* 0666 less the umask */ };

// A file that appears under its name only when commit() is called: written beside it under a temporary name, synced,
// renamed. Without commit() the temporary file is removed. Every member throws LocalError naming the file.
class AtomicFile {
 public:
  AtomicFile(std::filesystem::path path, FileMode mode);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::string_view data);
  void commit();

 private:
  void flush();
  [[noreturn]] void fail(const char* action) const;

  std::filesystem::path path_;
  std::string temporary_;
  std::string buffer_;
  int fd_ = -1;
};

// Returns the last system error (errno) as text.
std::string last_error_text();

}  // namespace replkit
