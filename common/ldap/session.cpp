#include "common/ldap/session.hpp"

#include <fmt/format.h>
#include <openldap.h>

#include <algorithm>
#include <csignal>
#include <mutex>

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/ldap/socket.hpp"

namespace replkit::ldap {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds slice{250};

// Before the first handle: libldap reads ldap.conf here, which it does without a lock. liblber writes with write(2), so
// a server that resets the connection would end the program with SIGPIPE.
void initialize_once() {
  static std::once_flag done;
  std::call_once(done, [] {
    int version = 0;
    ldap_get_option(nullptr, LDAP_OPT_PROTOCOL_VERSION, &version);
    struct sigaction current {};
    if (sigaction(SIGPIPE, nullptr, &current) == 0 && current.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
  });
}

timeval to_timeval(milliseconds length) {
  timeval value{};
  value.tv_sec = static_cast<decltype(value.tv_sec)>(length.count() / 1000);
  value.tv_usec = static_cast<decltype(value.tv_usec)>(length.count() % 1000 * 1000);
  return value;
}

}  // namespace

Session::Session(const ConnectionOptions& options, const CancelToken& cancel) : options_(options), cancel_(&cancel) {
  initialize_once();
  open_handle();
  set_options();
  set_blocking(false);
}

void Session::open_handle() {
  LDAPURLDesc* parsed = nullptr;
  if (uri().find(' ') != std::string::npos || ldap_url_parse(uri().c_str(), &parsed) != LDAP_URL_SUCCESS) {
    throw UsageError(
        fmt::format("\"{}\" is not the URI of one LDAP server (ldap://, ldaps:// or ldapi://)", printable(uri())));
  }
  const Url url(parsed);
  scheme_ = to_lower(url->lud_scheme ? url->lud_scheme : "ldap");
  const bool named = url->lud_host && *url->lud_host;
  host_ = named ? url->lud_host : "localhost";

  cancel().check();
  LDAP* handle = nullptr;
  int code = LDAP_SUCCESS;
  if (is_local() && !named) {  // only libldap knows where its socket is
    code = ldap_initialize(&handle, uri().c_str());
    handle_.reset(handle);
    if (code == LDAP_SUCCESS && ldap_connect(handle) != LDAP_SUCCESS) {
      throw LdapError(ResultCode::server_down, uri(), "connect", "no server listens on the default local socket");
    }
  } else {
    Socket socket = is_local() ? connect_local(uri(), host_, options_.timeouts.connect, cancel())
                               : connect_tcp(uri(), host_, url->lud_port, options_.timeouts.connect, cancel());
    code = ldap_init_fd(socket.get(), is_local() ? LDAP_PROTO_IPC : LDAP_PROTO_TCP, uri().c_str(), &handle);
    if (code == LDAP_SUCCESS) socket.release();
    handle_.reset(handle);
  }
  if (code != LDAP_SUCCESS)
    throw LdapError(static_cast<ResultCode>(code), uri(), "connect", "libldap does not take the URI");
}

void Session::set_options() const {
  const int version = LDAP_VERSION3;
  ldap_set_option(handle(), LDAP_OPT_PROTOCOL_VERSION, &version);
  ldap_set_option(handle(), LDAP_OPT_RESTART, LDAP_OPT_ON);
  ldap_set_option(handle(), LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
  // The socket is connected and watched here; with a time of its own libldap spins during a TLS handshake.
  ldap_set_option(handle(), LDAP_OPT_NETWORK_TIMEOUT, nullptr);
  if (options_.debug_level != 0) {
    ber_set_option(nullptr, LBER_OPT_DEBUG_LEVEL, &options_.debug_level);
    ldap_set_option(nullptr, LDAP_OPT_DEBUG_LEVEL, &options_.debug_level);
  }
}

int Session::descriptor() const {
  int fd = -1;
  ldap_get_option(handle(), LDAP_OPT_DESC, &fd);
  return fd;
}

void Session::require_alive(const std::string& action) const {
  if (lost_) throw LdapError(ResultCode::server_down, uri(), action, "the connection was lost before");
}

Message Session::poll(int id, milliseconds patience, const std::string& action) {
  timeval wait_time = to_timeval(patience);
  LDAPMessage* message = nullptr;
  const int type = ldap_result(handle(), id, LDAP_MSG_ONE, &wait_time, &message);
  Message owned(message);
  if (type < 0) {
    int code = LDAP_SERVER_DOWN;
    ldap_get_option(handle(), LDAP_OPT_RESULT_CODE, &code);
    lost_ = true;
    // A notice of disconnection (RFC 4511 4.4.1) has a code of its own; it is a lost connection all the same.
    const std::string reason = code == LDAP_SERVER_DOWN || code == LDAP_SUCCESS ? std::string() : ldap_err2string(code);
    throw LdapError(ResultCode::server_down, uri(), action,
                    reason.empty() ? "the server closed the connection"
                                   : fmt::format("the server closed the connection: {}", reason));
  }
  return owned;
}

Message Session::wait(int id, milliseconds limit, const std::string& action, ResultCode when_silent) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (Message message = poll(id, std::clamp(left, milliseconds{0}, slice), action)) return message;
    if (cancel().cancelled() || left.count() <= 0) {
      abandon(id);
      cancel().check();
      throw LdapError(when_silent, uri(), action, fmt::format("no answer within {}", format_duration(limit)));
    }
  }
}

Result Session::wait_for_result(int id, milliseconds limit, const std::string& action, ResultCode when_silent) {
  const Message message = wait(id, limit, action, when_silent);
  return parse_result(*this, message.get(), action);
}

void Session::abandon(int id) noexcept {
  ldap_abandon_ext(handle(), id, nullptr, nullptr);
}

void Session::fail(int code, const std::string& action) {
  if (code == LDAP_SERVER_DOWN) lost_ = true;
  throw LdapError(static_cast<ResultCode>(code), uri(), action, diagnostic());
}

std::string Session::diagnostic() const {
  char* text = nullptr;
  ldap_get_option(handle(), LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
  return to_string(CString(text));
}

void Session::set_blocking(bool blocking) const {
  Sockbuf* buffer = nullptr;
  ldap_get_option(handle(), LDAP_OPT_SOCKBUF, &buffer);
  int on = 1;
  ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_NONBLOCK, blocking ? nullptr : &on);
}

void Session::read_ahead() const {
  Sockbuf* buffer = nullptr;
  ldap_get_option(handle(), LDAP_OPT_SOCKBUF, &buffer);
  int size = 1 << 20;
  ber_sockbuf_add_io(buffer, &ber_sockbuf_io_readahead, LBER_SBIOD_LEVEL_PROVIDER, &size);
}

std::vector<std::string> Session::read_root_attribute(const std::string& attribute, milliseconds limit) {
  const std::string action = "read " + attribute + " of the root DSE";
  std::string name = attribute;
  char* names[] = {name.data(), nullptr};
  int id = 0;
  const int code =
      ldap_search_ext(handle(), "", LDAP_SCOPE_BASE, "(objectClass=*)", names, 0, nullptr, nullptr, nullptr, 1, &id);
  if (code != LDAP_SUCCESS) fail(code, action);
  std::vector<std::string> values;
  while (true) {
    const Message message = wait(id, limit, action, ResultCode::server_down);
    if (ldap_msgtype(message.get()) == LDAP_RES_SEARCH_RESULT) return values;
    if (ldap_msgtype(message.get()) != LDAP_RES_SEARCH_ENTRY) continue;
    berval** list = ldap_get_values_len(handle(), message.get(), name.c_str());
    for (berval** each = list; each && *each; ++each) values.emplace_back((*each)->bv_val, (*each)->bv_len);
    ldap_value_free_len(list);
  }
}

Result parse_result(const Session& session, LDAPMessage* message, const std::string& action) {
  Result result;
  char* matched = nullptr;
  char* diagnostic = nullptr;
  char** referrals = nullptr;
  LDAPControl** controls = nullptr;
  const int parsed =
      ldap_parse_result(session.handle(), message, &result.code, &matched, &diagnostic, &referrals, &controls, 0);
  result.matched_dn = to_string(CString(matched));
  result.diagnostic = to_string(CString(diagnostic));
  result.referrals = to_strings(StringList(referrals));
  result.controls.reset(controls);
  if (parsed != LDAP_SUCCESS) {
    throw LdapError(ResultCode::protocol_error, session.uri(), action, "the server's answer cannot be decoded");
  }
  return result;
}

}  // namespace replkit::ldap
