#include "common/compare/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <span>
#include <thread>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/compare/lacking_attributes.hpp"

namespace replkit::compare {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t batch_entries = 256;
// How far a source may be ahead of the slowest, in entries.
constexpr std::uint64_t lead = 32'768;

// Where the threads meet: the table, and how far each source has come.
class Matcher {
 public:
  Matcher(std::size_t sources, const CancelToken& cancel) : table_(sources), progress_(sources), cancel_(cancel) {}

  // Adds a batch, then waits while this source is too far ahead. Throws Cancelled.
  void add(std::size_t source, std::span<const Fingerprint> batch) {
    std::unique_lock lock(mutex_);
    for (const auto& fingerprint : batch) {
      if (table_.add(source, fingerprint) == UnmatchedTable::Added::matched) ++matched_;
    }
    most_waiting_ = std::max(most_waiting_, table_.waiting());
    progress_[source].entries += batch.size();
    moved_.notify_all();
    while (progress_[source].entries > slowest(source) + lead) {
      cancel_.check();
      moved_.wait_for(lock, 50ms);
    }
  }

  // The source will show no more: nobody waits for it.
  void finish(std::size_t source) {
    const std::lock_guard lock(mutex_);
    progress_[source].finished = true;
    moved_.notify_all();
  }

  UnmatchedTable& table() { return table_; }
  std::uint64_t matched() const { return matched_; }
  std::size_t most_waiting() const { return most_waiting_; }

 private:
  struct Progress {
    std::uint64_t entries = 0;
    bool finished = false;
  };

  std::uint64_t slowest(std::size_t source) const {
    auto least = progress_[source].entries;
    for (const auto& other : progress_) {
      if (!other.finished) least = std::min(least, other.entries);
    }
    return least;
  }

  std::mutex mutex_;
  std::condition_variable moved_;
  UnmatchedTable table_;
  std::vector<Progress> progress_;
  const CancelToken& cancel_;
  std::uint64_t matched_ = 0;
  std::size_t most_waiting_ = 0;
};

// Counts the entries that hide what no entry is without.
class HiddenEntries {
 public:
  void note(std::string_view dn, const std::string& attribute) {
    if (count_++ == 0) first_ = fmt::format("{} does not show {}", dn, attribute);
  }
  std::optional<std::string> reason() const {
    if (count_ == 0) return std::nullopt;
    return fmt::format("{} what no entry is without (the first: {}): bind as one that may read it",
                       counted(count_, "entry hides", "entries hide"), first_);
  }

 private:
  std::uint64_t count_ = 0;
  std::string first_;
};

ScanOutcome scan_one(Source& source, std::size_t index, std::size_t sources, const Area& area,
                     const FingerprintRules& rules, Matcher& matcher, const ScanProgress& progress,
                     const std::vector<directory::Part>& parts) {
  Fingerprinter fingerprinter(rules);
  HiddenEntries hidden;
  LackingAttributes lacking;
  std::vector<Fingerprint> batch;
  batch.reserve(batch_entries);
  std::uint64_t shown = 0;
  const auto flush = [&] {
    matcher.add(index, batch);
    shown += batch.size();
    if (progress) progress(index, shown);
    batch.clear();
  };
  ScanOutcome outcome;
  std::vector<std::uint64_t> outside(sources);
  const auto sink = [&](Fingerprint fingerprint) {
    std::size_t holders = sources;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!parts[i] || parts[i](fingerprinter.normalized_dn())) continue;
      fingerprint.outside |= static_cast<std::uint16_t>(1U << i);
      ++outside[i];
      --holders;
    }
    const bool own = (fingerprint.outside & 1U << index) == 0;
    if (!own || holders < 2) return;  // there is nothing to compare it with
    const auto& dn = fingerprinter.normalized_dn();
    if (const auto attribute = fingerprinter.hidden_attribute(); !attribute.empty()) {
      hidden.note(dn, attribute);
    } else {
      for (const auto& type : fingerprinter.lacking_attributes()) {
        lacking.note({fingerprint.key, rules.id_attribute.empty() ? dn : std::string()}, dn, type);
      }
    }
    batch.push_back(fingerprint);
    if (batch.size() == batch_entries) flush();
  };
  try {
    outcome = source.scan(area, fingerprinter, sink);
    flush();
    lacking.tell(source, area, rules.schema, outcome);
  } catch (const Cancelled& cancelled) {
    outcome.entries = shown;
    outcome.reasons.emplace_back(cancelled.what());
  }
  outcome.shown_attributes = fingerprinter.shown_attributes();
  outcome.outside = std::move(outside);
  if (const auto reason = hidden.reason()) outcome.reasons.push_back(*reason);
  return outcome;
}

// Puts what is left in the table among the candidates, unless only incomplete sources lack it.
void collect(ScanResult& result, const UnmatchedTable& table) {
  std::uint16_t complete = 0;
  for (std::size_t i = 0; i < result.outcomes.size(); ++i) {
    if (result.outcomes[i].complete()) complete |= static_cast<std::uint16_t>(1U << i);
  }
  result.candidates = table.differing();
  table.visit_rest([&](const Candidate& rest) {
    const bool lacking = (complete & static_cast<std::uint16_t>(~rest.seen)) != 0;
    if (lacking || rest.content_differs || rest.dn_differs) {
      result.candidates.push_back(rest);
    } else {
      ++result.not_compared;
    }
  });
}

}  // namespace

ScanResult scan_all(const std::vector<std::unique_ptr<Source>>& sources, const Area& area,
                    const FingerprintRules& rules, const CancelToken& cancel, const ScanProgress& progress,
                    const std::vector<directory::Part>& parts) {
  Matcher matcher(sources.size(), cancel);
  ScanResult result;
  result.outcomes.resize(sources.size());
  std::vector<std::exception_ptr> failures(sources.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      threads.emplace_back([&, i] {
        try {
          result.outcomes[i] = scan_one(*sources[i], i, sources.size(), area, rules, matcher, progress, parts);
        } catch (...) {
          failures[i] = std::current_exception();
        }
        matcher.finish(i);
      });
    }
  }
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  result.matched = matcher.matched();
  result.most_waiting = matcher.most_waiting();
  result.outside.resize(sources.size());
  for (const auto& outcome : result.outcomes) {
    for (std::size_t i = 0; i < outcome.outside.size(); ++i)
      result.outside[i] = std::max(result.outside[i], outcome.outside[i]);
  }
  collect(result, matcher.table());
  return result;
}

}  // namespace replkit::compare
