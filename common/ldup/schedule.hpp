// When a supplier starts sessions: the entry that an agreement's replicationScheduleDN names, either a
// replicaEventSchedule or a replicaTimeSchedule (draft-ietf-ldup-infomod-08 7.3.4, 7.3.5), with this project's limits.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/ldup/entry_reader.hpp"
#include "common/ldup/finding.hpp"
#include "common/ldup/fractional_filter.hpp"
#include "common/ldup/schedule_time.hpp"
#include "common/model/descriptions.hpp"
#include "common/model/entry.hpp"

namespace replkit::ldup {

// What has changed, as far as it decides when to send it.
enum class ChangeKind : std::uint8_t { ordinary, group1, group2, update_vector };

// How long to wait after a change of each kind. The first wait that is over sends everything.
struct EventSchedule {
  std::chrono::seconds wait_default{0};  // secondsToWaitDefault
  std::chrono::seconds wait1{0};         // secondsToWait1, for the attributes of group 1
  std::chrono::seconds wait2{0};
  std::vector<std::string> group1;  // attrReplicationGroup1
  std::vector<std::string> group2;
  bool update_vector_trigger = false;

  // Returns how long to wait; nothing when such a change starts no session. Update vectors start none when there is no
  // wait, though updateVectorTrigger says so: every session changes one, and sessions would chase each other for ever
  // (draft-ietf-ldup-infomod-08 7.2.15).
  std::optional<std::chrono::seconds> wait(ChangeKind kind) const;

  bool operator==(const EventSchedule&) const = default;
};

// ldupScheduleLimits, this project's: what RFC 3384 M1 b to d asks for and the drafts leave out. 0: no limit.
struct ScheduleLimits {
  std::chrono::seconds between_cycles{0};      // ldupSecondsBetweenCycles: a session this often, changes or not
  std::chrono::seconds max_between_cycles{0};  // ldupMaxSecondsBetweenCycles: after so long without any
  std::uint32_t max_pending_changes = 0;       // ldupMaxPendingChanges: as soon as so many wait

  bool any() const {
    return between_cycles.count() != 0 || max_between_cycles.count() != 0 || max_pending_changes != 0;
  }
  bool operator==(const ScheduleLimits&) const = default;
};

// Without a DN: the schedule of an agreement that names none, at once after each change.
struct Schedule {
  std::string dn;
  std::variant<EventSchedule, TimeSchedule> when;
  ScheduleLimits limits;
  std::string description;

  const EventSchedule* event() const { return std::get_if<EventSchedule>(&when); }
  const TimeSchedule* time() const { return std::get_if<TimeSchedule>(&when); }

  // Returns what the entry says; what is wrong is put into `findings` and counts as missing. A mask that is wrong is
  // taken as selecting nothing: rather no session than one at a forbidden time.
  static Schedule read(const EntryReader& entry, Findings& findings);
  static Schedule read(const model::Entry& entry, Findings& findings);

  // Returns the entry to add; what is at its default is left out.
  model::Entry to_entry() const;
};

// Tells which group of an event schedule an attribute is in: that with the shorter wait if it is in both. A group has
// the subtypes of what it names, and them with options.
class ChangeGroups {
 public:
  // The schema must outlive this.
  ChangeGroups(const EventSchedule& schedule, const model::Schema& schema);

  ChangeKind kind_of(const model::Description& attribute) const;
  ChangeKind kind_of(std::string_view attribute) const;

 private:
  const model::Schema* schema_;
  bool first_is_sooner_;
  AttributeSet group1_;
  AttributeSet group2_;
};

}  // namespace replkit::ldup
