#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "tests/refserver/config/keys.hpp"

namespace replkit::refserver::config {

namespace {

void print_keys(std::string& out, const std::vector<Key>& keys, std::string_view before = "") {
  for (const auto& key : keys) {
    const auto value = key.show();
    if (!value.empty()) out += fmt::format("{}{} = {}\n", before, key.name, value);
  }
}

std::string toml_key(const std::string& name) {
  const auto is_bare = [](char c) { return is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '_'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_bare) ? name : toml_text(name);
}

void print_rule(std::string& out, access::Rule rule, std::string_view before) {
  out += fmt::format("\n{}[[access]]\n", before);
  print_keys(out, rule_keys(rule), before);
}

// The rules that every server has are told apart by having no place in a file.
void print_rules(std::string& out, const std::vector<access::Rule>& configured) {
  for (const auto& rule : access::effective_rules(configured)) print_rule(out, rule, rule.origin.empty() ? "# " : "");
}

}  // namespace

std::string to_toml(const Config& config) {
  auto copy = config;
  std::string out = "# " + printable(config.file.string()) + "\n";
  for (const auto& section : sections(copy)) {
    // What depends on a certificate makes no sense without one.
    if (section.name == "tls" && config.session.tls.client_ca.empty() && config.session.tls.certificate.empty())
      continue;
    if (!section.name.empty()) out += fmt::format("\n[{}]\n", section.name);
    print_keys(out, section.keys);
  }
  out += "\n[indexes]\n";
  std::sort(copy.store.indexes.begin(), copy.store.indexes.end(),
            [](const auto& a, const auto& b) { return a.attribute < b.attribute; });
  for (const auto& index : copy.store.indexes) {
    out += fmt::format("{} = {}\n", toml_key(index.attribute), show_index(index));
  }
  for (auto& administrator : copy.auth.administrators) {
    out += fmt::format("\n[[administrator]]\n");
    print_keys(out, administrator_keys(administrator));
    out += administrator.password.empty() ? "# no password\n" : "# password not shown\n";
  }
  for (auto& map : copy.auth.maps) {
    out += "\n[[map]]\n";
    print_keys(out, map_keys(map));
  }
  print_rules(out, config.rules);
  return out;
}

}  // namespace replkit::refserver::config
