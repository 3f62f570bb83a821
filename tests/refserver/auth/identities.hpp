// From the names that mechanisms speak of to DNs.
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/schema.hpp"
#include "tests/refserver/access/caller.hpp"
#include "tests/refserver/auth/authenticator.hpp"

namespace replkit::refserver::auth {

class Identities {
 public:
  // Throws UsageError naming the administrator or the map that cannot be read.
  Identities(const std::vector<Administrator>& administrators, const std::vector<IdentityMap>& maps,
             model::Schema schema, const Secrets& secrets);

  // Returns the caller of this DN, spelled as its entry or the configuration spells it; nothing when it is malformed.
  std::optional<access::Caller> caller(const std::string& dn) const;

  // Returns who a user name in an exchange with this mechanism ("": outside of any) stands for: by the first map that
  // fits "uid=NAME,cn=MECHANISM,cn=auth", else that DN itself. A name "dn:DN" stands for the DN. Nothing when it is
  // empty or too long.
  std::optional<access::Caller> user(std::string_view name, std::string_view mechanism) const;

  // Returns who a certificate's subject or the peer of a local socket is: by the first map that fits, else that DN.
  std::optional<access::Caller> subject(const std::string& dn) const;

  // Returns who "dn:..." or "u:..." names, whether there is such an entry or not; nothing when malformed.
  std::optional<access::Caller> authorization(std::string_view authzid, std::string_view mechanism) const;

  // Whether the caller is anonymous, an administrator, or has an entry.
  bool exists(const access::Caller& caller) const;

  // Returns the values that a password of the caller may fit: the configured one of an administrator, else the entry's.
  std::vector<std::string> user_passwords(const access::Caller& caller) const;
  // Returns what mechanisms that never see the password need, in the same way.
  std::vector<std::string> auth_passwords(const access::Caller& caller) const;

 private:
  struct Known {
    std::string key;
    Administrator administrator;
  };

  const Administrator* administrator(const std::string& key) const;
  std::optional<std::string> mapped(const std::string& name) const;

  const model::Schema schema_;
  const Secrets& secrets_;
  std::vector<Known> administrators_;
  std::vector<std::pair<std::regex, std::string>> maps_;
};

}  // namespace replkit::refserver::auth
