// A throw-away replserver: own configuration, own data, ports of its own on 127.0.0.1.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/certificates.hpp"
#include "tests/support/client.hpp"
#include "tests/support/process.hpp"
#include "tests/support/reserved_port.hpp"
#include "tests/support/temp_dir.hpp"

namespace replkit::support {

struct ReplserverOptions {
  std::vector<std::string> contexts = {"dc=example,dc=com"};  // the administrator is cn=admin below the first
  std::string durability = "none";                            // or "full"
  std::optional<CertificateFiles> tls = {};                   // with it: StartTLS, ldaps, client certificates asked for
  // TOML for the end of the file: [[access]] rules (without any: users read all and change their password), [[map]],
  // [limits] ...
  std::string tables =
      "[[access]]\nwho = [\"self\"]\nattributes = [\"userPassword\"]\nrights = [\"write\"]\n\n[[access]]\nwho = "
      "[\"users\"]\nrights = [\"read\"]\n";
  std::string top = {};  // TOML for its beginning: keys without a table
};

class Replserver {
 public:
  // Makes the configuration; neither data nor start.
  explicit Replserver(ReplserverOptions options = {});
  Replserver(const Replserver&) = delete;
  Replserver& operator=(const Replserver&) = delete;
  ~Replserver();

  const std::string& suffix() const { return options_.contexts.front(); }
  std::string root_dn() const { return "cn=admin," + suffix(); }  // password as everybody's: slapd.hpp's
  std::string uri() const;                                        // ldap://127.0.0.1:PORT: the same for the whole life
  std::string ldaps_uri() const;                                  // empty without TLS
  std::string ldapi_uri() const;
  const std::filesystem::path& directory() const { return directory_.path(); }
  std::filesystem::path config_file() const { return directory_ / "replserver.toml"; }
  std::filesystem::path data_directory() const { return directory_ / "data"; }
  pid_t pid() const { return process_ ? process_->pid() : -1; }

  // Puts entries into the empty store while the server is down (replserver import). Throws LocalError.
  void load(std::string_view ldif);
  void load_file(const std::filesystem::path& ldif);
  // Returns all entries while the server is down (replserver export).
  std::string dump() const;
  // Runs `replserver check` while the server is down. Returns its findings: empty when all is well.
  std::string check() const;

  // Starts and waits for the ready file. Throws LocalError with the server's log when it ends before, or after 30 s.
  void start();
  // SIGTERM and wait. Returns the exit status.
  int stop();
  void kill9();
  void restart() { stop(), start(); }
  bool running() { return process_ && process_->running(); }

  Client root_client() const;

  // Returns what the server wrote to stderr.
  std::string log() const;

 private:
  std::string config() const;

  ReplserverOptions options_;
  TempDir directory_;
  ReservedPort port_, tls_port_;
  std::optional<Process> process_;
};

// The program's path: beside the test's, or what REPLSERVER in the environment says.
std::filesystem::path replserver_program();

}  // namespace replkit::support
