// The schema that governs the server's entries (RFC 4512 4): what may be stored, and what the subschema subentry says.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/entry.hpp"
#include "common/model/schema.hpp"

namespace replkit::refserver::schema {

struct Tables;

// Cheap to copy; never changes.
class Schema {
 public:
  // Returns the system schema (RFC 4512, 4530, what the server itself maintains) with the named ones. A name without
  // '/' is one of the bundled (core, cosine, inetorgperson, nis, ldup; those it stands on come with it), anything else
  // a file: OpenLDAP's .schema syntax or LDIF of a subschema subentry (attributeTypes, objectClasses; olc... too), at
  // most 16 MiB. What is defined twice must be the same. Throws LocalError (file:line: what).
  static Schema load(const std::vector<std::string>& names);

  // Types, classes, equality and names, as all of replkit sees them.
  const model::Schema& model() const;

  // Returns a subschema subentry's operational attributes (attributeTypes, objectClasses, matchingRules,
  // matchingRuleUse, ldapSyntaxes, dITContentRules), in RFC 4512's form.
  const std::vector<model::Attribute>& subschema() const;

  // Whether `value` is one the type's syntax allows (RFC 4517 3.3). Unknown syntaxes allow all.
  bool is_valid(const model::AttributeType& type, std::string_view value) const;

  // Whether `type` is `ancestor` or one of its subtypes.
  bool is_subtype(const model::AttributeType& type, const model::AttributeType& ancestor) const;

  // Returns every type that is `type` or a subtype of it.
  std::vector<const model::AttributeType*> subtypes(const model::AttributeType& type) const;

  // Returns the attribute types (all, MUST and MAY, with those of superiors) of an object class, for "@class"
  // (RFC 4529).
  std::vector<const model::AttributeType*> attributes_of(const model::ObjectClass& object_class) const;

  // Returns the name of the structural object class of an entry with these classes. Throws protocol::Refusal
  // (objectClassViolation) when there is none, more than one chain, an abstract class that nothing derives from, or a
  // class is unknown (RFC 4512 2.4: its name is a proper value, so this is no invalidAttributeSyntax).
  std::string structural_class(std::span<const std::string_view> object_classes) const;

  // Checks a whole entry, operational attributes included but not judged by the classes: known attribute types and
  // options (undefinedAttributeType), values (invalidAttributeSyntax), no two equal ones (attributeOrValueExists),
  // single values (constraintViolation), one structural chain, MUST and MAY of the classes with their superiors, which
  // need not be listed and the DIT content rule of the structural class (objectClassViolation), RDN values present
  // (namingViolation). The first of these that is wrong, in this order, is thrown as protocol::Refusal, with a
  // diagnostic that names the attribute or class. `rdn` is the entry's own.
  // `excused`: types that may be missing all the same.
  void check_entry(std::span<const model::AttributeView> attributes, std::string_view rdn,
                   std::span<const model::AttributeType* const> excused = {}) const;

  // Returns the attribute types that the entry's classes or content rule require and that it has not: replication
  // brings entries as they are on others, and fractional replicas do without some. None when the classes are wrong.
  std::vector<const model::AttributeType*> lacking(std::span<const model::AttributeView> attributes) const;

 private:
  explicit Schema(std::shared_ptr<const Tables> tables) : tables_(std::move(tables)) {}

  std::shared_ptr<const Tables> tables_;
};

}  // namespace replkit::refserver::schema
