#include "tests/bench/replicated_pair.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string_view>

#include "common/base/error.hpp"
#include "common/base/files.hpp"

namespace replkit::bench {

namespace {

std::string proc_file(pid_t pid, const char* name) {
  return read_file(fmt::format("/proc/{}/{}", pid, name), 64 << 10);
}

// proc(5): the 14th and 15th field of stat; the second may hold blanks.
double cpu_seconds(pid_t pid) {
  if (pid <= 0) return 0;
  const auto text = proc_file(pid, "stat");
  unsigned long user = 0, system = 0;
  if (std::sscanf(text.c_str() + text.rfind(')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                  &system) != 2) {
    throw LocalError("/proc/PID/stat cannot be read");
  }
  return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double own_mib(pid_t pid) {
  if (pid <= 0) return 0;
  const auto text = proc_file(pid, "status");
  constexpr std::string_view name = "RssAnon:";
  const auto at = text.find(name);
  if (at == std::string::npos) throw LocalError("/proc/PID/status cannot be read");
  return std::stod(text.substr(at + name.size())) / 1024;  // it says KiB
}

}  // namespace

double ReplicatedPair::supplier_cpu() const {
  return cpu_seconds(supplier_pid());
}

double ReplicatedPair::consumer_cpu() const {
  return cpu_seconds(consumer_pid());
}

double ReplicatedPair::supplier_memory() const {
  return own_mib(supplier_pid());
}

double ReplicatedPair::consumer_memory() const {
  return own_mib(consumer_pid());
}

void await_entry(const Side& side, const std::string& dn) {
  std::unique_ptr<support::Client> client;
  const bool there = support::eventually(std::chrono::minutes(10), [&] {
    try {
      if (!client) client = std::make_unique<support::Client>(side.uri, side.dn, std::string(support::password));
      return client->read(dn, {"1.1"}).has_value();
    } catch (const std::runtime_error&) {  // an area that is being replaced
      return false;
    }
  });
  if (!there) throw LocalError(dn + " did not come to " + side.uri);
}

std::size_t count_entries(const Side& side, const std::string& base) {
  support::Client client(side.uri, side.dn, std::string(support::password), std::chrono::minutes(5));
  return client.search(base, 2, "(objectClass=*)", {"1.1"}).size();
}

}  // namespace replkit::bench
