// One entry as several servers have it, value by value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/ldup/metadata.hpp"

namespace replkit::metadata {

// What a row tells of: a part of the entry's state, a value, the record of a deleted value, or the record that all
// older values of the attribute were deleted.
enum class RowKind : std::uint8_t { state, value, deleted, cleared };

// Returns "state", "value", "deleted" or "cleared".
std::string_view name_of(RowKind kind);

struct Row {
  RowKind kind = RowKind::value;
  std::string
      attribute;  // of state: "dn", "entryUUID", "createdEntryCSN", "deletedEntryCSN", "rdn", "superior", "glue"
  std::string value;
  std::optional<ldup::Csn> csn;
  std::vector<bool> on;  // by server, in the order given

  // Of those that have the entry: whether not all have this, and whether no more than half have it.
  bool differs = false;
  bool odd = false;

  bool is_record() const { return kind == RowKind::deleted || kind == RowKind::cleared; }
};

// Returns what the servers have, each once: the state first, then attributes in the order of the first server that has
// them, values by rising CSN. A server without the entry gives nullptr, and has nothing. A value without CSN (of a
// server that keeps none) counts as the same value with any.
std::vector<Row> compare(const std::vector<const ldup::SearchMetaDataEntry*>& entries);

}  // namespace replkit::metadata
