#include <algorithm>

#include "tests/refserver/protocol/encode.hpp"
#include "tests/refserver/protocol/oids.hpp"
#include "tests/refserver/session/running.hpp"

namespace replkit::refserver::session {

namespace {
constexpr std::size_t kept_output = std::size_t{16} << 10;  // that an idle connection may keep
constexpr std::size_t send_at_once = std::size_t{64} << 10;
}  // namespace

void Session::flush() {
  if (blocked_ || sent_ == out_.size()) return;
  if (!send_some()) {
    blocked_ = true;
    set_deadline(write, Clock::now() + core_.options.limits.write);
    output_.notify();
  }
}

// Returns whether everything was sent, or cannot be any more.
bool Session::send_some() {
  while (sent_ < out_.size() && !broken_) {
    std::size_t count = 0;
    const auto progress = transport_.write(std::string_view(out_).substr(sent_, send_at_once), count);
    if (progress == Progress::wants_read || progress == Progress::wants_write) {
      write_wants_ = progress;
      return false;
    }
    if (progress != Progress::done) {
      broken_ = true;
      end(End::abort, transport_.problem());
      break;
    }
    sent_ += count;
    core_.counters.sent += count;
    if (deadlines_[write]) set_deadline(write, Clock::now() + core_.options.limits.write);
  }
  out_.clear();
  sent_ = 0;
  if (out_.capacity() > kept_output) std::string().swap(out_);
  return true;
}

asio::awaitable<void> Session::write_output() {
  while (!closed_) {
    if (!blocked_) {
      co_await output_.wait();
      continue;
    }
    co_await transport_.wait(write_wants_);
    if (closed_) co_return;
    if (send_some()) {
      blocked_ = false;
      clear_deadline(write);
    } else if (sent_ >= send_at_once) {
      out_.erase(0, sent_);
      sent_ = 0;
    }
    if (may_read()) state_.notify();  // before the operations: it may be an abandon that it reads
    if (has_room()) room_.notify();
  }
}

void Session::respond(const RequestInfo& info, Clock::time_point started, const protocol::Result& result) {
  if (info.operation == protocol::Operation::extended && info.name == protocol::oid::start_tls) {
    protocol::encode_extended_response(out_, info.id, result, protocol::oid::start_tls, std::nullopt);
  } else {
    protocol::encode_result(out_, info.id, info.operation, result);
  }
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started);
  core_.observer.finished(*caller_, info, {result.code, 0, duration});
}

}  // namespace replkit::refserver::session
