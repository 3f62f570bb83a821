#include "tests/refserver/session/peers.hpp"

#include <algorithm>

namespace replkit::refserver::session {

namespace {
constexpr std::size_t most_peers = 10'000;  // known without being connected
}

bool Peers::connect(const std::string& peer, std::size_t most) {
  const std::lock_guard lock(mutex_);
  auto& known = peers_[peer];
  if (known.connections >= most) return false;
  ++known.connections;
  return true;
}

void Peers::disconnect(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  if (--found->second.connections == 0 && found->second.failures == 0) peers_.erase(found);
}

unsigned Peers::fail(const std::string& peer, Time now) {
  const std::lock_guard lock(mutex_);
  if (peers_.size() > most_peers) forget_old(now);
  auto& known = peers_[peer];
  if (now - known.last_failure > forget_) known.failures = 0;
  known.last_failure = now;
  constexpr unsigned most = 1000;  // the delay has reached its end long before
  known.failures = std::min(known.failures + 1, most);
  return known.failures;
}

void Peers::forget_old(Time now) {
  std::erase_if(peers_, [&](const auto& entry) {
    const auto& peer = entry.second;
    return peer.connections == 0 && now - peer.last_failure > forget_;
  });
  // Many addresses at once: what they did is worth less than our memory.
  if (peers_.size() > most_peers)
    std::erase_if(peers_, [](const auto& entry) { return entry.second.connections == 0; });
}

std::size_t Peers::size() const {
  const std::lock_guard lock(mutex_);
  return peers_.size();
}

}  // namespace replkit::refserver::session
