// Change sequence numbers as LDUP and OpenLDAP write them: 20261121074549.164125Z#000000#001#000000
// (draft-chu-ldap-csn-00; time, change count, replica ID, modification number).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/time.hpp"

namespace replkit::ldup {

class Csn {
 public:
  // The least CSN: below all that replicas make.
  Csn() = default;
  // The parts as they are: `replica_id` in lower case.
  Csn(Instant time, std::uint32_t count, std::string replica_id, std::uint32_t modification)
      : time_(time), count_(count), replica_id_(std::move(replica_id)), modification_(modification) {}

  // Returns the CSN that `text` spells: 14 digits of time, an optional fraction of at most 6 digits, Z, then three
  // hexadecimal fields of 1-8 digits, each after '#'. Throws ParseError.
  static Csn parse(std::string_view text);

  Instant time() const { return time_; }
  std::uint32_t count() const { return count_; }
  // The replica that made the change, in lower case and with at least three digits: "001", which OpenLDAP 2.3 wrote
  // "01".
  const std::string& replica_id() const { return replica_id_; }
  std::uint32_t modification() const { return modification_; }

  // Returns the CSN of another modification of the same update (draft-ietf-ldup-urp 4.1).
  Csn with_modification(std::uint32_t modification) const {
    Csn out = *this;
    out.modification_ = modification;
    return out;
  }

  // Returns the canonical form: six digits of fraction, then 6, 3 and 6 digits in lower case, more only where they are
  // needed (for the replica ID: where they were written). In forms of equal width it sorts as the CSNs do.
  std::string text() const;

  // Orders by time, count, replica ID, modification number.
  std::strong_ordering operator<=>(const Csn& other) const = default;
  bool operator==(const Csn& other) const = default;

 private:
  Instant time_{};
  std::uint32_t count_ = 0;
  std::string replica_id_;
  std::uint32_t modification_ = 0;
};

// For each replica, the newest change of it that is held: contextCSN, updateVector.
class UpdateVector {
 public:
  // Takes the newest CSN for each replica ID.
  void merge(const Csn& csn);

  // Whether a replica with this vector holds the change: its component for the CSN's replica is not older.
  bool covers(const Csn& csn) const;
  // Whether every component of `other` is covered.
  bool covers(const UpdateVector& other) const;

  const std::map<std::string, Csn>& components() const { return components_; }
  bool empty() const { return components_.empty(); }
  bool operator==(const UpdateVector&) const = default;

 private:
  std::map<std::string, Csn> components_;
};

}  // namespace replkit::ldup
