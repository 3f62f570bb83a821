// When two attribute descriptions name the same attribute, and two values of it are equal.
#pragma once

#include <string>
#include <string_view>

#include "common/model/schema.hpp"
#include "tests/refserver/store/entry.hpp"

namespace replkit::refserver::store {

// Returns the form in which descriptions of one attribute are equal: the type's key and its options in lower case,
// sorted, each once; without ";binary", which only tells how values are sent (RFC 4522, draft-ietf-ldup-urp 4.3.4).
std::string attribute_key(const model::Schema& schema, std::string_view description);

// Returns the attribute of that key; null when the entry has neither values nor deletion records of it.
StoredAttribute* find_attribute(StoredEntry& entry, const model::Schema& schema, std::string_view key);
const StoredAttribute* find_attribute(const StoredEntry& entry, const model::Schema& schema, std::string_view key);

// Returns the normal form of a value. A type without an equality rule compares byte for byte.
std::string normal_form(const model::Schema& schema, const model::AttributeType& type, std::string_view value);

}  // namespace replkit::refserver::store
