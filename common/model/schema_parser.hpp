// Reading attribute type and object class descriptions (RFC 4512 4.1.1 and 4.1.2).
#pragma once

#include <string_view>

#include "common/model/schema.hpp"

namespace replkit::model {

// Returns what the description says; what is inherited, `kind`, `naming_kind` and `key` are left open. Unknown keywords
// are skipped with their values. Throws ParseError. At most 64 KiB.
AttributeType parse_attribute_type(std::string_view description);
ObjectClass parse_object_class(std::string_view description);

}  // namespace replkit::model
