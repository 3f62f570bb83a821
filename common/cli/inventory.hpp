// The inventory: a TOML file of servers, groups and where their credentials are. man/replkit-inventory.5 describes it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldap/options.hpp"

namespace replkit::cli {

struct InventoryServer {
  std::string name;
  ldap::ConnectionOptions connection;   // without the password
  std::filesystem::path password_file;  // empty: none
  bool has_credentials = false;         // whether the file, or its [defaults], says how to bind
  // Whether these were said, and not left at their built-in value.
  bool has_certificate = false;
};

class Inventory {
 public:
  // Parses the text; `path` names it in errors, and relative paths in it start from its folder. Throws UsageError
  // "FILE:LINE: ..." for anything unknown, malformed or refused.
  static Inventory parse(std::string_view text, const std::filesystem::path& path);

  // Reads the file named by the user, or else the one of $REPLKIT_INVENTORY, or else the usual one, which need not
  // exist. Throws UsageError or LocalError.
  static Inventory load(const std::string& named_by_user);

  // Returns the servers that NAME (without the "@") stands for, in order and each once. Throws UsageError when it is
  // unknown.
  std::vector<const InventoryServer*> find(const std::string& name) const;

  // Returns the names of all servers and groups, sorted.
  std::vector<std::string> names() const;

  // Returns where the inventory was looked for.
  const std::filesystem::path& path() const { return path_; }

 private:
  friend class InventoryReader;

  std::filesystem::path path_;
  std::map<std::string, InventoryServer, std::less<>> servers_;
  std::map<std::string, std::vector<std::string>, std::less<>> groups_;  // names of servers, groups resolved
};

// Reads the password of a file of the inventory. Throws UsageError when others may read the file, LocalError when we
// may not.
Secret read_private_password(const std::filesystem::path& path);

// Reads the password of a file (at most 64 KiB), less one line break at its end. Throws LocalError.
Secret read_password(const std::filesystem::path& path);

}  // namespace replkit::cli
