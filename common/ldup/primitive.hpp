// The seven steps that changes are replicated in (draft-ietf-ldup-protocol-05, draft-ietf-ldup-urp-08).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/model/uuid.hpp"

namespace replkit::ldup {

// One step, upon the entry of the update it stands in. Members that its kind does not have are empty.
struct Primitive {
  // By their tag number.
  enum class Kind : std::uint8_t {
    add_entry = 0,         // superior, rdn
    move_entry = 1,        // superior
    rename_entry = 2,      // rdn
    remove_entry = 3,      //
    add_value = 4,         // type, value
    remove_value = 5,      // type, value
    remove_attribute = 6,  // type
  };

  Kind kind = Kind::remove_entry;
  Csn csn;
  model::Uuid superior;  // entryUUID of the superior entry
  std::string rdn;       // as a string (RFC 4514), without an entryUUID
  std::string type;      // attribute description, with its options
  std::string value;

  // Whether it is about an attribute.
  bool is_typed() const { return kind >= Kind::add_value; }
  // Whether it says only where its entry stands, or what it is called.
  bool says_where() const { return kind == Kind::move_entry || kind == Kind::rename_entry; }

  bool operator==(const Primitive&) const = default;
};

// What happened to one entry: a ReplicationUpdate. Of no particular order (it is a SET).
struct EntryUpdate {
  model::Uuid entry;
  std::vector<Primitive> primitives;

  bool operator==(const EntryUpdate&) const = default;
};

}  // namespace replkit::ldup
