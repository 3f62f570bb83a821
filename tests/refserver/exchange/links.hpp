// What waits to be sent to each partner, and when it is: a timer for each (common/ldup/schedule_timer.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/ldup/schedule_timer.hpp"
#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/exchange/supplier.hpp"

namespace replkit::refserver::exchange {

using LinkKey = std::pair<model::Uuid, std::string>;  // the area's root, the partner's ID

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

// For one thread.
class Links {
 public:
  explicit Links(const Core& core);

  // Takes the areas as they are now. What waits for a partner that there was before still does.
  void rebuild(const Areas& areas, Instant now);

  // Returns null when there is no such partner.
  Link* find(const LinkKey& key);

  void note(const Note& note, Instant now);
  // A session begins: it sends all that has been noted, and of update vectors what was published last at that time.
  void started(Link& link, Instant published, Instant now);
  void ended(const LinkKey& key, SupplierOutcome::Kind kind, bool full, Instant now);

  struct Due {
    LinkKey key;
    std::string reason;
    bool for_vector = false;  // nothing else is news
  };
  // Puts those that a session is to be started with now into `due`. Returns when to ask again at the latest.
  Instant next(Instant now, std::vector<Due>& due);

 private:
  void set(const LocalAreaPtr& area, const Partner& partner, std::uint32_t place, Instant now);
  void pass_on(Link& link, Instant now) const;

  const Core& core_;
  std::map<LinkKey, Link> links_;
  std::mt19937_64 random_;
};

}  // namespace replkit::refserver::exchange
