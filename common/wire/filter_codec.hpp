// Filters (RFC 4511 4.5.1.7), also as values of controls.
#pragma once

#include <cstddef>
#include <string>

#include "common/model/filter.hpp"
#include "common/wire/ber.hpp"

namespace replkit::wire {

constexpr std::size_t max_filter_levels = 100;   // as model::Filter::parse()
constexpr std::size_t max_filter_nodes = 20000;  // some 3 MB

// Reads a Filter. Empty "and" and "or" are absolute true and false (RFC 4526). What RFC 4511 wants evaluated as
// Undefined though it has no other form here (unknown choices, empty substrings) becomes a "not" of nothing. Throws
// ProtocolError, adminLimitExceeded when it is deeper or larger than the limits.
model::Filter decode_filter(Reader& reader);

// Reads a SimpleFilterItem of RFC 3876: anything but and, or, not and dnAttributes.
model::Filter decode_simple_filter(Reader& reader);

// Appends the filter; a "not" of nothing as a choice that nobody knows. Substrings must have a piece that is not empty.
void encode_filter(std::string& out, const model::Filter& filter);

}  // namespace replkit::wire
