#include "common/compare/evidence.hpp"

#include <algorithm>

namespace replkit::compare {

namespace {

// What two versions that differ say.
class Pair {
 public:
  Pair(std::span<const Version> versions, std::span<const SourceEvidence> sources, Instant now,
       std::chrono::microseconds max_lag)
      : versions_(versions), sources_(sources), now_(now), max_lag_(max_lag) {}

  Judgement judge(std::size_t a, std::size_t b) {
    weigh(a, b);
    weigh(b, a);
    if (pending_) return *pending_;
    for (const auto source : {a, b}) {
      if (sources_[source].refreshing) {
        return {.verdict = Verdict::in_flight, .waits_for = WaitsFor::refresh, .source = source};
      }
    }
    return {.verdict = no_metadata_ ? Verdict::unknown : Verdict::diverged};
  }

 private:
  // Does `other` hold what makes up the version that `shown` has?
  void weigh(std::size_t shown, std::size_t other) {
    const auto& version = versions_[shown];
    const bool moved = version.present && versions_[other].present && version.parent != versions_[other].parent;
    if (version.record && versions_[other].record) {
      // The move of an ancestor leaves no CSN on the entry.
      if (!expect_lacking(other, *version.record, *versions_[other].record) && moved) expect_all(other, version.since);
      return;
    }
    if (version.present) expect(other, version.csn);
    if (!version.present || moved || !version.csn) expect_all(other, version.since);
  }

  // The source should hold what its record of the entry lacks. Returns whether it lacks anything.
  bool expect_lacking(std::size_t source, const directory::EntryRecord& shown, const directory::EntryRecord& own) {
    bool lacks = false;
    for (const auto& csn : shown.csns) {
      if (std::binary_search(own.csns.begin(), own.csns.end(), csn)) continue;
      expect(source, csn);
      lacks = true;
    }
    if (!sources_[source].vector) no_metadata_ = true;
    return lacks;
  }

  // The source should hold this change.
  void expect(std::size_t source, const std::optional<ldup::Csn>& csn) {
    const auto& vector = sources_[source].vector;
    if (!csn || !vector) {
      no_metadata_ = true;
    } else if (!vector->covers(*csn)) {
      wait(source, *csn);
    }
  }

  // The source should hold all of these changes.
  void expect_all(std::size_t source, const std::optional<ldup::UpdateVector>& changes) {
    if (!changes || !sources_[source].vector) {
      no_metadata_ = true;
      return;
    }
    for (const auto& [replica, csn] : changes->components()) expect(source, csn);
  }

  // Keeps the wait that matters most: a stalled one, then the oldest.
  void wait(std::size_t source, const ldup::Csn& csn) {
    Judgement found{.verdict = Verdict::in_flight, .source = source, .csn = csn, .age = now_ - csn.time()};
    found.waits_for = sources_[source].live ? WaitsFor::change : WaitsFor::file;
    found.stalled = sources_[source].live && found.age > max_lag_;
    const bool matters_more = !pending_ || (found.stalled && !pending_->stalled) ||
                              (found.stalled == pending_->stalled && found.age > pending_->age);
    if (matters_more) pending_ = found;
  }

  std::span<const Version> versions_;
  std::span<const SourceEvidence> sources_;
  Instant now_;
  std::chrono::microseconds max_lag_;
  std::optional<Judgement> pending_;
  bool no_metadata_ = false;
};

int rank(const Judgement& judgement) {
  if (judgement.verdict == Verdict::diverged) return 5;
  if (judgement.verdict == Verdict::unknown) return 1;
  switch (judgement.waits_for) {
    case WaitsFor::file:
      return 0;
    case WaitsFor::refresh:
      return 2;
    default:
      return judgement.stalled ? 4 : 3;
  }
}

bool outweighs(const Judgement& judgement, const Judgement& other) {
  return rank(judgement) != rank(other) ? rank(judgement) > rank(other) : judgement.age > other.age;
}

Judgement still_moving(std::span<const Version> versions, Instant now) {
  Judgement out{.verdict = Verdict::in_flight, .waits_for = WaitsFor::settle};
  for (const auto& version : versions) {
    if (version.csn && (!out.csn || *out.csn < *version.csn)) out.csn = version.csn;
  }
  if (out.csn) out.age = now - out.csn->time();
  return out;
}

}  // namespace

bool agree(std::span<const Version> versions) {
  // By pairs: what one of them may hide, the others can differ in.
  for (std::size_t a = 0; a < versions.size(); ++a) {
    for (std::size_t b = a + 1; b < versions.size(); ++b) {
      if (versions[a].known && versions[b].known && !versions[a].same_as(versions[b])) return false;
    }
  }
  return true;
}

Judgement judge(std::span<const Version> versions, std::span<const SourceEvidence> sources, Watched watched,
                Instant now, std::chrono::microseconds max_lag) {
  if (watched == Watched::changing) return still_moving(versions, now);
  std::optional<Judgement> out;
  for (std::size_t a = 0; a < versions.size(); ++a) {
    for (std::size_t b = a + 1; b < versions.size(); ++b) {
      if (!versions[a].known || !versions[b].known || versions[a].same_as(versions[b])) continue;
      const auto found = Pair(versions, sources, now, max_lag).judge(a, b);
      if (!out || outweighs(found, *out)) out = found;
    }
  }
  return out.value_or(Judgement{});
}

}  // namespace replkit::compare
