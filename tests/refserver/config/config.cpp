#include "tests/refserver/config/config.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <regex>
#include <set>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/nearest.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "tests/refserver/config/keys.hpp"
#include "tests/refserver/session/endpoint.hpp"

namespace replkit::refserver::config {

namespace {

constexpr std::size_t largest_file = 1 << 20;

// What most searches ask for. Types that the schema does not have are passed over.
std::vector<store::IndexDefinition> usual_indexes() {
  std::vector<store::IndexDefinition> out;
  for (const auto* name :
       {"objectClass", "entryUUID", "member", "uniqueMember", "memberUid", "uidNumber", "gidNumber"}) {
    out.push_back({.attribute = name, .presence = false, .equality = true, .substring = false});
  }
  for (const auto* name : {"uid", "cn", "sn", "givenName", "mail"}) {
    out.push_back({.attribute = name, .presence = false, .equality = true, .substring = true});
  }
  return out;
}

// Fills a Config from the parsed TOML; knows the place of everything for its errors.
class Loader {
 public:
  explicit Loader(Config& config) : config_(config), sections_(sections(config)) {}

  void read(const toml::table& root) {
    const auto& top = sections_.front();
    for (const auto& [key, node] : root) {
      const std::string name(key.str());
      const auto section =
          std::find_if(sections_.begin() + 1, sections_.end(), [&](const Section& each) { return each.name == name; });
      if (section != sections_.end()) {
        read_table(as_table(node, name), section->keys);
      } else if (name == "access") {
        for (const auto* table : tables(node, name)) add_rule(*table);
      } else if (name == "administrator") {
        for (const auto* table : tables(node, name)) add_administrator(*table);
      } else if (name == "map") {
        for (const auto* table : tables(node, name)) add_map(*table);
      } else if (name == "indexes") {
        read_indexes(as_table(node, name));
      } else {
        read_key(name, key, node, top.keys);
      }
    }
    finish(root);
  }

 private:
  [[noreturn]] void fail(const toml::source_region& place, const std::string& message) const {
    throw UsageError(fmt::format("{}: {}", line(place), message));
  }

  std::string line(const toml::source_region& place) const {
    return fmt::format("{}:{}", printable(config_.file.string()), place.begin.line);
  }

  const toml::table& as_table(const toml::node& node, const std::string& name) const {
    if (!node.is_table()) fail(node.source(), fmt::format("'{0}' must be a table: [{0}]", name));
    return *node.as_table();
  }

  std::vector<const toml::table*> tables(const toml::node& node, const std::string& name) const {
    const auto* array = node.as_array();
    std::vector<const toml::table*> out;
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) out.push_back(array->get(i)->as_table());
    if (array == nullptr || std::find(out.begin(), out.end(), nullptr) != out.end()) {
      fail(node.source(), fmt::format("'{0}' must be an array of tables: [[{0}]]", name));
    }
    return out;
  }

  void read_key(const std::string& name, const toml::key& key, const toml::node& node, const std::vector<Key>& keys) {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& each) { return each.name == name; });
    if (found != keys.end()) return found->set(Value(node, name, config_.file));
    std::vector<std::string> known;
    for (const auto& each : keys) known.push_back(each.name);
    if (&keys == &sections_.front().keys) {
      for (const auto& section : sections_) known.push_back(section.name);
      for (const auto* each : {"access", "administrator", "map", "indexes"}) known.emplace_back(each);
    }
    fail(key.source(), fmt::format("unknown key '{}'{}", printable(name), did_you_mean(name, known)));
  }

  void read_table(const toml::table& table, const std::vector<Key>& keys) {
    for (const auto& [key, node] : table) read_key(std::string(key.str()), key, node, keys);
  }

  void add_rule(const toml::table& table) {
    access::Rule rule;
    read_table(table, rule_keys(rule));
    rule.origin = line(table.source());
    if (!table.contains("rights")) fail(table.source(), "an access rule needs rights, if only rights = []");
    config_.rules.push_back(std::move(rule));
  }

  void add_administrator(const toml::table& table) {
    auth::Administrator administrator;
    if (table.contains("password")) check_private(config_.file, "a password's hash");
    read_table(table, administrator_keys(administrator));
    if (administrator.dn.empty()) fail(table.source(), "an administrator needs a dn");
    check_dn(administrator.dn, table);
    config_.auth.administrators.push_back(std::move(administrator));
  }

  void add_map(const toml::table& table) {
    auth::IdentityMap map;
    read_table(table, map_keys(map));
    if (map.pattern.empty() || map.dn.empty()) fail(table.source(), "a map needs a pattern and a dn");
    try {
      const std::regex compiled(map.pattern, std::regex::ECMAScript);
    } catch (const std::regex_error& error) {
      fail(table.source(),
           fmt::format("the pattern '{}' is no regular expression: {}", printable(map.pattern), error.what()));
    }
    config_.auth.maps.push_back(std::move(map));
  }

  void read_indexes(const toml::table& table) {
    config_.store.indexes.clear();
    config_.indexes_given = true;
    for (const auto& [key, node] : table) {
      store::IndexDefinition index;
      index.attribute = key.str();
      set_index(Value(node, index.attribute, config_.file), index);
      config_.store.indexes.push_back(std::move(index));
    }
  }

  void check_dn(const std::string& dn, const toml::table& table) const {
    try {
      model::Dn::parse(dn);
    } catch (const ParseError& error) {
      fail(table.source(), fmt::format("'{}' is no DN: {}", printable(dn), error.what()));
    }
  }

  // What must be there, and what must go together.
  void finish(const toml::table& root) {
    const auto* replication = root.get("replication");
    // The table alone says that there is replication.
    if (replication != nullptr && !replication->as_table()->contains("enabled")) config_.replication.enabled = true;
    auto& contexts = config_.directory.contexts;
    const auto has = [&](std::string_view dn) {
      return std::find(contexts.begin(), contexts.end(), dn) != contexts.end();
    };
    // What is each server's own, as credentials, is kept there.
    if (config_.replication.enabled && !has("*") && !has(exchange::local_suffix)) {
      contexts.emplace_back(exchange::local_suffix);
    }
    config_.directory.password_cost.argon2_memory_kib = config_.auth.argon2_memory_kib;
    config_.directory.password_cost.argon2_passes = config_.auth.argon2_passes;
    const auto& mechanisms = config_.auth.mechanisms;
    if (std::find(mechanisms.begin(), mechanisms.end(), "DIGEST-MD5") != mechanisms.end()) {
      config_.directory.digest_realm = config_.auth.realm;
    }
    const auto& name = printable(config_.file.string());
    if (config_.store.directory.empty()) throw UsageError(name + ": no directory: where is the data to be?");
    if (config_.directory.contexts.empty()) {
      throw UsageError(name + ": no contexts: which suffixes is the server to hold? (\"*\" for any)");
    }
    if (config_.session.listeners.empty()) throw UsageError(name + ": listen is empty");
    const auto& tls = config_.session.tls;
    const auto* table = root.get("tls");
    if (tls.certificate.empty() != tls.key.empty()) fail(table->source(), "[tls] needs both certificate and key");
    if (tls.certificate.empty() && !tls.client_ca.empty()) fail(table->source(), "[tls] has no certificate");
    if (table != nullptr && table->as_table()->contains("client_certificates") && tls.client_ca.empty()) {
      fail(table->source(), "client_certificates needs a client_ca to check them against");
    }
    if (!tls.key.empty()) check_private(tls.key, "a private key");
    for (const auto& uri : config_.session.listeners) {
      if (session::Endpoint::parse(uri).kind == session::Endpoint::Kind::ldaps && tls.certificate.empty()) {
        throw UsageError(fmt::format("{}: {} needs a certificate: [tls] has none", name, printable(uri)));
      }
    }
  }

  Config& config_;
  std::vector<Section> sections_;
};

}  // namespace

Config::Config() {
  store.indexes = usual_indexes();
}

Config Config::load(const std::filesystem::path& file) {
  return parse(read_file(file, largest_file), file);
}

Config Config::parse(std::string_view text, const std::filesystem::path& file) {
  if (text.size() > largest_file) throw UsageError(printable(file.string()) + ": larger than 1 MiB");
  Config config;
  config.file = file;
  try {
    const auto root = toml::parse(text, file.string());
    Loader(config).read(root);
  } catch (const toml::parse_error& error) {
    throw UsageError(
        fmt::format("{}:{}: {}", printable(file.string()), error.source().begin.line, printable(error.description())));
  }
  return config;
}

}  // namespace replkit::refserver::config
