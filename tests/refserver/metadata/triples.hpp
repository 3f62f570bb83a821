// Values with their CSNs and deletion records, as they are edited.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/ldup/metadata.hpp"
#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::metadata {

// The CSNs of one change, for what is given none.
class LocalCsns {
 public:
  explicit LocalCsns(store::Writer& writer) : writer_(writer) {}

  // Returns the next one.
  ldup::Csn step();
  // Returns the last one; nothing when there was none.
  const std::optional<ldup::Csn>& last() const { return last_; }

 private:
  store::Writer& writer_;
  std::optional<ldup::Csn> last_;
};

// Throws protocol::Refusal (constraintViolation) for a CSN more than five minutes ahead of the clock: this replica's
// own would have to follow it, and other replicas take none that are much further ahead.
void check_time(const directory::Call& call, const ldup::Csn& csn);

// Returns the one value of an attribute that is no set of triples: createdEntryCSN, deletedEntryCSN, entryUUID. Throws
// protocol::Refusal (invalidAttributeSyntax).
ldup::Csn csn_of(const directory::Call& call, const ldup::MetaDataAttribute& attribute);
model::Uuid uuid_of(const ldup::MetaDataAttribute& attribute);

// Throws protocol::Refusal: undefinedAttributeType, invalidAttributeSyntax, attributeOrValueExists for a value that
// stands there twice, constraintViolation for what the server computes and for CSNs of the future, unwillingToPerform
// for passwords in the clear.
void check_triples(const directory::Call& call, const ldup::MetaDataAttribute& attribute);

// Throws protocol::Refusal (constraintViolation) for values that are older than the entry or than their attribute's
// deletion record.
void check_order(const store::StoredEntry& entry);

// What ModifyWithMetaData does to an entry; the attributes have passed check_triples(). Throws protocol::Refusal:
// noSuchAttribute, notAllowedOnRDN, adminLimitExceeded when there is too much to do.
class TripleEditor {
 public:
  TripleEditor(store::StoredEntry& entry, const model::Schema& schema, LocalCsns& csns)
      : entry_(entry), schema_(schema), csns_(csns) {}

  // Inserts the triples, or overwrites those with the same values, records or not.
  void add(const ldup::MetaDataAttribute& attribute);
  // Drops them; without values the whole attribute; with a deletion CSN the attribute's deletion record.
  void remove(const ldup::MetaDataAttribute& attribute);
  // Puts them in place of all that is there. Without any CSN it is what a modify does.
  void replace(const ldup::MetaDataAttribute& attribute);

 private:
  using Forms = std::unordered_map<std::string, const ldup::MetaDataValue*>;

  store::StoredAttribute* find(const std::string& description);
  store::StoredAttribute& find_or_make(const std::string& description);
  std::string form(const model::AttributeType& type, const std::string& value) const;
  Forms forms_of(const model::AttributeType& type, const ldup::MetaDataAttribute& attribute) const;
  void put(store::StoredAttribute& stored, const ldup::MetaDataAttribute& attribute,
           const std::optional<ldup::Csn>& csn);
  void spend(std::size_t values);

  store::StoredEntry& entry_;
  const model::Schema& schema_;
  LocalCsns& csns_;
  std::size_t spent_ = 0;
};

}  // namespace replkit::refserver::metadata
