// Equality of attribute values (RFC 4517 4.2): by a normal form in which equal values are equal bytes.
#pragma once

#include <string>
#include <string_view>

#include "common/model/schema.hpp"

namespace replkit::model {

// Puts into `out` (its old content is lost) the normal form of `value`. Printable ASCII takes a fast path; everything
// else goes through the string preparation of RFC 4518. A value that its syntax does not allow is put as its bytes
// after a NUL byte, so that it equals only itself. `schema` serves the DN kinds and OIDs. `depth` counts the DNs around
// this value (a DN can be the value of an RDN); callers leave it alone.
void normalize_value(ValueKind kind, std::string_view value, const Schema& schema, std::string& out,
                     unsigned depth = 0);

// Whether normalize_value() has put `form` for a value that its syntax does not allow.
inline bool is_malformed_form(ValueKind kind, std::string_view form) {
  return kind != ValueKind::octets && !form.empty() && form.front() == '\0';
}

// Whether `value` can be asserted of values of the kind, as a server has it that goes by its schema: not so an integer
// with zeros in front, a boolean in small letters, a name of no type or class (RFC 4517 3.3.3, 3.3.16; RFC 2252 8.1).
bool is_assertable(ValueKind kind, std::string_view value, const Schema& schema);

// Compares two normal forms of a kind by size, as ordering rules do: less than, equal to or greater than 0. Integers
// and times as such, anything else byte by byte.
int compare_forms(ValueKind kind, std::string_view a, std::string_view b);

// As normalize_value(), but never by a fast path. For tests.
void normalize_value_slowly(ValueKind kind, std::string_view value, const Schema& schema, std::string& out,
                            unsigned depth = 0);

}  // namespace replkit::model
