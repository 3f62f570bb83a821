// The judge: what truly differs between databases, from their dumps at rest. Shares no code with common/compare.
#pragma once

#include <filesystem>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "common/base/text.hpp"

namespace replkit::support {

struct TrueDifference {
  std::string uuid;
  std::vector<std::optional<std::string>> dns;  // one a dump; nothing: the entry is missing there
  bool missing = false;
  bool dn_differs = false;       // apart from A-Z and a-z
  bool content_differs = false;  // values compared byte for byte, as a set; only between those that have the entry

  std::string describe() const;
  friend std::ostream& operator<<(std::ostream& out, const TrueDifference& d) { return out << d.describe(); }
};

// The attributes the oracle leaves out unless told otherwise: those that are about the entry, not in it.
const std::set<std::string, IgnoreCaseLess>& entry_metadata();

// Returns the differences by entryUUID, sorted by it. Reads slapcat's LDIF; about 100 bytes of memory an entry and
// dump. Throws LocalError (LdifError) for a dump that cannot be read, or an entry without entryUUID.
std::vector<TrueDifference> true_differences(const std::vector<std::filesystem::path>& dumps,
                                             const std::set<std::string, IgnoreCaseLess>& ignored = entry_metadata());

}  // namespace replkit::support
