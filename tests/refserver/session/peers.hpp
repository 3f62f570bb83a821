// What is remembered of peer addresses: connections, and failed binds.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace replkit::refserver::session {

// Safe to use from any thread. A peer is an address without its port, or a user of ldapi.
class Peers {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `forget`: after how long without failures a peer's are forgotten.
  explicit Peers(std::chrono::milliseconds forget) : forget_(forget) {}

  // Counts a connection; returns false, and counts nothing, when the peer has `most` of them.
  bool connect(const std::string& peer, std::size_t most);
  void disconnect(const std::string& peer);

  // Counts a failed bind and returns how many of this peer's are remembered, this one included.
  unsigned fail(const std::string& peer, Time now);

  // The number of peers something is known of.
  std::size_t size() const;

 private:
  struct Peer {
    std::size_t connections = 0;
    unsigned failures = 0;
    Time last_failure;
  };

  void forget_old(Time now);

  const std::chrono::milliseconds forget_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Peer> peers_;
};

}  // namespace replkit::refserver::session
