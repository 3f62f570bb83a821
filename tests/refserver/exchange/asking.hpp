// A supplier knows what its consumer holds from the last session with it: when that goes back, because the consumer was
// restored or filled with something older, it would learn of it only when it has something to send. So the consumer
// asks all its suppliers for a session (draft-ietf-ldup-protocol-05 4.1.2).
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "common/base/cancel.hpp"
#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/exchange/links.hpp"
#include "tests/refserver/exchange/supplier.hpp"

namespace replkit::refserver::exchange {

// Asks one replica to supply this one; at its own servers when none are given. Never throws.
SupplierOutcome ask_supplier(Core& core, const LocalArea& area, const std::string& id, std::vector<std::string> servers,
                             bool full, const CancelToken& cancel) noexcept;

// Safe to use from any thread.
class Asking {
 public:
  explicit Asking(Core& core) : core_(core) {}
  ~Asking() { stop(); }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  void start();
  void stop();

  // Has all suppliers of this replica of the area asked, but for one, again and again until each has said yes or no.
  void ask_all(const model::Uuid& root, const std::string& but);

 private:
  struct Wish {
    Instant next;
    std::chrono::milliseconds pause;
  };

  void work();
  void expand();
  // Asks one whose time has come. Returns how long to wait then.
  std::chrono::milliseconds step();
  bool ask(const LinkKey& key);

  Core& core_;
  CancelToken cancel_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::map<model::Uuid, std::string> wanted_;  // areas, and who is not asked
  std::map<LinkKey, Wish> wishes_;
  std::thread thread_;
};

}  // namespace replkit::refserver::exchange
