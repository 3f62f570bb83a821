// The audit trail as a file of JSON lines, outside the directory (draft-ietf-ldup-mrm 4.19).
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

#include "tests/refserver/config/config.hpp"
#include "tests/refserver/directory/audit.hpp"

namespace replkit::refserver::server {

// Each record is one line, written at once. What cannot be written waits in memory and is tried again with the next
// record or change, so that a full disk loses nothing but the server's memory does.
class AuditFile : public directory::AuditSink {
 public:
  // `trouble` is told, once, when the file cannot be written any more, and when it can again. Throws LocalError when it
  // cannot be opened.
  AuditFile(config::AuditOptions options, std::function<void(const std::string&)> trouble);
  AuditFile(const AuditFile&) = delete;
  AuditFile& operator=(const AuditFile&) = delete;
  ~AuditFile() override;

  std::optional<std::string> refuses() const override;
  void record(const directory::AuditRecord& record) noexcept override;

  // Opens the file again, under its name. Throws LocalError and goes on with the old one when that fails.
  void reopen();

 private:
  void flush() const;

  const config::AuditOptions options_;
  const std::function<void(const std::string&)> trouble_;
  mutable std::mutex mutex_;
  mutable std::string waiting_;  // whole lines; the first may be the rest of one
  mutable bool failing_ = false;
  int fd_ = -1;
};

// Returns the record as a line of JSON.
std::string audit_line(const directory::AuditRecord& record);

}  // namespace replkit::refserver::server
