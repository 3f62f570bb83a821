#include "common/cli/prompt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/error.hpp"
#include "common/base/text.hpp"

namespace replkit::cli {

namespace {

enum class Echo { off, on };

// /dev/tty, with echo off if so wanted; both end with the object.
class Terminal {
 public:
  Terminal(Echo echo, const char* without) : fd_(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (fd_ < 0) throw UsageError(without);
    if (echo == Echo::on || tcgetattr(fd_, &before_) != 0) return;
    auto silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    changed_ = tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (changed_) tcsetattr(fd_, TCSAFLUSH, &before_);
    // Interrupted, or at the end of input: what is said then is not to stand beside the question.
    if (!line_ended_ && write(fd_, "\n", 1) < 0) line_ended_ = true;
    close(fd_);
  }

  void write_text(const std::string& text) const {
    if (write(fd_, text.data(), text.size()) < 0) throw UsageError("cannot write to the terminal");
  }

  // Returns one byte, or -1 at the end of input. Looks at `cancel` while it waits.
  int read_byte(const CancelToken& cancel) {
    constexpr int slice = 100;  // milliseconds
    for (;;) {
      cancel.check();
      pollfd input{.fd = fd_, .events = POLLIN, .revents = 0};
      const int ready = poll(&input, 1, slice);
      if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
      char byte = 0;
      const auto count = read(fd_, &byte, 1);
      if (count < 0 && errno == EINTR) continue;
      line_ended_ = count == 1 && byte == '\n';
      return count == 1 ? static_cast<unsigned char>(byte) : -1;
    }
  }

 private:
  int fd_;
  termios before_ = {};
  bool changed_ = false;
  bool line_ended_ = false;
};

}  // namespace

bool can_prompt() {
  const int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool foreground = tcgetpgrp(fd) == getpgrp();
  close(fd);
  return foreground;
}

Secret prompt_password(const std::string& question, const CancelToken& cancel) {
  constexpr std::size_t longest = 4096;
  Terminal terminal(Echo::off, "no terminal to ask for a password on: give a file with -y");
  terminal.write_text(printable(question));
  std::string answer;
  answer.reserve(longest);  // no reallocation leaves a copy behind
  int byte = 0;
  while ((byte = terminal.read_byte(cancel)) != '\n') {
    if (byte < 0 || answer.size() == longest) {
      wipe_memory(answer.data(), answer.size());
      throw UsageError("no password was given");
    }
    answer += static_cast<char>(byte);
  }
  Secret secret(answer);
  wipe_memory(answer.data(), answer.size());
  return secret;
}

bool confirm(const std::string& question, const CancelToken& cancel) {
  constexpr std::size_t longest = 80;
  Terminal terminal(Echo::on, "no terminal to ask on: say --yes");
  terminal.write_text(printable(question));
  std::string answer;
  for (int byte = terminal.read_byte(cancel); byte >= 0 && byte != '\n'; byte = terminal.read_byte(cancel)) {
    if (answer.size() < longest) answer += static_cast<char>(byte);
  }
  return equals_ignore_case(trim(answer), "y") || equals_ignore_case(trim(answer), "yes");
}

}  // namespace replkit::cli
