#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sasl/sasl.h>

#include <algorithm>

#include "common/base/text.hpp"
#include "common/ldap/bind.hpp"
#include "common/ldap/tls.hpp"

namespace replkit::ldap {

namespace {

// What the callback answers, and what it was asked for in vain.
struct Answers {
  std::string authentication_id;
  std::string authorization_id;
  std::string realm;
  std::string_view password;
  const char* missing = nullptr;
};

void answer(sasl_interact_t& prompt, std::string_view text) {
  prompt.result = text.data();
  prompt.len = static_cast<unsigned>(text.size());
}

int interact(LDAP* /*handle*/, unsigned /*flags*/, void* defaults, void* prompts) noexcept {
  auto& answers = *static_cast<Answers*>(defaults);
  for (auto* prompt = static_cast<sasl_interact_t*>(prompts); prompt->id != SASL_CB_LIST_END; ++prompt) {
    switch (prompt->id) {
      case SASL_CB_AUTHNAME:
        if (answers.authentication_id.empty()) answers.missing = "an authentication id (-U)";
        answer(*prompt, answers.authentication_id);
        break;
      case SASL_CB_USER:
        answer(*prompt, answers.authorization_id);
        break;
      case SASL_CB_PASS:
        if (answers.password.empty()) answers.missing = "a password";
        answer(*prompt, answers.password);
        break;
      case SASL_CB_GETREALM:
        answer(*prompt,
               answers.realm.empty() && prompt->defresult ? std::string_view(prompt->defresult) : answers.realm);
        break;
      default:
        answers.missing = "an answer that cannot be given without a dialogue";
        answer(*prompt, "");
    }
  }
  return answers.missing ? LDAP_OTHER : LDAP_SUCCESS;
}

std::string given_or_configured(const Session& session, const std::string& given, int option) {
  if (!given.empty()) return given;
  char* configured = nullptr;
  ldap_get_option(session.handle(), option, &configured);
  return to_string(CString(configured));
}

std::vector<std::string> installed_mechanisms() {
  char** list = nullptr;
  ldap_get_option(nullptr, LDAP_OPT_X_SASL_MECHLIST, &list);  // Cyrus owns it
  std::vector<std::string> names;
  for (char** each = list; each && *each; ++each) names.emplace_back(*each);
  return names;
}

bool contains(const std::vector<std::string>& names, std::string_view wanted) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return equals_ignore_case(name, wanted); });
}

std::string list_text(const std::vector<std::string>& names) {
  return names.empty() ? "none" : printable(fmt::format("{}", fmt::join(names, ", ")));
}

std::string why_no_external(const Session& session) {
  if (session.is_local()) return "the server does not take the local user's identity";
  if (!session.has_tls()) return "EXTERNAL needs TLS with a client certificate, or ldapi";
  const std::string own = explain_own_certificate(session);
  return "EXTERNAL needs a client certificate that the server accepts" + (own.empty() ? own : "; " + own);
}

// Which side lacks the mechanism, and what there is.
[[noreturn]] void fail_for_mechanism(Session& session, const std::string& mechanism, const std::string& action,
                                     int code, const std::string& diagnostic) {
  const auto offered = session.read_root_attribute("supportedSASLMechanisms", session.options().timeouts.connect);
  std::string reason;
  if (!mechanism.empty() && !contains(offered, mechanism)) {
    reason = fmt::format("the server does not offer {}; it offers here: {}", mechanism, list_text(offered));
    if (equals_ignore_case(mechanism, "EXTERNAL")) reason += "; " + why_no_external(session);
  } else if (mechanism.empty()) {
    reason = fmt::format("no common SASL mechanism: the server offers {}; installed here are {}", list_text(offered),
                         list_text(installed_mechanisms()));
  } else {
    reason = diagnostic;
  }
  throw LdapError(static_cast<ResultCode>(code), session.uri(), action, reason);
}

void check_mechanism(const Session& session, const std::string& mechanism, const std::string& action) {
  const auto installed = installed_mechanisms();
  if (!contains(installed, mechanism)) {
    throw LdapError(ResultCode::auth_method_not_supported, session.uri(), action,
                    fmt::format("no Cyrus SASL module for {} is installed on this machine; installed are {}",
                                printable(mechanism), list_text(installed)));
  }
  const bool clear = equals_ignore_case(mechanism, "PLAIN") || equals_ignore_case(mechanism, "LOGIN");
  if (clear && !session.has_tls() && !session.is_local()) {
    throw LdapError(ResultCode::confidentiality_required, session.uri(), action,
                    mechanism + " would send the password in clear, and was not sent");
  }
}

void set_sasl_options(const Session& session, const std::string& action) {
  const BindOptions& options = session.options().bind;
  if (!options.security_properties.empty() &&
      ldap_set_option(session.handle(), LDAP_OPT_X_SASL_SECPROPS, options.security_properties.c_str()) !=
          LDAP_OPT_SUCCESS) {
    throw UsageError(
        fmt::format("{}: \"{}\" are not SASL security properties", action, printable(options.security_properties)));
  }
  if (!options.canonicalize_host) ldap_set_option(session.handle(), LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON);
}

// Cyrus chooses among these; without protection the mechanisms that send the password are not among them.
std::vector<std::string> offered_mechanisms(Session& session, const std::string& action) {
  auto offered = session.read_root_attribute("supportedSASLMechanisms", session.options().timeouts.connect);
  if (!session.has_tls() && !session.is_local()) {
    std::erase_if(offered, [](const std::string& name) {
      return equals_ignore_case(name, "PLAIN") || equals_ignore_case(name, "LOGIN");
    });
  }
  if (offered.empty()) {
    throw LdapError(ResultCode::auth_method_not_supported, session.uri(), action,
                    "the server shows no usable SASL mechanism (supportedSASLMechanisms of its root DSE); use -x for a "
                    "simple bind, "
                    "or name one with -Y");
  }
  return offered;
}

// Cyrus puts the Kerberos mechanisms first, also without a ticket. Then nothing was sent yet, and the others may do.
bool drop_kerberos(std::vector<std::string>& mechanisms) {
  return std::erase_if(mechanisms, [](const std::string& name) { return name.starts_with("GS"); }) > 0 &&
         !mechanisms.empty();
}

// Does the exchange with the mechanism that Cyrus chooses; `action` then names it. Returns libldap's or the server's
// code.
int converse(Session& session, const std::vector<std::string>& mechanisms, Answers& answers, std::string& action) {
  const std::string& dn = session.options().bind.dn;
  const std::string list = fmt::format("{}", fmt::join(mechanisms, " "));
  const char* chosen = nullptr;
  Message message;
  while (true) {
    int id = 0;
    const int code =
        ldap_sasl_interactive_bind(session.handle(), dn.empty() ? nullptr : dn.c_str(), list.c_str(), nullptr, nullptr,
                                   LDAP_SASL_QUIET, interact, &answers, message.get(), &chosen, &id);
    if (chosen) action = fmt::format("SASL bind with {}", printable(chosen));
    if (code != LDAP_SASL_BIND_IN_PROGRESS) return code;
    message = session.wait(id, session.options().timeouts.connect, action, ResultCode::server_down);
  }
}

}  // namespace

void bind_sasl(Session& session) {
  const BindOptions& options = session.options().bind;
  const std::string wanted = given_or_configured(session, options.mechanism, LDAP_OPT_X_SASL_MECH);
  std::string action = fmt::format("SASL bind{}{}", wanted.empty() ? "" : " with ", printable(wanted));
  set_sasl_options(session, action);
  if (!wanted.empty()) check_mechanism(session, wanted, action);
  std::vector<std::string> mechanisms = wanted.empty() ? offered_mechanisms(session, action) : std::vector{wanted};

  Answers answers{given_or_configured(session, options.authentication_id, LDAP_OPT_X_SASL_AUTHCID),
                  given_or_configured(session, options.authorization_id, LDAP_OPT_X_SASL_AUTHZID),
                  given_or_configured(session, options.realm, LDAP_OPT_X_SASL_REALM), options.password.reveal(),
                  nullptr};
  int code = converse(session, mechanisms, answers, action);
  if (code == LDAP_LOCAL_ERROR && wanted.empty() && drop_kerberos(mechanisms)) {
    code = converse(session, mechanisms, answers, action);
  }
  if (code == LDAP_SUCCESS) return;
  if (answers.missing) {
    throw UsageError(fmt::format("{}: {}: the mechanism needs {}", session.uri(), action, answers.missing));
  }
  const std::string diagnostic = session.diagnostic();
  if (code == LDAP_AUTH_METHOD_NOT_SUPPORTED || code == LDAP_AUTH_UNKNOWN) {
    fail_for_mechanism(session, wanted, action, LDAP_AUTH_METHOD_NOT_SUPPORTED, diagnostic);
  }
  session.fail(code, action);
}

}  // namespace replkit::ldap
