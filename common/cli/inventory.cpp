#include "common/cli/inventory.hpp"

#include <sys/stat.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/nearest.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"

namespace replkit::cli {

namespace {

constexpr std::size_t largest_file = 1 << 20;
constexpr std::size_t largest_password = 64 << 10;
constexpr std::size_t deepest_group = 16;
constexpr std::size_t largest_group = 10'000;

const std::vector<std::string> start_tls_words = {"no", "try", "require"};
const std::vector<std::string> check_words = {"demand", "allow", "never"};

bool is_name(std::string_view name) {
  const auto allowed = [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

// Turns the parsed TOML into an Inventory; knows the place of everything for its errors.
class InventoryReader {
 public:
  explicit InventoryReader(Inventory& inventory) : inventory_(inventory) {}

  void read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      if (key == "servers" || key == "groups" || key == "defaults") continue;
      fail(key.source(),
           "unknown key '" + printable(key.str()) + "'" + did_you_mean(key.str(), {"servers", "groups", "defaults"}));
    }
    InventoryServer defaults;
    if (const auto* node = root.get("defaults")) read_server(as_table(*node, "defaults"), true, defaults);
    if (const auto* node = root.get("servers")) {
      for (const auto& [key, server] : as_table(*node, "servers")) add_server(key, server, defaults);
    }
    if (const auto* node = root.get("groups")) read_groups(as_table(*node, "groups"));
  }

 private:
  using Setter = std::function<void(const std::string&, const toml::node&)>;
  struct Key {
    std::string name;
    Setter set;
  };

  [[noreturn]] void fail(const toml::source_region& place, const std::string& message) const {
    throw UsageError(printable(inventory_.path_.string()) + ':' + std::to_string(place.begin.line) + ": " + message);
  }

  const toml::table& as_table(const toml::node& node, const std::string& name) const {
    if (!node.is_table()) fail(node.source(), "'" + printable(name) + "' must be a table");
    return *node.as_table();
  }

  std::string as_text(const toml::node& node, const std::string& name) const {
    const auto* text = node.as_string();
    if (text == nullptr) fail(node.source(), "'" + printable(name) + "' must be a string");
    if (text->get().find('\0') != std::string::npos) fail(node.source(), "'" + printable(name) + "' has a NUL in it");
    return text->get();
  }

  // The path as the folder of the inventory sees it.
  std::string resolve(const std::string& path, const toml::node& node) const {
    if (path.empty()) fail(node.source(), "the path is empty");
    return (inventory_.path_.parent_path() / path).string();
  }

  std::size_t word(const std::string& text, const std::vector<std::string>& words, const toml::node& node) const {
    const auto found = std::find(words.begin(), words.end(), text);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    std::string known;
    for (const auto& each : words) known += (known.empty() ? "" : ", ") + each;
    fail(node.source(), "'" + printable(text) + "' is none of " + known + did_you_mean(text, words));
  }

  std::chrono::milliseconds duration(const std::string& text, const toml::node& node) const {
    const auto length = parse_duration(text);
    if (!length) fail(node.source(), "'" + printable(text) + "' is not a length of time such as \"10s\"");
    return *length;
  }

  std::vector<Key> keys(InventoryServer& server) const {
    auto& connection = server.connection;
    const auto text = [](std::string& target) -> Setter {
      return [&target](const std::string& value, const auto&) { target = value; };
    };
    const auto path = [this](std::string& target) -> Setter {
      return [this, &target](const std::string& value, const toml::node& node) { target = resolve(value, node); };
    };
    const auto time = [this](std::chrono::milliseconds& target) -> Setter {
      return [this, &target](const std::string& value, const toml::node& node) { target = duration(value, node); };
    };
    return {
        {"uri",
         [this, &connection](const std::string& value, const toml::node& node) { set_uri(value, node, connection); }},
        {"bind_dn", text(connection.bind.dn)},
        {"password_file",
         [this, &server](const std::string& v, const toml::node& node) { server.password_file = resolve(v, node); }},
        {"sasl_mech", text(connection.bind.mechanism)},
        {"authcid", text(connection.bind.authentication_id)},
        {"authzid", text(connection.bind.authorization_id)},
        {"realm", text(connection.bind.realm)},
        {"secprops", text(connection.bind.security_properties)},
        {"start_tls",
         [this, &connection](const std::string& v, const toml::node& node) {
           connection.tls.start_tls = static_cast<ldap::StartTls>(word(v, start_tls_words, node));
         }},
        {"tls_ca",
         [this, &connection](const std::string& v, const toml::node& node) { set_ca(resolve(v, node), connection); }},
        {"tls_cert", path(connection.tls.certificate_file)},
        {"tls_key", path(connection.tls.key_file)},
        {"tls_check",
         [this, &connection](const std::string& v, const toml::node& node) {
           constexpr ldap::CertificateCheck checks[] = {ldap::CertificateCheck::demand, ldap::CertificateCheck::allow,
                                                        ldap::CertificateCheck::never};
           connection.tls.check = checks[word(v, check_words, node)];
         }},
        {"connect_timeout", time(connection.timeouts.connect)},
        {"timeout", time(connection.timeouts.operation)},
    };
  }

  void set_uri(const std::string& value, const toml::node& node, ldap::ConnectionOptions& connection) const {
    const auto lower = to_lower(value);
    if (!lower.starts_with("ldap://") && !lower.starts_with("ldaps://") && !lower.starts_with("ldapi://")) {
      fail(node.source(), "'" + printable(value) + "' is not a URI (ldap://, ldaps:// or ldapi://)");
    }
    connection.uri = value;
  }

  static void set_ca(const std::string& path, ldap::ConnectionOptions& connection) {
    std::error_code ignored;
    const bool directory = std::filesystem::is_directory(path, ignored);
    connection.tls.ca_file = directory ? "" : path;
    connection.tls.ca_directory = directory ? path : "";
  }

  // Sets in `server` what the table says. Every key that says who to be replaces all that [defaults] says of it.
  void read_server(const toml::table& table, bool is_defaults, InventoryServer& server) const {
    const bool own_identity = table.contains("bind_dn") || table.contains("sasl_mech") || table.contains("authcid");
    if (own_identity) {
      server.connection.bind = {};
      server.password_file.clear();
    }
    const auto known = keys(server);
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (name == "password")
        fail(key.source(),
             "a password does not belong here: put it into a file of mode 600 and name it with password_file");
      if (is_defaults && name == "uri") fail(key.source(), "'uri' has no place in [defaults]: each server has its own");
      const auto found = std::find_if(known.begin(), known.end(), [&](const Key& each) { return each.name == name; });
      if (found == known.end()) {
        std::vector<std::string> names;
        for (const auto& each : known) names.push_back(each.name);
        fail(key.source(), "unknown key '" + printable(name) + "'" + did_you_mean(name, names));
      }
      found->set(as_text(node, name), node);
    }
    finish_identity(table, is_defaults, server);
  }

  void finish_identity(const toml::table& table, bool is_defaults, InventoryServer& server) const {
    auto& bind = server.connection.bind;
    const bool sasl = !bind.mechanism.empty() || !bind.authentication_id.empty();
    bind.method = sasl               ? ldap::BindMethod::sasl
                  : !bind.dn.empty() ? ldap::BindMethod::simple
                                     : ldap::BindMethod::anonymous;
    // An empty bind_dn is an answer too: anonymous, whatever the command line says.
    server.has_credentials = server.has_credentials || sasl || table.contains("bind_dn");
    server.has_certificate = !server.connection.tls.certificate_file.empty();
    if (is_defaults) return;
    if (bind.method == ldap::BindMethod::simple && server.password_file.empty()) {
      fail(table.source(), "server '" + server.name + "' has a bind_dn but no password_file");
    }
    if (bind.method == ldap::BindMethod::anonymous && !server.password_file.empty()) {
      fail(table.source(), "server '" + server.name + "' has a password_file but no bind_dn, sasl_mech or authcid");
    }
  }

  void add_server(const toml::key& key, const toml::node& node, const InventoryServer& defaults) {
    const std::string name(key.str());
    if (!is_name(name))
      fail(key.source(), "'" + printable(name) + "' cannot name a server: letters, digits, - _ . only");
    auto server = defaults;
    server.name = name;
    read_server(as_table(node, name), false, server);
    if (server.connection.uri.empty()) fail(key.source(), "server '" + name + "' has no uri");
    inventory_.servers_.emplace(name, std::move(server));
  }

  void read_groups(const toml::table& groups) {
    for (const auto& [key, node] : groups) {
      const std::string name(key.str());
      if (!is_name(name))
        fail(key.source(), "'" + printable(name) + "' cannot name a group: letters, digits, - _ . only");
      if (inventory_.servers_.contains(name)) fail(key.source(), "'" + name + "' is both a server and a group");
      if (!node.is_array()) fail(node.source(), "group '" + name + "' must be an array of names");
    }
    for (const auto& [key, node] : groups) {
      const std::string name(key.str());
      inventory_.groups_.emplace(name, expand(name, groups));
    }
  }

  std::vector<std::string> expand(const std::string& name, const toml::table& groups) const {
    std::vector<std::string> servers;
    std::vector<std::string> way;
    std::size_t visits = 0;
    expand_into(name, groups, way, visits, servers);
    return servers;
  }

  void expand_into(const std::string& name, const toml::table& groups, std::vector<std::string>& way,
                   std::size_t& visits, std::vector<std::string>& servers) const {
    const auto& members = *groups.get(name)->as_array();
    if (way.size() >= deepest_group) fail(members.source(), "groups are nested more than 16 deep");
    way.push_back(name);
    for (const auto& member : members) {
      // Groups of groups can multiply: the bound is on the work, not only on the result.
      if (++visits > largest_group) fail(members.source(), "group '" + way.front() + "' has over 10000 members");
      auto text = as_text(member, name);
      const bool must_be_group = text.starts_with('@');
      if (must_be_group) text.erase(0, 1);
      if (std::find(way.begin(), way.end(), text) != way.end())
        fail(member.source(), "group '" + text + "' contains itself");
      if (groups.contains(text)) {
        expand_into(text, groups, way, visits, servers);
      } else if (!inventory_.servers_.contains(text)) {
        fail(member.source(), "group '" + name + "' names '" + printable(text) + "', which is not there" +
                                  did_you_mean(text, names(groups)));
      } else if (std::find(servers.begin(), servers.end(), text) == servers.end()) {
        servers.push_back(text);
      }
    }
    way.pop_back();
  }

  std::vector<std::string> names(const toml::table& groups) const {
    std::vector<std::string> out;
    for (const auto& [name, server] : inventory_.servers_) out.push_back(name);
    for (const auto& [key, node] : groups) out.emplace_back(key.str());
    return out;
  }

  Inventory& inventory_;
};

Inventory Inventory::parse(std::string_view text, const std::filesystem::path& path) {
  Inventory inventory;
  inventory.path_ = path;
  if (text.size() > largest_file) throw UsageError(printable(path.string()) + ": larger than 1 MiB");
  try {
    const auto root = toml::parse(text, path.string());
    InventoryReader(inventory).read(root);
  } catch (const toml::parse_error& error) {
    throw UsageError(printable(path.string()) + ':' + std::to_string(error.source().begin.line) + ": " +
                     printable(error.description()));
  }
  return inventory;
}

Inventory Inventory::load(const std::string& named_by_user) {
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  auto name = named_by_user.empty() ? variable("REPLKIT_INVENTORY") : named_by_user;
  if (!name.empty()) return parse(read_file(name, largest_file), name);

  const auto config = variable("XDG_CONFIG_HOME");
  const auto folder =
      config.starts_with('/') ? std::filesystem::path(config) : std::filesystem::path(variable("HOME")) / ".config";
  const auto path = folder / "replkit" / "inventory.toml";
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return parse(read_file(path, largest_file), path);
  Inventory none;
  none.path_ = path;
  return none;
}

std::vector<const InventoryServer*> Inventory::find(const std::string& name) const {
  if (const auto server = servers_.find(name); server != servers_.end()) return {&server->second};
  const auto group = groups_.find(name);
  if (group == groups_.end()) {
    const auto hint = servers_.empty() ? std::string(", which names no servers") : did_you_mean(name, names());
    throw UsageError('@' + printable(name) + " is not in the inventory " + printable(path_.string()) + hint);
  }
  std::vector<const InventoryServer*> found;
  for (const auto& member : group->second) found.push_back(&servers_.find(member)->second);
  return found;
}

std::vector<std::string> Inventory::names() const {
  std::vector<std::string> out;
  for (const auto& [name, server] : servers_) out.push_back(name);
  for (const auto& [name, members] : groups_) out.push_back(name);
  std::sort(out.begin(), out.end());
  return out;
}

Secret read_password(const std::filesystem::path& path) {
  auto content = read_file(path, largest_password);
  std::string_view password(content);
  if (password.ends_with('\n')) password.remove_suffix(password.ends_with("\r\n") ? 2 : 1);
  Secret secret(password);
  wipe_memory(content.data(), content.size());
  return secret;
}

Secret read_private_password(const std::filesystem::path& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    const auto name = printable(path.string());
    throw UsageError("others may read the password file " + name + ": run chmod 600 " + name);
  }
  return read_password(path);
}

}  // namespace replkit::cli
