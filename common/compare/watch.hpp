// The passes after the first: entries that differ are read again, in growing steps, until they agree or the evidence
// decides.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/compare/evidence.hpp"
#include "common/compare/scan.hpp"
#include "common/compare/source.hpp"

namespace replkit::compare {

struct WatchOptions {
  unsigned passes = 3;                         // how often an entry must be seen unchanged before it counts as diverged
  std::chrono::milliseconds delay{500};        // before the second pass; doubled for each further one, up to 5 s
  std::chrono::milliseconds max_wait{10'000};  // how long to wait for differences in flight
  std::chrono::milliseconds max_lag{300'000};  // older changes that are still on their way have stalled
  std::size_t max_details = 10'000;            // how many entries are read again in full
};

// An entry under watch.
struct Watch {
  Candidate candidate;
  std::string dn;                 // where some source shows it; for sources without ids what it is read by
  std::vector<std::string> dns;   // by source, empty where it is absent
  std::vector<Version> versions;  // by source
  // By source: what its classes demand and it does not show, which may be hidden. Canonical names.
  std::vector<std::vector<std::string>> lacking = {};
  std::vector<std::string> masked = {};  // all of these that were seen so far
  unsigned unchanged = 0;                // passes in a row that showed the same
  bool detailed = true;                  // read in full; false: beyond max_details, by its CSN only
  Judgement judgement;
};

// A source's state across the passes.
struct WatchedSource {
  Source* source = nullptr;  // null: could not be reached
  SourceEvidence evidence;
  bool partial = false;              // it does not show everything: that it lacks an entry proves nothing
  bool lost = false;                 // failed while it was read: no more is asked of it
  std::vector<std::string> reasons;  // why
  directory::Part part = {};         // what it holds
};

// Whether the entry lies outside of what some source holds, so that fewer than two are left to compare.
bool is_outside(const std::vector<Version>& versions);

// Runs `task` once for each source that can still be asked, at the same time. A failure costs the source, not the run.
template <typename Task>
void on_each(std::vector<WatchedSource>& sources, Task&& task) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i].source == nullptr || sources[i].lost) continue;
    threads.emplace_back([&sources, &task, i] {
      try {
        task(i, sources[i]);
      } catch (const Cancelled&) {
        // The caller sees it in the token; what was not read counts as not asked.
      } catch (const std::exception& error) {
        sources[i].lost = true;
        sources[i].reasons.emplace_back(error.what());
      }
    });
  }
}

struct WatchCallbacks {
  // Entries whose verdict is final; they are under watch no more. Returns false to end the run.
  std::function<bool(std::vector<Watch>)> decided;
  std::function<void(unsigned pass, std::size_t open)> progress;
};

struct WatchResult {
  std::uint64_t settled = 0;      // agreed on being read again
  std::uint64_t undecidable = 0;  // fewer than two sources could be asked
  bool interrupted = false;
};

// Reads the candidates again until each agrees, is decided or max_wait is over. In each pass every source is asked for
// all open entries at the same time, by batches. Throws only what the callbacks throw; a Cancelled ends it with
// `interrupted` after the entries at hand were given to `decided` as they are.
WatchResult watch(std::vector<WatchedSource>& sources, const Area& area, const FingerprintRules& rules,
                  const std::vector<Candidate>& candidates, const WatchOptions& options, const Clock& clock,
                  const CancelToken& cancel, const WatchCallbacks& callbacks);

}  // namespace replkit::compare
