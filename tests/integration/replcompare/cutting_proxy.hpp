// A TCP proxy that breaks or holds connections after so many bytes.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>

namespace replkit::support {

// Listens on 127.0.0.1 and hands everything to a server there. A connection that brought `bytes` from the server is
// reset, `times` times; later ones stay. Without them none is.
class CuttingProxy {
 public:
  explicit CuttingProxy(int server_port, std::size_t bytes = 0, int times = 0);
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;
  ~CuttingProxy();

  // The first connection that brings so many bytes is held: no more is taken from the server until release(). The
  // server can send some 4 MB more before it has to wait.
  void hold_after(std::size_t bytes) { hold_after_ = bytes; }
  bool holding() const { return holding_; }
  void release() { hold_after_ = 0; }

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
  std::atomic<std::size_t> hold_after_{0};  // 0: never
  std::atomic<bool> holding_{false};
  std::jthread thread_;  // last: it ends before the others go
};

}  // namespace replkit::support
