// The network half of the server: listeners, connections, TLS, and the operations under way.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/refserver/session/binder.hpp"
#include "tests/refserver/session/observer.hpp"

namespace replkit::refserver::directory {
class Service;
}

namespace replkit::refserver::session {

enum class ClientCertificates : std::uint8_t { optional, required };

// PEM files. Read by start() and by reload_tls().
struct TlsFiles {
  std::filesystem::path certificate;  // with its chain; empty: no TLS
  std::filesystem::path key;
  // Whom client certificates are checked against; empty: none are asked for. One that does not verify ends the
  // handshake.
  std::filesystem::path client_ca;
  ClientCertificates client_certificates = ClientCertificates::optional;
};

// What one peer, or all of them together, can make the server hold or wait for.
struct Limits {
  std::size_t connections = 4000;                     // each takes a descriptor
  std::size_t connections_per_peer = 1000;            // of one address; ldapi: of one user
  std::size_t pdu_anonymous = std::size_t{64} << 10;  // bytes of one request before a bind
  std::size_t pdu = std::size_t{16} << 20;            // and after it
  // Bytes of requests that are being read or worked on, all connections together, but for the first 64 KiB of each.
  // Who finds it used up waits `busy`, then is answered busy.
  std::size_t request_memory = std::size_t{256} << 20;
  std::size_t operations = 64;                  // outstanding per connection; then it is read no further
  std::size_t output = std::size_t{256} << 10;  // bytes that wait for one client; then no operation adds more
  std::chrono::milliseconds busy = std::chrono::seconds(5);
  std::chrono::milliseconds idle = std::chrono::hours(1);           // nothing outstanding, nothing sent
  std::chrono::milliseconds request = std::chrono::seconds(30);     // from a request's first byte to its last
  std::chrono::milliseconds handshake = std::chrono::seconds(10);   // of TLS
  std::chrono::milliseconds write = std::chrono::minutes(2);        // no byte taken by the client
  std::chrono::milliseconds half_closed = std::chrono::minutes(1);  // the client sends no more, but may still read
  std::chrono::milliseconds linger = std::chrono::seconds(2);       // for the client to read our last words
  // How long a bind waits for the operations before it, which then are abandoned (RFC 4511 4.2.1).
  std::chrono::milliseconds before_bind = std::chrono::seconds(1);

  // After a failed bind the answer waits: bind_delay, doubled with each failure up to bind_delay_most. Failures count
  // by connection and by peer address (there they are forgotten after bind_forget). Who fails while bind_waiting others
  // wait is disconnected.
  std::chrono::milliseconds bind_delay = std::chrono::milliseconds(100);
  std::chrono::milliseconds bind_delay_most = std::chrono::seconds(5);
  std::chrono::milliseconds bind_forget = std::chrono::minutes(1);
  std::size_t bind_waiting = 200;
  std::size_t bind_queue = 500;  // binds that wait for a thread; more are answered busy
};

struct ServerOptions {
  // ldap://HOST:PORT, ldaps://HOST:PORT, ldapi://%2Fpath. No host (or "*"): all addresses; port 0: the kernel chooses.
  std::vector<std::string> listeners = {"ldap://127.0.0.1:389"};
  TlsFiles tls;
  unsigned socket_mode = 0777;  // of ldapi's file; who may do what is the access rules' affair
  unsigned threads = 2;         // that serve connections
  unsigned bind_threads = 2;    // that hash passwords
  Limits limits;
};

struct Statistics {
  std::uint64_t connections = 0;  // now
  std::uint64_t connections_total = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t operations = 0;  // outstanding
  std::uint64_t operations_total = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
};

class Server {
 public:
  // The service, the binder and the observer must outlive it.
  Server(ServerOptions options, directory::Service& service, Binder& binder, Observer& observer);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // stop() without grace, unless it was called before.
  ~Server();

  // Listens and returns. Throws UsageError for a listener or certificate that makes no sense, LocalError for one that
  // cannot be used (port taken, file missing).
  void start();

  // The listeners as URIs, with the ports the kernel chose.
  const std::vector<std::string>& addresses() const;

  // Takes no more connections or requests; lets outstanding operations finish for `grace`, then stops them; tells
  // every client (Notice of Disconnection, unavailable), closes. Returns when all is closed and no thread is left.
  void stop(std::chrono::milliseconds grace);

  // Reads the TLS files again, for connections from now on. Throws LocalError and keeps the old ones when they do not
  // work. Does nothing when no certificate is configured.
  void reload_tls();

  Statistics statistics() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace replkit::refserver::session
