#include "common/cli/sources.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <iostream>

#include "common/base/error.hpp"
#include "common/base/nearest.hpp"
#include "common/base/text.hpp"
#include "common/cli/inventory.hpp"
#include "common/cli/prompt.hpp"
#include "common/ldap/defaults.hpp"

namespace replkit::cli {

namespace {

// Returns the URI that a -H which is neither file nor alias means.
std::string to_uri(const std::string& text) {
  const auto refuse = [&](const std::string& why) -> UsageError {
    return UsageError("-H " + printable(text) + ": " + why);
  };
  const auto mark = text.find("://");
  if (mark == std::string::npos) {
    if (text.find_first_of("/ \t=,") != std::string::npos)
      throw refuse("neither a URI nor a host name; a file is file:PATH");
    const bool bare_ipv6 = std::count(text.begin(), text.end(), ':') > 1 && !text.starts_with('[');
    return "ldap://" + (bare_ipv6 ? '[' + text + ']' : text);
  }
  const auto scheme = to_lower(text.substr(0, mark));
  const std::vector<std::string> schemes = {"ldap", "ldaps", "ldapi"};
  if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end()) {
    throw refuse("unknown scheme " + scheme + did_you_mean(scheme, schemes));
  }
  auto rest = text.substr(mark + 3);
  while (rest.ends_with('/') && scheme != "ldapi") rest.pop_back();
  if (scheme == "ldapi" && rest.ends_with('/')) rest.pop_back();
  if (rest.find_first_of("/?") != std::string::npos)
    throw refuse("only scheme, host and port belong here; the base is -b");
  return scheme + "://" + rest;
}

bool is_readable_by_others(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

void check_contradictions(const ConnectionSettings& s) {
  if ((s.password ? 1 : 0) + (s.ask_password ? 1 : 0) + (s.password_file.empty() ? 0 : 1) > 1) {
    throw UsageError("-w, -W and -y: only one of them can be given");
  }
  if (s.simple && !s.mechanism.empty()) throw UsageError("-x (simple bind) and -Y (SASL) contradict each other");
}

// The credentials of the command line, asked for when the first server needs them.
class CommandLineBind {
 public:
  CommandLineBind(const ConnectionSettings& settings, const CancelToken& cancel)
      : settings_(settings), cancel_(cancel) {}

  const ldap::BindOptions& get() {
    if (!bind_) bind_ = make();
    return *bind_;
  }

  // Says that what was typed counts for nothing, which whoever typed it would not know.
  void warn_if_unused() const {
    const bool typed = settings_.bind_dn || password_given() || !settings_.authentication_id.empty() ||
                       !settings_.authorization_id.empty();
    if (bind_ || !typed) return;
    std::cerr << "warning: the inventory says who to bind as at these servers; -D and the like count for others only: "
                 "name the servers by URI to bind as somebody else"
              << std::endl;
  }

 private:
  bool password_given() const {
    return settings_.password || settings_.ask_password || !settings_.password_file.empty();
  }

  Secret password(const std::string& who, const char* where) const {
    if (settings_.password) return *settings_.password;
    if (!settings_.password_file.empty()) {
      if (is_readable_by_others(settings_.password_file)) {
        std::cerr << "warning: others may read the password file " << printable(settings_.password_file) << std::endl;
      }
      return read_password(settings_.password_file);
    }
    if (!settings_.ask_password && !can_prompt()) {
      throw UsageError(std::string("no password for ") + printable(who) + " (" + where +
                       ") and no terminal to ask on: use -y FILE");
    }
    return prompt_password("Password for " + who + ": ", cancel_);
  }

  ldap::BindOptions make_sasl(const std::string& mechanism) const {
    ldap::BindOptions bind;
    bind.method = ldap::BindMethod::sasl;
    bind.dn = settings_.bind_dn.value_or("");
    bind.mechanism = mechanism;
    bind.authentication_id = settings_.authentication_id;
    bind.authorization_id = settings_.authorization_id;
    bind.realm = settings_.realm;
    bind.security_properties = settings_.security_properties;
    bind.canonicalize_host = !settings_.no_canonical_name;
    // EXTERNAL, GSSAPI and the like need none; the others say so themselves.
    if (password_given())
      bind.password = password(bind.authentication_id.empty() ? bind.dn : bind.authentication_id, "-U");
    return bind;
  }

  ldap::BindOptions make() const {
    const bool wants_sasl = !settings_.mechanism.empty() || !settings_.authentication_id.empty() ||
                            !settings_.authorization_id.empty() || !settings_.realm.empty();
    if (wants_sasl && settings_.simple) throw UsageError("-x is a simple bind: -U, -X and -R do not go with it");
    if (wants_sasl) return make_sasl(settings_.mechanism);
    auto dn = settings_.bind_dn.value_or("");
    const char* where = "-D";
    if (!settings_.bind_dn) {
      const auto mechanism = settings_.simple ? std::string() : ldap::default_sasl_mechanism();
      if (!mechanism.empty()) return make_sasl(mechanism);
      dn = ldap::default_bind_dn();
      where = "LDAPBINDDN";
    }
    if (dn.empty()) {
      if (password_given()) throw UsageError("a password, but for whom? Give -D DN, or -U NAME for SASL");
      return {};
    }
    ldap::BindOptions bind;
    bind.method = ldap::BindMethod::simple;
    bind.password = password(dn, where);
    bind.dn = std::move(dn);
    // RFC 4513 5.1.2: a DN without password is anonymous to the server, and the user would not know.
    if (bind.password.empty()) throw UsageError("the password for " + printable(bind.dn) + " is empty");
    return bind;
  }

  const ConnectionSettings& settings_;
  const CancelToken& cancel_;
  std::optional<ldap::BindOptions> bind_;
};

// What was typed now beats the inventory, except who to be: one command line speaks to servers with different
// credentials.
void apply_settings(const ConnectionSettings& s, bool has_certificate, ldap::ConnectionOptions& server) {
  const auto asked = s.start_tls == 0   ? ldap::StartTls::no
                     : s.start_tls == 1 ? ldap::StartTls::tried
                                        : ldap::StartTls::required;
  server.tls.start_tls = std::max(server.tls.start_tls, asked);  // -Z does not weaken the "require" of an inventory
  if (s.tls_check) server.tls.check = *s.tls_check;
  if (!s.tls_ca.empty()) {
    std::error_code ignored;
    const bool directory = std::filesystem::is_directory(s.tls_ca, ignored);
    server.tls.ca_file = directory ? "" : s.tls_ca;
    server.tls.ca_directory = directory ? s.tls_ca : "";
  }
  if (!has_certificate) {
    server.tls.certificate_file = s.tls_certificate;
    server.tls.key_file = s.tls_key;
  }
  if (s.connect_timeout) server.timeouts.connect = *s.connect_timeout;
  if (s.timeout) server.timeouts.operation = *s.timeout;
  server.debug_level = s.debug_level;
}

class Resolver {
 public:
  Resolver(const ConnectionSettings& settings, SourceKinds kinds, const CancelToken& cancel)
      : settings_(settings), kinds_(kinds), bind_(settings, cancel) {}

  void add(const std::string& text) {
    if (trim(text).empty()) throw UsageError("-H is empty");
    if (text == "-" || text.starts_with("file:")) return add_file(text);
    if (text.starts_with('@')) return add_alias(text.substr(1));
    for (const auto uri : split(text, ' ')) {  // as OpenLDAP's clients take several in one -H
      if (!uri.empty()) add_server(to_uri(std::string(uri)));
    }
  }

  std::vector<SourceSpec> take() {
    if (inventory_) bind_.warn_if_unused();
    return std::move(sources_);
  }

 private:
  void add_file(const std::string& text) {
    if (kinds_ == SourceKinds::servers) throw UsageError("-H " + printable(text) + ": this command takes servers only");
    auto path = text == "-" ? text : text.substr(5);
    if (path.empty()) throw UsageError("-H file: needs a path after the colon");
    const auto reads_stdin = [](const SourceSpec& source) { return source.file == "-"; };
    if (path == "-" && std::any_of(sources_.begin(), sources_.end(), reads_stdin)) {
      throw UsageError("standard input can be only one of the sources");
    }
    sources_.push_back({.name = path == "-" ? path : text, .server = {}, .file = std::move(path)});
  }

  void add_server(const std::string& uri) {
    ldap::ConnectionOptions server;
    server.uri = uri;
    server.bind = bind_.get();
    apply_settings(settings_, false, server);
    sources_.push_back({.name = uri, .server = std::move(server), .file = {}});
  }

  void add_alias(const std::string& name) {
    if (!inventory_) inventory_ = Inventory::load(settings_.inventory);
    for (const auto* known : inventory_->find(name)) {
      auto server = known->connection;
      if (!known->has_credentials)
        server.bind = bind_.get();
      else if (!known->password_file.empty())
        server.bind.password = read_private_password(known->password_file);
      apply_settings(settings_, known->has_certificate, server);
      sources_.push_back({.name = known->name, .server = std::move(server), .file = {}});
    }
  }

  const ConnectionSettings& settings_;
  SourceKinds kinds_;
  CommandLineBind bind_;
  std::optional<Inventory> inventory_;
  std::vector<SourceSpec> sources_;
};

}  // namespace

std::vector<SourceSpec> resolve_sources(const ConnectionSettings& settings, SourceKinds kinds,
                                        const CancelToken& cancel) {
  check_contradictions(settings);
  Resolver resolver(settings, kinds, cancel);
  const auto wanted = settings.sources.empty() ? ldap::default_uris() : settings.sources;
  if (wanted.empty()) throw UsageError("no server given: use -H, or set URI in ldap.conf");
  for (const auto& text : wanted) resolver.add(text);
  return resolver.take();
}

}  // namespace replkit::cli
