// A throw-away slapd: own configuration (cn=config), own database, ports of its own on 127.0.0.1.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
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

// The identities every Slapd knows. They live in a small database of their own (suffix cn=service), apart from the data
// under test, with clear passwords, so that simple, SCRAM and DIGEST-MD5 work (SASL user name: the uid), and EXTERNAL
// with Certificates::client(uid).
inline constexpr std::string_view reader_dn = "uid=reader,cn=service";    // reads the suffix, nothing else
inline constexpr std::string_view monitor_dn = "uid=monitor,cn=service";  // also cn=config and cn=Monitor
inline constexpr std::string_view replicator_dn =
    "uid=replicator,cn=service";                        // what consumers bind as: reads all, no limits
inline constexpr std::string_view password = "secret";  // everybody's, the rootdn's too

enum class Durability { none /* olcDbNoSync */, full };

struct SlapdOptions {
  std::string suffix = "dc=example,dc=com";
  unsigned server_id = 1;
  Durability durability = Durability::none;
  std::uint64_t max_size = std::uint64_t{2} << 30;  // of the database, in bytes
  unsigned session_log = 10000;                     // operations; 0: none
  std::string size_limit = "unlimited";             // olcSizeLimit, of everyone but the rootdn and the replicator
  std::optional<CertificateFiles> tls = {};         // with it: StartTLS and ldaps, client certificates asked for
  std::vector<std::string> access = {};             // olcAccess of the database in place of the usual (everyone reads)
  std::vector<std::string> database_config = {};    // more lines for the database, as "olcReadOnly: TRUE"
  std::vector<std::string> modules = {};            // more modules to load
};

class Slapd {
 public:
  // Makes the configuration and an empty database; does not start. Throws LocalError when slapadd refuses.
  explicit Slapd(SlapdOptions options = {});
  Slapd(const Slapd&) = delete;
  Slapd& operator=(const Slapd&) = delete;
  ~Slapd();

  const SlapdOptions& options() const { return options_; }
  const std::string& suffix() const { return options_.suffix; }
  std::string root_dn() const { return "cn=admin," + options_.suffix; }
  std::string uri() const;        // ldap://127.0.0.1:PORT: the same for the whole life
  std::string ldaps_uri() const;  // empty without TLS
  std::string ldapi_uri() const;
  int port() const { return port_.number(); }
  const std::filesystem::path& directory() const { return directory_.path(); }
  pid_t pid() const { return process_ ? process_->pid() : -1; }

  // Puts entries into the database while slapd is down: slapadd -q -w, so that given entryUUID, entryCSN and times
  // stay. Values of one attribute must stand together (slapadd -q stores the attribute twice otherwise).
  void load(std::string_view ldif);
  void load_file(const std::filesystem::path& ldif);
  // The same with entries that the schema forbids.
  void load_damaged(std::string_view ldif);
  // Returns, or writes to a file, all entries as slapcat prints them; running or not. With cn=config as suffix: that.
  std::string dump() const;
  void dump_to(const std::filesystem::path& file) const;
  // Removes the database's files while slapd is down.
  void clear();

  // Starts and waits until a search works. Throws LocalError with slapd's log when it ends before, or after 30 s.
  void start();
  void stop();   // SIGTERM and wait
  void kill9();  // SIGKILL and wait
  void restart() { stop(), start(); }
  bool running() { return process_ && process_->running(); }

  // Runs ldapmodify with change records, as the peer uid over ldapi (manage everywhere, cn=config too) or as the
  // rootdn. Throws LocalError with its output when it fails. `options`: more arguments, as {"-e", "!relax"}.
  void modify_config(std::string_view change_records);
  void modify(std::string_view change_records, const std::vector<std::string>& arguments = {});

  Client root_client() const { return Client(uri(), root_dn(), std::string(password)); }
  Client config_client() const { return Client(ldapi_uri(), "EXTERNAL"); }

  // Returns what slapd wrote to stderr.
  std::string log() const;

  // The DN of the database under test in cn=config.
  static constexpr std::string_view database_dn = "olcDatabase={1}mdb,cn=config";

 private:
  std::string config_ldif() const;
  void make_config();
  void await_ready();

  SlapdOptions options_;
  TempDir directory_;
  ReservedPort port_, tls_port_;
  std::optional<Process> process_;
};

// Waits until `condition` holds, asking again every few milliseconds. Returns whether it did within the timeout.
bool eventually(std::chrono::milliseconds timeout, const std::function<bool()>& condition);

}  // namespace replkit::support
