// The history of sessions (draft-ietf-ldup-mrm-02 4.19, 4.22): JSON lines in a file outside the directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/time.hpp"

namespace replkit::refserver::exchange {

enum class Direction : std::uint8_t { sent, received };
enum class SessionKind : std::uint8_t { incremental, full, offline };

// One session, whoever began it.
struct SessionRecord {
  std::string id;       // unique on this server
  std::string area;     // DN of its root
  std::string partner;  // replica ID; of an offline file: whom it is for
  std::string peer;     // URI, address or file
  Direction direction = Direction::sent;
  SessionKind kind = SessionKind::incremental;
  std::string reason;  // why it began: "changes", "manual"
  Instant started;
  Instant ended;
  std::uint64_t updates = 0;       // entries
  std::uint64_t primitives = 0;    //
  std::uint64_t applied = 0;       // updates of which something was news; received ones only
  std::uint64_t superseded = 0;    // primitives that something newer had overtaken; received ones only
  std::string result = "success";  // "busy", "failure", "terminated"
  int code = 0;                    // result code of LDAP; 0 when there is none
  std::string text;
  std::vector<std::string> schema_mismatches;
  std::vector<std::string> events;  // conflicts and how they were resolved
};

// Returns the record as a line of JSON, without its end.
std::string history_line(const SessionRecord& record);

// Safe to use from any thread. A file that cannot be written costs the history its lines, not the sessions.
class History {
 public:
  // No file: nothing is kept.
  explicit History(std::filesystem::path file);
  History(const History&) = delete;
  History& operator=(const History&) = delete;
  ~History();

  void write(const SessionRecord& record) noexcept;
  // Opens the file again, under its name. Throws LocalError.
  void reopen();

 private:
  const std::filesystem::path file_;
  std::mutex mutex_;
  int fd_ = -1;
  bool torn_ = false;  // the last line is not whole
};

}  // namespace replkit::refserver::exchange
