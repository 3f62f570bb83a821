// Sockets to servers: looked up and connected within a time, ended early by a cancelled run. For common/ldap only.
#pragma once

#include <chrono>
#include <string>

#include "common/base/cancel.hpp"

namespace replkit::ldap {

// Owns a file descriptor.
class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  int get() const { return fd_; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  void close() noexcept;
  int fd_;
};

// Connects to the first address of `host` that answers; all addresses together have `limit`. `server` names it in
// errors. Returns a blocking socket. Throws LdapError(server_down) with the reason; Cancelled.
Socket connect_tcp(const std::string& server, const std::string& host, int port, std::chrono::milliseconds limit,
                   const CancelToken& cancel);

// Connects to the Unix domain socket at `path`.
Socket connect_local(const std::string& server, const std::string& path, std::chrono::milliseconds limit,
                     const CancelToken& cancel);

}  // namespace replkit::ldap
