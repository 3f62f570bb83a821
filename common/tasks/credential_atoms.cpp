#include "common/tasks/credential_atoms.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/ldup/agreement.hpp"
#include "common/model/dn.hpp"
#include "common/model/schema.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/steps.hpp"

namespace replkit::tasks {

namespace {

using model::ModifyKind;

constexpr std::string_view bind_dn_name = "ldupBindDN";
constexpr std::string_view password_name = "ldupBindPassword";
constexpr std::string_view mechanism_name = "ldupBindMechanism";
constexpr std::string_view start_tls_name = "ldupStartTLS";

// Returns what the entry says, with what is given in its place.
ldup::Credentials merged(const std::string& dn, const std::optional<model::Entry>& present,
                         const CredentialsValues& values) {
  ldup::Findings ignored;  // what is given may mend it
  auto out = present ? ldup::Credentials::read(*present, false, ignored) : ldup::Credentials();
  out.dn = dn;
  if (values.bind_dn) out.bind_dn = *values.bind_dn;
  if (values.password) out.password = *values.password;
  if (values.mechanism) out.mechanism = *values.mechanism;
  if (values.start_tls) out.start_tls = *values.start_tls;
  return out;
}

void check(const ldup::Credentials& credentials, bool password_known) {
  if (!credentials.bind_dn.empty()) check_dn("the DN to bind as", credentials.bind_dn);
  if (credentials.mechanism == "EXTERNAL") {
    if (!credentials.password.empty()) throw UsageError("a password is of no use with EXTERNAL");
    return;
  }
  if (credentials.bind_dn.empty()) {
    throw UsageError(fmt::format("who is to be bound as? {} needs --bind-dn", credentials.mechanism));
  }
  if (password_known && credentials.password.empty()) {
    throw UsageError(fmt::format("{} needs a password", credentials.mechanism));
  }
}

void note_exposure(const ServerFacts& server, const ldup::Credentials& credentials, Plan& plan) {
  if (credentials.mechanism != "simple" || credentials.start_tls) return;
  note(server, "without --start-tls the password goes to other replicas in the clear, unless their URIs are ldaps://",
       plan);
}

bool is_at_or_below(std::string_view dn, const std::string& top) {
  const auto key = [](std::string_view text) {
    std::string out;
    model::normalize_dn(text, model::Schema::standard(), out);
    return out;
  };
  return model::is_at_or_below(key(dn), key(top));
}

std::string what(std::string_view verb, const std::string& dn) {
  return fmt::format("{} credentials {}", verb, printable(credentials_name(dn)));
}

}  // namespace

std::string credentials_dn(std::string_view name) {
  if (name.find('=') == std::string_view::npos) return child_dn(name, local_suffix);
  check_dn("the credentials", name);
  return std::string(name);
}

std::string credentials_name(std::string_view dn) {
  const auto name = cn_of(dn);
  const bool says_enough =
      is_child(dn, local_suffix) && name.find('=') == std::string::npos && same_dn(child_dn(name, local_suffix), dn);
  return says_enough ? name : std::string(dn);
}

bool wants_password(const std::optional<model::Entry>& present, const CredentialsValues& values) {
  return merged({}, present, values).mechanism != "EXTERNAL";
}

std::vector<model::Entry> read_credentials(ldap::Connection& connection) {
  std::vector<model::Entry> found;
  ldap::SearchRequest request;
  request.base = std::string(local_suffix);
  request.scope = ldap::Scope::subtree;
  request.filter = ldup::class_filter(ldup::ManagementClass::credentials);
  request.attributes = {"*", "entryUUID"};
  const auto outcome = connection.search(request, [&](const ldap::EntryView& view) { found.push_back(view.copy()); });
  if (outcome.code != ldap::ResultCode::success && outcome.code != ldap::ResultCode::no_such_object) {
    throw ldap::error_of(outcome, connection.uri(), fmt::format("search below {}", local_suffix));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.dn < b.dn; });
  return found;
}

std::vector<model::Entry> users_of(const std::vector<model::Entry>& agreements, std::string_view attribute,
                                   std::string_view dn) {
  std::vector<model::Entry> out;
  for (const auto& agreement : agreements) {
    const auto named = first_of(agreement, attribute);
    if (!named.empty() && same_dn(named, dn)) out.push_back(agreement);
  }
  return out;
}

Plan add_credentials(const ServerFacts& server, const std::string& dn, const std::optional<model::Entry>& present,
                     bool superior_is_there, const CredentialsValues& values) {
  require_ldup(server, "credentials entry");
  const auto wanted = merged(dn, {}, values);
  check(wanted, true);
  if (present) {
    throw Precondition(fmt::format("{}: {} is there already: repctl credentials modify changes it",
                                   printable(server.name), printable(dn)));
  }
  if (!superior_is_there) {
    throw Precondition(fmt::format(
        "{}: there is no entry above {}, or we may not see it: name an entry of this server outside of its areas",
        printable(server.name), printable(dn)));
  }
  Plan plan;
  auto entry = wanted.to_entry();
  if (values.description) entry.add("description", *values.description);
  plan.steps.push_back(add_step(server, what("add", dn), dn, std::move(entry.attributes)));
  for (const auto& root : server.context_roots) {
    if (!is_at_or_below(dn, root)) continue;
    note(server,
         fmt::format("it lies in the area {}: better below {}, which is not replicated", printable(root), local_suffix),
         plan);
  }
  note_exposure(server, wanted, plan);
  return plan;
}

Plan modify_credentials(const ServerFacts& server, const std::string& dn, const std::optional<model::Entry>& present,
                        const CredentialsValues& values) {
  require_ldup(server, "credentials entry");
  if (!present) {
    throw Precondition(fmt::format("{}: there is no entry {}: repctl credentials add makes it", printable(server.name),
                                   printable(dn)));
  }
  const auto wanted = merged(dn, present, values);
  check(wanted, false);
  std::vector<model::Modification> changes;
  const auto set = [&](std::string_view name, const std::string& value) {
    const auto old = first_of(*present, name);
    const bool same =
        name == bind_dn_name ? !old.empty() && !value.empty() && same_dn(old, value) : equals_ignore_case(old, value);
    if (same || (old.empty() && value.empty())) return;
    changes.push_back({.kind = ModifyKind::replace, .description = std::string(name), .values = {}});
    if (!value.empty()) changes.back().values = {value};
  };
  if (values.bind_dn) set(bind_dn_name, *values.bind_dn);
  if (values.mechanism) set(mechanism_name, wanted.mechanism);
  if (values.start_tls) set(start_tls_name, *values.start_tls ? "TRUE" : "FALSE");
  if (values.description) set("description", *values.description);
  if (values.password) {
    // Servers do not show it, so that it counts as new.
    changes.push_back({.kind = ModifyKind::replace,
                       .description = std::string(password_name),
                       .values = {std::string(values.password->reveal())}});
  } else if (values.mechanism && wanted.mechanism == "EXTERNAL") {
    changes.push_back({.kind = ModifyKind::replace, .description = std::string(password_name), .values = {}});
  }
  Plan plan;
  if (changes.empty()) {
    skip(server, fmt::format("{} is so already", printable(dn)), plan);
    return plan;
  }
  plan.steps.push_back(modify_step(server, what("modify", dn), dn, std::move(changes)));
  note_exposure(server, wanted, plan);
  return plan;
}

Plan delete_credentials(const ServerFacts& server, const std::string& dn, const std::optional<model::Entry>& present,
                        const std::vector<model::Entry>& users) {
  require_ldup(server, "credentials entry");
  Plan plan;
  if (!present) {
    skip(server, fmt::format("there is no entry {}", printable(dn)), plan);
    return plan;
  }
  if (class_of(*present) != ldup::ManagementClass::credentials) {
    throw Precondition(fmt::format("{}: {} is no entry of credentials", printable(server.name), printable(dn)));
  }
  auto step = delete_step(server, what("delete", dn), dn);
  step.settled = {ldap::ResultCode::no_such_object};
  plan.steps.push_back(std::move(step));
  plan.removed.push_back({server.name, *present});
  note(server, "its password cannot be saved: servers show it to nobody", plan);
  for (const auto& agreement : users) {
    note(server, fmt::format("the agreement {} names it, and cannot bind with it then", printable(agreement.dn)), plan);
  }
  return plan;
}

}  // namespace replkit::tasks
