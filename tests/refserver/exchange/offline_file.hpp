// Full updates as files, for areas that are too large for the line (draft-ietf-ldup-mrm-02 4.1.1): the LDAP messages
// that a supplier would send, one after the other: an anonymous bind, createGrouping, the updates, endGrouping with the
// update vector, unbind.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/ldup/primitive.hpp"
#include "common/ldup/session.hpp"
#include "tests/refserver/protocol/messages.hpp"

namespace replkit::refserver::exchange {

// Whether it is a name for such a file: no folder, not hidden, at most 255 printable bytes.
bool is_plain_name(std::string_view name);

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

class OfflineWriter {
 public:
  // Begins a file (0600) that must not be there, and is not until finish(). `area`: the DN of the replica that it is
  // for. Throws LocalError, as all members.
  OfflineWriter(std::filesystem::path path, const std::string& replica_id, const std::string& area);
  OfflineWriter(const OfflineWriter&) = delete;
  OfflineWriter& operator=(const OfflineWriter&) = delete;

  void write(const ldup::EntryUpdate& update);
  // Writes the end; the file is there then, and on disk.
  void finish(const ldup::UpdateVector& vector);

  std::string name() const { return path_.filename().string(); }

 private:
  void put(protocol::Request request, bool grouped = false);
  [[noreturn]] void fail() const;

  const std::filesystem::path path_;
  FileHandle file_;
  std::int32_t id_ = 0;
};

class OfflineReader {
 public:
  // Reads what comes before the updates. Throws LocalError, as all members: the file cannot be read, or is no such
  // file.
  explicit OfflineReader(std::filesystem::path path);

  const ldup::CreateReplGroupRequest& header() const { return header_; }
  // Returns the value of the next update; nothing at the end.
  std::optional<std::string> next();
  // After the end: the update vector.
  const ldup::UpdateVector& vector() const { return vector_; }

  std::string name() const { return path_.filename().string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  protocol::RequestMessage message();
  [[noreturn]] void fail(const std::string& problem) const;

  const std::filesystem::path path_;
  FileHandle file_;
  ldup::CreateReplGroupRequest header_;
  ldup::UpdateVector vector_;
};

}  // namespace replkit::refserver::exchange
