// Rules for the making of entries that stand between the schema's and the operations'.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/model/dn.hpp"
#include "common/model/entry.hpp"
#include "common/model/uuid.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/entry.hpp"

namespace replkit::refserver::directory {

// Returns the type of an attribute description in a request. Throws protocol::Refusal (undefinedAttributeType).
const model::AttributeType& known_type(const model::Schema& schema, std::string_view description);

// Throws protocol::Refusal when a value is not what the type's syntax allows (invalidAttributeSyntax) or comes twice
// (attributeOrValueExists).
void check_values(const schema::Schema& schema, const model::AttributeType& type, std::string_view description,
                  const std::vector<std::string>& values);

// Throws protocol::Refusal when an entry cannot be named so: unknown types (undefinedAttributeType), types that the
// server maintains or that have no equality rule, options (namingViolation), values that their syntax does not allow
// (invalidDNSyntax).
void check_naming(const schema::Schema& schema, const model::Rdn& rdn);

// Returns the superclasses, of all generations, that `classes` do not name themselves. Unknown classes have none.
std::vector<std::string> missing_superclasses(const model::Schema& schema, const std::vector<std::string>& classes);

// Returns the object classes of an entry.
std::vector<std::string> object_classes(const store::StoredEntry& entry, const model::Schema& schema);

// Returns a new entry, all of it under one CSN (draft-ietf-ldup-urp-08 4.1.1): the attributes, those of the RDN where
// they are missing (RFC 4511 4.7), and the superclasses of its classes. Not yet checked against the schema as a whole.
// Throws protocol::Refusal: attributeOrValueExists for an attribute or value that comes twice, namingViolation for a
// single-valued attribute that the RDN says otherwise, and what known_type(), check_values() and check_naming() throw.
store::StoredEntry make_entry(const schema::Schema& schema, const model::Rdn& rdn,
                              const std::vector<model::Attribute>& attributes, const ldup::Csn& csn);

// Takes entryUUID out of the attributes and returns it; nothing when it is not there. Throws protocol::Refusal
// (invalidAttributeSyntax).
std::optional<model::Uuid> take_uuid(std::vector<model::Attribute>& attributes);

// Returns what stands in structuralObjectClass. Throws protocol::Refusal (objectClassViolation).
std::string structural_class(const store::StoredEntry& entry, const schema::Schema& schema);

// Schema::check_entry() for a stored one. authPassword may stand wherever there is a userPassword.
// `excused`: types that may be missing though the classes require them.
void check_entry(const store::StoredEntry& entry, const schema::Schema& schema,
                 std::span<const model::AttributeType* const> excused = {});

// Schema::lacking() for a stored one: what a change of it is not asked for.
std::vector<const model::AttributeType*> lacking(const store::StoredEntry& entry, const schema::Schema& schema);

}  // namespace replkit::refserver::directory
