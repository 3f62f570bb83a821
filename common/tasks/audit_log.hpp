// The local record of what was done to servers: who, when, where, what. One JSON object a line.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "common/base/time.hpp"
#include "common/tasks/plan.hpp"

namespace replkit::tasks {

// Who runs which command.
struct Actor {
  std::string command;  // "repctl replica create"
  std::string user;     // the local one, with the number in case the name changes: "ada (1000)"
  std::string host;
  std::string run;  // the same for all lines of one run
};

// Returns the actor for this process.
Actor current_actor(std::string command);

// Returns $XDG_STATE_HOME/replkit, or else ~/.local/state/replkit. Throws UsageError when neither is known.
std::filesystem::path state_directory();

// Makes the folder (0700) and those above it when they are not there. Throws LocalError.
void make_private_folder(const std::filesystem::path& folder);

class AuditLog {
 public:
  // Opens the file to append to it, and makes it (0600) and its folder (0700) when they are not there. Throws
  // LocalError.
  AuditLog(const std::filesystem::path& file, Actor actor, const Clock& clock = system_clock());
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;
  ~AuditLog();

  // Writes a line about one step. `state` is "sent" before it goes out, then "done", "settled" or "failed"; values of
  // passwords are left out. Throws LocalError when the line cannot be written.
  void write(const Step& step, const std::string& uri, const std::string& identity, std::string_view state,
             const std::string& text = {});

  // The same for an operation that is no change of an entry: "trigger". `text_of_request` says all of it.
  void write(const std::string& operation, const std::string& dn, const std::string& text_of_request,
             const std::string& uri, const std::string& identity, std::string_view state, const std::string& text = {});

  const std::filesystem::path& file() const { return file_; }

 private:
  void write_line(nlohmann::json line, const std::string& text);

  std::filesystem::path file_;
  Actor actor_;
  const Clock& clock_;
  int fd_ = -1;
};

}  // namespace replkit::tasks
