#include "tests/integration/replcompare/cutting_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace replkit::support {

namespace {

sockaddr_in local(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto sent = ::send(fd, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

// Closes with a reset, as a firewall that forgot the connection does.
void reset(int fd) {
  const linger now{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd);
}

}  // namespace

CuttingProxy::CuttingProxy(int server_port, std::size_t bytes, int times)
    : server_port_(server_port),
      bytes_(bytes),
      times_(times),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto address = local(0);
  socklen_t length = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

CuttingProxy::~CuttingProxy() {
  thread_.request_stop();
  thread_.join();
  ::close(listener_);
}

void CuttingProxy::serve(const std::stop_token& stop) {
  std::vector<std::jthread> connections;
  while (!stop.stop_requested()) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) connections.emplace_back([this, client](const std::stop_token& end) { forward(end, client); });
  }
}

void CuttingProxy::forward(const std::stop_token& stop, int client) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int small = 65536;
  ::setsockopt(server, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  const auto address = local(server_port_);
  bool open = ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  std::array<char, 16384> buffer{};
  std::size_t brought = 0;
  while (open && !stop.stop_requested()) {
    const bool hold = hold_after_ != 0 && brought >= hold_after_;
    if (hold) holding_ = true;
    std::array<pollfd, 2> ends{pollfd{client, POLLIN, 0}, pollfd{hold ? -1 : server, POLLIN, 0}};
    if (::poll(ends.data(), ends.size(), 20) <= 0) continue;
    for (const bool from_server : {false, true}) {
      if (ends[from_server ? 1 : 0].revents == 0) continue;
      const auto n = ::recv(from_server ? server : client, buffer.data(), buffer.size(), 0);
      open = open && n > 0 && send_all(from_server ? client : server, buffer.data(), static_cast<std::size_t>(n));
      if (from_server && n > 0) brought += static_cast<std::size_t>(n);
    }
    if (bytes_ == 0 || brought < bytes_) continue;
    if (cuts_ < times_) {
      ++cuts_;
      open = false;
    }
    brought = 0;
  }
  reset(client);
  ::close(server);
}

}  // namespace replkit::support
