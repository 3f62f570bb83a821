// A small LDAP client for the tests' own needs: written apart from common/ldap, so that it can judge it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

struct ldap;

namespace replkit::support {

// Attribute description as the server spells it -> values in its order.
using Attributes = std::map<std::string, std::vector<std::string>>;

struct FoundEntry {
  std::string dn;
  Attributes attributes;
};

enum class Change { add = 0, remove = 1, replace = 2 };  // as LDAP_MOD_*

struct AttributeChange {
  Change kind;
  std::string name;
  std::vector<std::string> values;
};

// One connection, synchronous. Writes return the LDAP result code (0 is success; negative: libldap's own, as
// LDAP_SERVER_DOWN).
class Client {
 public:
  // Connects and binds: simple, or anonymous with an empty DN. ldapi as the peer uid when `dn` is "EXTERNAL".
  // Throws std::runtime_error when that does not work within the timeout, which then holds for every operation.
  explicit Client(const std::string& uri, const std::string& dn = {}, const std::string& password = {},
                  std::chrono::milliseconds timeout = std::chrono::seconds(20));
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  // Throws std::runtime_error for every result but success and noSuchObject (then empty). scope: 0 base, 1 one, 2 sub.
  std::vector<FoundEntry> search(const std::string& base, int scope, const std::string& filter = "(objectClass=*)",
                                 const std::vector<std::string>& attributes = {});
  // Returns the entry, or nothing when it does not exist.
  std::optional<FoundEntry> read(const std::string& dn, const std::vector<std::string>& attributes = {});

  int add(const std::string& dn, const Attributes& attributes);
  int modify(const std::string& dn, const std::vector<AttributeChange>& changes);
  int remove(const std::string& dn);
  int rename(const std::string& dn, const std::string& new_rdn, const std::string& new_superior = {});

 private:
  ::ldap* handle_ = nullptr;
};

// Throws std::runtime_error with `what` and the code's text unless the code is 0.
void expect_success(int code, const std::string& what);

}  // namespace replkit::support
