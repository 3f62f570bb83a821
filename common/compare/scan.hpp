// The first pass: every source streamed once, all at the same time, entries matched as they come.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/compare/source.hpp"
#include "common/compare/unmatched.hpp"

namespace replkit::compare {

struct ScanResult {
  std::vector<ScanOutcome> outcomes;   // one for each source
  std::vector<std::uint64_t> outside;  // by source: the entries that another showed and it does not hold
  std::vector<Candidate>
      candidates;                  // to be read again; entries that only an incomplete source lacks are not among them
  std::uint64_t matched = 0;       // equal on all sources
  std::uint64_t not_compared = 0;  // lacking on incomplete sources only: nothing can be said of them
  std::size_t most_waiting = 0;    // the largest number of entries held
};

// Called now and then, from any thread, with the number of entries a source has shown so far.
using ScanProgress = std::function<void(std::size_t source, std::uint64_t entries)>;

// Streams all sources, each in a thread of its own, in step: none gets far ahead of the slowest, so that equal order
// needs a constant amount of memory. Time O(entries); memory 32 bytes and slack for each entry that is ahead on some
// source. `parts`: what each source holds; an entry outside of a source's part is not compared there.
ScanResult scan_all(const std::vector<std::unique_ptr<Source>>& sources, const Area& area,
                    const FingerprintRules& rules, const CancelToken& cancel, const ScanProgress& progress,
                    const std::vector<directory::Part>& parts = {});

}  // namespace replkit::compare
