// The server's configuration: one TOML file, which man/replserver.toml.5 describes.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/refserver/access/policy.hpp"
#include "tests/refserver/auth/authenticator.hpp"
#include "tests/refserver/directory/context.hpp"
#include "tests/refserver/exchange/options.hpp"
#include "tests/refserver/session/server.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::config {

struct LogOptions {
  enum class Level : std::uint8_t { debug, info, warning, error };
  enum class Format : std::uint8_t { text, json };

  Level level = Level::info;
  Format format = Format::text;
  std::filesystem::path file;  // empty: standard error
};

struct AuditOptions {
  std::filesystem::path file;  // empty: no audit trail
  bool required = true;        // no changes while it cannot be written
};

struct Config {
  std::filesystem::path file;  // what was read; relative paths in it start from its folder

  std::vector<std::string> schema = {"core", "cosine", "inetorgperson", "nis", "ldup"};
  store::StoreOptions store;        // its directory is empty when none was given: parse() refuses that
  bool indexes_given = false;       // else those of the store are the usual ones, as far as the schema has the types
  std::vector<access::Rule> rules;  // as configured, without the ones that every server has
  auth::AuthOptions auth;           // passwords hashed
  directory::DirectoryOptions directory;
  session::ServerOptions session;
  LogOptions log;
  AuditOptions audit;
  exchange::Options replication;
  std::chrono::milliseconds grace = std::chrono::seconds(10);  // for outstanding operations when the server ends

  Config();

  // Reads a file of at most 1 MiB, and the password files it names. Throws UsageError "FILE:LINE: what is wrong", with
  // the nearest key for one that is unknown, and for files with secrets that others may read; LocalError when a file
  // cannot be read.
  static Config load(const std::filesystem::path& file);
  // The same for text that is thought to be that file.
  static Config parse(std::string_view text, const std::filesystem::path& file);
};

// Returns everything that is in force as a configuration that reads back as the same, but without passwords; the access
// rules that every server has as comments.
std::string to_toml(const Config& config);

}  // namespace replkit::refserver::config
