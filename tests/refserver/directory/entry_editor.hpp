// What modify and modifyDN do to an entry (RFC 4511 4.6 and 4.9, RFC 4525), with the CSNs and deletion records that
// update reconciliation wants (draft-ietf-ldup-urp-08 4.1). Knows neither store nor callers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/model/dn.hpp"
#include "common/model/ldif.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/entry.hpp"

namespace replkit::refserver::directory {

enum class Origin : std::uint8_t {
  client,  // may not touch what is NO-USER-MODIFICATION
  server,
};

enum class OldRdn : std::uint8_t { keep, remove };

// Makes one update to one entry. The steps of the update take CSNs of rising modification numbers: a modification one,
// a replace or an increment two (what goes, what comes), a rename two. The primitives of the update are what bears its
// CSNs in the end: values p-add-attribute-value, records of deleted values and attributes p-remove-..., the entry's
// `rdn_csn` p-rename-entry, `superior_csn` p-move-entry.
//
// Everything throws protocol::Refusal as RFC 4511 wants it, and adminLimitExceeded when the modifications would keep
// the writer too busy (each looks at all values of its attribute; many additions to one attribute do so once). The
// entry is then of no more use.
class EntryEditor {
 public:
  // `csn` is the first CSN of the update, greater than all in the entry.
  EntryEditor(store::StoredEntry& entry, const schema::Schema& schema, ldup::Csn csn);

  // Removal of distinguished values (notAllowedOnRDN) is judged in finish(): a list of modifications may take one away
  // and put it back in other spelling. Superclasses of object classes that come are added (RFC 4512 3.3).
  void modify(const model::Modification& change, Origin origin);

  // Sets the only value of an operational attribute.
  void set(std::string_view description, std::string value);

  // Gives the entry another superior.
  void move(store::EntryId superior);

  // Gives the entry another RDN, its values added where missing. The old ones go (into deletion records) or stay as
  // plain values. `text` is what stands in StoredEntry::rdn: the RDN, or the whole DN of a context's top entry.
  void rename(const model::Rdn& rdn, std::string text, OldRdn old);

  // Checks the result: distinguished values, superclasses, unchanged structural class, schema.
  void finish();

  // Whether anything was changed.
  bool changed() const { return next_ != csn_.modification(); }
  // The CSN of the last step; the update's first when there was none.
  ldup::Csn last_csn() const { return csn_.with_modification(changed() ? next_ - 1 : next_); }

 private:
  struct NamingValue {
    std::string key;
    std::string form;
  };

  using Forms = std::unordered_set<std::string>;

  // Counts values that are normalized.
  void spend(std::size_t values);
  store::StoredAttribute* find(const std::string& key);
  // The normal forms of the live values; forgotten when values go.
  Forms& forms_of(const store::StoredAttribute& attribute, const model::AttributeType& type);
  void forget_forms(const store::StoredAttribute& attribute);
  void forget_deletions(store::StoredAttribute& attribute, const model::AttributeType& type);
  ldup::Csn step() { return csn_.with_modification(next_++); }
  store::StoredAttribute& attribute_for(std::string_view description, const std::string& key);
  void add(store::StoredAttribute& attribute, const model::AttributeType& type, const std::vector<std::string>& values,
           const ldup::Csn& csn);
  void remove_all(store::StoredAttribute& attribute, const ldup::Csn& csn);
  void remove(store::StoredAttribute& attribute, const model::AttributeType& type,
              const std::vector<std::string>& values, const ldup::Csn& csn);
  void increment(store::StoredAttribute& attribute, const model::AttributeType& type,
                 const std::vector<std::string>& values);
  void add_superclasses(store::StoredAttribute& object_class, const ldup::Csn& csn);
  void drop_old_names(const model::Rdn& rdn, OldRdn old, const ldup::Csn& csn);
  void set_naming_value(const model::Ava& ava, const ldup::Csn& csn);
  void keep_naming_values();
  void settle_single_values();
  void check_classes();

  store::StoredEntry& entry_;
  const schema::Schema& schema_;
  ldup::Csn csn_;
  std::uint32_t next_;
  std::vector<const model::AttributeType*> lacking_;    // before all changes
  std::vector<NamingValue> naming_;                     // what the RDN says must be there
  std::unordered_map<std::string, std::size_t> index_;  // by key, into the entry's attributes
  std::unordered_map<std::size_t, Forms> forms_;        // by that index
  std::size_t spent_ = 0;
  bool classes_changed_ = false;
};

}  // namespace replkit::refserver::directory
