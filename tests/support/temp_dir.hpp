// A directory of one's own for a test.
#pragma once

#include <filesystem>
#include <string_view>

namespace replkit::support {

// Made under $TMPDIR or /tmp with a short name (Unix sockets inside must fit sun_path). Removed at the end, unless the
// test program has a failure by then or REPLKIT_KEEP is set: then it stays and its path is printed.
class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Writes a whole file. Throws LocalError when that fails.
void write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace replkit::support
