#include "common/base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "common/base/error.hpp"

namespace replkit {

std::string last_error_text() {
  return std::generic_category().message(errno);
}

std::string read_file(const std::filesystem::path& path, std::size_t limit) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  if (!file) throw LocalError(path.string() + ": cannot open: " + last_error_text());
  std::string out;
  char buffer[16384];
  for (;;) {
    const auto n = std::fread(buffer, 1, sizeof buffer, file.get());
    if (n == 0) break;
    if (out.size() + n > limit) throw LocalError(path.string() + ": larger than " + std::to_string(limit) + " bytes");
    out.append(buffer, n);
  }
  if (std::ferror(file.get()) != 0) throw LocalError(path.string() + ": cannot read: " + last_error_text());
  return out;
}

AtomicFile::AtomicFile(std::filesystem::path path, FileMode mode)
    : path_(std::move(path)), temporary_(path_.string() + ".XXXXXX") {
  fd_ = ::mkostemp(temporary_.data(), O_CLOEXEC);  // creates it with mode 0600
  if (fd_ < 0) fail("cannot create");
  if (mode == FileMode::public_file) {
    const auto mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(fd_, 0666 & ~mask) != 0) fail("cannot set the mode of");
  }
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view data) {
  buffer_ += data;
  if (buffer_.size() >= (1U << 16)) flush();
}

void AtomicFile::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const auto n = ::write(fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot write");
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  if (::fsync(fd_) != 0) fail("cannot write");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot put into place");
  ::close(fd_);
  fd_ = -1;
}

void AtomicFile::fail(const char* action) const {
  throw LocalError(path_.string() + ": " + action + ": " + last_error_text());
}

}  // namespace replkit
