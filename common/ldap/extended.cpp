#include "common/ldap/extended.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

#include "common/ldap/connection_state.hpp"

namespace replkit::ldap {

namespace {

// The lists of libldap's C interface: they point into a request that outlives them.
std::vector<LDAPControl> controls_of(const ExtendedRequest& request) {
  std::vector<LDAPControl> out;
  for (const auto& control : request.controls) {
    LDAPControl& each = out.emplace_back();
    each.ldctl_oid = const_cast<char*>(control.oid.c_str());
    each.ldctl_iscritical = control.critical ? 1 : 0;
    if (control.value) each.ldctl_value = view_of(*control.value);
  }
  return out;
}

void wait_until_writable(const Session& session, std::chrono::steady_clock::time_point deadline,
                         const std::string& action) {
  session.cancel().check();
  if (std::chrono::steady_clock::now() >= deadline) {
    throw LdapError(ResultCode::timeout, session.uri(), action, "the server takes no more");
  }
  pollfd socket{.fd = session.descriptor(), .events = POLLOUT, .revents = 0};
  ::poll(&socket, 1, 100);
}

ExtendedAnswer answer_of(const Session& session, LDAPMessage* message) {
  const std::string action = "read an extended response";
  Result result = parse_result(session, message, action);
  ExtendedAnswer out{.id = ldap_msgid(message),
                     .code = static_cast<ResultCode>(result.code),
                     .diagnostic = std::move(result.diagnostic),
                     .matched_dn = std::move(result.matched_dn),
                     .referrals = std::move(result.referrals),
                     .oid = {},
                     .value = {}};
  char* oid = nullptr;
  berval* value = nullptr;
  const int parsed = ldap_parse_extended_result(session.handle(), message, &oid, &value, 0);
  const CString owned_oid(oid);
  const BervalPtr owned_value(value);
  if (parsed != LDAP_SUCCESS) {
    throw LdapError(ResultCode::protocol_error, session.uri(), action, "the server's answer cannot be decoded");
  }
  if (oid != nullptr) out.oid = oid;
  if (value != nullptr) out.value.emplace(value->bv_val, value->bv_len);
  return out;
}

IntermediateAnswer intermediate_of(const Session& session, LDAPMessage* message, const std::string& action) {
  char* oid = nullptr;
  berval* value = nullptr;
  const int parsed = ldap_parse_intermediate(session.handle(), message, &oid, &value, nullptr, 0);
  const CString owned_oid(oid);
  const BervalPtr owned_value(value);
  if (parsed != LDAP_SUCCESS) {
    throw LdapError(ResultCode::protocol_error, session.uri(), action, "the server's answer cannot be decoded");
  }
  IntermediateAnswer out;
  if (oid != nullptr) out.oid = oid;
  if (value != nullptr) out.value.emplace(value->bv_val, value->bv_len);
  return out;
}

}  // namespace

int ExtendedCalls::send(const ExtendedRequest& request) {
  Session& session = *connection_->state_;
  const std::string action = fmt::format("send the extended request {}", request.oid);
  session.require_alive(action);
  auto made = controls_of(request);
  std::vector<LDAPControl*> controls;
  for (auto& each : made) controls.push_back(&each);
  controls.push_back(nullptr);
  berval value{};
  if (request.value) value = view_of(*request.value);
  const auto deadline = std::chrono::steady_clock::now() + session.options().timeouts.operation;
  while (true) {
    int id = 0;
    const int code = ldap_extended_operation(session.handle(), request.oid.c_str(), request.value ? &value : nullptr,
                                             controls.data(), nullptr, &id);
    if (code == LDAP_SUCCESS) return id;
    // The socket does not block: part of an earlier request is still to be sent.
    if (code != LDAP_BUSY) session.fail(code, action);
    wait_until_writable(session, deadline, action);
  }
}

std::optional<ExtendedAnswer> ExtendedCalls::receive(std::chrono::milliseconds patience) {
  Session& session = *connection_->state_;
  const std::string action = "wait for extended responses";
  session.require_alive(action);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  constexpr std::chrono::milliseconds slice{250};
  while (true) {
    session.cancel().check();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const Message message = session.poll(LDAP_RES_ANY, std::clamp(left, std::chrono::milliseconds{0}, slice), action);
    if (message) {
      if (ldap_msgtype(message.get()) == LDAP_RES_EXTENDED) return answer_of(session, message.get());
    } else if (left.count() <= 0) {
      return std::nullopt;
    }
  }
}

ExtendedAnswer ExtendedCalls::call(const ExtendedRequest& request, std::chrono::milliseconds limit) {
  Session& session = *connection_->state_;
  if (limit.count() == 0) limit = session.options().timeouts.operation;
  const int id = send(request);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      session.abandon(id);
      throw LdapError(ResultCode::timeout, session.uri(), fmt::format("extended operation {}", request.oid),
                      "no answer in time");
    }
    auto answer = receive(left);
    if (answer && answer->id == id) return std::move(*answer);
  }
}

ExtendedAnswer ExtendedCalls::call(const ExtendedRequest& request, const OnIntermediate& on_intermediate,
                                   std::chrono::milliseconds silence) {
  Session& session = *connection_->state_;
  if (silence.count() == 0) silence = session.options().timeouts.operation;
  const std::string action = fmt::format("extended operation {}", request.oid);
  const int id = send(request);
  while (true) {
    const Message message = session.wait(id, silence, action, ResultCode::timeout);
    if (ldap_msgtype(message.get()) != LDAP_RES_INTERMEDIATE) return answer_of(session, message.get());
    try {
      on_intermediate(intermediate_of(session, message.get(), action));
    } catch (...) {
      session.abandon(id);
      throw;
    }
  }
}

}  // namespace replkit::ldap
