// Change sequence numbers: time, change count, replica ID, modification number. They have two forms, which the fraction
// of the time tells apart:
//   20261121074549Z#000015#berlin#000000        LDUP's (draft-ietf-ldup-infomod 7.1.1): decimal numbers
//   20261121074549.164125Z#00000f#001#000000    OpenLDAP's (draft-chu-ldap-csn-00): hexadecimal numbers
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/time.hpp"

namespace replkit::ldup {

// How many replicas an area can have here.
constexpr std::size_t max_replicas = 10'000;

class Csn {
 public:
  // The least CSN: below all that replicas make.
  Csn() = default;
  // The parts as they are: `replica_id` in lower case.
  Csn(Instant time, std::uint32_t count, std::string replica_id, std::uint32_t modification)
      : time_(time), count_(count), replica_id_(std::move(replica_id)), modification_(modification) {}

  // Returns the CSN that `text` spells: 14 digits of time, an optional fraction of at most 6 digits, Z, then count,
  // replica ID and modification number, each after '#'. The numbers have 1-8 hexadecimal digits after a fraction, and
  // without one 1-10 decimal digits, below 2^32; the replica ID has 1-64 letters, digits, '.', '_', '-'. The least CSN
  // has only one form, that of ldup_text(). Throws ParseError.
  static Csn parse(std::string_view text);

  Instant time() const { return time_; }
  std::uint32_t count() const { return count_; }
  // The replica that made the change, in lower case.
  const std::string& replica_id() const { return replica_id_; }
  std::uint32_t modification() const { return modification_; }

  // Returns the CSN of another modification of the same update (draft-ietf-ldup-urp 4.1).
  Csn with_modification(std::uint32_t modification) const {
    Csn out = *this;
    out.modification_ = modification;
    return out;
  }

  // Returns OpenLDAP's form, as in entryCSN: six digits of fraction, then 6 digits, the replica ID and 6 digits, in
  // lower case, more digits only where they are needed. Where replica IDs are equally long it sorts as the CSNs do.
  std::string text() const;

  // Returns LDUP's form, numbers with six digits, more where they are needed; of the least CSN
  // "00000101000000Z#000000##000000". That of a CSN with fractions, which LDUP's replicas never make (it came
  // from OpenLDAP), is text().
  std::string ldup_text() const;

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

  // Returns the vector that the values of an attribute spell (updateVector: infomod 7.1.1). Throws ParseError, also
  // when two have one replica ID, or when there are more than max_replicas.
  static UpdateVector parse(std::span<const std::string> values);
  // Returns the values of the attribute, in LDUP's form, by rising replica ID.
  std::vector<std::string> values() const;

  const std::map<std::string, Csn>& components() const { return components_; }
  bool empty() const { return components_.empty(); }
  bool operator==(const UpdateVector&) const = default;

 private:
  std::map<std::string, Csn> components_;
};

}  // namespace replkit::ldup
