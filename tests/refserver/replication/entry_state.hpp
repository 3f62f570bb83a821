// What reconciliation knows of one entry: the newest CSN of each of its parts, into which primitives merge in any order
// and any number of times with one result (draft-ietf-ldup-urp-08 4.3; README.md says how). What a removal has taken
// away is known as well: a tombstone shows it, and glue keeps it for the time when it is one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/ldup/primitive.hpp"
#include "common/model/schema.hpp"
#include "tests/refserver/store/entry.hpp"

namespace replkit::refserver::replication {

// What became of a primitive.
enum class Merged : std::uint8_t {
  news,
  known,       // it was there
  superseded,  // something newer is there
};

class EntryState {
 public:
  // Takes the entry apart; `superior` is the UUID of the one above it, if there is one. A new entry: one with only its
  // UUID.
  EntryState(store::StoredEntry entry, const model::Uuid& superior, const model::Schema& schema);

  // Values of entryUUID are ignored, as known.
  Merged merge(const ldup::Primitive& primitive);
  // What a rename or add does with a value of its RDN.
  Merged merge_naming_value(std::string_view type, std::string_view value, const ldup::Csn& csn);

  // Drops what newer removals and additions have superseded. To be called after merging, before what follows.
  void settle();

  // --- After settle() ---
  // Whether an add is newer than all removals.
  bool alive() const { return added_; }
  // Whether something is newer than the removal: a value, a move, a rename.
  bool has_content() const;
  bool has_place() const { return alive() || (superior_csn_ != ldup::Csn() && superior_csn_ >= removed_); }
  bool has_name() const { return alive() || (rdn_csn_ != ldup::Csn() && rdn_csn_ >= removed_); }
  bool has_records() const;
  const model::Uuid& superior() const { return superior_; }
  const std::string& rdn() const { return rdn_; }
  // Whether it stood in Lost & Found because its place would have made a loop.
  bool was_displaced() const { return was_displaced_; }
  // Whether merging has moved it.
  bool moved() const { return moved_; }

  void set_superior(const model::Uuid& superior, const ldup::Csn& csn);
  void set_rdn_csn(const ldup::Csn& csn) { rdn_csn_ = csn; }

  // Puts aside what is older than the removal of glue. To be called before it is named.
  void part_former();
  // Puts the CSNs, flags and values into entry(), which is in the tree then: an entry or glue. Its superior and RDN are
  // the caller's.
  void make_live();
  // The same for one that is not.
  void make_tombstone();

  store::StoredEntry& entry() { return entry_; }
  const store::StoredEntry& entry() const { return entry_; }

 private:
  struct Forms {
    std::unordered_map<std::string, std::size_t> values;
    std::unordered_map<std::string, std::size_t> deleted;
  };

  bool is_uuid(std::string_view description) const;
  store::StoredAttribute& attribute(std::string_view description, std::string& key);
  Forms& forms(std::size_t index);
  std::string form(std::size_t index, std::string_view value) const;
  Merged merge_add(const ldup::Primitive& primitive);
  Merged merge_superior(const model::Uuid& superior, const ldup::Csn& csn);
  Merged merge_rdn(const std::string& rdn, const ldup::Csn& csn);
  Merged merge_value(std::string_view type, std::string_view value, const ldup::Csn& csn, bool naming);
  Merged merge_deleted_value(const ldup::Primitive& primitive);
  Merged merge_deleted_attribute(const ldup::Primitive& primitive);
  void settle(std::size_t index);
  void add_glue_class(std::string_view description);

  store::StoredEntry entry_;
  const model::Schema& schema_;
  bool added_ = false;  // and not removed since
  bool was_displaced_ = false;
  bool moved_ = false;
  bool floor_raised_ = false;
  ldup::Csn added_csn_;
  ldup::Csn removed_;
  ldup::Csn superior_csn_;
  ldup::Csn rdn_csn_;
  model::Uuid superior_;
  std::string rdn_;
  std::unordered_map<std::string, std::size_t> index_;  // attribute key -> index
  std::vector<const model::AttributeType*> types_;      // by index; null: unknown
  std::unordered_map<std::size_t, Forms> forms_;        // of those that merging touched
};

}  // namespace replkit::refserver::replication
