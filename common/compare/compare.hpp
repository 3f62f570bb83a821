// Are two or more replicas the same, and if not, is it lag or damage? (mrm 4.20)
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/cancel.hpp"
#include "common/base/time.hpp"
#include "common/compare/known_differences.hpp"
#include "common/compare/result.hpp"
#include "common/compare/source.hpp"
#include "common/compare/watch.hpp"

namespace replkit::compare {

struct SourceOptions {
  std::string name;
  std::optional<ldap::ConnectionOptions> server;
  std::string file;  // when there is no server
};

struct Options {
  std::vector<SourceOptions> sources;
  std::size_t reference = 0;
  Area area;
  std::vector<std::string> only;
  std::vector<std::string> excluded;
  std::vector<std::string> excluded_branches;
  bool quick = false;
  bool exact = false;
  WatchOptions watch;
  std::uint64_t stop_after = 0;  // confirmed differences; 0: all
  const KnownDifferences* known = nullptr;
};

struct Callbacks {
  // Each difference as soon as its verdict is final.
  std::function<void(Difference&&)> difference;
  ScanProgress scanned;
  std::function<void(unsigned pass, std::size_t open)> rechecking;
};

// Compares the sources. A source that cannot be reached or read whole costs its part of the answer and is named in the
// result. Throws UsageError (too many sources, --quick without CSNs), LocalError (a file that cannot be opened). Cost:
// one search for each source; time O(entries), memory for entries in disorder (see UnmatchedTable) and for differences.
Result compare(const Options& options, const Clock& clock, const CancelToken& cancel, const Callbacks& callbacks);

}  // namespace replkit::compare
