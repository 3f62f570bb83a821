#include "tests/support/replserver.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>

#include <cstdlib>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "tests/support/server_log.hpp"
#include "tests/support/slapd.hpp"

namespace replkit::support {

namespace {

// For loading a million entries on a busy machine.
constexpr std::chrono::minutes offline_timeout{20};

std::string escaped_path(const std::filesystem::path& path) {
  std::string result;
  for (const char c : path.string()) result += c == '/' ? std::string("%2F") : std::string(1, c);
  return result;
}

}  // namespace

std::filesystem::path replserver_program() {
  if (const char* given = getenv("REPLSERVER")) return given;
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "replserver";
}

Replserver::Replserver(ReplserverOptions options) : options_(std::move(options)) {
  write_file(directory_ / "password", password);
  std::filesystem::permissions(directory_ / "password", std::filesystem::perms::owner_read);
  write_file(config_file(), config());
}

Replserver::~Replserver() {
  if (process_) process_->signal(SIGKILL);
  print_log_of_failed_test(fmt::format("replserver of {}", uri()), [this] { return log(); });
}

std::string Replserver::config() const {
  std::vector<std::string> listeners{uri(), ldapi_uri()};
  if (options_.tls) listeners.push_back(ldaps_uri());
  std::string result = fmt::format(
      "directory = \"data\"\ncontexts = [\"{}\"]\nlisten = [\"{}\"]\ndurability = \"{}\"\n{}\n",
      fmt::join(options_.contexts, "\", \""), fmt::join(listeners, "\", \""), options_.durability, options_.top);
  if (options_.tls) {
    result += fmt::format("[tls]\ncertificate = \"{}\"\nkey = \"{}\"\nclient_ca = \"{}\"\n\n",
                          options_.tls->certificate.string(), options_.tls->key.string(), options_.tls->ca.string());
  }
  // Cheap to guess and quick to check: it is a test.
  result += "[authentication]\nargon2_memory = \"64 KiB\"\nargon2_passes = 1\n\n";
  result += "[connections]\nbind_delay = \"1ms\"\nbind_delay_most = \"20ms\"\n\n";
  result +=
      fmt::format("[[administrator]]\ndn = \"{}\"\npassword_file = \"password\"\n\n{}", root_dn(), options_.tables);
  return result;
}

std::string Replserver::uri() const {
  return fmt::format("ldap://127.0.0.1:{}", port_.number());
}

std::string Replserver::ldaps_uri() const {
  return options_.tls ? fmt::format("ldaps://127.0.0.1:{}", tls_port_.number()) : std::string();
}

std::string Replserver::ldapi_uri() const {
  return "ldapi://" + escaped_path(directory_ / "ldapi");
}

void Replserver::load(std::string_view ldif) {
  const std::filesystem::path file = directory_ / "load.ldif";
  write_file(file, ldif);
  load_file(file);
  std::filesystem::remove(file);
}

void Replserver::load_file(const std::filesystem::path& ldif) {
  run_checked({replserver_program(), "import", "-f", config_file(), ldif.string()}, {.timeout = offline_timeout});
}

std::string Replserver::dump() const {
  return run_checked({replserver_program(), "export", "-f", config_file()}, {.timeout = offline_timeout});
}

std::string Replserver::check() const {
  const RunResult result = run({replserver_program(), "check", "-f", config_file()}, {.timeout = offline_timeout});
  return result.status == 0 ? std::string() : result.out + result.err;
}

void Replserver::start() {
  if (running()) return;
  const std::filesystem::path ready = directory_ / "ready";
  std::filesystem::remove(ready);
  process_.emplace(
      std::vector<std::string>{replserver_program(), "serve", "-f", config_file(), "--ready-file", ready.string()},
      ProcessOptions{
          .stdout_file = directory_ / "log", .stderr_file = directory_ / "log", .grace = std::chrono::seconds(20)});
  const bool answers = eventually(std::chrono::seconds(30), [&] {
    if (!process_->running()) throw LocalError(fmt::format("replserver ended while it started:\n{}", log()));
    return std::filesystem::exists(ready);
  });
  if (!answers) throw LocalError(fmt::format("replserver is not ready at {}:\n{}", uri(), log()));
}

int Replserver::stop() {
  const int status = process_ ? process_->stop() : 0;
  process_.reset();
  return status;
}

void Replserver::kill9() {
  if (process_) {
    process_->signal(SIGKILL);
    process_->wait(std::chrono::seconds(30));
  }
  process_.reset();
}

Client Replserver::root_client() const {
  return Client(uri(), root_dn(), std::string(password));
}

std::string Replserver::log() const {
  const std::filesystem::path file = directory_ / "log";
  return std::filesystem::exists(file) ? read_file(file, std::size_t{64} << 20) : std::string();
}

}  // namespace replkit::support
