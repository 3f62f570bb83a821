// A TCP server that says what a test tells it to, byte by byte, in a thread of its own.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace replkit::ldap {

class FakeServer {
 public:
  // `serve` gets the connected socket of the one client that is accepted; the socket is closed when the server goes
  // away, not before. Without it connections are taken by the kernel and nothing is ever said.
  explicit FakeServer(std::function<void(int fd)> serve = {});
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;
  ~FakeServer();

  std::string uri(const std::string& scheme = "ldap") const { return scheme + "://127.0.0.1:" + std::to_string(port_); }

 private:
  int listener_ = -1;
  int client_ = -1;
  int port_ = 0;
  std::thread thread_;
};

// Reads one LDAP message (short lengths only) and returns its message id's byte; 0 at the end.
char read_request(int fd);
// Sends these bytes.
void say(int fd, const std::string& bytes);
// Returns an LDAPMessage with this id and this content of its protocolOp.
std::string message(char id, unsigned char operation, const std::string& content);
// A result (RFC 4511 4.1.9) without matched DN and text.
std::string result_content(char code);
// A SearchResultEntry's content with one attribute.
std::string entry_content(const std::string& dn);

}  // namespace replkit::ldap
