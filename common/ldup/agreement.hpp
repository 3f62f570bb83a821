// What one replica sends to another: the replicaAgreementSubentry-2 below the supplier's replica
// (draft-ietf-ldup-infomod-08 7.3.3), and the credentials it names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/secret.hpp"
#include "common/base/time.hpp"
#include "common/ldup/entry_reader.hpp"
#include "common/ldup/finding.hpp"
#include "common/ldup/fractional_filter.hpp"
#include "common/model/entry.hpp"
#include "common/model/uuid.hpp"

namespace replkit::ldup {

// How the last session of an agreement went: replicationStatus, free text of which the drafts suggest the form
// "time # Success #" or "time # Failure # reason".
struct ReplicationStatus {
  enum class Outcome : std::uint8_t { success, failure, unknown };

  std::optional<Instant> time;
  Outcome outcome = Outcome::unknown;
  std::string reason;  // unknown: the whole text

  // Never fails: what has not that form is unknown.
  static ReplicationStatus parse(std::string_view text);
  // Returns that form; line ends and control characters in the reason become spaces.
  std::string text() const;

  bool operator==(const ReplicationStatus&) const = default;
};

struct Agreement {
  std::string dn;
  std::optional<model::Uuid> uuid;
  std::string replica_dn;      // the consumer; empty: the agreement is ignored
  std::string schedule_dn;     // empty: at once after changes
  std::string credentials_dn;  // empty: none
  std::string mechanism;       // replicationMechanismOID: an OID; empty: the default, incremental
  AttributeList exclusion;
  std::optional<ReplicationStatus> status;
  std::string description;

  // Returns what the entry says; what is wrong is put into `findings` and counts as missing. The names that
  // draft-ietf-ldup-mrm-02 has for mechanisms are turned into their OIDs.
  static Agreement read(const EntryReader& entry, Findings& findings);
  static Agreement read(const model::Entry& entry, Findings& findings);

  // Returns the entry to add: without status and UUID.
  model::Entry to_entry() const;

  // The DN of the supplier's replica, the parent of this entry; empty when `dn` is none.
  std::string supplier_dn() const;
  // Whether incremental sessions happen under it: the mechanism is not that of full updates, nor an unknown one.
  bool is_incremental() const;
};

// What a supplier binds with: ldupSimpleCredentials, this project's class.
struct Credentials {
  std::string dn;
  std::string bind_dn;
  Secret password;
  std::string mechanism = "simple";  // or EXTERNAL, SCRAM-...: a SASL mechanism in upper case
  bool start_tls = false;

  // Returns what the entry says; what is wrong is put into `findings`, never with a value of the password.
  // `password_readable`: whether the entry would show its password if it has one (servers do not).
  static Credentials read(const EntryReader& entry, bool password_readable, Findings& findings);
  static Credentials read(const model::Entry& entry, bool password_readable, Findings& findings);

  // Returns the entry to add, with the password if there is one: to be sent, never to be printed.
  model::Entry to_entry() const;
};

}  // namespace replkit::ldup
