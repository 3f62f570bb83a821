#include <algorithm>

#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/oids.hpp"
#include "tests/refserver/session/pdu.hpp"
#include "tests/refserver/session/running.hpp"

namespace replkit::refserver::session {

namespace {

using protocol::ResultCode;

constexpr std::size_t read_at_once = std::size_t{4} << 10;
constexpr std::size_t anonymous_share = std::size_t{8} << 20;  // of the memory for requests, at most
constexpr auto turn = std::chrono::milliseconds(2);            // before others get theirs
constexpr auto memory_poll = std::chrono::milliseconds(10);

bool is_cancel(const protocol::Request& request) {
  const auto* extended = std::get_if<protocol::ExtendedRequest>(&request);
  return extended != nullptr && extended->oid == protocol::oid::cancel;
}

}  // namespace

asio::awaitable<void> Session::read_requests() {
  auto turn_ends = Clock::now() + turn;
  while (!ending()) {
    if (!may_read()) flush();
    while (!may_read() && !ending()) co_await state_.wait();
    const auto length = co_await next_frame();
    if (length == 0) break;
    try {
      co_await handle_frame(length);
    } catch (const protocol::ProtocolError& error) {
      answer_error(error);
    }
    if (Clock::now() < turn_ends) continue;
    flush();
    co_await yield_turn();
    turn_ends = Clock::now() + turn;
  }
}

asio::awaitable<std::size_t> Session::next_frame() {
  const auto& limits = core_.options.limits;
  while (!ending()) {
    std::optional<std::size_t> length;
    try {
      length = protocol::frame_length(in_.view(), caller_->anonymous() ? limits.pdu_anonymous : limits.pdu);
    } catch (const protocol::ProtocolError& error) {
      disconnect(error.code(), error.what());
      break;
    }
    if (length && *length <= in_.size()) {
      clear_deadline(request);
      co_return *length;
    }
    if (length && *length > frame_charge_.bytes() && !co_await reserve_frame(*length)) break;
    if (!co_await receive(length ? *length - in_.size() : 0)) break;
  }
  co_return 0;
}

// Receives at least a byte; has room for `least` bytes.
asio::awaitable<bool> Session::receive(std::size_t least) {
  while (!ending()) {
    if (!may_have_more_) {
      flush();
      if (ending()) break;
      if (!in_.empty() && !deadlines_[request]) set_deadline(request, Clock::now() + core_.options.limits.request);
      is_between_requests_ = in_.empty();
      begin_idling();
      co_await transport_.wait(read_wants_);
      is_between_requests_ = false;
      clear_deadline(idle);
      may_have_more_ = true;
      continue;
    }
    const auto room = in_.room(std::max(least, read_at_once));
    std::size_t count = 0;
    switch (const auto progress = transport_.read(room, count)) {
      case Progress::done:
        in_.add(count);
        core_.counters.received += count;
        may_have_more_ = transport_.tls() || count == room.size();
        co_return true;
      case Progress::wants_read:
      case Progress::wants_write:
        if (in_.empty()) in_.release();
        read_wants_ = progress;
        may_have_more_ = false;
        break;
      case Progress::end:
        end(End::drain, "closed by the client");
        break;
      case Progress::failed:
        broken_ = true;
        end(End::abort, transport_.problem());
        break;
    }
  }
  co_return false;
}

void Session::begin_idling() {
  if (is_between_requests_ && running_.empty()) set_deadline(idle, Clock::now() + core_.options.limits.idle);
}

// Reserves the memory of a whole message before more of it is read: two half-read ones could wait for each other.
asio::awaitable<bool> Session::reserve_frame(std::size_t length) {
  const auto until = Clock::now() + core_.options.limits.busy;
  frame_charge_ = Charge();
  flush();
  while (!frames_.take(length)) {
    if (ending()) co_return false;
    if (Clock::now() > until) {
      disconnect(ResultCode::busy, "the server has no memory for this request");
      co_return false;
    }
    co_await pause(memory_poll);
  }
  frame_charge_ = Charge(frames_, length);
  co_return true;
}

asio::awaitable<void> Session::handle_frame(std::size_t length) {
  const auto size = decoded_size(in_.view().substr(0, length));
  auto charge = co_await charge_request(size);
  if (ending()) co_return;
  const auto pdu = in_.view().substr(0, length);
  std::optional<protocol::RequestMessage> message;
  std::optional<protocol::ProtocolError> problem;
  try {
    if (charge) {
      message = protocol::decode_request(pdu);
    } else {
      const bool never = size > core_.requests.total();
      problem =
          never ? protocol::ProtocolError::answer("the request has too many parts", ResultCode::admin_limit_exceeded)
                : protocol::ProtocolError::answer("the server has no memory for this request", ResultCode::busy);
      const auto head = peek_request(pdu);
      if (head) problem->set_request(head->id, head->operation);
    }
  } catch (const protocol::ProtocolError& error) {
    problem = error;
  }
  in_.consume(length);
  frame_charge_ = Charge();
  if (problem) {
    answer_error(*problem);
  } else {
    co_await handle(std::move(*message), std::move(*charge));
  }
}

asio::awaitable<std::optional<Charge>> Session::charge_request(std::size_t bytes) {
  const auto total = core_.requests.total();
  if (bytes > total) co_return std::nullopt;
  const auto share = caller_->anonymous() ? std::min(anonymous_share, total / 2) : total / 2;
  if (requests_.held() + bytes > share) flush();
  while (requests_.held() > 0 && requests_.held() + bytes > share && !ending()) {  // this client's own requests
    co_await state_.wait();
  }
  const auto until = Clock::now() + core_.options.limits.busy;
  while (!ending()) {
    if (requests_.take(bytes)) co_return Charge(requests_, bytes);
    if (Clock::now() > until) break;
    co_await pause(memory_poll);
  }
  co_return std::nullopt;
}

void Session::answer_error(const protocol::ProtocolError& error) {
  const bool can_answer = error.message_id() && error.operation() && protocol::response_number(*error.operation());
  if (error.action() == protocol::ProtocolError::Action::disconnect || !can_answer) {
    disconnect(error.code(), error.what());
    return;
  }
  if (running_.contains(*error.message_id())) {
    disconnect(ResultCode::protocol_error, "the message id is in use");
    return;
  }
  if (*error.operation() == protocol::Operation::bind) become({});  // a bind that failed
  RequestInfo info;
  info.id = *error.message_id();
  info.operation = *error.operation();
  core_.observer.started(*caller_, info);
  respond(info, Clock::now(), {error.code(), {}, error.what(), {}});
}

asio::awaitable<void> Session::handle(protocol::RequestMessage message, Charge charge) {
  auto info = describe(message);
  using enum protocol::Operation;
  if (running_.contains(info.id) && info.operation != unbind && info.operation != abandon) {
    disconnect(ResultCode::protocol_error, "the message id is in use");
    co_return;
  }
  ++core_.counters.operations_total;
  if (info.operation == unbind) {
    core_.observer.started(*caller_, info);
    core_.observer.finished(*caller_, info, {});
    flush();
    end(End::abort, "unbind");
    co_return;
  }
  if (info.operation == abandon) {
    abandon_operation(info, std::get<protocol::AbandonRequest>(message.request).message_id);
    co_return;
  }
  if (is_cancel(message.request)) {
    cancel(message, info);
    co_return;
  }
  // Beyond the limit one request waits here, and those behind it in the socket. Abandon, Cancel and Unbind come
  // through as long as they do not stand behind such a one.
  if (running_.size() >= core_.options.limits.operations) flush();
  while (running_.size() >= core_.options.limits.operations && !ending()) co_await state_.wait();
  if (ending()) co_return;
  if (info.operation == bind) {
    co_await handle_bind(std::move(message), std::move(info));
  } else if (info.operation == extended && info.name == protocol::oid::start_tls) {
    co_await start_tls(message, info);
  } else {
    exchange_.reset();  // RFC 4511 4.2.1: none of these may come between the steps of a bind
    start_operation(std::move(message), std::move(info), std::move(charge));
  }
}

}  // namespace replkit::refserver::session
