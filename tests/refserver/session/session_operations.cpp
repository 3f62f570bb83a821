#include <algorithm>

#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/extended.hpp"
#include "tests/refserver/session/controls.hpp"
#include "tests/refserver/session/pdu.hpp"
#include "tests/refserver/session/running.hpp"

namespace replkit::refserver::session {

namespace {

using directory::Operation;
using protocol::ResultCode;

constexpr std::size_t step_bytes = std::size_t{64} << 10;

// Stands for one that could not be started.
class Failed : public Operation {
 public:
  State step(std::string&, std::size_t) override { throw Error(ExitStatus::bug, "the operation could not be started"); }
  bool stop() override { return true; }
};

}  // namespace

directory::Wake Running::wake() const {
  return [slot = slot] {
    const std::lock_guard lock(slot->mutex);
    if (slot->target == nullptr) return;
    asio::post(slot->target->strand, [weak = slot->target->weak_from_this()] {
      const auto running = weak.lock();
      if (!running) return;
      running->is_woken = true;
      running->woken.notify();
    });
  };
}

void Session::start_operation(protocol::RequestMessage message, RequestInfo info, Charge charge) {
  const auto running = std::make_shared<Running>(strand_, std::move(info), caller_, std::move(charge));
  running_.emplace(running->info.id, running);
  ++core_.counters.operations;
  core_.observer.started(*caller_, running->info);
  try {
    running->operation = core_.service.start(*caller_, std::move(message), running->wake());
  } catch (const std::exception& error) {
    core_.observer.trouble(error.what());
  }
  if (!running->operation) running->operation = std::make_unique<Failed>();
  // Most operations are done at their first step, and need no coroutine.
  auto state = Operation::State::more;
  if (has_room()) state = step(*running);
  if (state != Operation::State::done) spawn(drive(running, state));
}

asio::awaitable<void> Session::drive(std::shared_ptr<Running> running, Operation::State state) {
  while (running->operation) {
    if (state == Operation::State::waiting) {
      flush();
      while (running->operation && !running->is_woken) co_await running->woken.wait();
    } else {
      co_await yield_turn();
    }
    while (running->operation && !has_room()) co_await room_.wait();
    if (!running->operation) break;
    state = step(*running);
    flush();
  }
}

Operation::State Session::step(Running& running) {
  const auto before = out_.size();
  running.is_woken = false;
  auto state = Operation::State::done;
  try {
    state = running.operation->step(out_, step_bytes);
    const auto count = count_responses(std::string_view(out_).substr(before));
    running.entries += count.entries;
    if (state == Operation::State::done) finish_operation(running, count.code);
  } catch (const std::exception& error) {
    core_.observer.trouble(error.what());
    out_.resize(before);
    const protocol::Result result{ResultCode::other, {}, "internal error", {}};
    protocol::encode_result(out_, running.info.id, running.info.operation, result);
    finish_operation(running, result.code);
    state = Operation::State::done;
  }
  if (broken_) out_.clear();
  return state;
}

// Ends it here: it is destroyed, its id is free again.
void Session::finish_operation(Running& running, std::optional<ResultCode> code) {
  const auto keep = running.shared_from_this();
  running.operation.reset();
  running.charge = Charge();
  running.woken.notify();
  running_.erase(running.info.id);
  --core_.counters.operations;
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - running.started);
  core_.observer.finished(*running.caller, running.info, {code, running.entries, duration});
  begin_idling();
  state_.notify();
}

void Session::abandon_operation(const RequestInfo& info, std::int32_t id) {
  core_.observer.started(*caller_, info);
  const auto found = running_.find(id);
  if (found != running_.end() && found->second->operation->stop()) {
    finish_operation(*found->second, std::nullopt);
    room_.notify();
  }
  core_.observer.finished(*caller_, info, {});
}

// RFC 3909. Binds, StartTLS and abandons are done before the next request is looked at, so their ids are never found.
void Session::cancel(const protocol::RequestMessage& message, const RequestInfo& info) {
  const auto started = Clock::now();
  core_.observer.started(*caller_, info);
  exchange_.reset();
  const auto outcome = [&]() -> protocol::Result {
    if (auto refused = refuse_controls(message.controls)) return *refused;
    try {
      const auto id = protocol::decode_cancel(std::get<protocol::ExtendedRequest>(message.request));
      if (id == info.id) return {ResultCode::cannot_cancel, {}, "a cancel operation cannot be canceled", {}};
      const auto found = running_.find(id);
      if (found == running_.end()) return {ResultCode::no_such_operation, {}, "no such operation is outstanding", {}};
      if (!found->second->operation->stop()) {
        return {ResultCode::too_late, {}, "the operation cannot be stopped any more", {}};
      }
      const protocol::Result canceled{ResultCode::canceled, {}, {}, {}};
      protocol::encode_result(out_, id, found->second->info.operation, canceled);
      finish_operation(*found->second, canceled.code);
      room_.notify();
      return {};
    } catch (const protocol::ProtocolError& error) {
      return {error.code(), {}, error.what(), {}};
    }
  }();
  respond(info, started, outcome);
}

void Session::stop_operations() {
  std::vector<std::shared_ptr<Running>> all;
  for (const auto& [id, running] : running_) all.push_back(running);
  for (const auto& running : all) {
    if (running->operation->stop()) finish_operation(*running, std::nullopt);
  }
  room_.notify();
}

void Session::drop_operations() {
  while (!running_.empty()) finish_operation(*running_.begin()->second, std::nullopt);
  room_.notify();
}

}  // namespace replkit::refserver::session
