// The verdict: is a difference on its way to be none, or is it damage? Pure: what was seen goes in, what it means comes
// out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "common/base/time.hpp"
#include "common/directory/entry_record.hpp"
#include "common/ldup/csn.hpp"

namespace replkit::compare {

enum class Verdict : std::uint8_t {
  in_flight,  // replication has not brought it yet, or it is still moving
  diverged,   // every side holds every change involved, and still they differ
  unknown,    // there is no metadata to tell
};

enum class WaitsFor : std::uint8_t {
  nothing,
  change,   // a source does not hold a change yet
  refresh,  // a source is being refreshed: its vector may run ahead of its data
  settle,   // the entry changed while it was watched
  file,     // the change is newer than the export
};

// What one source says of one entry.
struct Version {
  bool known = false;  // the source could be asked
  bool present = false;
  bool outside = false;      // it holds no entry of the names that are shown; then it is not known
  std::uint64_t digest = 0;  // of the DN and the compared content
  bool partial = false;      // it shows less than its classes demand, which may be hidden
  std::uint64_t shared = 0;  // the digest without what some source may hide of the entry
  std::uint64_t parent = 0;  // of the parent's DN
  std::optional<ldup::Csn> csn = {};
  // The source's update vector, read after this state was first seen. Only for what leaves no CSN on the entry, to
  // bound when it happened: a delete, the move of an ancestor, and all changes where entries show none.
  std::optional<ldup::UpdateVector> since = {};
  // The entry's meta-data at the source, read after the version; nothing when it does not tell.
  std::optional<directory::EntryRecord> record = {};

  bool same_as(const Version& other) const {
    if (present != other.present || !present) return present == other.present;
    return partial || other.partial ? shared == other.shared : digest == other.digest;
  }
};

// What is known of one source while its versions were read.
struct SourceEvidence {
  bool live = true;
  bool refreshing = false;
  std::optional<ldup::UpdateVector> vector = {};  // read before the versions were
};

struct Judgement {
  Verdict verdict = Verdict::unknown;
  WaitsFor waits_for = WaitsFor::nothing;
  std::size_t source = 0;             // the source that is behind, when it waits for a change, a refresh or a file
  std::optional<ldup::Csn> csn = {};  // the change it waits for
  std::chrono::microseconds age{0};   // of that change
  bool stalled = false;               // it waits for a change for longer than max_lag
};

enum class Watched : std::uint8_t { changing, unchanged };

// Returns the verdict for an entry that differs. `watched` says whether the versions stayed the same since they were
// read before. Versions are judged by pairs: two are in flight while one side does not cover the CSN that the other
// side shows, or, for an absent entry or other parents, while it does not cover all that the other side held when that
// was found. Where both have records, those decide: in flight while one side has a CSN that the other neither has nor
// covers; what lacks without a tombstone never was there, and nothing of it is waited for. One pair that diverged is
// enough, whatever a third source waits for; then comes what still moves, then what nobody can decide, and last a file
// that is too old: it will never catch up.
Judgement judge(std::span<const Version> versions, std::span<const SourceEvidence> sources, Watched watched,
                Instant now, std::chrono::microseconds max_lag);

// Whether all versions that are known are the same.
bool agree(std::span<const Version> versions);

}  // namespace replkit::compare
