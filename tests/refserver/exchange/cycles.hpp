// Sessions in which this server supplies other replicas: each has a thread while it runs.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/refserver/directory/worker_pool.hpp"
#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/exchange/partner_links.hpp"
#include "tests/refserver/exchange/recovery.hpp"
#include "tests/refserver/exchange/supplier.hpp"

namespace replkit::refserver::exchange {

struct Cycle {
  LocalAreaPtr area;
  Partner partner;
  bool full = false;
  bool publish = false;              // with the update vector, if it has changed since others were told
  std::string reason;                // for the history
  std::vector<std::string> servers;  // to try, in order
  // Called once the consumer has taken the session, or when it will not; then without a success.
  std::function<void(bool begun, const SupplierOutcome& outcome)> begun;
  std::function<void(const SupplierOutcome& outcome)> ended;
};

class Cycles {
 public:
  explicit Cycles(Core& core);
  // Cuts off what still runs.
  ~Cycles();
  Cycles(const Cycles&) = delete;
  Cycles& operator=(const Cycles&) = delete;

  Recovery& recovery() { return recovery_; }

  // Has a thread do it, as soon as one is free. Returns its number in the history.
  std::string start(Cycle cycle);

  // Whether one of the area runs; with a partner: with that one.
  bool is_busy(const model::Uuid& root, const std::string& partner = {}) const;
  // Stops those of the area with this partner between two updates; returns how many.
  std::int32_t terminate(const model::Uuid& root, const std::string& partner);
  // Closes connections that nothing has used for a while.
  void expire(Instant now) { links_.expire(now); }
  // Lets those that run end between two updates, for so long; then cuts them off.
  void stop(std::chrono::milliseconds grace);

 private:
  struct Running {
    std::string id;
    Cycle cycle;
    Instant queued;
    std::atomic<bool> stop{false};
    PartnerLinkPtr link;   // what it goes over, as soon as there is one; under the mutex
    bool cut_off = false;  // likewise
  };
  using RunningPtr = std::shared_ptr<Running>;
  // What was published for a partner, and when.
  struct Vouched {
    Instant at;
    ldup::UpdateVector vector;
  };

  void run(const RunningPtr& running);
  void tell(const Cycle& cycle, const SessionRecord& record);
  void note_supply(const LocalArea& area);
  void vouch(const Cycle& cycle, const SupplierOutcome& outcome);
  bool has_news(const model::Uuid& root, const ldup::UpdateVector& before, const ldup::UpdateVector& now) const;
  bool is_news(const Cycle& cycle, const SupplierOutcome& outcome, Instant now);
  // A session that has been asked for, and how.
  struct Begun;
  std::unique_ptr<Begun> begin(Running& running);
  void adopt(Running& running, const PartnerLinkPtr& link);
  void supply(Running& running, SupplierOutcome& outcome, std::string& peer);
  void send(Running& running, SupplierSession& session, SupplierOutcome& outcome, const ldup::UpdateVector& theirs);

  Core& core_;
  Recovery recovery_;
  PartnerLinks links_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::list<RunningPtr> running_;
  bool stopping_ = false;
  std::map<PartnerLinks::Key, std::string> told_;   // what was said of a partner last
  std::map<PartnerLinks::Key, Instant> succeeded_;  // when a partner's status said so
  std::map<PartnerLinks::Key, Vouched> vouched_;    // partners that supply nobody
  directory::WorkerPool pool_;                      // the last: its threads use the rest
};

}  // namespace replkit::refserver::exchange
