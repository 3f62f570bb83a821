#include "tests/refserver/session/listen.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "common/base/error.hpp"
#include "common/base/files.hpp"

namespace replkit::refserver::session {

namespace {

constexpr unsigned ldapi_strength = 71;  // as everybody counts it

[[noreturn]] void fail(const Endpoint& endpoint, const std::string& why) {
  throw LocalError("cannot listen on " + endpoint.uri() + ": " + why);
}

const sockaddr* generic(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// --- Listening ---

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

std::vector<Address> resolve(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto port = std::to_string(endpoint.port);
  const int code = ::getaddrinfo(endpoint.host.empty() ? nullptr : endpoint.host.c_str(), port.c_str(), &hints, &found);
  if (code != 0) fail(endpoint, ::gai_strerror(code));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> guard(found, ::freeaddrinfo);
  std::vector<Address> all;
  for (const auto* info = found; info != nullptr; info = info->ai_next) {
    Address address;
    address.size = info->ai_addrlen;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    all.push_back(address);
  }
  return all;
}

std::uint16_t port_of(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

void set_port(sockaddr_storage& address, std::uint16_t port) {
  if (address.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
  }
}

void set_option(int socket, int level, int option, int value) {
  ::setsockopt(socket, level, option, &value, sizeof value);
}

Listening listen_tcp(const Endpoint& endpoint, Address address) {
  const int family = address.storage.ss_family;
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) fail(endpoint, last_error_text());
  set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (family == AF_INET6) set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);  // IPv4 has a socket of its own
  if (endpoint.port != 0) set_port(address.storage, endpoint.port);
  if (::bind(socket.get(), generic(address.storage), address.size) != 0 || ::listen(socket.get(), SOMAXCONN) != 0) {
    fail(endpoint, last_error_text());
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  Listening out{std::move(socket), endpoint};
  out.endpoint.port = port_of(bound);
  return out;
}

Address unix_address(const Endpoint& endpoint) {
  Address out;
  auto& address = reinterpret_cast<sockaddr_un&>(out.storage);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, endpoint.path.c_str(), endpoint.path.size() + 1);
  out.size = sizeof(sockaddr_un);
  return out;
}

void remove_dead_socket(const Endpoint& endpoint, const Address& address) {
  struct stat status {};
  if (::lstat(endpoint.path.c_str(), &status) != 0) return;
  if (!S_ISSOCK(status.st_mode)) fail(endpoint, "there is a file of this name");
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), generic(address.storage), address.size) == 0 || errno == EAGAIN) {
    fail(endpoint, "another server listens there");
  }
  ::unlink(endpoint.path.c_str());
}

Listening listen_unix(const Endpoint& endpoint, unsigned mode) {
  const auto address = unix_address(endpoint);
  remove_dead_socket(endpoint, address);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket || ::bind(socket.get(), generic(address.storage), address.size) != 0 ||
      ::chmod(endpoint.path.c_str(), mode) != 0 || ::listen(socket.get(), SOMAXCONN) != 0) {
    fail(endpoint, last_error_text());
  }
  return {std::move(socket), endpoint};
}

// --- Accepting ---

// IPv4 addresses in IPv6 clothes are told as what they are.
void describe_address(const sockaddr_storage& address, Visitor& visitor) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto port = std::to_string(port_of(address));
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  const auto* v4 = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  if (address.ss_family == AF_INET6) {
    if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
      visitor.peer = text.data();
      visitor.security.peer = "IP=[" + visitor.peer + "]:" + port;
      visitor.security.loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
      return;
    }
    constexpr std::size_t v4_offset = 12;
    v4 = reinterpret_cast<const in_addr*>(&v6.sin6_addr.s6_addr[v4_offset]);
  }
  ::inet_ntop(AF_INET, v4, text.data(), text.size());
  visitor.peer = text.data();
  visitor.security.peer = "IP=" + visitor.peer + ":" + port;
  constexpr unsigned loopback_net = 127;
  visitor.security.loopback = (ntohl(v4->s_addr) >> 24U) == loopback_net;
}

void describe_local(const Endpoint& endpoint, Visitor& visitor) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  visitor.security.local = true;
  visitor.security.strength = ldapi_strength;
  visitor.security.peer = "PATH=" + endpoint.path;
  visitor.peer = "local";
  if (::getsockopt(visitor.socket.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return;
  visitor.security.peer_uid = credentials.uid;
  visitor.security.peer_gid = credentials.gid;
  visitor.peer = "uid=" + std::to_string(credentials.uid);
}

void keep_alive(int socket) {
  constexpr int idle_seconds = 120;
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, idle_seconds);
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::vector<Listening> listen_on(const Endpoint& endpoint, unsigned socket_mode) {
  std::vector<Listening> all;
  if (endpoint.kind == Endpoint::Kind::ldapi) {
    all.push_back(listen_unix(endpoint, socket_mode));
    return all;
  }
  auto wanted = endpoint;
  for (const auto& address : resolve(endpoint)) {
    const bool is_extra = !all.empty() || endpoint.host.empty();  // a machine need not have both families
    try {
      all.push_back(listen_tcp(wanted, address));
    } catch (const LocalError&) {
      const bool is_missing = errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL;
      if (!is_extra || !is_missing) throw;
    }
    if (!all.empty()) wanted.port = all.front().endpoint.port;
  }
  if (all.empty()) fail(endpoint, "this machine has no such address");
  return all;
}

Visitor accept_from(int socket, const Endpoint& endpoint) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  Visitor out;
  out.socket =
      Descriptor(::accept4(socket, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!out.socket) return out;
  if (endpoint.kind == Endpoint::Kind::ldapi) {
    out.family = AF_UNIX;
    describe_local(endpoint, out);
  } else {
    out.family = address.ss_family;
    describe_address(address, out);
    keep_alive(out.socket.get());
  }
  return out;
}

}  // namespace replkit::refserver::session
