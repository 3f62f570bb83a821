// Entries that show less than their classes demand: is it not there, or hidden from whoever asks?
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/compare/source.hpp"

namespace replkit::compare {

// Returns the places of the entries that surely do not have the attribute. Those about which the source cannot tell are
// not among them; when none of many is sure, not all are asked for. Throws Cancelled only.
std::set<std::size_t> surely_lacking(Source& source, const Area& area, const std::vector<Wanted>& wanted,
                                     const std::string& attribute);

// Returns an attribute's name as the schema writes it.
std::string written_name(const std::string& canonical, const model::Schema& schema);

// Collects such entries of one source while it is scanned, and then asks.
class LackingAttributes {
 public:
  // `dn` is normalized. The attribute's name is canonical.
  void note(const Wanted& entry, std::string_view dn, const std::string& attribute);

  // Puts into the outcome what the source says: a note of what is not there; a reason why it is not complete for what
  // may be hidden; secrets that may be hidden are counted only. Throws Cancelled.
  void tell(Source& source, const Area& area, const model::Schema& schema, ScanOutcome& outcome) const;

 private:
  struct Entries {
    std::uint64_t count = 0;
    std::string first;           // the DN of the first
    std::vector<Wanted> wanted;  // the first of them, to be asked for
  };

  std::map<std::string, Entries> by_attribute_;
};

}  // namespace replkit::compare
