#include "tests/bench/bench_runner.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>

#include "common/base/error.hpp"

namespace replkit::bench {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

pid_t start(const Command& command) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw LocalError(fmt::format("{} cannot be started", command.front()));
  return pid;
}

}  // namespace

Cost run_side_by_side(const std::vector<Command>& commands) {
  const auto begun = std::chrono::steady_clock::now();
  std::vector<pid_t> running;
  for (const Command& command : commands) running.push_back(start(command));
  Cost cost;
  std::string failures;
  for (std::size_t i = 0; i < running.size(); ++i) {
    int status = 0;
    rusage usage = {};
    wait4(running[i], &status, 0, &usage);
    cost.cpu += seconds(usage.ru_utime) + seconds(usage.ru_stime);
    cost.peak_mib = std::max(cost.peak_mib, static_cast<double>(usage.ru_maxrss) / 1024);
    if (status != 0) failures += fmt::format("wait status {:#x}: {}\n", status, fmt::join(commands[i], " "));
  }
  cost.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  if (!failures.empty()) throw LocalError(failures);
  return cost;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace replkit::bench
