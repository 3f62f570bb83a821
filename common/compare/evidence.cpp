#include "common/compare/evidence.hpp"

#include <algorithm>

namespace replkit::compare {

namespace {

// Gathers what the pairs of versions say.
class Case {
 public:
  Case(std::span<const SourceEvidence> sources, Instant now, std::chrono::microseconds max_lag)
      : sources_(sources), now_(now), max_lag_(max_lag) {}

  void weigh(std::size_t shown, const Version& version, std::size_t other, const Version& lacking) {
    expect(other, version.csn);
    if (!lacking.present) expect_all(shown, lacking.absent_since);
    for (const auto source : {shown, other}) {
      if (sources_[source].refreshing) refreshing_ = source;
    }
  }

  Judgement conclude() const {
    if (pending_) return *pending_;
    if (refreshing_) return {.verdict = Verdict::in_flight, .waits_for = WaitsFor::refresh, .source = *refreshing_};
    return {.verdict = no_metadata_ ? Verdict::unknown : Verdict::diverged};
  }

 private:
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

  std::span<const SourceEvidence> sources_;
  Instant now_;
  std::chrono::microseconds max_lag_;
  std::optional<Judgement> pending_;
  std::optional<std::size_t> refreshing_;
  bool no_metadata_ = false;
};

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
  const Version* first = nullptr;
  for (const auto& version : versions) {
    if (!version.known) continue;
    if (first == nullptr) {
      first = &version;
    } else if (!first->same_as(version)) {
      return false;
    }
  }
  return true;
}

Judgement judge(std::span<const Version> versions, std::span<const SourceEvidence> sources, Watched watched,
                Instant now, std::chrono::microseconds max_lag) {
  if (watched == Watched::changing) return still_moving(versions, now);
  Case the_case(sources, now, max_lag);
  for (std::size_t shown = 0; shown < versions.size(); ++shown) {
    if (!versions[shown].known || !versions[shown].present) continue;
    for (std::size_t other = 0; other < versions.size(); ++other) {
      if (!versions[other].known || versions[shown].same_as(versions[other])) continue;
      the_case.weigh(shown, versions[shown], other, versions[other]);
    }
  }
  return the_case.conclude();
}

}  // namespace replkit::compare
