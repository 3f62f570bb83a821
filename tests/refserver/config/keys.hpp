// Every key of the configuration, with where its value goes: read and printed by the same tables.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/refserver/config/config.hpp"
#include "tests/refserver/config/value.hpp"

namespace replkit::refserver::config {

struct Key {
  std::string name;
  std::function<void(const Value&)> set;
  // Returns the value in force as TOML; "" when there is nothing to show.
  std::function<std::string()> show;
};

struct Section {
  std::string name;  // of the table; empty: the top of the file
  std::vector<Key> keys;
};

// Returns the tables that a file has once. What the keys set is in `config`, which must outlive them.
std::vector<Section> sections(Config& config);

// Return the keys of a table that a file may have several times.
std::vector<Key> rule_keys(access::Rule& rule);
std::vector<Key> map_keys(auth::IdentityMap& map);
std::vector<Key> administrator_keys(auth::Administrator& administrator);

// Sets the kinds of index that the value of a key of [indexes] names.
void set_index(const Value& value, store::IndexDefinition& index);
std::string show_index(const store::IndexDefinition& index);

// Return TOML for a string, and for an array of strings.
std::string toml_text(std::string_view text);
std::string toml_text(const std::vector<std::string>& texts);

}  // namespace replkit::refserver::config
