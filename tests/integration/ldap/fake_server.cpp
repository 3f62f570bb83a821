#include "tests/integration/ldap/fake_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace replkit::ldap {

FakeServer::FakeServer(std::function<void(int)> serve) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 8) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("no listener");
  }
  port_ = ntohs(address.sin_port);
  if (!serve) return;
  thread_ = std::thread([this, serve = std::move(serve)] {
    client_ = ::accept(listener_, nullptr, nullptr);
    if (client_ >= 0) serve(client_);
  });
}

FakeServer::~FakeServer() {
  ::shutdown(listener_, SHUT_RDWR);  // wakes accept()
  if (thread_.joinable()) thread_.join();
  if (client_ >= 0) ::close(client_);
  ::close(listener_);
}

char read_request(int fd) {
  unsigned char head[2];
  if (::recv(fd, head, 2, MSG_WAITALL) != 2 || head[1] >= 0x80) return 0;
  std::string body(head[1], '\0');
  if (::recv(fd, body.data(), body.size(), MSG_WAITALL) != static_cast<ssize_t>(body.size()) || body.size() < 3)
    return 0;
  return body[2];
}

void say(int fd, const std::string& bytes) {
  (void)!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

namespace {

std::string element(unsigned char tag, const std::string& content) {
  return std::string{static_cast<char>(tag), static_cast<char>(content.size())} + content;
}

}  // namespace

std::string message(char id, unsigned char operation, const std::string& content) {
  return element(0x30, element(0x02, std::string(1, id)) + element(operation, content));
}

std::string result_content(char code) {
  return element(0x0a, std::string(1, code)) + element(0x04, "") + element(0x04, "");
}

std::string entry_content(const std::string& dn) {
  return element(0x04, dn) + element(0x30, element(0x30, element(0x04, "cn") + element(0x31, element(0x04, "x"))));
}

}  // namespace replkit::ldap
