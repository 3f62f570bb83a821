// Which attributes a replica holds and is sent (draft-ietf-ldup-infomod-08 7.2.2, 7.2.3, 7.3.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/descriptions.hpp"

namespace replkit::ldup {

// A list of attributes as the octets of attributeInclusionFilter and attributeExclusionFilter have it. The drafts say
// only that it is "in the form of an AttributeDescriptionList": here that is text, the descriptions separated by
// commas; spaces, line ends and '$' separate as well. The BER of that type (a SEQUENCE OF OCTET STRING) is read too.
struct AttributeList {
  std::vector<std::string> attributes;  // names or OIDs, with options where there are some; each once
  bool all = false;                     // "*"
  bool none = false;                    // "1.1"

  // Throws ParseError with the offset: what is no attribute description, or more than 64 KiB or 1000 of them.
  static AttributeList parse(std::string_view value);

  // Returns the text that parse() reads: "*", "1.1", "cn,mail", or an empty string.
  std::string text() const;

  bool empty() const { return attributes.empty() && !all && !none; }
  bool operator==(const AttributeList&) const = default;
};

// The fractional entry specification of a replica. Absent lists are as empty ones: all is included, nothing excluded.
struct FractionalFilter {
  AttributeList inclusion;
  AttributeList exclusion;

  // Whether the replica may hold every attribute. "1.1" means nothing in an inclusion list.
  bool includes_all() const { return inclusion.all || inclusion.attributes.empty(); }
  bool is_full() const { return includes_all() && exclusion.empty(); }

  bool operator==(const FractionalFilter&) const = default;
};

// Whether no filter leaves this attribute out: without objectClass and entryUUID there is no entry. An entry's naming
// values need no filter either, as its RDN carries them.
bool is_always_sent(const model::Description& attribute);

// A list made ready to be asked. An attribute is in it when it, or a supertype of it, is named there, with no options
// but its own (RFC 4512 2.5, as in a search): "name" has "cn;lang-de".
class AttributeSet {
 public:
  // The schema must outlive the set.
  AttributeSet(const std::vector<std::string>& attributes, const model::Schema& schema);

  bool contains(const model::Description& attribute) const;
  bool contains(std::string_view attribute) const;
  const std::vector<model::Description>& items() const { return items_; }

 private:
  const model::Schema* schema_;
  std::vector<model::Description> items_;
};

// What a supplier sends to a consumer: what the consumer's inclusion list has, less what its exclusion list or that of
// the agreement has. Not to be asked about the entries of replication itself: every replica holds those whole
// (draft-ietf-ldup-infomod-08 7.3.2).
class SendRule {
 public:
  // `agreement` is the agreement's exclusion list. The schema must outlive the rule.
  SendRule(const FractionalFilter& consumer, const AttributeList& agreement, const model::Schema& schema);

  bool sends(const model::Description& attribute) const;
  bool sends(std::string_view attribute) const;
  // Whether there is nothing to ask: everything is sent.
  bool sends_all() const { return sends_all_; }

 private:
  const model::Schema* schema_;
  bool sends_all_;
  bool includes_all_;
  bool excludes_all_;
  AttributeSet inclusion_;
  AttributeSet exclusion_;
  AttributeSet agreement_;
};

// One of the conditions of draft-ietf-ldup-mrm-02 4.2.2 that a supplier and a consumer do not meet.
struct FilterConflict {
  int rule = 0;                         // 1-3 as numbered there
  std::vector<std::string> attributes;  // what the consumer holds and the supplier lacks; "*": all others
  std::string reason;

  bool operator==(const FilterConflict&) const = default;
};

// Returns why a replica with the filter `supplier` cannot supply one with the filter `consumer`; nothing when it can:
// it holds all that the consumer does. The draft's three rules are taken as meaning that, and so an absent inclusion
// list stands for all attributes, and an excluded attribute does no harm that the consumer's inclusion list lacks.
std::vector<FilterConflict> filter_conflicts(const FractionalFilter& supplier, const FractionalFilter& consumer,
                                             const model::Schema& schema);

}  // namespace replkit::ldup
