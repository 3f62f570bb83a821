// What the parts of replication share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "tests/refserver/exchange/areas.hpp"
#include "tests/refserver/exchange/history.hpp"
#include "tests/refserver/exchange/options.hpp"
#include "tests/refserver/exchange/vectors.hpp"
#include "tests/refserver/replication/harvest.hpp"

namespace replkit::refserver::exchange {

// Something in an area that other replicas may not have yet.
struct Note {
  model::Uuid root;
  std::vector<std::string> attributes;  // of a client's change; none: it is not known which
  std::uint32_t count = 1;
  std::string from;          // the replica that sent it; empty: it was made here
  bool vector_only = false;  // only the update vector has changed
};

enum class LogLevel : std::uint8_t { debug, info, warning, error };
using Log = std::function<void(LogLevel, const std::string&)>;

class Core {
 public:
  Core(const schema::Schema& its_schema, store::Store& its_store, const Clock& its_clock, Options its_options,
       std::string its_replica_id, Log its_log);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  const schema::Schema& schema;
  store::Store& store;
  const Clock& clock;
  const Options options;
  const std::string replica_id;
  const Log log;
  Vectors vectors;
  History history;
  std::function<void(Note)> notify;  // tells the scheduler; set before anything runs
  // What this replica of the area holds has gone back: its suppliers are asked for it, but for one (asking.hpp).
  std::function<void(const model::Uuid& root, const std::string& but)> went_back;

  // Returns the areas as the directory describes them now. Not on the store's writer thread.
  std::shared_ptr<const Areas> areas();
  // The same as they were last read: never waits.
  std::shared_ptr<const Areas> last_areas() const;
  // Says that they have to be read again: what describes them has changed, and is on disk.
  void areas_changed() { stale_ = true; }

  std::string next_session_id();

 private:
  void take_over(const Areas& before, const Areas& now);

  std::mutex reading_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Areas> areas_;
  std::atomic<bool> stale_{true};
  std::atomic<std::uint64_t> sessions_{0};
  const Instant started_;
};

// Whether the attribute is each server's own affair: never sent, never accepted (design of LDUP's roots, status and
// whether a replica is online; draft-ietf-ldup-mrm-02 4.4, 4.9.4).
bool is_local_attribute(const model::Schema& schema, std::string_view description);

}  // namespace replkit::refserver::exchange
