#include "common/cli/connection_options.hpp"

#include "common/base/error.hpp"
#include "common/base/nearest.hpp"
#include "common/base/text.hpp"

namespace replkit::cli {

namespace {

// -o OPT=VALUE
void set_general_option(ConnectionSettings& settings, const std::string& text) {
  const auto equals = text.find('=');
  const auto name = to_lower(text.substr(0, equals));
  const auto value = equals == std::string::npos ? std::string() : text.substr(equals + 1);
  if (name == "nettimeout") {
    std::chrono::milliseconds length{};
    read_value(value, length);
    settings.connect_timeout = length;
  } else if (name == "ldif_wrap" || name == "ldif-wrap") {
    settings.ldif_wrap = value == "no" ? 0 : read_number(value, 1'000'000);
  } else {
    throw UsageError("unknown option '" + printable(name) + "'; known are nettimeout=SECONDS and ldif_wrap=N|no");
  }
}

void set_debug_level(ConnectionSettings& settings, const std::string& text) {
  settings.debug_level = text == "-1" ? -1 : static_cast<int>(read_number(text, 0x7FFF'FFFF));
}

std::string source_help(SourceKinds kinds) {
  std::string help =
      "A server: a URI (ldap://, ldaps://, ldapi://), a host name, or @NAME, a server or group of the inventory.";
  if (kinds == SourceKinds::servers_and_files) help += " Or an LDIF file: file:PATH, - for standard input.";
  return help + " Repeat it for more. Without: URI of ldap.conf.";
}

}  // namespace

OptionGroup connection_options(ConnectionSettings& s, SourceKinds kinds) {
  using ldap::CertificateCheck;
  return {
      "Connection options",
      {
          option("-H", "SOURCE", source_help(kinds), s.sources).completes(Completion::source),
          option("-D", "DN", "Bind as this DN, with a simple bind. An empty one means anonymous.", s.bind_dn),
          flag("-W", "Ask for the password on the terminal.", s.ask_password),
          option("-y", "FILE", "Read the password from this file; one line break at its end does not count.",
                 s.password_file)
              .completes(Completion::file),
          Option{
              .names = "-w",
              .value = "PASSWORD",
              .help =
                  "The password itself. Better not: it stays in the shell's history, and others see it in the list of "
                  "processes until it is wiped. Use -W, -y or the inventory.",
              .set = [&s](const std::string& text) { s.password = Secret(text); }}
              .keep_secret(),
          flag("-x", "Simple bind, also where ldap.conf names a SASL mechanism.", s.simple),
          option("-Y", "MECH", "Bind by SASL with this mechanism, e.g. EXTERNAL, GSSAPI or SCRAM-SHA-256.", s.mechanism)
              .suggests({"EXTERNAL", "GSSAPI", "SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5", "PLAIN"}),
          option("-U", "AUTHCID", "SASL: who authenticates.", s.authentication_id),
          option("-X", "AUTHZID", "SASL: whom to act for, dn:DN or u:NAME.", s.authorization_id),
          option("-R", "REALM", "SASL: the realm.", s.realm),
          option("-O", "PROPERTIES", "SASL: security properties, e.g. minssf=56.", s.security_properties),
          flag("-N", "SASL: do not look up the canonical host name.", s.no_canonical_name),
          flag("-Q", "SASL: quiet. Always so, taken out of habit.", s.quiet_sasl).hide(),
          flag("-I", "SASL: interactive. Never so, taken out of habit.", s.interactive_sasl).hide(),
          counter("-Z", "StartTLS; -ZZ: end if it fails.", s.start_tls),
          option("--tls-ca", "PATH", "Trust the certificates of this file or directory.", s.tls_ca)
              .completes(Completion::file),
          option("--tls-cert", "FILE", "Our certificate.", s.tls_certificate).completes(Completion::file),
          option("--tls-key", "FILE", "Our private key.", s.tls_key).completes(Completion::file),
          choice_option<CertificateCheck>("--tls-check", "HOW",
                                          "How to treat a server certificate that does not verify.",
                                          {{"demand", CertificateCheck::demand},
                                           {"allow", CertificateCheck::allow},
                                           {"never", CertificateCheck::never}},
                                          s.tls_check)
              .defaults_to("TLS_REQCERT of ldap.conf, else demand"),
          option("--connect-timeout", "TIME", "The longest wait for a connection, e.g. 500ms, 10s, 5m.",
                 s.connect_timeout)
              .defaults_to("10s"),
          option("--timeout", "TIME", "The longest silence of a server within an operation.", s.timeout)
              .defaults_to("1m"),
          option("--run-timeout", "TIME",
                 "End the whole run after this time; replcompare(1) tells what it found by then.", s.run_timeout)
              .defaults_to("none"),
          option("--inventory", "FILE", "The inventory: servers, groups and credentials, replkit-inventory(5).",
                 s.inventory)
              .completes(Completion::file),
          Option{.names = "-o",
                 .value = "OPT=VALUE",
                 .help = "nettimeout=SECONDS is --connect-timeout; ldif_wrap=N|no is the width of LDIF lines.",
                 .set = [&s](const std::string& text) { set_general_option(s, text); },
                 .repeatable = true},
          Option{.names = "-d",
                 .value = "LEVEL",
                 .help = "Debug messages of libldap, as ldapsearch -d.",
                 .set = [&s](const std::string& text) { set_debug_level(s, text); }},
          counter("-v", "Say more about what is going on.", s.verbose),
      }};
}

std::vector<Note> connection_environment() {
  return {
      {"LDAPURI, LDAPBASE, LDAPBINDDN, LDAPSASL_MECH, LDAPTLS_CACERT, ...",
       "As ldap.conf(5) says. LDAPNOINIT turns all of them and the configuration files off."},
      {"REPLKIT_INVENTORY", "The inventory, where --inventory does not name it."},
      {"NO_COLOR", "When set and not empty: no colours."},
      {"COLUMNS",
       "The width of the terminal. Tables that are wider are laid out on more lines; without a terminal and this "
       "variable, as in a pipe, each row is one line."},
  };
}

std::vector<Note> connection_files() {
  return {
      {"~/.config/replkit/inventory.toml", "The inventory ($XDG_CONFIG_HOME is honoured), see replkit-inventory(5)."},
      {"/etc/ldap/ldap.conf, ~/.ldaprc", "Defaults, see ldap.conf(5)."},
  };
}

}  // namespace replkit::cli
