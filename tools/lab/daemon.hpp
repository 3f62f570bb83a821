// Programs that a lab starts: servers that outlive it, and helpers that run to their end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/cancel.hpp"

namespace replkit::tools::lab {

// A running program, told apart from another one that got its number later.
struct DaemonId {
  pid_t pid = 0;
  std::uint64_t start = 0;  // in clock ticks since the machine booted
  std::string boot;         // which boot that was

  bool operator==(const DaemonId&) const = default;
};

// Starts argv[0] (a path) in a session of its own, reading nothing, its output appended to the log. Throws LocalError.
DaemonId start_daemon(const std::vector<std::string>& argv, const std::filesystem::path& log);

// Whether it still runs. A stranger with its number does not count.
bool is_running(const DaemonId& id);

// Keeps it from running until resume_daemon(): the system goes on taking what it is sent, and nothing is answered.
// Throw LocalError; a daemon that does not run is left alone.
void suspend_daemon(const DaemonId& id);
void resume_daemon(const DaemonId& id);
// Whether it runs but is kept from doing so.
bool is_suspended(const DaemonId& id);

// Sends the signal and waits until it has ended, at most for `patience`. Returns whether it has, at once when it does
// not run. Throws Cancelled, and LocalError when it belongs to somebody else.
bool end_daemon(const DaemonId& id, int signal, std::chrono::milliseconds patience, const CancelToken& cancel);

// Runs argv[0] to its end, what it says on stderr appended to the log, its output there too or in a file of its own
// (0600). Throws LocalError with the last line of the log unless its status is 0.
void run_helper(const std::vector<std::string>& argv, const std::filesystem::path& log,
                const std::filesystem::path& output = {});

// Returns the path of a program of the toolkit: beside this one, else in PATH. Throws LocalError when it is nowhere.
std::filesystem::path find_program(const std::string& name);

// Returns the last lines of a file, as much as a person wants to see; "" when there is none.
std::string tail_of(const std::filesystem::path& file);

}  // namespace replkit::tools::lab
