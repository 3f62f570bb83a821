#include <algorithm>

#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/oids.hpp"
#include "tests/refserver/session/controls.hpp"
#include "tests/refserver/session/running.hpp"

namespace replkit::refserver::session {

namespace {

using auth::BindOutcome;
using protocol::Result;
using protocol::ResultCode;

BindOutcome refusal(ResultCode code, const std::string& diagnostic) {
  return {Result{code, {}, diagnostic, {}}, std::nullopt, std::nullopt};
}

// Counts while it lives.
class Counted {
 public:
  explicit Counted(std::atomic<std::size_t>& counter) : counter_(counter), number_(++counter) {}
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --counter_; }

  std::size_t number() const { return number_; }

 private:
  std::atomic<std::size_t>& counter_;
  const std::size_t number_;
};

}  // namespace

// Whoever the peer was before: it is anonymous from the request on, and stays so when the bind fails (RFC 4513 4).
asio::awaitable<void> Session::handle_bind(protocol::RequestMessage message, RequestInfo info) {
  const auto started = Clock::now();
  core_.observer.started(*caller_, info);
  const auto& wanted = std::get<protocol::BindRequest>(message.request);
  flush();
  co_await await_operations(started + core_.options.limits.before_bind, End::drain);
  stop_operations();
  while (!running_.empty() && !ending()) co_await state_.wait();
  const auto finished = [&](std::optional<ResultCode> code) {
    const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started);
    core_.observer.finished(*caller_, info, {code, 0, duration});
  };
  if (ending()) co_return finished(std::nullopt);
  core_.service.rebind(accepted_.number);

  auto outcome = co_await authenticate(message, wanted);
  const auto code = outcome.result.code;
  if (code != ResultCode::sasl_bind_in_progress) exchange_.reset();
  if (code == ResultCode::success) {
    failures_ = 0;
    if (outcome.caller) become(std::move(*outcome.caller));
  }
  if (code == ResultCode::invalid_credentials || code == ResultCode::inappropriate_authentication) {
    co_await delay_failure();
    if (ending() && end_ != End::drain) co_return finished(std::nullopt);
  }
  std::optional<std::string_view> credentials;
  if (outcome.server_credentials) credentials = *outcome.server_credentials;
  protocol::encode_bind_response(out_, info.id, outcome.result, credentials);
  finished(code);
}

asio::awaitable<BindOutcome> Session::authenticate(const protocol::RequestMessage& message,
                                                   const protocol::BindRequest& wanted) {
  auto unfinished = std::move(exchange_);
  become({});
  constexpr int ldap_version = 3;
  if (auto refused = refuse_controls(message.controls)) co_return BindOutcome{*refused, std::nullopt, std::nullopt};
  if (wanted.version != ldap_version) co_return refusal(ResultCode::protocol_error, "only version 3 is spoken here");
  const auto* sasl = std::get_if<protocol::SaslCredentials>(&wanted.authentication);
  if (sasl == nullptr) {
    co_return co_await on_bind_thread(
        [&] { return core_.binder.simple(wanted.dn, std::get<Secret>(wanted.authentication), caller_->security); });
  }
  if (sasl->mechanism.empty()) co_return refusal(ResultCode::auth_method_not_supported, "no mechanism is named");
  if (sasl->mechanism == mechanism_) exchange_ = std::move(unfinished);
  mechanism_ = sasl->mechanism;
  co_return co_await on_bind_thread([&] {
    if (!exchange_) exchange_ = core_.binder.begin(sasl->mechanism, caller_->security);
    if (!exchange_) return refusal(ResultCode::auth_method_not_supported, "this mechanism is not offered");
    return exchange_->step(sasl->credentials);
  });
}

// Runs it where it may take its time. Nothing else happens on this connection meanwhile.
template <typename Work>
asio::awaitable<BindOutcome> Session::on_bind_thread(Work work) {
  const Counted counted(core_.counters.binds);
  if (counted.number() > core_.options.limits.bind_queue) co_return refusal(ResultCode::busy, "too many binds at once");
  const auto guarded = [&]() -> asio::awaitable<BindOutcome> {
    try {
      co_return work();
    } catch (const std::exception& error) {
      core_.observer.trouble(error.what());
      co_return refusal(ResultCode::other, "internal error");
    }
  };
  co_return co_await asio::co_spawn(core_.bind_threads->get_executor(), guarded, asio::use_awaitable);
}

// Makes guessing slow without keeping a thread.
asio::awaitable<void> Session::delay_failure() {
  const auto& limits = core_.options.limits;
  const auto failures = std::max(++failures_, core_.peers.fail(accepted_.peer, Clock::now()));
  auto delay = limits.bind_delay;
  for (unsigned i = 1; i < failures && delay < limits.bind_delay_most; ++i) delay *= 2;
  const Counted counted(core_.counters.binds_delayed);
  if (counted.number() > limits.bind_waiting) {
    disconnect(ResultCode::busy, "too many failed binds");
    co_return;
  }
  flush();
  co_await pause(std::min(delay, limits.bind_delay_most));
}

void Session::become(access::Caller caller) {
  caller.security = caller_->security;
  caller.connection = accepted_.number;
  caller_ = std::make_shared<const access::Caller>(std::move(caller));
  if (caller_->anonymous()) exchange_.reset();
}

// --- TLS ---

asio::awaitable<void> Session::start_tls(const protocol::RequestMessage& message, const RequestInfo& info) {
  const auto started = Clock::now();
  core_.observer.started(*caller_, info);
  const auto refused = refuse_tls(message);
  if (refused) {
    respond(info, started, *refused);
    co_return;
  }
  // What is here already was not protected, and must not be taken for what comes after the handshake.
  if (!in_.empty()) {
    disconnect(ResultCode::protocol_error, "data before the TLS handshake");
    co_return;
  }
  respond(info, started, {});
  flush();
  while (sent_ < out_.size() && !ending()) co_await state_.wait();
  if (!ending()) co_await secure();
}

std::optional<Result> Session::refuse_tls(const protocol::RequestMessage& message) const {
  if (auto refused = refuse_controls(message.controls)) return refused;
  if (std::get<protocol::ExtendedRequest>(message.request).value) {
    return Result{ResultCode::protocol_error, {}, "StartTLS has no value", {}};
  }
  const auto out_of_order = [](const char* why) { return Result{ResultCode::operations_error, {}, why, {}}; };
  if (transport_.tls()) return out_of_order("TLS is established already");
  if (!core_.tls()) return Result{ResultCode::protocol_error, {}, "TLS is not configured", {}};
  if (!running_.empty()) return out_of_order("other operations are outstanding");
  if (exchange_) return out_of_order("a SASL bind is under way");
  if (core_.service.is_grouped(accepted_.number)) return out_of_order("a group of operations is open");
  return std::nullopt;
}

asio::awaitable<bool> Session::secure() {
  transport_.begin_tls(core_.tls());
  in_.release();
  set_deadline(handshake, Clock::now() + core_.options.limits.handshake);
  auto progress = Progress::wants_read;
  while (!ending() && (progress = transport_.handshake()) != Progress::done) {
    if (progress == Progress::failed || progress == Progress::end) {
      broken_ = true;  // but for the alert that OpenSSL has sent
      end(End::disconnect, transport_.problem());
      break;
    }
    co_await transport_.wait(progress);
  }
  clear_deadline(handshake);
  if (ending()) {
    broken_ = true;  // half a handshake carries no last words
    co_return false;
  }
  may_have_more_ = true;
  auto caller = *caller_;
  transport_.tls()->describe(caller.security);
  caller_ = std::make_shared<const access::Caller>(std::move(caller));
  core_.observer.secured(accepted_.number, caller_->security);
  co_return true;
}

}  // namespace replkit::refserver::session
