#include "common/ldap/socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <memory>
#include <system_error>
#include <thread>

#include "common/base/time.hpp"
#include "common/ldap/error.hpp"

namespace replkit::ldap {

namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr milliseconds slice{100};

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

milliseconds left_until(SteadyTime deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(left, milliseconds{0});
}

std::string error_text(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void fail(const std::string& server, const std::string& reason) {
  throw LdapError(ResultCode::server_down, server, "connect", reason);
}

struct LookUp {
  int error = 0;
  Addresses addresses;
};

LookUp look_up(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  LookUp result;
  result.error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (result.error == 0) result.addresses.reset(list);
  return result;
}

// getaddrinfo() cannot be ended early, so it runs in a thread that is left to itself when the time is over.
Addresses find_addresses(const std::string& server, const std::string& host, int port, SteadyTime deadline,
                         const CancelToken& cancel) {
  if (LookUp numeric = look_up(host, port, AI_NUMERICHOST); numeric.error == 0) return std::move(numeric.addresses);
  std::packaged_task<LookUp()> task([host, port] { return look_up(host, port, AI_ADDRCONFIG); });
  std::future<LookUp> answer = task.get_future();
  std::thread(std::move(task)).detach();
  while (answer.wait_for(std::min(slice, left_until(deadline))) != std::future_status::ready) {
    cancel.check();
    if (left_until(deadline).count() == 0) fail(server, fmt::format("the name service did not find {} in time", host));
  }
  LookUp found = answer.get();
  if (found.error != 0) {
    fail(server, fmt::format("host {} is not known: {}", host,
                             found.error == EAI_SYSTEM ? error_text(errno) : gai_strerror(found.error)));
  }
  return std::move(found.addresses);
}

// Returns 0 or the error number; ETIMEDOUT when the time is over.
int connect_within(int fd, const sockaddr* address, socklen_t size, milliseconds limit, const CancelToken& cancel) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  const int flags = fcntl(fd, F_GETFL);
  if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return errno;
  if (::connect(fd, address, size) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return errno;
    pollfd waiting{fd, POLLOUT, 0};
    while (::poll(&waiting, 1, static_cast<int>(std::min(slice, left_until(deadline)).count())) <= 0) {
      cancel.check();
      if (left_until(deadline).count() == 0) return ETIMEDOUT;
    }
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
    if (error != 0) return error;
  }
  return fcntl(fd, F_SETFL, flags) == 0 ? 0 : errno;
}

std::string describe_failure(int error, milliseconds limit) {
  if (error == ETIMEDOUT) return fmt::format("no answer within {}", format_duration(limit));
  if (error == ECONNREFUSED) return "connection refused; is the server running, and is this its port?";
  return error_text(error);
}

std::string address_text(const addrinfo& address) {
  char host[NI_MAXHOST] = "";
  getnameinfo(address.ai_addr, address.ai_addrlen, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return host;
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.release();
  }
  return *this;
}

void Socket::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Socket connect_tcp(const std::string& server, const std::string& host, int port, milliseconds limit,
                   const CancelToken& cancel) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  const Addresses addresses = find_addresses(server, host, port, deadline, cancel);
  int untried = 0;
  for (const addrinfo* each = addresses.get(); each; each = each->ai_next) ++untried;

  std::string reasons;
  for (const addrinfo* each = addresses.get(); each; each = each->ai_next, --untried) {
    Socket socket(::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol));
    const milliseconds share = left_until(deadline) / untried;
    const int error =
        socket.get() < 0 ? errno : connect_within(socket.get(), each->ai_addr, each->ai_addrlen, share, cancel);
    if (error == 0) {
      const int on = 1;
      setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
      setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return socket;
    }
    const std::string reason = describe_failure(error, share);
    if (!reasons.empty()) reasons += "; ";
    reasons += addresses->ai_next ? fmt::format("{}: {}", address_text(*each), reason) : reason;
  }
  fail(server, reasons);
}

Socket connect_local(const std::string& server, const std::string& path, milliseconds limit,
                     const CancelToken& cancel) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail(server, "the path of the socket is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int error = socket.get() < 0 ? errno
                                     : connect_within(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                                                      sizeof address, limit, cancel);
  if (error == EAGAIN) fail(server, fmt::format("{}: the server accepts no more connections", path));
  if (error != 0) fail(server, fmt::format("{}: {}", path, describe_failure(error, limit)));
  return socket;
}

}  // namespace replkit::ldap
