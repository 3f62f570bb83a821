// When this server supplies whom: one thread with a timer for each partner (common/ldup/schedule_timer.hpp). The same
// thread sees to what has to be done now and then.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/ldup/schedule_timer.hpp"
#include "tests/refserver/exchange/consumer.hpp"
#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/exchange/cycles.hpp"

namespace replkit::refserver::exchange {

// A session that someone wants now, whatever the schedule.
struct Demand {
  LocalAreaPtr area;
  std::string partner;  // replica ID
  bool full = false;
  std::string reason;
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
  using Key = std::pair<model::Uuid, std::string>;  // the area's root, the partner's ID

  struct Link {
    LocalAreaPtr area;
    Partner partner;
    std::unique_ptr<ldup::CycleTimer> timer;
    std::unique_ptr<ldup::ChangeGroups> groups;  // of an event schedule
    std::set<std::string> suppliers;             // IDs of the other replicas that supply the partner themselves
    bool running = false;
    std::optional<Instant> relay;         // when to pass on what such a replica has sent
    std::uint32_t relayed = 0;            // how much that is
    std::optional<Instant> vector_since;  // since when only the update vector is news
  };
  struct Ended {
    Key key;
    SupplierOutcome::Kind kind;
    bool full;
  };
  struct Purge {
    std::vector<LocalAreaPtr> areas;  // still to be done, the last one now
    std::optional<ldup::Csn> bound;
    store::EntryId after = store::no_entry;
  };

  void work();
  // Each returns when it wants to be called again at the latest.
  Instant run_links(Instant now);
  Instant show_vectors(Instant now);
  Instant purge_some(Instant now);

  void rebuild(const std::shared_ptr<const Areas>& areas, Instant now);
  void set_link(const LocalAreaPtr& area, const Partner& partner, std::uint32_t place, Instant now);
  void take(const Note& note, Instant now);
  ldup::ChangeKind kind_of(const Link& link, const Note& note) const;
  void take(const Ended& ended, Instant now);
  void take(Demand demand, Instant now);
  void run(const Key& key, Link& link, Demand demand, Instant now);
  bool begin_purge();

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
  std::map<Key, Link> links_;
  std::map<model::Uuid, Instant> published_;
  std::map<model::Uuid, Instant> shown_;
  std::set<model::Uuid> to_show_;
  std::optional<Purge> purge_;
  Instant next_purge_;
  std::mt19937_64 random_;

  std::thread thread_;
};

}  // namespace replkit::refserver::exchange
