#include "tests/refserver/exchange/history.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"

namespace replkit::refserver::exchange {

std::string history_line(const SessionRecord& record) {
  constexpr const char* kinds[] = {"incremental", "full", "offline"};
  nlohmann::ordered_json out;
  out["schema"] = 1;
  out["started"] = format_utc(record.started);
  out["ended"] = format_utc(record.ended);
  out["session"] = record.id;
  out["area"] = record.area;
  out["direction"] = record.direction == Direction::sent ? "sent" : "received";
  out["partner"] = record.partner;
  out["peer"] = record.peer;
  out["kind"] = kinds[static_cast<std::size_t>(record.kind)];
  if (!record.reason.empty()) out["reason"] = record.reason;
  out["updates"] = record.updates;
  out["primitives"] = record.primitives;
  if (record.direction == Direction::received) {
    out["applied"] = record.applied;
    out["superseded"] = record.superseded;
  }
  out["result"] = record.result;
  if (record.code != 0) out["code"] = record.code;
  if (!record.text.empty()) out["text"] = printable(record.text);
  if (!record.schema_mismatches.empty()) out["schema_mismatches"] = record.schema_mismatches;
  if (!record.events.empty()) out["events"] = record.events;
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

History::History(std::filesystem::path file) : file_(std::move(file)) {
  if (!file_.empty()) reopen();
}

History::~History() {
  if (fd_ >= 0) ::close(fd_);
}

void History::reopen() {
  if (file_.empty()) return;
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) throw LocalError(printable(file_.string()) + ": " + last_error_text());
  const std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  torn_ = false;
}

void History::write(const SessionRecord& record) noexcept {
  try {
    if (file_.empty()) return;
    auto line = history_line(record) + '\n';
    const std::lock_guard lock(mutex_);
    if (torn_) line.insert(0, 1, '\n');
    // One write, so that lines stay whole; but the disk may fill up in the middle of one.
    const auto written = ::write(fd_, line.data(), line.size());
    if (written > 0) torn_ = static_cast<std::size_t>(written) < line.size();
  } catch (const std::exception&) {
  }
}

}  // namespace replkit::refserver::exchange
