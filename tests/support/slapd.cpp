#include "tests/support/slapd.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <stdexcept>
#include <thread>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "tests/support/server_log.hpp"

namespace replkit::support {

namespace {

// For loading and dumping a million entries on a busy machine.
constexpr std::chrono::minutes offline_timeout{20};

std::string escaped_path(const std::filesystem::path& path) {
  std::string result;
  for (const char c : path.string()) result += c == '/' ? std::string("%2F") : std::string(1, c);
  return result;
}

// The tools live in sbin, which not every PATH has.
const bool path_extended = [] {
  const char* path = getenv("PATH");
  return setenv("PATH", fmt::format("{}:/usr/sbin:/sbin", path != nullptr ? path : "/usr/bin:/bin").c_str(), 1) == 0;
}();

}  // namespace

Slapd::Slapd(SlapdOptions options) : options_(std::move(options)) {
  make_config();
}

Slapd::~Slapd() {
  // Nobody needs the data any more, so no SIGTERM: it could wait for a consumer's connection.
  if (process_) process_->signal(SIGKILL);
  print_log_of_failed_test(fmt::format("slapd {} of {}", options_.server_id, uri()), [this] { return log(); });
}

std::string Slapd::uri() const {
  return fmt::format("ldap://127.0.0.1:{}", port_.number());
}

std::string Slapd::ldaps_uri() const {
  return options_.tls ? fmt::format("ldaps://127.0.0.1:{}", tls_port_.number()) : std::string();
}

std::string Slapd::ldapi_uri() const {
  return "ldapi://" + escaped_path(directory_ / "ldapi");
}

void Slapd::load(std::string_view ldif) {
  const std::filesystem::path file = directory_ / "load.ldif";
  write_file(file, ldif);
  load_file(file);
  std::filesystem::remove(file);
}

void Slapd::load_file(const std::filesystem::path& ldif) {
  if (running()) throw LocalError("slapadd wants slapd to be down");
  run_checked({"slapadd", "-n1", "-q", "-w", "-F", (directory_ / "config").string(), "-l", ldif.string()},
              {.timeout = offline_timeout});
}

void Slapd::load_damaged(std::string_view ldif) {
  const std::filesystem::path file = directory_ / "load.ldif";
  write_file(file, ldif);
  run_checked({"slapadd", "-n1", "-q", "-s", "-w", "-F", (directory_ / "config").string(), "-l", file.string()},
              {.timeout = offline_timeout});
  std::filesystem::remove(file);
}

std::string Slapd::dump() const {
  return run_checked({"slapcat", "-n1", "-o", "ldif-wrap=no", "-F", (directory_ / "config").string()},
                     {.timeout = offline_timeout});
}

void Slapd::dump_to(const std::filesystem::path& file) const {
  run_checked({"slapcat", "-n1", "-o", "ldif-wrap=no", "-F", (directory_ / "config").string(), "-l", file.string()},
              {.timeout = offline_timeout});
}

void Slapd::clear() {
  if (running()) throw LocalError("the database of a running slapd cannot be removed");
  std::filesystem::remove_all(directory_ / "data");
  std::filesystem::create_directory(directory_ / "data");
}

void Slapd::start() {
  if (running()) return;
  std::string uris = uri() + " " + ldapi_uri();
  if (options_.tls) uris += " " + ldaps_uri();
  // -d keeps it in the foreground.
  process_.emplace(std::vector<std::string>{"slapd", "-F", (directory_ / "config").string(), "-h", uris, "-d", "none"},
                   ProcessOptions{.stdout_file = directory_ / "log", .stderr_file = directory_ / "log"});
  await_ready();
}

void Slapd::await_ready() {
  const bool ready = eventually(std::chrono::seconds(30), [&] {
    if (!process_->running()) throw LocalError(fmt::format("slapd ended while it started:\n{}", log()));
    try {
      // As the rootdn: the root DSE alone may answer before the database is open.
      root_client().read(options_.suffix, {"1.1"});
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  });
  if (!ready) throw LocalError(fmt::format("slapd does not answer at {}:\n{}", uri(), log()));
}

void Slapd::stop() {
  if (process_) process_->stop();
  process_.reset();
}

void Slapd::kill9() {
  if (process_) {
    process_->signal(SIGKILL);
    process_->wait(std::chrono::seconds(30));
  }
  process_.reset();
}

void Slapd::modify_config(std::string_view change_records) {
  run_checked({"ldapmodify", "-Q", "-Y", "EXTERNAL", "-H", ldapi_uri()}, {.input = change_records});
}

void Slapd::modify(std::string_view change_records, const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{"ldapmodify", "-x", "-H", uri(), "-D", root_dn(), "-w", std::string(password)};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  run_checked(argv, {.input = change_records});
}

std::string Slapd::log() const {
  const std::filesystem::path file = directory_ / "log";
  return std::filesystem::exists(file) ? read_file(file, std::size_t{64} << 20) : std::string();
}

bool eventually(std::chrono::milliseconds timeout, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace replkit::support
