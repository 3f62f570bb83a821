// A connection's bytes: a TCP or Unix socket, with or without TLS.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tests/refserver/session/asio.hpp"
#include "tests/refserver/session/tls.hpp"

namespace replkit::refserver::session {

// Nothing blocks: each call does what it can at once, and wait() waits until more can be done.
class Transport {
 public:
  using Socket = asio::generic::stream_protocol::socket;

  explicit Transport(Socket socket) : socket_(std::move(socket)) {}

  // At most one of handshake(), read() is under way at a time; write() may be called in between.
  void begin_tls(const TlsContext& context) { tls_.emplace(context, socket_.native_handle()); }
  const std::optional<Tls>& tls() const { return tls_; }
  Progress handshake() { return tls_->accept(); }
  Progress read(std::span<char> room, std::size_t& count);
  Progress write(std::string_view bytes, std::size_t& count);
  // Reads and forgets what is there, past TLS; returns wants_read when there may be more later.
  Progress discard();

  // Waits until what `wanted` says (wants_read or wants_write) is likely, or cancel() was called.
  asio::awaitable<void> wait(Progress wanted);
  void cancel();

  // Tells the peer that we send no more.
  void end_writing();
  void close();
  // Why the connection failed, for the log.
  std::string problem() const;

 private:
  Socket socket_;
  std::optional<Tls> tls_;
  int error_ = 0;
};

}  // namespace replkit::refserver::session
