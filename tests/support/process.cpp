#include "tests/support/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgets to say that it is C
}

#include "common/base/error.hpp"
#include "common/base/files.hpp"

namespace replkit::support {

namespace {

[[noreturn]] void fail(std::string_view what) {
  throw LocalError(fmt::format("{}: {}", what, last_error_text()));
}

class Fd {
 public:
  explicit Fd(int fd, std::string_view what) : fd_(fd) {
    if (fd < 0) fail(what);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { close(fd_); }
  int get() const { return fd_; }

 private:
  int fd_;
};

std::vector<std::string> child_environment(const std::vector<std::string>& additions) {
  std::vector<std::string> result;
  for (char** p = environ; *p != nullptr; ++p) result.emplace_back(*p);
  for (const std::string& addition : additions) {
    const std::string name = addition.substr(0, addition.find('=')) + "=";
    std::erase_if(result, [&](const std::string& old) { return old.starts_with(name); });
    if (addition.find('=') != std::string::npos) result.push_back(addition);
  }
  return result;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& s : strings) result.push_back(const_cast<char*>(s.c_str()));
  result.push_back(nullptr);
  return result;
}

struct ChildPlan {
  char* const* argv;
  char* const* environment;
  const char* directory;
  int in, out, err;
  pid_t parent;
  int report;  // gets errno when something fails before or in exec
};

// Between fork and exec: only async-signal-safe calls, because other threads' locks may be held.
[[noreturn]] void become(const ChildPlan& plan) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  sigaction(SIGPIPE, &standard, nullptr);
  // Out of the way of 0, 1 and 2 first: the three may be given in any order.
  const int in = fcntl(plan.in, F_DUPFD_CLOEXEC, 10), out = fcntl(plan.out, F_DUPFD_CLOEXEC, 10),
            err = fcntl(plan.err, F_DUPFD_CLOEXEC, 10);
  bool good = getppid() == plan.parent && dup2(in, 0) >= 0 && dup2(out, 1) >= 0 && dup2(err, 2) >= 0;
  good = good && (plan.directory == nullptr || chdir(plan.directory) == 0);
  if (good) execvpe(plan.argv[0], plan.argv, plan.environment);
  const int error = errno;
  [[maybe_unused]] ssize_t written = write(plan.report, &error, sizeof error);
  _exit(127);
}

int open_output(const std::filesystem::path& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

std::string content(int fd) {
  struct stat status = {};
  if (fstat(fd, &status) != 0) fail("fstat");
  std::string result(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < result.size()) {
    const ssize_t n = pread(fd, result.data() + done, result.size() - done, static_cast<off_t>(done));
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  result.resize(done);
  return result;
}

}  // namespace

Process::Process(const std::vector<std::string>& argv, const ProcessOptions& options) : grace_(options.grace) {
  const Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC), "/dev/null");
  const Fd out(
      options.stdout_file.empty() ? fcntl(options.stdout_fd, F_DUPFD_CLOEXEC, 3) : open_output(options.stdout_file),
      "the child's stdout");
  const Fd err(
      options.stderr_file.empty() ? fcntl(options.stderr_fd, F_DUPFD_CLOEXEC, 3) : open_output(options.stderr_file),
      "the child's stderr");
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) fail("pipe");
  const std::vector<std::string> environment = child_environment(options.environment);
  const std::vector<char*> argv_pointers = pointers(argv), environment_pointers = pointers(environment);
  const ChildPlan plan{argv_pointers.data(),
                       environment_pointers.data(),
                       options.directory.empty() ? nullptr : options.directory.c_str(),
                       options.stdin_fd < 0 ? null.get() : options.stdin_fd,
                       out.get(),
                       err.get(),
                       getpid(),
                       report[1]};
  pid_ = fork();
  if (pid_ == 0) become(plan);
  close(report[1]);
  int error = 0;
  const ssize_t n = pid_ < 0 ? 0 : read(report[0], &error, sizeof error);
  close(report[0]);
  if (pid_ < 0) fail("fork");
  if (n > 0) {
    waitpid(pid_, nullptr, 0);
    errno = error;
    fail(argv[0]);
  }
  pidfd_ = pidfd_open(pid_, 0);
  if (pidfd_ < 0) fail("pidfd_open");
}

Process::Process(Process&& other) noexcept {
  *this = std::move(other);
}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(pidfd_, other.pidfd_);
  std::swap(grace_, other.grace_);
  std::swap(status_, other.status_);
  return *this;
}

Process::~Process() {
  if (pid_ <= 0) return;
  stop();
  close(pidfd_);
}

bool Process::running() {
  return pid_ > 0 && !wait(std::chrono::milliseconds(0));
}

void Process::signal(int number) {
  if (running()) kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds timeout) {
  if (status_) return status_;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ended{pidfd_, POLLIN, 0};
    const int n = poll(&ended, 1, static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0)));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    int status = 0;
    if (waitpid(pid_, &status, 0) != pid_) fail("waitpid");
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return status_;
  }
}

int Process::stop() {
  if (status_) return *status_;
  signal(SIGTERM);
  if (!wait(grace_)) {
    signal(SIGKILL);
    wait(std::chrono::minutes(1));
  }
  return status_.value_or(-1);
}

RunResult run(const std::vector<std::string>& argv, const RunOptions& options) {
  // Files in memory instead of pipes: nothing can block, however much is written and whoever keeps it open.
  const Fd in(memfd_create("stdin", MFD_CLOEXEC), "memfd"), out(memfd_create("stdout", MFD_CLOEXEC), "memfd"),
      err(memfd_create("stderr", MFD_CLOEXEC), "memfd");
  std::string_view rest = options.input;
  while (!rest.empty()) {
    const ssize_t n = write(in.get(), rest.data(), rest.size());
    if (n < 0) fail("memfd");
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  lseek(in.get(), 0, SEEK_SET);
  Process process(argv, {.environment = options.environment,
                         .directory = options.directory,
                         .stdin_fd = in.get(),
                         .stdout_fd = out.get(),
                         .stderr_fd = err.get()});
  RunResult result;
  if (const std::optional<int> status = process.wait(options.timeout)) {
    result.status = *status;
  } else {
    result.timed_out = true;
    process.signal(SIGKILL);
    result.status = process.wait(std::chrono::minutes(1)).value_or(-1);
  }
  result.out = content(out.get());
  result.err = content(err.get());
  return result;
}

std::string run_checked(const std::vector<std::string>& argv, const RunOptions& options) {
  RunResult result = run(argv, options);
  if (result.status != 0 || result.timed_out) {
    throw LocalError(fmt::format("{}: status {}{}\n{}{}", fmt::join(argv, " "), result.status,
                                 result.timed_out ? " (timeout)" : "", result.out, result.err));
  }
  return std::move(result.out);
}

}  // namespace replkit::support
