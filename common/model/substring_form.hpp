// Values and pieces of them, prepared for substrings filters (RFC 4518 2.6.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/schema.hpp"
#include "common/model/stringprep.hpp"

namespace replkit::model {

// Puts into `out` the form of a value in which the pieces of substring_pieces() are looked for byte by byte. Returns
// false when values of this kind have no substrings, or this one cannot be prepared.
bool put_substring_form(ValueKind kind, std::string_view value, const Schema& schema, std::string& out);

// Returns the forms of a filter's pieces (initial, any..., final); nothing when one cannot be prepared.
std::optional<std::vector<std::string>> substring_pieces(ValueKind kind, const std::vector<std::string>& pieces,
                                                         const Schema& schema);

// Whether the prepared value begins with the first piece, ends with the last, and has the others between, in order and
// without overlap.
bool contains_in_order(std::string_view value, const std::vector<std::string>& pieces);

}  // namespace replkit::model
