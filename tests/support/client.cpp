#include "tests/support/client.hpp"

#include <fmt/format.h>
#include <ldap.h>

#include <memory>
#include <stdexcept>

namespace replkit::support {

namespace {

berval to_berval(const std::string& text) {
  return {text.size(), const_cast<char*>(text.data())};
}

// LDAPMod arrays over the caller's strings, which must stay.
class Mods {
 public:
  explicit Mods(const std::vector<AttributeChange>& changes) : parts_(changes.size()) {
    for (std::size_t i = 0; i < changes.size(); ++i) {
      Part& part = parts_[i];
      for (const std::string& value : changes[i].values) part.values.push_back(to_berval(value));
      for (berval& value : part.values) part.pointers.push_back(&value);
      part.pointers.push_back(nullptr);
      part.mod.mod_op = static_cast<int>(changes[i].kind) | LDAP_MOD_BVALUES;
      part.mod.mod_type = const_cast<char*>(changes[i].name.c_str());
      part.mod.mod_bvalues = part.values.empty() ? nullptr : part.pointers.data();
      pointers_.push_back(&part.mod);
    }
    pointers_.push_back(nullptr);
  }
  LDAPMod** get() { return pointers_.data(); }

 private:
  struct Part {
    LDAPMod mod = {};
    std::vector<berval> values;
    std::vector<berval*> pointers;
  };
  std::vector<Part> parts_;
  std::vector<LDAPMod*> pointers_;
};

int external_interact(LDAP*, unsigned, void*, void*) noexcept {
  return LDAP_SUCCESS;
}

FoundEntry decode(LDAP* handle, LDAPMessage* message) {
  FoundEntry result;
  char* dn = ldap_get_dn(handle, message);
  result.dn = dn;
  ldap_memfree(dn);
  BerElement* position = nullptr;
  char* name = ldap_first_attribute(handle, message, &position);
  for (; name != nullptr; name = ldap_next_attribute(handle, message, position)) {
    std::vector<std::string>& values = result.attributes[name];
    berval** found = ldap_get_values_len(handle, message, name);
    for (berval** v = found; v != nullptr && *v != nullptr; ++v) values.emplace_back((*v)->bv_val, (*v)->bv_len);
    ldap_value_free_len(found);
    ldap_memfree(name);
  }
  ber_free(position, 0);
  return result;
}

}  // namespace

void expect_success(int code, const std::string& what) {
  if (code != LDAP_SUCCESS) throw std::runtime_error(fmt::format("{}: {} ({})", what, ldap_err2string(code), code));
}

Client::Client(const std::string& uri, const std::string& dn, const std::string& password,
               std::chrono::milliseconds timeout) {
  expect_success(ldap_initialize(&handle_, uri.c_str()), uri);
  const int version = LDAP_VERSION3;
  const timeval limit{timeout.count() / 1000, static_cast<suseconds_t>(timeout.count() % 1000 * 1000)};
  ldap_set_option(handle_, LDAP_OPT_PROTOCOL_VERSION, &version);
  ldap_set_option(handle_, LDAP_OPT_NETWORK_TIMEOUT, &limit);
  ldap_set_option(handle_, LDAP_OPT_TIMEOUT, &limit);
  ldap_set_option(handle_, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
  int code = LDAP_SUCCESS;
  if (dn == "EXTERNAL") {
    code = ldap_sasl_interactive_bind_s(handle_, "", "EXTERNAL", nullptr, nullptr, LDAP_SASL_QUIET, external_interact,
                                        nullptr);
  } else {
    berval secret = to_berval(password);
    code = ldap_sasl_bind_s(handle_, dn.c_str(), LDAP_SASL_SIMPLE, &secret, nullptr, nullptr, nullptr);
  }
  if (code != LDAP_SUCCESS) {
    ldap_unbind_ext_s(handle_, nullptr, nullptr);
    expect_success(code, fmt::format("bind to {} as '{}'", uri, dn));
  }
}

Client::~Client() {
  ldap_unbind_ext_s(handle_, nullptr, nullptr);
}

std::vector<FoundEntry> Client::search(const std::string& base, int scope, const std::string& filter,
                                       const std::vector<std::string>& attributes) {
  std::vector<char*> names;
  for (const std::string& name : attributes) names.push_back(const_cast<char*>(name.c_str()));
  names.push_back(nullptr);
  LDAPMessage* messages = nullptr;
  const int code =
      ldap_search_ext_s(handle_, base.c_str(), scope, filter.c_str(), attributes.empty() ? nullptr : names.data(), 0,
                        nullptr, nullptr, nullptr, LDAP_NO_LIMIT, &messages);
  const std::unique_ptr<LDAPMessage, int (*)(LDAPMessage*)> owner(messages, ldap_msgfree);
  if (code != LDAP_NO_SUCH_OBJECT) expect_success(code, "search " + base);
  std::vector<FoundEntry> result;
  for (LDAPMessage* m = ldap_first_entry(handle_, messages); m != nullptr; m = ldap_next_entry(handle_, m)) {
    result.push_back(decode(handle_, m));
  }
  return result;
}

std::optional<FoundEntry> Client::read(const std::string& dn, const std::vector<std::string>& attributes) {
  std::vector<FoundEntry> found = search(dn, LDAP_SCOPE_BASE, "(objectClass=*)", attributes);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

int Client::add(const std::string& dn, const Attributes& attributes) {
  std::vector<AttributeChange> changes;
  for (const auto& [name, values] : attributes) changes.push_back({Change::add, name, values});
  return ldap_add_ext_s(handle_, dn.c_str(), Mods(changes).get(), nullptr, nullptr);
}

int Client::modify(const std::string& dn, const std::vector<AttributeChange>& changes) {
  return ldap_modify_ext_s(handle_, dn.c_str(), Mods(changes).get(), nullptr, nullptr);
}

int Client::remove(const std::string& dn) {
  return ldap_delete_ext_s(handle_, dn.c_str(), nullptr, nullptr);
}

int Client::rename(const std::string& dn, const std::string& new_rdn, const std::string& new_superior) {
  return ldap_rename_s(handle_, dn.c_str(), new_rdn.c_str(), new_superior.empty() ? nullptr : new_superior.c_str(), 1,
                       nullptr, nullptr);
}

}  // namespace replkit::support
