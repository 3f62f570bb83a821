#include "tools/lab/daemon.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgets to say that it is C
}

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"

namespace replkit::tools::lab {

namespace {

constexpr std::size_t largest_proc_file = 64 << 10;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

class SpawnActions {
 public:
  SpawnActions() {
    posix_spawn_file_actions_init(&files_);
    posix_spawnattr_init(&attributes_);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }

  // Standard output and error to the log, nothing to read, signals as at the start of a program.
  void prepare(const std::filesystem::path& log, bool own_session) {
    posix_spawn_file_actions_addopen(&files_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files_, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files_, 2, 1);
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes_, &set);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, number);
    posix_spawnattr_setsigdefault(&attributes_, &set);
    int flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (own_session) flags |= POSIX_SPAWN_SETSID;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }

  void redirect_output(const std::filesystem::path& file) {
    posix_spawn_file_actions_addopen(&files_, 1, file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  }

  pid_t spawn(const std::vector<std::string>& argv) const {
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    pid_t pid = 0;
    const int error = posix_spawn(&pid, argv.front().c_str(), &files_, &attributes_, words.data(), environ);
    if (error != 0) throw LocalError(fmt::format("{} cannot be started: {}", argv.front(), std::strerror(error)));
    return pid;
  }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

std::string boot_id() {
  return std::string(trim(read_file("/proc/sys/kernel/random/boot_id", largest_proc_file)));
}

struct ProcessState {
  char letter = 0;  // proc(5)
  std::uint64_t start = 0;
};

// Returns what the process does and when it started; nothing when there is none, or only what its parent has not
// fetched yet.
std::optional<ProcessState> state_of(pid_t pid) {
  std::string text;
  try {
    text = read_file(fmt::format("/proc/{}/stat", pid), largest_proc_file);
  } catch (const LocalError&) {
    return std::nullopt;
  }
  // The name of the program, in parentheses, may hold anything; what follows does not.
  const auto end = text.rfind(')');
  if (end == std::string::npos || end + 2 >= text.size()) return std::nullopt;
  const auto fields = split(std::string_view(text).substr(end + 2), ' ');
  constexpr std::size_t state = 0, start_time = 19;
  if (fields.size() <= start_time || fields[state] == "Z" || fields[state] == "X") return std::nullopt;
  const auto start = parse_uint(fields[start_time]);
  if (!start || fields[state].empty()) return std::nullopt;
  return ProcessState{fields[state].front(), *start};
}

// The descriptor means one process for good: look who it is after opening it.
Fd open_process(const DaemonId& id) {
  return Fd(id.pid > 0 ? pidfd_open(id.pid, 0) : -1);
}

void send(const Fd& process, const DaemonId& id, int signal) {
  if (pidfd_send_signal(process.get(), signal, nullptr, 0) != 0 && errno != ESRCH) {
    throw LocalError(fmt::format("process {}: {}", id.pid, last_error_text()));
  }
}

void signal_daemon(const DaemonId& id, int signal) {
  const Fd process = open_process(id);
  if (is_running(id) && process.get() >= 0) send(process, id, signal);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

DaemonId start_daemon(const std::vector<std::string>& argv, const std::filesystem::path& log) {
  SpawnActions actions;
  actions.prepare(log, true);
  const pid_t pid = actions.spawn(argv);
  // One that ended at once has no start any more; then it is found not to run.
  return {pid, state_of(pid).value_or(ProcessState()).start, boot_id()};
}

bool is_running(const DaemonId& id) {
  if (id.pid <= 0 || id.boot != boot_id()) return false;
  const auto state = state_of(id.pid);
  return state && state->start == id.start;
}

bool is_suspended(const DaemonId& id) {
  if (!is_running(id)) return false;
  const auto state = state_of(id.pid);
  return state && state->letter == 'T';
}

void suspend_daemon(const DaemonId& id) {
  signal_daemon(id, SIGSTOP);
}

void resume_daemon(const DaemonId& id) {
  signal_daemon(id, SIGCONT);
}

bool end_daemon(const DaemonId& id, int signal, std::chrono::milliseconds patience, const CancelToken& cancel) {
  const Fd process = open_process(id);
  if (!is_running(id) || process.get() < 0) return true;
  send(process, id, signal);
  send(process, id, SIGCONT);  // else one that is suspended would not hear of it
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    pollfd waiting{process.get(), POLLIN, 0};
    if (poll(&waiting, 1, 100) > 0 || !is_running(id)) return true;
    cancel.check();
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
}

void run_helper(const std::vector<std::string>& argv, const std::filesystem::path& log,
                const std::filesystem::path& output) {
  SpawnActions actions;
  actions.prepare(log, false);
  if (!output.empty()) actions.redirect_output(output);
  const int status = wait_for(actions.spawn(argv));
  if (status == 0) return;
  const std::string said = tail_of(log);
  const auto lines = split(trim(said), '\n');
  throw LocalError(fmt::format("{} failed with status {}: {}", std::filesystem::path(argv.front()).filename().string(),
                               status, lines.empty() ? std::string_view() : lines.back()));
}

std::filesystem::path find_program(const std::string& name) {
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error && access((own.parent_path() / name).c_str(), X_OK) == 0) return own.parent_path() / name;
  const char* path = std::getenv("PATH");
  for (const std::string_view folder : split(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin", ':')) {
    const auto candidate = std::filesystem::path(folder.empty() ? "." : folder) / name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  throw LocalError(name + " is neither beside this program nor in PATH");
}

std::string tail_of(const std::filesystem::path& file) {
  constexpr std::streamoff most = 4096;
  constexpr std::size_t lines = 15;
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return {};
  const std::streamoff size = in.tellg();
  std::string text(static_cast<std::size_t>(std::min(size, most)), '\0');
  in.seekg(size - static_cast<std::streamoff>(text.size()));
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  std::size_t from = text.size();
  for (std::size_t n = 0; n <= lines && from != std::string::npos && from > 0; ++n) from = text.rfind('\n', from - 1);
  return from == std::string::npos || from == 0 ? text : text.substr(from + 1);
}

}  // namespace replkit::tools::lab
