// Starts the sessions in which this server supplies others, when they are due (links.hpp) or wanted: one thread, which
// also sees to what has to be done now and then (upkeep.hpp).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/refserver/exchange/consumer.hpp"
#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/exchange/cycles.hpp"
#include "tests/refserver/exchange/links.hpp"
#include "tests/refserver/exchange/upkeep.hpp"

namespace replkit::refserver::exchange {

// A session that someone wants now, whatever the schedule.
struct Demand {
  LocalAreaPtr area;
  std::string partner;  // replica ID
  bool full = false;
  std::string reason;
  bool for_vector = false;           // what is news is this replica's update vector
  std::vector<std::string> servers;  // to try; none: those of the replica
  std::function<void(bool begun, const SupplierOutcome& outcome)> begun;
  std::function<void(const SupplierOutcome& outcome)> ended;
};

class Scheduler {
 public:
  Scheduler(Core& core, Cycles& cycles, Consumers& consumers);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void start();
  // Starts nothing more; returns when the thread has ended.
  void stop();

  // From any thread; never waits.
  void note(Note note);
  void demand(Demand demand);

 private:
  struct Ended {
    LinkKey key;
    SupplierOutcome::Kind kind;
    bool full;
  };

  void work();
  // Does what is due. Returns when there is more at the latest.
  Instant step(Instant now);
  void take_areas(Instant now);
  void take(Demand demand, Instant now);
  void run(Link& link, const LinkKey& key, Demand demand, Instant now);

  Core& core_;
  Cycles& cycles_;
  Consumers& consumers_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::map<model::Uuid, std::vector<Note>> notes_;  // few an area: they are made one where there are many
  std::deque<Ended> ended_;
  std::deque<Demand> demands_;

  // Of the thread alone.
  std::shared_ptr<const Areas> areas_;
  Links links_;
  Upkeep upkeep_;
  std::map<model::Uuid, Instant> published_;

  std::thread thread_;
};

}  // namespace replkit::refserver::exchange
