#include "common/cli/program.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <new>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/cli/help.hpp"
#include "common/cli/output.hpp"
#include "common/cli/parse.hpp"
#include "common/cli/version.hpp"

namespace replkit::cli {

namespace {

extern "C" void on_signal(int) {
  static volatile sig_atomic_t again = 0;
  if (again != 0) _exit(static_cast<int>(ExitStatus::undecided));
  again = 1;
  run_token().request();
}

void install_handlers() {
  struct sigaction action = {};
  sigemptyset(&action.sa_mask);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // reading a file must not fail because of a Ctrl-C that is dealt with elsewhere
  for (const int signal_number : {SIGINT, SIGTERM}) {
    struct sigaction before = {};
    sigaction(signal_number, nullptr, &before);
    // nohup and background jobs of a shell start with the signal ignored: leave it so.
    if (before.sa_handler != SIG_IGN) sigaction(signal_number, &action, nullptr);
  }
  signal(SIGPIPE, SIG_IGN);
}

ExitStatus say(const std::string& name, const std::string& message, ExitStatus status) {
  std::cout.flush();
  std::cerr << name << ": " << printable(message) << std::endl;
  return status;
}

// Brings everything still buffered to stdout and reports what went wrong on the way, then or earlier.
ExitStatus finish_output(const std::string& name, ExitStatus status) {
  errno = 0;
  const bool flushed = !std::cout.flush().fail() && std::fflush(stdout) == 0;
  auto reason = output_error() != 0 ? output_error() : errno;
  bool good = flushed && !std::ferror(stdout);
  if (good) {
    // Some file systems tell only on close that the data did not fit.
    const int copy = dup(STDOUT_FILENO);
    if (copy >= 0 && close(copy) != 0) good = false, reason = errno;
  }
  // Who reads no more, as head(1), has all that was wanted.
  if (good || output_reader_is_gone()) return status;
  say(name, std::string("standard output: ") + std::strerror(reason != 0 ? reason : EIO), status);
  return worse(status, ExitStatus::local);
}

ExitStatus run(const CommandSpec& command, const Parsed& parsed, const std::function<ExitStatus()>& body) {
  switch (parsed.request) {
    case Request::help:
      print_out(help_text(*parsed.command, parsed.path));
      if (parsed.command != &command && !command.groups.empty())
        print_out("\nOptions of all commands, as how to connect: " + command.name + " --help\n");
      return ExitStatus::done;
    case Request::version:
      print_out(command.name + " (replkit) " + version() + "\n");
      return ExitStatus::done;
    case Request::run:
      break;
  }
  return body ? body() : parsed.command->run();
}

ExitStatus run_guarded(int argc, char** argv, const CommandSpec& command, const std::function<ExitStatus()>& body) {
  std::string path = command.name;
  try {
    const auto parsed = parse(command, {argv, static_cast<std::size_t>(argc)});
    path = parsed.path;
    return run(command, parsed, body);
  } catch (const OutputGone&) {
    return output_reader_is_gone() ? ExitStatus::done : ExitStatus::local;  // finish_output() says why
  } catch (const CommandLineError& error) {
    return say(command.name, std::string(error.what()) + " (see " + error.path() + " --help)", ExitStatus::usage);
  } catch (const UsageError& error) {
    return say(command.name, std::string(error.what()) + " (see " + path + " --help)", ExitStatus::usage);
  } catch (const Error& error) {
    return say(command.name, error.what(), error.status());
  } catch (const std::bad_alloc&) {
    return say(command.name, "out of memory: this is a bug", ExitStatus::bug);
  } catch (const std::exception& error) {
    return say(command.name, std::string("this is a bug: ") + error.what(), ExitStatus::bug);
  } catch (...) {
    return say(command.name, "this is a bug: unknown exception", ExitStatus::bug);
  }
}

}  // namespace

CancelToken& run_token() {
  static CancelToken token;
  return token;
}

int run_program(int argc, char** argv, const CommandSpec& command, const std::function<ExitStatus()>& body) {
  run_token();  // made before a signal handler could be the first to ask
  install_handlers();
  const auto status = run_guarded(argc, argv, command, body);
  return static_cast<int>(finish_output(command.name, status));
}

}  // namespace replkit::cli
