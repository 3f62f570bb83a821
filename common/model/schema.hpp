// What a server's schema says (RFC 4512 4.1): which rule compares an attribute's values, and what an object class
// demands.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::model {

// How values of an attribute compare for equality: which normal form makes equal values equal bytes.
enum class ValueKind : std::uint8_t {
  octets,            // byte for byte, also where the rule is unknown
  case_exact,        // caseExactMatch, caseExactIA5Match: spaces folded
  case_ignore,       // caseIgnoreMatch, caseIgnoreIA5Match, caseIgnoreListMatch: case and spaces folded
  numeric,           // numericStringMatch: spaces dropped
  telephone,         // telephoneNumberMatch: case folded, spaces and hyphens dropped
  integer,           // integerMatch
  boolean,           // booleanMatch
  dn,                // distinguishedNameMatch
  name_and_uid,      // uniqueMemberMatch (DN, optionally #'bits'B)
  generalized_time,  // generalizedTimeMatch: one instant, whatever its zone
  uuid,              // uuidMatch: hexadecimal digits whatever their case
  oid,               // objectIdentifierMatch: names whatever their case
};

enum class AttributeUsage : std::uint8_t {
  user_applications,
  directory_operation,
  distributed_operation,
  dsa_operation
};

struct AttributeType {
  std::string oid;
  std::vector<std::string> names;
  std::string description;
  bool obsolete = false;
  std::string superior;     // name or OID as written; empty: none
  std::string equality;     // name of the rule, inherited from the superior when it has none of its own
  std::string ordering;     // likewise
  std::string substring;    // likewise
  std::string syntax;       // OID without length bound, inherited likewise
  std::uint64_t bound = 0;  // of the values' length, that goes with the syntax; 0: none
  bool single_value = false;
  bool collective = false;
  bool no_user_modification = false;
  AttributeUsage usage = AttributeUsage::user_applications;
  bool operational = false;  // USAGE other than userApplications
  // How values compare: by the equality rule; octets when that is unknown. A type without any: DN for the DN syntax,
  // else octets (servers that publish no rules, such as AD, do not say how they compare).
  ValueKind kind = ValueKind::octets;
  // How values compare within a DN: as `kind`, but case_ignore for a type without an equality rule, as servers do for
  // names.
  ValueKind naming_kind = ValueKind::octets;
  std::string
      key;  // the first name in lower case, or the OID when there is none: what the type is called in normal forms
};

enum class ClassKind : std::uint8_t { abstract_class, structural, auxiliary };

struct ObjectClass {
  std::string oid;
  std::vector<std::string> names;
  std::string description;
  bool obsolete = false;
  std::vector<std::string> superiors;
  ClassKind kind = ClassKind::structural;
  std::vector<std::string> must;
  std::vector<std::string> may;
};

class Schema {
 public:
  // The standard attribute types and classes (RFC 4512, 4517, 4519, 4524, 2798, 2307, 4530 and the operational ones
  // servers share), for LDIF files and servers whose schema cannot be read.
  static const Schema& standard();

  // Returns the schema of a subschema subentry's attributeTypes and objectClasses values. Descriptions that cannot be
  // read are skipped and put, with the reason, into problems(). Superiors may come later than what names them.
  static Schema parse(const std::vector<std::string>& attribute_types, const std::vector<std::string>& object_classes);

  // Returns the attribute type with this name or OID, whatever its case and options; null when there is none.
  const AttributeType* attribute(std::string_view name_or_oid) const;
  const ObjectClass* object_class(std::string_view name_or_oid) const;

  // All of them, in the order in which they were described; they live as long as any copy of this schema.
  const std::vector<AttributeType>& attribute_types() const;
  const std::vector<ObjectClass>& object_classes() const;

  // Returns how the values of this attribute description (options allowed) compare; octets when the type is unknown.
  ValueKind value_kind(std::string_view description) const;

  // Returns the MUST attributes of these classes and their superiors, each by its first name, lower case, sorted.
  std::vector<std::string> required(const std::vector<std::string_view>& object_classes) const;

  const std::vector<std::string>& problems() const;

 private:
  struct Tables;
  std::shared_ptr<const Tables> tables_;
};

// Whether `text` is the name (letters, digits, '-' and, as some servers have it, '_') or the OID of a type or class
// (RFC 4512 1.4).
bool is_schema_name(std::string_view text);

// Returns how the matching rule with this name or OID compares, whatever its case; nothing when the rule is unknown.
std::optional<ValueKind> rule_kind(std::string_view rule);

// The same for ordering and substrings rules: how the values stand that the rule puts in order or looks into.
std::optional<ValueKind> ordering_rule_kind(std::string_view rule);
std::optional<ValueKind> substrings_rule_kind(std::string_view rule);

// Returns the attribute description's type without its options: "cn" for "cn;lang-de".
std::string_view base_type(std::string_view description);

}  // namespace replkit::model
