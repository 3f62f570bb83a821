// One connection, from its first byte to its last. Everything here happens on the connection's strand.
//
// Coroutines: run() reads requests and brings the connection to its end; write_output() sends what could not be sent at
// once; watch() sees to the deadlines; each operation that is not done at its first step has a drive(). All of them
// keep the session alive.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "tests/refserver/directory/operation.hpp"
#include "tests/refserver/protocol/messages.hpp"
#include "tests/refserver/protocol/result.hpp"
#include "tests/refserver/session/core.hpp"
#include "tests/refserver/session/event.hpp"
#include "tests/refserver/session/read_buffer.hpp"
#include "tests/refserver/session/transport.hpp"

namespace replkit::refserver::session {

struct Running;

// What is known of a connection when it was accepted.
struct Accepted {
  std::uint64_t number = 0;
  access::Security security;
  std::string peer;     // its key in Peers
  bool tls = false;     // begins with a handshake
  std::string refusal;  // why it is sent away at once; empty: it is not
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Clock = std::chrono::steady_clock;
  using Strand = asio::strand<asio::io_context::executor_type>;

  Session(Core& core, const Strand& strand, Transport::Socket socket, Accepted accepted);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // From any thread: begins; ends as Server::stop() says.
  void start();
  void stop(Clock::time_point deadline);

 private:
  enum class End : std::uint8_t {
    none,
    drain,       // outstanding operations are finished, then the last words, if any, are said
    disconnect,  // they are stopped, then the last words are said
    abort,       // they are stopped, and that is it
  };
  enum Deadline : std::uint8_t { handshake, request, idle, write, patience, deadlines };

  // --- session.cpp: life ---
  void spawn(asio::awaitable<void> coroutine);
  asio::awaitable<void> run();
  asio::awaitable<void> finish();
  asio::awaitable<void> say_last_words();
  asio::awaitable<void> linger();
  void close();
  asio::awaitable<void> watch();
  void set_deadline(Deadline deadline, Clock::time_point time);
  void clear_deadline(Deadline deadline) { deadlines_[deadline].reset(); }
  void expire(Deadline deadline);
  // The first reason counts; only an abort comes through later.
  void end(End how, std::string reason);
  void disconnect(protocol::ResultCode code, const std::string& diagnostic);
  // Waits until no operation is outstanding, or `patience` is over, or the connection ends as `unless` or worse.
  asio::awaitable<void> await_operations(Clock::time_point until, End unless);
  // Waits for that long, or until the connection ends.
  asio::awaitable<void> pause(Clock::duration length);
  bool ending() const { return end_ != End::none; }

  // --- session_read.cpp: from bytes to requests ---
  asio::awaitable<void> read_requests();
  // Returns the length of the message at the start of `in_`, or 0 when the connection ends.
  asio::awaitable<std::size_t> next_frame();
  asio::awaitable<bool> receive(std::size_t least);
  // Sets the deadline for idle connections if this is one.
  void begin_idling();
  asio::awaitable<bool> reserve_frame(std::size_t length);
  asio::awaitable<void> handle_frame(std::size_t length);
  asio::awaitable<std::optional<Charge>> charge_request(std::size_t bytes);
  void answer_error(const protocol::ProtocolError& error);
  asio::awaitable<void> handle(protocol::RequestMessage message, Charge charge);

  // --- session_write.cpp: what goes out ---
  bool has_room() const { return broken_ || out_.size() - sent_ < core_.options.limits.output; }
  // Whether there is room for answers that need no operation: requests are read as long, so that an abandon is heard
  // while operations fill the output.
  bool may_read() const { return broken_ || out_.size() - sent_ < 2 * core_.options.limits.output; }
  // Sends what can be sent at once.
  void flush();
  asio::awaitable<void> write_output();
  bool send_some();
  void respond(const RequestInfo& info, Clock::time_point started, const protocol::Result& result);

  // --- session_operations.cpp: what the directory does ---
  void start_operation(protocol::RequestMessage message, RequestInfo info, Charge charge);
  asio::awaitable<void> drive(std::shared_ptr<Running> running, directory::Operation::State state);
  directory::Operation::State step(Running& running);
  void finish_operation(Running& running, std::optional<protocol::ResultCode> code);
  void abandon_operation(const RequestInfo& info, std::int32_t id);
  void cancel(const protocol::RequestMessage& message, const RequestInfo& info);
  // Stops those that can be stopped.
  void stop_operations();
  // Forgets those that are left.
  void drop_operations();

  // --- session_bind.cpp: what the session does itself ---
  asio::awaitable<void> handle_bind(protocol::RequestMessage message, RequestInfo info);
  asio::awaitable<auth::BindOutcome> authenticate(const protocol::RequestMessage& message,
                                                  const protocol::BindRequest& wanted);
  template <typename Work>
  asio::awaitable<auth::BindOutcome> on_bind_thread(Work work);
  asio::awaitable<void> delay_failure();
  void become(access::Caller caller);
  asio::awaitable<void> start_tls(const protocol::RequestMessage& message, const RequestInfo& info);
  std::optional<protocol::Result> refuse_tls(const protocol::RequestMessage& message) const;
  asio::awaitable<bool> secure();

  Core& core_;
  const Strand strand_;
  Transport transport_;
  const Accepted accepted_;
  std::shared_ptr<const access::Caller> caller_;

  ReadBuffer in_;
  bool may_have_more_ = true;         // a read may bring something without waiting
  bool is_between_requests_ = false;  // waiting for the first byte of one
  Progress read_wants_ = Progress::wants_read;

  std::string out_;
  std::size_t sent_ = 0;
  bool blocked_ = false;  // the socket takes no more for now
  Progress write_wants_ = Progress::wants_write;
  bool broken_ = false;  // nothing can be sent any more

  Account requests_;
  Account frames_;
  Charge frame_charge_;

  std::unordered_map<std::int32_t, std::shared_ptr<Running>> running_;

  // A SASL bind between its steps.
  std::unique_ptr<auth::SaslExchange> exchange_;
  std::string mechanism_;
  unsigned failures_ = 0;

  End end_ = End::none;
  std::string reason_;
  std::string last_words_;  // a Notice of Disconnection
  Clock::time_point drain_until_ = Clock::time_point::max();
  bool stopping_ = false;
  bool closed_ = false;

  std::array<std::optional<Clock::time_point>, deadlines> deadlines_;
  asio::steady_timer watchdog_;
  asio::steady_timer pause_;
  Event output_;  // there is something for write_output()
  Event room_;    // operations may go on
  Event state_;   // an operation ended, the output is empty, the connection ends
};

}  // namespace replkit::refserver::session
