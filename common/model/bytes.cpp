// The byte sources LDIF is read from: memory, plain files and gzip.
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "common/base/files.hpp"
#include "common/model/ldif.hpp"

namespace replkit::model {

namespace {

class MemoryBytes final : public ByteSource {
 public:
  explicit MemoryBytes(std::string_view data) : rest_(data) {}

  std::size_t read(char* data, std::size_t size) override {
    const auto n = rest_.copy(data, size);
    rest_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view rest_;
};

class FileBytes final : public ByteSource {
 public:
  explicit FileBytes(const std::string& path) : name_(path == "-" ? "standard input" : path) {
    fd_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd_ < 0) throw LocalError(name_ + ": cannot open: " + last_error_text());
  }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  ~FileBytes() override {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }

  const std::string& name() const { return name_; }

  // Whether the first bytes are those of gzip. They are still there for read(). To be asked before the first read().
  bool is_gzip() {
    while (head_size_ < head_.size()) {
      const auto n = read_file(head_.data() + head_size_, head_.size() - head_size_);
      if (n == 0) return false;
      head_size_ += n;
    }
    return head_[0] == '\x1f' && head_[1] == '\x8b';
  }

  std::size_t read(char* data, std::size_t size) override {
    if (head_at_ == head_size_) return read_file(data, size);
    const auto n = std::min(size, head_size_ - head_at_);
    std::memcpy(data, head_.data() + head_at_, n);
    head_at_ += n;
    return n;
  }

 private:
  std::size_t read_file(char* data, std::size_t size) const {
    for (;;) {
      const auto n = ::read(fd_, data, size);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) throw LocalError(name_ + ": cannot read: " + last_error_text());
    }
  }

  std::string name_;
  int fd_ = -1;
  std::array<char, 2> head_{};
  std::size_t head_size_ = 0;
  std::size_t head_at_ = 0;
};

// gzip (RFC 1952): members one after the other are one stream, as gunzip reads them.
class GzipBytes final : public ByteSource {
 public:
  explicit GzipBytes(std::unique_ptr<FileBytes> file) : file_(std::move(file)), input_(65536) {
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (::inflateInit2(&stream_, gzip_only) != Z_OK) throw LocalError(file_->name() + ": cannot set up gzip reading");
  }
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;
  ~GzipBytes() override { ::inflateEnd(&stream_); }

  std::size_t read(char* data, std::size_t size) override {
    size = std::min<std::size_t>(size, 1U << 30);  // zlib counts in unsigned int
    stream_.next_out = reinterpret_cast<Bytef*>(data);
    stream_.avail_out = static_cast<uInt>(size);
    while (stream_.avail_out == size) {
      if (stream_.avail_in == 0 && !refill()) {
        if (in_member_) throw LocalError(file_->name() + ": the gzip data is cut off: the file is not complete");
        return 0;
      }
      inflate_some();
    }
    return size - stream_.avail_out;
  }

 private:
  bool refill() {
    const auto n = file_->read(input_.data(), input_.size());
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(n);
    return n != 0;
  }

  void inflate_some() {
    if (!in_member_) ::inflateReset(&stream_);
    in_member_ = true;
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      in_member_ = false;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      throw LocalError(file_->name() + ": the gzip data is damaged (" +
                       (stream_.msg != nullptr ? stream_.msg : ::zError(result)) + ")");
    }
  }

  std::unique_ptr<FileBytes> file_;
  std::vector<char> input_;
  z_stream stream_{};
  bool in_member_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> open_bytes(const std::string& path) {
  auto file = std::make_unique<FileBytes>(path);
  if (file->is_gzip()) return std::make_unique<GzipBytes>(std::move(file));
  return file;
}

std::unique_ptr<ByteSource> memory_bytes(std::string_view data) {
  return std::make_unique<MemoryBytes>(data);
}

}  // namespace replkit::model
