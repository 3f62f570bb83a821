// The record of an entry: StoredEntry to bytes and back, and straight into a LiveEntry.
//
// A version byte, flags, superior, UUID and RDN; then the replica IDs and the distinct CSNs, to which all that follows
// refers by number; then the attributes. A value costs its bytes and two or three more.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/refserver/store/entry.hpp"

namespace replkit::refserver::store {

class ByteReader;

// What stands at the head of a record, read without the rest.
struct RecordHead {
  unsigned flags = 0;  // as they are in the record
  bool glue = false;
  bool tombstone = false;
  EntryId superior = no_entry;
  model::Uuid uuid;
  std::string_view rdn;
};

// Puts the record of `entry` (all but its id) into `out`, whose old content is lost, and its distinct CSNs into `csns`.
void encode_record(const StoredEntry& entry, std::string& out, std::vector<ldup::Csn>& csns);

// Each throws LocalError ("the store is damaged: ...") for bytes that encode_record() does not make.
StoredEntry decode_record(EntryId id, std::string_view record);
RecordHead decode_head(std::string_view record);
// Returns StoredEntry::wanted_superior alone.
std::optional<model::Uuid> decode_wanted_superior(std::string_view record);
// Returns the distinct CSNs alone.
std::vector<ldup::Csn> decode_csns(std::string_view record);
// Returns false for a tombstone. Allocates nothing once `out` has held an entry as large.
bool decode_live(EntryId id, std::string_view record, LiveEntry& out);

// One CSN alone, as the store's own state keeps it.
void append_csn(std::string& out, const ldup::Csn& csn);
ldup::Csn take_csn(ByteReader& in);

}  // namespace replkit::refserver::store
