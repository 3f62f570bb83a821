#include "tests/refserver/server/audit_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"

namespace replkit::refserver::server {

namespace {

constexpr std::size_t most_waiting = 4 << 20;

int open_file(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0) throw LocalError(printable(file.string()) + ": cannot open the audit file: " + last_error_text());
  return fd;
}

}  // namespace

std::string audit_line(const directory::AuditRecord& record) {
  nlohmann::ordered_json line = {{"time", format_utc(record.time)}};
  if (const auto* caller = record.caller) {
    line["administrator"] = printable(record.authenticated_dn.empty() ? caller->dn : record.authenticated_dn);
    if (!record.authenticated_dn.empty() && record.authenticated_dn != caller->dn) line["as"] = printable(caller->dn);
    line["mechanism"] = caller->mechanism;
    line["peer"] = printable(caller->security.peer);
    line["connection"] = caller->connection;
  }
  line["operation"] = record.operation;
  line["dn"] = printable(record.dn);
  if (!record.new_dn.empty()) line["new_dn"] = printable(record.new_dn);
  if (!record.attributes.empty()) {
    auto& names = line["attributes"] = nlohmann::ordered_json::array();
    for (const auto& name : record.attributes) names.push_back(printable(name));
  }
  if (record.write_unwriteable) line["write_unwriteable"] = true;
  line["result"] = static_cast<int>(record.result);
  if (!record.csn.empty()) line["csn"] = record.csn;
  return line.dump();
}

AuditFile::AuditFile(config::AuditOptions options, std::function<void(const std::string&)> trouble)
    : options_(std::move(options)), trouble_(std::move(trouble)), fd_(open_file(options_.file)) {}

AuditFile::~AuditFile() {
  close(fd_);
}

std::optional<std::string> AuditFile::refuses() const {
  const std::lock_guard lock(mutex_);
  if (!failing_ || !options_.required) return std::nullopt;
  flush();
  if (!failing_) return std::nullopt;
  return "the audit file cannot be written";
}

void AuditFile::record(const directory::AuditRecord& record) noexcept {
  try {
    const auto line = audit_line(record) + '\n';
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > most_waiting) return;  // it was said that the file fails
    waiting_ += line;
    flush();
  } catch (const std::exception&) {  // out of memory: there is nobody to tell
  }
}

void AuditFile::flush() const {
  while (!waiting_.empty()) {
    const auto written = write(fd_, waiting_.data(), waiting_.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      if (!std::exchange(failing_, true)) {
        trouble_("the audit file " + options_.file.string() + " cannot be written: " + last_error_text() +
                 (options_.required ? "; changes are refused" : ""));
      }
      return;
    }
    waiting_.erase(0, static_cast<std::size_t>(written));
  }
  if (std::exchange(failing_, false)) trouble_("the audit file " + options_.file.string() + " is written again");
}

void AuditFile::reopen() {
  const int fresh = open_file(options_.file);
  const std::lock_guard lock(mutex_);
  // What waits belongs after what the old file has of it.
  close(std::exchange(fd_, fresh));
  flush();
}

}  // namespace replkit::refserver::server
