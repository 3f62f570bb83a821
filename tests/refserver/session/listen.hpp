// Sockets that listen, and what is known of who connects.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/refserver/access/caller.hpp"
#include "tests/refserver/session/endpoint.hpp"

namespace replkit::refserver::session {

// A file descriptor of one's own.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct Listening {
  Descriptor socket;  // does not block
  Endpoint endpoint;  // with the port it got
};

// Listens on all addresses that the endpoint's host has; with port 0 on one port for all of them. A socket file that
// nobody listens on any more is replaced; the new one gets `socket_mode`. Throws LocalError.
std::vector<Listening> listen_on(const Endpoint& endpoint, unsigned socket_mode);

struct Visitor {
  Descriptor socket;  // does not block
  int family = 0;
  access::Security security;
  std::string peer;  // without the port; the user of ldapi
};

// Accepts a connection from the socket that listens at `endpoint`. Without one the descriptor is empty and errno says
// why: EAGAIN when nobody waits.
Visitor accept_from(int socket, const Endpoint& endpoint);

}  // namespace replkit::refserver::session
