#include "tests/refserver/exchange/supplier.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/oids.hpp"
#include "common/ldup/replication_update.hpp"
#include "common/wire/result_code.hpp"

namespace replkit::refserver::exchange {

namespace {

constexpr int code_of(wire::ResultCode code) {
  return static_cast<int>(code);
}

}  // namespace

void SupplierSession::fail(SupplierOutcome::Kind kind, int code, std::string text) {
  if (failed_) return;  // the first reason counts
  failed_ = true;
  outcome_.kind = kind;
  outcome_.code = code;
  outcome_.text = printable(text);
}

std::optional<ConsumerPort::Message> SupplierSession::receive(std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds longest(250);  // someone may stop it meanwhile
  auto message = port_.receive(std::min(patience, longest));
  const auto now = std::chrono::steady_clock::now();
  if (message || !stop_) {
    quiet_since_.reset();
  } else if (!quiet_since_) {
    quiet_since_ = now;
  } else if (now - *quiet_since_ >= options_.stop_time) {
    throw Cancelled("the session was stopped, and the consumer is silent");
  }
  return message;
}

// Returns nothing when the consumer has stopped the session.
std::optional<ConsumerPort::Message> SupplierSession::wait_for(int id, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!aborted_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      throw Error(ExitStatus::connection, fmt::format("no answer within {}", format_duration(limit)));
    }
    auto message = receive(left);
    if (message && message->id == id) return message;
    if (message) take(*message);
  }
  return std::nullopt;
}

bool SupplierSession::begin(const ldup::CreateReplGroupRequest& request) {
  const bool full = request.protocol_oid == ldup::oid::full_update_protocol;
  const ldup::CreateGroupingRequest grouping{.type = std::string(ldup::oid::replication_grouping),
                                             .value = ldup::encode(request)};
  const auto id = port_.send(ldup::oid::create_grouping, ldup::encode(grouping), {});
  const auto answered = wait_for(id, full ? options_.begin_time : options_.answer_time);
  if (!answered) return false;
  const auto& answer = *answered;
  if (answer.code != code_of(wire::ResultCode::success)) {
    const bool busy = answer.code == code_of(wire::ResultCode::busy);
    fail(busy ? SupplierOutcome::Kind::busy : SupplierOutcome::Kind::failed, answer.code,
         fmt::format("the consumer refuses the session: {} ({})", answer.diagnostic, answer.code));
    return false;
  }
  const auto response = ldup::decode_create_grouping_response(answer.value.value_or(""));
  if (!response.cookie) throw Error(ExitStatus::refused, "the consumer's answer has no cookie");
  cookie_ = *response.cookie;
  outcome_.consumer.emplace();
  if (response.value) {
    const auto inner = ldup::decode_create_repl_group_response(*response.value);
    if (inner.vector) outcome_.consumer = inner.vector;
  }
  return true;
}

void SupplierSession::take(const ConsumerPort::Message& message) {
  if (message.id == 0) {
    if (message.oid != ldup::oid::replication_update_notice) return;
    const auto notice = ldup::decode_replication_update_notice(message.value.value_or(""));
    if (notice.vector) outcome_.consumer = notice.vector;
    if (!notice.abort) return;
    aborted_ = true;
    return fail(SupplierOutcome::Kind::terminated, 0, "the consumer stopped the session");
  }
  const auto answered = outstanding_.extract(message.id);
  if (answered.empty() || message.code == code_of(wire::ResultCode::success)) return;
  const auto& entry = answered.mapped();
  if (message.code == code_of(wire::ResultCode::no_such_object) && sent_whole_.insert(entry).second) {
    return wanted_.push_back(entry);
  }
  fail(SupplierOutcome::Kind::failed, message.code,
       fmt::format("the consumer refuses an update: {} ({})", message.diagnostic, message.code));
}

// Takes what is there, and waits until no more than so many updates are without an answer.
void SupplierSession::take_answers(std::size_t most_outstanding) {
  auto last = std::chrono::steady_clock::now();
  while (!aborted_) {
    const bool wait = outstanding_.size() > most_outstanding;
    const auto message = receive(wait ? std::chrono::milliseconds::max() : std::chrono::milliseconds(0));
    if (message) {
      take(*message);
      last = std::chrono::steady_clock::now();
    } else if (!wait) {
      return;
    } else if (std::chrono::steady_clock::now() - last > options_.answer_time) {
      throw Error(ExitStatus::connection,
                  fmt::format("the consumer was silent for {}", format_duration(options_.answer_time)));
    }
  }
}

void SupplierSession::send(const ldup::EntryUpdate& update) {
  outstanding_[port_.send(ldup::oid::replication_update, ldup::encode(update), cookie_)] = update.entry;
  ++outcome_.updates;
  outcome_.primitives += update.primitives.size();
  // Half the window at a time: fewer wakings.
  if (outstanding_.size() >= options_.window) take_answers(options_.window / 2);
}

void SupplierSession::send_all(UpdateSource& source) {
  while (!failed_) {
    if (stop_) return fail(SupplierOutcome::Kind::terminated, 0, "the session was stopped");
    if (!wanted_.empty()) {
      const auto entry = wanted_.back();
      wanted_.pop_back();
      for (const auto& update : source.whole(entry)) send(update);
    } else if (const auto update = source.next()) {
      send(*update);
    } else {
      return;
    }
  }
}

bool SupplierSession::end(const std::optional<ldup::UpdateVector>& vector) {
  // An empty vector cannot be written, and none with a wish for one would stand for what this server has published.
  const bool claims = vector && !vector->empty();
  const ldup::EndReplGroupRequest request{.return_vector = claims,
                                          .vector = claims ? vector : std::optional<ldup::UpdateVector>()};
  const ldup::EndGroupingRequest grouping{.cookie = cookie_, .value = ldup::encode(request)};
  const auto id = port_.send(ldup::oid::end_grouping, ldup::encode(grouping), {});
  const auto answered = wait_for(id, options_.answer_time);
  if (failed_ || !answered) return true;  // how the end went is of no interest then
  const auto& answer = *answered;
  const bool wanting = answer.code == code_of(wire::ResultCode::no_such_object);
  if (wanting && !wanted_.empty()) return false;
  if (answer.code != code_of(wire::ResultCode::success)) {
    fail(SupplierOutcome::Kind::failed, answer.code,
         fmt::format("the consumer cannot end the session: {} ({})", answer.diagnostic, answer.code));
    return true;
  }
  if (!wanted_.empty()) {
    fail(SupplierOutcome::Kind::failed, 0, "the consumer ended the session without entries that it had asked for");
    return true;
  }
  outcome_.kind = SupplierOutcome::Kind::success;
  if (!answer.value) return true;
  const auto response = ldup::decode_end_grouping_response(*answer.value);
  if (!response.value) return true;
  const auto inner = ldup::decode_end_repl_group_response(*response.value);
  if (inner.vector) outcome_.consumer = inner.vector;
  return true;
}

// The end does not wait for the answers: the consumer has everything on disk at once.
void SupplierSession::run(UpdateSource& source) {
  for (;;) {
    send_all(source);
    if (failed_) break;
    if (end(source.vector())) return;
  }
  take_answers(0);
  if (!aborted_) end(std::nullopt);
}

}  // namespace replkit::refserver::exchange
