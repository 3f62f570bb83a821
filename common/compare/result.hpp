// What a comparison found: plain data, rendered by the programs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/exit_status.hpp"
#include "common/base/time.hpp"
#include "common/compare/evidence.hpp"
#include "common/compare/fingerprint.hpp"
#include "common/directory/replica.hpp"
#include "common/ldup/csn.hpp"
#include "common/model/entry.hpp"

namespace replkit::compare {

// By precedence: an entry that lacks somewhere and has another name elsewhere is missing.
enum class DifferenceKind : std::uint8_t { missing, renamed, changed };

// One attribute that differs: for each source that has values which not all have, those values as the source spells
// them.
struct AttributeDifference {
  std::string name;
  std::vector<std::vector<std::string>> only;  // by source
};

// What one source shows of a differing entry.
struct Shown {
  bool known = false;    // the source could be asked
  bool outside = false;  // it holds no entry of this name; then it is not known
  bool present = false;
  std::string dn;
  std::string id;
  std::string csn;
  std::uint64_t digest = 0;           // of the DN and the compared content
  std::vector<std::string> lacking;   // what its classes demand and it does not show: hidden, or damage
  std::optional<model::Entry> entry;  // with operational attributes; nothing beyond the cap on details
  // Of an absent entry: whether it was deleted there (then by which change, as the source writes it, and on which
  // replica), or never existed there as far as anyone knows. Both are false when the source does not tell.
  bool deleted = false;
  std::string deleted_csn;
  std::string deleted_by;
  bool never_existed = false;
};

struct Difference {
  DifferenceKind kind = DifferenceKind::changed;
  Judgement judgement;
  std::string awaited_csn;     // the change it waits for, as the source that lacks it writes CSNs
  std::string dn;              // on the first source that has it, the reference before all others
  std::vector<Shown> entries;  // by source
  std::vector<AttributeDifference> attributes;
  bool identity_differs = false;  // the same name, but another id
  std::uint64_t descendants = 0;  // of a moved subtree's top: the entries that moved along
  std::vector<std::size_t> odd;   // with three or more sources: those that differ from the majority; empty without one
  bool detailed = true;           // false: beyond the cap on details, attributes were not read
};

struct SourceReport {
  std::string name;
  std::string kind;
  bool reached = false;  // it could be asked at all
  std::uint64_t entries = 0;
  std::vector<std::string> reasons;  // why it is not complete; empty: it is
  std::vector<std::string> notes;
  std::uint64_t outside = 0;  // entries that others show and its replica does not hold: not compared with it
  directory::Part part;       // what it holds
  bool relax = false;         // lists the Relax Rules control (OpenLDAP has it unlisted)
  std::optional<ldup::UpdateVector> vector;
  ExitStatus failure = ExitStatus::done;  // why it could not be reached

  bool complete() const { return reached && reasons.empty(); }
};

struct Summary {
  std::uint64_t matched = 0;
  std::uint64_t missing = 0;
  std::uint64_t changed = 0;
  std::uint64_t renamed = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t diverged = 0;
  std::uint64_t unknown = 0;
  std::uint64_t stalled = 0;       // part of in_flight
  std::uint64_t ignored = 0;       // named in the ignore file: in no other count
  std::uint64_t not_compared = 0;  // lacking on incomplete sources only
  std::optional<std::chrono::microseconds> oldest_in_flight;
};

struct Result {
  std::string base;
  std::vector<SourceReport> sources;
  Summary summary;
  FingerprintRules rules;  // what was compared, and by which schema
  std::vector<std::string> notes;
  bool stopped_early = false;  // --stop-after, interrupted, or out of time
  std::string stop_reason;
  std::size_t most_waiting = 0;

  bool complete() const;
};

// Returns the exit status: 1 when anything diverged, stalled or persisted without metadata; else the reason why nothing
// could be compared (4, 5, 6); else 2 when the result is partial, or when changes are pending and `strict` asks for
// none; else 0.
ExitStatus status_of(const Result& result, bool strict);

}  // namespace replkit::compare
