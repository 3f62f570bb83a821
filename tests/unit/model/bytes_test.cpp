#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "common/model/ldif.hpp"

namespace replkit::model {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Returns the data as one gzip member.
std::string gzip(const std::string& data) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, data.size()) + 64, '\0');
  std::string in = data;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Returns all bytes of the source, read in pieces of `piece`.
std::string drain(ByteSource& source, std::size_t piece = 1000) {
  std::string out;
  std::string buffer(piece, '\0');
  for (;;) {
    const auto n = source.read(buffer.data(), buffer.size());
    if (n == 0) return out;
    out.append(buffer, 0, n);
  }
}

class Bytes : public testing::Test {
 protected:
  Bytes() {
    std::string pattern = testing::TempDir() + "replkit-bytes-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Bytes() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& content) const {
    const auto path = (folder_ / "data").string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::filesystem::path folder_;
};

// Text that compresses well, but not to nothing.
std::string long_text() {
  std::string out;
  for (int i = 0; i < 40000; ++i) out += "line " + std::to_string(i * 7919) + "\n";
  return out;
}

TEST_F(Bytes, ReadsMemoryInPieces) {
  const auto text = long_text();
  EXPECT_EQ(drain(*memory_bytes(text), 7), text);
  EXPECT_EQ(drain(*memory_bytes("")), "");
}

TEST_F(Bytes, ReadsPlainFiles) {
  for (const std::string& text : std::vector<std::string>{"", "d", "dn", "\x1f", long_text()}) {
    EXPECT_EQ(drain(*open_bytes(file(text)), 1), text);
  }
}

TEST_F(Bytes, ReadsGzip) {
  for (const std::string& text : std::vector<std::string>{"", "d", long_text()}) {
    EXPECT_EQ(drain(*open_bytes(file(gzip(text)))), text);
    EXPECT_EQ(drain(*open_bytes(file(gzip(text))), 1 << 20), text);
  }
}

TEST_F(Bytes, ReadsGzipOfSeveralMembers) {
  const auto text = long_text();
  EXPECT_EQ(drain(*open_bytes(file(gzip("first\n") + gzip("") + gzip(text) + gzip("last\n")))),
            "first\n" + text + "last\n");
}

TEST_F(Bytes, TellsAboutCutGzip) {
  const auto whole = gzip(long_text());
  for (const std::size_t size :
       {std::size_t{2}, std::size_t{9}, whole.size() / 2, whole.size() - 4, whole.size() - 1}) {
    const auto path = file(whole.substr(0, size));
    EXPECT_THAT([&] { drain(*open_bytes(path)); },
                ThrowsMessage<LocalError>(HasSubstr(path + ": the gzip data is cut off")))
        << size;
  }
}

TEST_F(Bytes, TellsAboutDamagedGzip) {
  auto damaged = gzip(long_text());
  damaged[damaged.size() - 6] ^= 1;  // in the checksum
  EXPECT_THAT([&] { drain(*open_bytes(file(damaged))); }, ThrowsMessage<LocalError>(HasSubstr("incorrect data check")));
  const auto garbage = gzip("dn: cn=a\n") + "garbage";
  EXPECT_THAT([&] { drain(*open_bytes(file(garbage))); },
              ThrowsMessage<LocalError>(HasSubstr("the gzip data is damaged")));
}

TEST_F(Bytes, NamesFilesThatCannotBeRead) {
  const auto missing = (folder_ / "missing").string();
  EXPECT_THAT([&] { open_bytes(missing); },
              ThrowsMessage<LocalError>(HasSubstr(missing + ": cannot open: No such file or directory")));
  EXPECT_THAT([&] { open_bytes(folder_.string()); },
              ThrowsMessage<LocalError>(HasSubstr(folder_.string() + ": cannot read: Is a directory")));
}

TEST_F(Bytes, ReadsStandardInput) {
  const auto path = file(gzip("dn: cn=a\n"));
  const int saved = ::dup(STDIN_FILENO);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::dup2(fd, STDIN_FILENO), STDIN_FILENO);
  ::close(fd);
  const auto read = drain(*open_bytes("-"));
  if (saved >= 0) {
    ::dup2(saved, STDIN_FILENO);
    ::close(saved);
  }
  EXPECT_EQ(read, "dn: cn=a\n");
}

}  // namespace
}  // namespace replkit::model
