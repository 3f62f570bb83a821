// What a server keeps of an entry besides what searches show.
#pragma once

#include <optional>
#include <vector>

#include "common/ldup/csn.hpp"

namespace replkit::directory {

// The meta-data of one entry (draft-ietf-ldup-model 4.1); empty: the server has no record of it, it never existed there
// or all replicas forgot it.
struct EntryRecord {
  // Of its values, of the records of deleted ones, and of its name and place. Sorted, each once; none for what came
  // without.
  std::vector<ldup::Csn> csns = {};
  bool alive = false;
  bool tombstone = false;                     // it was deleted
  std::optional<ldup::Csn> deleted_csn = {};  // of that
};

}  // namespace replkit::directory
