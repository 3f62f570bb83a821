#include "tests/refserver/session/session.hpp"

#include <algorithm>

#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/session/running.hpp"

namespace replkit::refserver::session {

namespace {

constexpr std::size_t free_requests = std::size_t{64} << 10;
// For a change that is on its way to the disk when the connection ends.
constexpr auto commit_patience = std::chrono::seconds(5);

access::Caller anonymous(const Accepted& accepted) {
  access::Caller caller;
  caller.security = accepted.security;
  caller.connection = accepted.number;
  return caller;
}

}  // namespace

Session::Session(Core& core, const Strand& strand, Transport::Socket socket, Accepted accepted)
    : core_(core),
      strand_(strand),
      transport_(std::move(socket)),
      accepted_(std::move(accepted)),
      caller_(std::make_shared<const access::Caller>(anonymous(accepted_))),
      requests_(core.requests, free_requests),
      frames_(core.frames, core.options.limits.pdu_anonymous),
      watchdog_(strand_),
      pause_(strand_),
      output_(strand_),
      room_(strand_),
      state_(strand_) {}

Session::~Session() {
  if (accepted_.refusal.empty()) {
    core_.peers.disconnect(accepted_.peer);
    --core_.counters.connections;
  } else {
    --core_.counters.refused_lingering;
  }
  const std::lock_guard lock(core_.mutex);
  core_.sessions.erase(accepted_.number);
  if (core_.sessions.empty()) core_.none_left.notify_all();
}

// The session lives as long as the coroutine; an exception ends the connection, not the server.
void Session::spawn(asio::awaitable<void> coroutine) {
  asio::co_spawn(strand_, std::move(coroutine), [self = shared_from_this()](const std::exception_ptr& error) {
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      self->core_.observer.trouble(e.what());
    }
    self->broken_ = true;
    self->end(End::abort, "internal error");
  });
}

void Session::start() {
  spawn(run());
}

void Session::stop(Clock::time_point deadline) {
  asio::post(strand_, [self = shared_from_this(), deadline] {
    self->stopping_ = true;
    self->drain_until_ = std::min(self->drain_until_, deadline);
    if (self->deadlines_[patience] && self->end_ == End::drain) {
      self->set_deadline(patience, std::min(*self->deadlines_[patience], deadline));
    }
    if (self->ending()) {
      self->transport_.cancel();  // it need not linger
      return;
    }
    protocol::encode_notice_of_disconnection(self->last_words_, protocol::ResultCode::unavailable,
                                             "the server is shutting down");
    self->end(End::drain, "server shutdown");
  });
}

asio::awaitable<void> Session::run() {
  spawn(watch());
  spawn(write_output());
  if (accepted_.refusal.empty()) {
    core_.observer.connected(accepted_.number, accepted_.security);
  } else {
    core_.observer.refused(accepted_.security.peer, accepted_.refusal);
    disconnect(protocol::ResultCode::busy, accepted_.refusal);
  }
  try {
    if (!accepted_.tls || co_await secure()) co_await read_requests();
  } catch (const std::exception& error) {
    core_.observer.trouble(error.what());
    broken_ = true;
    end(End::abort, "internal error");
  }
  try {
    co_await finish();
  } catch (const std::exception& error) {
    core_.observer.trouble(error.what());
  }
  close();
}

asio::awaitable<void> Session::finish() {
  exchange_.reset();
  in_.release();
  if (end_ == End::drain) co_await await_operations(drain_until_, End::disconnect);
  stop_operations();
  co_await await_operations(Clock::now() + commit_patience, End::none);
  drop_operations();
  if (end_ != End::abort) co_await say_last_words();
  transport_.end_writing();
  if (end_ != End::abort) co_await linger();
}

asio::awaitable<void> Session::say_last_words() {
  out_ += last_words_;
  flush();
  // Clients get as long to read their answers as they had for each byte before, but not when we are stopped.
  const auto& limits = core_.options.limits;
  set_deadline(patience, Clock::now() + (stopping_ ? limits.linger : limits.write));
  while (sent_ < out_.size() && !broken_ && end_ != End::abort && deadlines_[patience]) co_await state_.wait();
}

// Ends the other coroutines, and with them the session.
void Session::close() {
  closed_ = true;
  drop_operations();
  transport_.close();
  watchdog_.cancel();
  output_.notify();
  room_.notify();
  if (!accepted_.refusal.empty()) return;
  core_.service.forget(accepted_.number);
  core_.observer.disconnected(accepted_.number, reason_);
}

// Closing a socket with something unread resets the connection, and the peer may lose our last words. So: read on until
// the peer has closed too.
asio::awaitable<void> Session::linger() {
  if (transport_.discard() != Progress::wants_read || stopping_) co_return;
  set_deadline(patience, Clock::now() + core_.options.limits.linger);
  while (deadlines_[patience] && end_ != End::abort && !stopping_) {
    co_await transport_.wait(Progress::wants_read);
    if (transport_.discard() != Progress::wants_read) co_return;
    co_await yield_turn();
  }
}

asio::awaitable<void> Session::watch() {
  while (!closed_) {
    auto next = Clock::time_point::max();
    for (const auto& deadline : deadlines_) next = std::min(next, deadline.value_or(next));
    watchdog_.expires_at(next);
    asio::error_code ignored;
    co_await watchdog_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const auto now = Clock::now();
    for (std::uint8_t i = 0; i < deadlines; ++i) {
      if (!deadlines_[i] || *deadlines_[i] > now) continue;
      deadlines_[i].reset();
      if (!closed_) expire(static_cast<Deadline>(i));
    }
  }
}

void Session::set_deadline(Deadline deadline, Clock::time_point time) {
  deadlines_[deadline] = time;
  if (time < watchdog_.expiry()) watchdog_.cancel();  // it looks again
}

void Session::expire(Deadline deadline) {
  using protocol::ResultCode;
  switch (deadline) {
    case handshake:
      end(End::abort, "TLS handshake took too long");
      break;
    case request:
      disconnect(ResultCode::unavailable, "the request took too long to arrive");
      break;
    case idle:
      disconnect(ResultCode::unavailable, "the connection was idle for too long");
      break;
    case write:
      broken_ = true;
      end(End::abort, "the client does not read");
      break;
    case patience:
    case deadlines:
      state_.notify();
      transport_.cancel();
  }
}

void Session::end(End how, std::string reason) {
  if (end_ == End::none) {
    reason_ = std::move(reason);
    end_ = how;
  } else if (how == End::abort) {
    if (end_ != End::abort) reason_ += "; " + reason;
    end_ = how;
  }
  if (end_ == End::drain && drain_until_ == Clock::time_point::max()) {
    drain_until_ = Clock::now() + core_.options.limits.half_closed;
  }
  for (const auto deadline : {handshake, request, idle}) clear_deadline(deadline);
  if (broken_) {
    out_.clear();
    sent_ = 0;
  }
  transport_.cancel();
  pause_.cancel();
  output_.notify();
  room_.notify();
  state_.notify();
}

void Session::disconnect(protocol::ResultCode code, const std::string& diagnostic) {
  if (!ending()) protocol::encode_notice_of_disconnection(last_words_, code, diagnostic);
  end(End::disconnect, diagnostic);
}

asio::awaitable<void> Session::await_operations(Clock::time_point until, End unless) {
  const auto go_on = [&] {
    return !running_.empty() && deadlines_[patience] && (unless == End::none || end_ < unless);
  };
  set_deadline(patience, until);
  while (go_on()) co_await state_.wait();
  clear_deadline(patience);
}

asio::awaitable<void> Session::pause(Clock::duration length) {
  if (ending()) co_return;
  pause_.expires_after(length);
  asio::error_code ignored;
  co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace replkit::refserver::session
