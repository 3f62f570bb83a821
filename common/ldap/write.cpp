#include "common/ldap/write.hpp"

#include <fmt/format.h>

#include <deque>

#include "common/base/text.hpp"
#include "common/ldap/connection.hpp"
#include "common/ldap/connection_state.hpp"

namespace replkit::ldap {

namespace {

// The lists of libldap's C interface: everything points into a change that outlives them.
class Mods {
 public:
  void add(int operation, const std::string& description, const std::vector<std::string>& values) {
    auto& bytes = bytes_.emplace_back();
    auto& list = lists_.emplace_back();
    for (const auto& value : values) bytes.push_back(view_of(value));
    for (auto& each : bytes) list.push_back(&each);
    list.push_back(nullptr);
    LDAPMod& mod = mods_.emplace_back();
    mod.mod_op = operation | LDAP_MOD_BVALUES;
    mod.mod_type = const_cast<char*>(description.c_str());
    mod.mod_bvalues = values.empty() ? nullptr : list.data();
  }

  LDAPMod** get() {
    pointers_.clear();
    for (auto& mod : mods_) pointers_.push_back(&mod);
    pointers_.push_back(nullptr);
    return pointers_.data();
  }

 private:
  std::deque<std::vector<berval>> bytes_;
  std::deque<std::vector<berval*>> lists_;
  std::deque<LDAPMod> mods_;
  std::vector<LDAPMod*> pointers_;
};

int number_of(model::ModifyKind kind) {
  switch (kind) {
    case model::ModifyKind::add:
      return LDAP_MOD_ADD;
    case model::ModifyKind::remove:
      return LDAP_MOD_DELETE;
    case model::ModifyKind::replace:
      return LDAP_MOD_REPLACE;
    case model::ModifyKind::increment:
      return LDAP_MOD_INCREMENT;
  }
  return LDAP_MOD_REPLACE;
}

// Sends one kind of change; each returns libldap's code and sets the message's id.
struct Send {
  LDAP* handle;
  const char* dn;
  LDAPControl** controls;
  int* id;

  int operator()(const model::AddChange& change) const {
    Mods mods;
    for (const auto& attribute : change.attributes) mods.add(LDAP_MOD_ADD, attribute.description, attribute.values);
    return ldap_add_ext(handle, dn, mods.get(), controls, nullptr, id);
  }
  int operator()(const model::DeleteChange&) const { return ldap_delete_ext(handle, dn, controls, nullptr, id); }
  int operator()(const model::ModifyChange& change) const {
    Mods mods;
    for (const auto& each : change.modifications) mods.add(number_of(each.kind), each.description, each.values);
    return ldap_modify_ext(handle, dn, mods.get(), controls, nullptr, id);
  }
  int operator()(const model::RenameChange& change) const {
    return ldap_rename(handle, dn, change.new_rdn.c_str(), change.new_superior ? change.new_superior->c_str() : nullptr,
                       change.delete_old_rdn ? 1 : 0, controls, nullptr, id);
  }
};

const char* verb_of(const model::ChangeRecord& record) {
  constexpr const char* verbs[] = {"add", "delete", "modify", "rename"};
  return verbs[record.change.index()];
}

}  // namespace

WriteOutcome Connection::write(const model::ChangeRecord& record) {
  const std::string action = fmt::format("{} {}", verb_of(record), printable(record.dn));
  state_->require_alive(action);
  std::vector<LDAPControl> made;
  for (const auto& control : record.controls) {
    LDAPControl& each = made.emplace_back();
    each.ldctl_oid = const_cast<char*>(control.oid.c_str());
    each.ldctl_iscritical = control.critical.value_or(false) ? 1 : 0;
    if (control.value) each.ldctl_value = view_of(*control.value);
  }
  std::vector<LDAPControl*> controls;
  for (auto& each : made) controls.push_back(&each);
  controls.push_back(nullptr);
  int id = 0;
  const int code = std::visit(Send{state_->handle(), record.dn.c_str(), controls.data(), &id}, record.change);
  if (code != LDAP_SUCCESS) state_->fail(code, action);
  const Result result = state_->wait_for_result(id, state_->options().timeouts.operation, action, ResultCode::timeout);
  return {.code = static_cast<ResultCode>(result.code),
          .diagnostic = result.diagnostic,
          .matched_dn = result.matched_dn,
          .referrals = result.referrals};
}

LdapError error_of(const WriteOutcome& outcome, const std::string& server, const std::string& action) {
  const auto& text =
      outcome.diagnostic.empty() && !outcome.referrals.empty() ? outcome.referrals.front() : outcome.diagnostic;
  return LdapError(outcome.code, server, action, text, outcome.matched_dn);
}

}  // namespace replkit::ldap
