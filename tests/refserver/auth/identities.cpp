#include "tests/refserver/auth/identities.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"

namespace replkit::refserver::auth {

namespace {

constexpr std::size_t max_name_size = 256;
// std::regex goes one call deeper for each byte or two.
constexpr std::size_t max_mapped_size = 1024;

// Takes the prefix off, whatever its case.
bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!equals_ignore_case(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

Identities::Identities(const std::vector<Administrator>& administrators, const std::vector<IdentityMap>& maps,
                       model::Schema schema, const Secrets& secrets)
    : schema_(std::move(schema)), secrets_(secrets) {
  for (const auto& each : administrators) {
    std::string key;
    if (!model::normalize_dn(each.dn, schema_, key) || key.empty()) {
      throw UsageError(fmt::format("administrator: \"{}\" is not a DN", printable(each.dn)));
    }
    if (!each.password.empty() && !is_hashed(each.password)) {
      throw UsageError(fmt::format("administrator \"{}\": the password is not hashed", printable(each.dn)));
    }
    administrators_.push_back({std::move(key), each});
  }
  for (const auto& map : maps) {
    try {
      maps_.emplace_back(std::regex(map.pattern, std::regex::ECMAScript | std::regex::icase), map.dn);
    } catch (const std::regex_error& error) {
      throw UsageError(
          fmt::format("map: \"{}\" is not a regular expression: {}", printable(map.pattern), error.what()));
    }
  }
}

const Administrator* Identities::administrator(const std::string& key) const {
  const auto found =
      std::find_if(administrators_.begin(), administrators_.end(), [&](const Known& each) { return each.key == key; });
  return found == administrators_.end() ? nullptr : &found->administrator;
}

std::optional<std::string> Identities::mapped(const std::string& name) const {
  if (name.size() > max_mapped_size) return std::nullopt;
  std::smatch match;
  for (const auto& [pattern, dn] : maps_) {
    if (std::regex_match(name, match, pattern)) return match.format(dn);
  }
  return std::nullopt;
}

std::optional<access::Caller> Identities::caller(const std::string& dn) const {
  access::Caller caller;
  if (!model::normalize_dn(dn, schema_, caller.key)) return std::nullopt;
  caller.dn = dn;
  if (const auto* known = administrator(caller.key)) {
    caller.dn = known->dn;
    caller.administrator = true;
  } else if (const auto stored = secrets_.find(caller.key)) {
    caller.dn = stored->dn;
  }
  return caller;
}

std::optional<access::Caller> Identities::user(std::string_view name, std::string_view mechanism) const {
  if (take_prefix(name, "dn:")) return name.empty() ? std::nullopt : caller(std::string(name));
  // String preparation drops NUL, where everything that is written in C ends a name.
  const bool has_nul = name.find('\0') != name.npos;
  if (name.empty() || name.size() > max_name_size || has_nul || !is_utf8(name)) return std::nullopt;
  std::string dn = model::rdn_text({{"uid", std::string(name)}});
  if (!mechanism.empty()) dn += "," + model::rdn_text({{"cn", std::string(mechanism)}});
  dn += ",cn=auth";
  return caller(mapped(dn).value_or(dn));
}

std::optional<access::Caller> Identities::subject(const std::string& dn) const {
  return caller(mapped(dn).value_or(dn));
}

std::optional<access::Caller> Identities::authorization(std::string_view authzid, std::string_view mechanism) const {
  if (authzid.empty()) return access::Caller();
  if (take_prefix(authzid, "u:")) return user(authzid, mechanism);
  if (take_prefix(authzid, "dn:")) return caller(std::string(authzid));
  return std::nullopt;
}

bool Identities::exists(const access::Caller& caller) const {
  return caller.anonymous() || caller.administrator || secrets_.find(caller.key);
}

std::vector<std::string> Identities::user_passwords(const access::Caller& caller) const {
  if (const auto* known = administrator(caller.key)) {
    return known->password.empty() ? std::vector<std::string>() : std::vector{known->password};
  }
  const auto stored = secrets_.find(caller.key);
  return stored ? stored->user_passwords : std::vector<std::string>();
}

std::vector<std::string> Identities::auth_passwords(const access::Caller& caller) const {
  if (administrator(caller.key)) return user_passwords(caller);
  const auto stored = secrets_.find(caller.key);
  return stored ? stored->auth_passwords : std::vector<std::string>();
}

}  // namespace replkit::refserver::auth
