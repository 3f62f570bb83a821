// A TCP proxy that breaks connections after so many bytes.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>

namespace replkit::support {

// Listens on 127.0.0.1 and hands everything to a server there. A connection that brought `bytes` from the server is
// reset, `times` times; later ones stay.
class CuttingProxy {
 public:
  CuttingProxy(int server_port, std::size_t bytes, int times);
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;
  ~CuttingProxy();

  std::string uri() const { return "ldap://127.0.0.1:" + std::to_string(port_); }
  int cuts() const { return cuts_; }

 private:
  void serve(const std::stop_token& stop);
  void forward(const std::stop_token& stop, int client);

  int server_port_;
  std::size_t bytes_;
  int times_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> cuts_{0};
  std::jthread thread_;  // last: it ends before the others go
};

}  // namespace replkit::support
