#include "tests/refserver/session/server.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <list>
#include <thread>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "tests/refserver/directory/operation.hpp"
#include "tests/refserver/session/core.hpp"
#include "tests/refserver/session/event.hpp"
#include "tests/refserver/session/listen.hpp"
#include "tests/refserver/session/session.hpp"

namespace replkit::refserver::session {

namespace {

constexpr std::size_t farewells = 64;  // refused connections that may linger at once
constexpr auto accept_pause = std::chrono::milliseconds(100);

// While it lives, the thread and those it starts take no signals: they are for main. Writing to a closed TLS connection
// would be one, too.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

struct Listener {
  Listener(asio::io_context& io, Listening listening)
      : endpoint(std::move(listening.endpoint)),
        strand(asio::make_strand(io)),
        socket(strand, listening.socket.release()),
        pause(strand) {}

  const Endpoint endpoint;
  const Session::Strand strand;
  asio::posix::stream_descriptor socket;  // a socket that listens is waited for like any descriptor
  asio::steady_timer pause;
};

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, directory::Service& service, Binder& binder, Observer& observer)
      : core_(checked(std::move(options)), service, binder, observer), work_(core_.io.get_executor()) {}

  void start();
  void stop(std::chrono::milliseconds grace);
  void reload_tls() {
    if (!core_.options.tls.certificate.empty()) core_.set_tls(make_tls_context(core_.options.tls));
  }
  const std::vector<std::string>& addresses() const { return addresses_; }
  Statistics statistics() const;

 private:
  static ServerOptions checked(ServerOptions options);
  void serve();
  asio::awaitable<void> accept_on(Listener& listener);
  asio::awaitable<void> await_descriptors(Listener& listener);
  void welcome(const Listener& listener, Visitor visitor);
  std::string refusal_of(const Visitor& visitor);
  void stop_listening();

  Core core_;
  std::list<Listener> listeners_;
  std::vector<std::string> addresses_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::size_t accepting_ = 0;  // listeners; under core_.mutex
};

ServerOptions Server::Impl::checked(ServerOptions options) {
  if (options.threads == 0 || options.bind_threads == 0) throw UsageError("a server needs a thread at least");
  // A quarter of the memory is for requests that are being read: the longest must fit.
  options.limits.request_memory = std::max(options.limits.request_memory, 4 * options.limits.pdu);
  return options;
}

void Server::Impl::start() {
  const auto& options = core_.options;
  reload_tls();
  for (const auto& uri : options.listeners) {
    const auto endpoint = Endpoint::parse(uri);
    if (endpoint.kind == Endpoint::Kind::ldaps && !core_.tls()) throw UsageError(uri + ": there is no certificate");
    for (auto& listening : listen_on(endpoint, options.socket_mode)) {
      addresses_.push_back(listening.endpoint.uri());
      listeners_.emplace_back(core_.io, std::move(listening));
    }
  }
  for (auto& listener : listeners_) {
    ++accepting_;
    asio::co_spawn(listener.strand, accept_on(listener), [this](const std::exception_ptr&) {
      const std::lock_guard lock(core_.mutex);
      --accepting_;
      core_.none_left.notify_all();
    });
  }
  const SignalsBlocked blocked;
  core_.bind_threads.emplace(options.bind_threads);
  for (unsigned i = 0; i < options.threads; ++i) threads_.emplace_back([this] { serve(); });
}

void Server::Impl::serve() {
  while (true) {
    try {
      core_.io.run();
      return;
    } catch (const std::exception& error) {
      core_.observer.trouble(error.what());
    }
  }
}

// --- Accepting ---

asio::awaitable<void> Server::Impl::accept_on(Listener& listener) {
  constexpr int at_once = 16;
  while (!stopping_) {
    asio::error_code ignored;
    co_await listener.socket.async_wait(asio::posix::descriptor_base::wait_read,
                                        asio::redirect_error(asio::use_awaitable, ignored));
    for (int i = 0; i < at_once && !stopping_; ++i) {
      auto visitor = accept_from(listener.socket.native_handle(), listener.endpoint);
      if (visitor.socket) {
        try {
          welcome(listener, std::move(visitor));
        } catch (const std::exception& error) {
          core_.observer.trouble(error.what());
        }
        continue;
      }
      if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) break;
      co_await await_descriptors(listener);
    }
  }
  asio::error_code ignored;
  listener.socket.close(ignored);
}

// Out of descriptors, or of memory: who waits to be accepted is not lost.
asio::awaitable<void> Server::Impl::await_descriptors(Listener& listener) {
  core_.observer.trouble("cannot accept connections: " + last_error_text());
  listener.pause.expires_after(accept_pause);
  asio::error_code ignored;
  co_await listener.pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// Returns why the visitor is not let in. Who is let in counts from here.
std::string Server::Impl::refusal_of(const Visitor& visitor) {
  const auto& limits = core_.options.limits;
  if (core_.counters.connections >= limits.connections) return "too many connections";
  if (!core_.peers.connect(visitor.peer, limits.connections_per_peer)) return "too many connections from this address";
  ++core_.counters.connections;
  ++core_.counters.connections_total;
  return {};
}

void Server::Impl::welcome(const Listener& listener, Visitor visitor) {
  Accepted accepted;
  accepted.security = std::move(visitor.security);
  accepted.peer = visitor.peer;
  accepted.tls = listener.endpoint.kind == Endpoint::Kind::ldaps;
  accepted.refusal = refusal_of(visitor);
  const bool is_refused = !accepted.refusal.empty();
  if (is_refused) {
    ++core_.counters.connections_refused;
    const bool is_crowded = core_.counters.refused_lingering >= farewells;
    if (accepted.tls || is_crowded) {  // no words that the peer would understand, or no room for them
      core_.observer.refused(accepted.security.peer, accepted.refusal);
      return;
    }
    ++core_.counters.refused_lingering;
  }
  const auto strand = asio::make_strand(core_.io);
  const asio::generic::stream_protocol protocol(visitor.family, 0);
  Transport::Socket socket(strand, protocol, visitor.socket.release());
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(core_.mutex);
    accepted.number = ++core_.last_number;
    const auto number = accepted.number;
    session = std::make_shared<Session>(core_, strand, std::move(socket), std::move(accepted));
    core_.sessions.emplace(number, session);
  }
  session->start();
}

// --- Stopping ---

void Server::Impl::stop_listening() {
  stopping_ = true;
  for (auto& listener : listeners_) {
    asio::post(listener.strand, [&listener] {
      asio::error_code ignored;
      listener.socket.cancel(ignored);
      listener.pause.cancel();
    });
  }
  std::unique_lock lock(core_.mutex);
  core_.none_left.wait(lock, [this] { return accepting_ == 0; });
  for (const auto& listener : listeners_) {
    if (listener.endpoint.kind == Endpoint::Kind::ldapi) ::unlink(listener.endpoint.path.c_str());
  }
}

void Server::Impl::stop(std::chrono::milliseconds grace) {
  if (threads_.empty()) return;
  stop_listening();
  const auto deadline = Session::Clock::now() + grace;
  std::vector<std::shared_ptr<Session>> sessions;
  {
    const std::lock_guard lock(core_.mutex);
    for (const auto& [number, weak] : core_.sessions) {
      if (auto session = weak.lock()) sessions.push_back(std::move(session));
    }
  }
  for (auto& session : sessions) session->stop(deadline);
  sessions.clear();
  {
    std::unique_lock lock(core_.mutex);
    core_.none_left.wait(lock, [this] { return core_.sessions.empty(); });
  }
  work_.reset();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  core_.bind_threads->join();
}

Statistics Server::Impl::statistics() const {
  const auto& counters = core_.counters;
  return {.connections = counters.connections,
          .connections_total = counters.connections_total,
          .connections_refused = counters.connections_refused,
          .operations = counters.operations,
          .operations_total = counters.operations_total,
          .bytes_received = counters.received,
          .bytes_sent = counters.sent};
}

Server::Server(ServerOptions options, directory::Service& service, Binder& binder, Observer& observer)
    : impl_(std::make_unique<Impl>(std::move(options), service, binder, observer)) {}

Server::~Server() {
  stop(std::chrono::milliseconds(0));
}

void Server::start() {
  impl_->start();
}

const std::vector<std::string>& Server::addresses() const {
  return impl_->addresses();
}

void Server::stop(std::chrono::milliseconds grace) {
  impl_->stop(grace);
}

void Server::reload_tls() {
  impl_->reload_tls();
}

Statistics Server::statistics() const {
  return impl_->statistics();
}

}  // namespace replkit::refserver::session
