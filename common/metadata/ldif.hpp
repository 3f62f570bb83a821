// Meta-data in LDIF: what belongs to a value stands in options of its attribute description, so that every program that
// reads LDIF keeps both together, and no server takes such a file for one without meta-data.
//   sn;x-csn-20261121074549Z-000015-berlin-000000: Lovelace         the CSN of the value
//   sn;x-deleted;x-csn-20261121074601Z-000000-paris-000000: Byron   the record that it was deleted
//   sn;x-cleared-20261121074550Z-000002-berlin-000001:              the record that all older values were deleted
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/metadata.hpp"
#include "common/model/entry.hpp"
#include "common/model/ldif.hpp"

namespace replkit::metadata {

// Returns the CSN in letters, digits and '-' only, as options want: '-' for each '#' and for the '.' of a fraction; of
// the replica ID '.' as "--p", '_' as "--u", and a '-' that one of these or another '-' follows as "--m".
std::string option_of(const ldup::Csn& csn);
// Returns the CSN of such a text, whatever its case. Throws ParseError.
ldup::Csn csn_of_option(std::string_view text);

// An attribute description taken apart.
struct Description {
  std::string type;  // with the options that are not of meta-data
  bool deleted = false;
  std::optional<ldup::Csn> csn;
  std::optional<ldup::Csn> cleared;

  // Throws ParseError for malformed, repeated and contradicting options.
  static Description parse(std::string_view text);
  std::string text() const;
};

// Returns the entry as LDIF has it. entryUUID, createdEntryCSN and of a tombstone deletedEntryCSN are told of the state
// where no attribute does.
model::Entry to_entry(const ldup::SearchMetaDataEntry& entry);
// Returns what of the state an entry cannot say, for comments: "rdnCSN: ...".
std::vector<std::string> remarks(const ldup::SearchMetaDataEntry& entry);

// Returns the attributes with their meta-data, each type once. Throws ParseError.
std::vector<ldup::MetaDataAttribute> to_attributes(const std::vector<model::Attribute>& attributes);
// Returns what changes, in order. Parts that replace one attribute and follow each other are one replacement, by values
// of several CSNs. Throws ParseError, also for an increment.
std::vector<ldup::MetaDataChange> to_changes(const std::vector<model::Modification>& modifications);

// Returns the modify that makes attributes of an entry what they are in `before`, deletion records included; those it
// has not are removed without a trace.
model::ChangeRecord restoration(const ldup::SearchMetaDataEntry& before, const std::vector<std::string>& types);

}  // namespace replkit::metadata
