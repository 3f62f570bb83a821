// Child processes that cannot outlive the test that started them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::support {

struct ProcessOptions {
  std::vector<std::string> environment = {};  // NAME=value, added to ours; a bare NAME is taken out
  std::filesystem::path directory = {};       // empty: ours
  std::filesystem::path stdout_file = {};     // empty: stdout_fd
  std::filesystem::path stderr_file = {};     // empty: stderr_fd
  int stdin_fd = -1;                          // -1: /dev/null; given descriptors stay the caller's
  int stdout_fd = 1;
  int stderr_fd = 2;
  std::chrono::milliseconds grace{5000};  // between SIGTERM and SIGKILL in stop()
};

// One running child. It gets SIGKILL when the *thread* that started it ends, however that happens (PR_SET_PDEATHSIG).
class Process {
 public:
  // Starts argv[0], looked up in PATH. Throws LocalError when it cannot be started.
  explicit Process(const std::vector<std::string>& argv, const ProcessOptions& options = {});
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);

  // Waits for the end. Returns the exit status (128 + signal number when a signal ended it), or nothing at the timeout.
  std::optional<int> wait(std::chrono::milliseconds timeout);

  // SIGTERM, then SIGKILL after the grace period. Returns the status as wait() does.
  int stop();

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::chrono::milliseconds grace_{};
  std::optional<int> status_;
};

struct RunResult {
  int status = 0;  // as Process::wait; 137 when the time was over
  std::string out;
  std::string err;
  bool timed_out = false;
};

struct RunOptions {
  std::string_view input = {};
  std::vector<std::string> environment = {};
  std::filesystem::path directory = {};
  std::chrono::milliseconds timeout{60000};
};

// Runs a program to its end, feeding `input` and collecting both outputs.
RunResult run(const std::vector<std::string>& argv, const RunOptions& options = {});

// Like run(), but throws LocalError with the output unless the status is 0. Returns stdout.
std::string run_checked(const std::vector<std::string>& argv, const RunOptions& options = {});

}  // namespace replkit::support
