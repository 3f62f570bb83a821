// What all connections of a server share.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "tests/refserver/session/asio.hpp"
#include "tests/refserver/session/budget.hpp"
#include "tests/refserver/session/peers.hpp"
#include "tests/refserver/session/server.hpp"
#include "tests/refserver/session/tls.hpp"

namespace replkit::refserver::session {

class Session;

struct Counters {
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> connections_total{0};
  std::atomic<std::uint64_t> connections_refused{0};
  std::atomic<std::size_t> refused_lingering{0};  // refused connections that are still told why
  std::atomic<std::uint64_t> operations{0};
  std::atomic<std::uint64_t> operations_total{0};
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::size_t> binds{0};          // that wait for a thread or run
  std::atomic<std::size_t> binds_delayed{0};  // failed ones that wait for their answer
};

struct Core {
  Core(ServerOptions server_options, directory::Service& directory_service, Binder& its_binder, Observer& its_observer)
      : options(std::move(server_options)),
        service(directory_service),
        binder(its_binder),
        observer(its_observer),
        io(static_cast<int>(options.threads)),
        requests(options.limits.request_memory - options.limits.request_memory / 4),
        frames(options.limits.request_memory / 4),
        peers(options.limits.bind_forget) {}

  TlsContext tls() const {
    const std::lock_guard lock(mutex);
    return tls_context;
  }
  void set_tls(TlsContext context) {
    const std::lock_guard lock(mutex);
    tls_context = std::move(context);
  }

  const ServerOptions options;
  directory::Service& service;
  Binder& binder;
  Observer& observer;
  asio::io_context io;
  Budget requests;  // decoded
  Budget frames;    // being read; apart, so that one never waits for the other
  Peers peers;
  Counters counters;

  mutable std::mutex mutex;
  std::condition_variable none_left;
  std::unordered_map<std::uint64_t, std::weak_ptr<Session>> sessions;
  std::uint64_t last_number = 0;
  TlsContext tls_context;  // null: no TLS

  // Since start(). The last member, so that its threads end before what they use.
  std::optional<asio::thread_pool> bind_threads;
};

}  // namespace replkit::refserver::session
