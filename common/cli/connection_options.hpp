// The connection options that every program has, letter for letter those of OpenLDAP's clients; new ones are long only.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/base/secret.hpp"
#include "common/cli/command.hpp"
#include "common/ldap/options.hpp"

namespace replkit::cli {

// What the options said. resolve_sources() (sources.hpp) makes servers and files of it.
struct ConnectionSettings {
  std::vector<std::string> sources;  // -H, as given
  std::string inventory;             // --inventory; empty: where it usually is

  std::optional<std::string> bind_dn;  // -D; empty but given: anonymous
  std::optional<Secret> password;      // -w
  std::string password_file;           // -y
  bool ask_password = false;           // -W
  bool simple = false;                 // -x
  std::string mechanism;               // -Y
  std::string authentication_id;       // -U
  std::string authorization_id;        // -X
  std::string realm;                   // -R
  std::string security_properties;     // -O
  bool no_canonical_name = false;      // -N
  bool quiet_sasl = false;             // -Q
  bool interactive_sasl = false;       // -I

  unsigned start_tls = 0;  // -Z once or twice
  std::optional<ldap::CertificateCheck> tls_check;
  std::string tls_ca;  // a file or a directory
  std::string tls_certificate;
  std::string tls_key;

  std::optional<std::chrono::milliseconds> connect_timeout;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds> run_timeout;

  std::optional<std::size_t> ldif_wrap;  // -o ldif_wrap; 0: no folding
  int debug_level = 0;
  unsigned verbose = 0;
};

enum class SourceKinds { servers, servers_and_files };

// Returns the group "Connection options", bound to `settings`. `kinds` says what -H takes.
OptionGroup connection_options(ConnectionSettings& settings, SourceKinds kinds);

// Return the entries about connections for ENVIRONMENT and FILES of a man page.
std::vector<Note> connection_environment();
std::vector<Note> connection_files();

}  // namespace replkit::cli
