// Reading descriptions of attribute types, object classes and DIT content rules (RFC 4512 4.1.1, 4.1.2 and 4.1.6).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/schema.hpp"

namespace replkit::model {

// How a description is read. The defaults take what servers publish; a file that is to govern a server is read
// strictly.
struct DescriptionReading {
  // Whether unknown keywords (other than X-...), repeated ones and names that are none are errors; else they are
  // skipped.
  bool strict = false;
  // Returns the OID that a macro stands for, or the text itself; asked for each OID, rule and syntax. May be empty.
  std::function<std::string(std::string_view)> expand;
};

// What entries of one structural class may have besides what their classes say (RFC 4512 4.1.6).
struct ContentRule {
  std::string oid;  // of the structural class
  std::vector<std::string> names;
  std::string description;
  bool obsolete = false;
  std::vector<std::string> auxiliary;  // the auxiliary classes that such an entry may have
  std::vector<std::string> must;
  std::vector<std::string> may;
  std::vector<std::string> precluded;
};

// Returns what the description says; what is inherited, `kind`, `naming_kind` and `key` are left open. Throws
// ParseError. At most 64 KiB.
AttributeType parse_attribute_type(std::string_view description, const DescriptionReading& reading = {});
ObjectClass parse_object_class(std::string_view description, const DescriptionReading& reading = {});
ContentRule parse_content_rule(std::string_view description, const DescriptionReading& reading = {});

// Returns the description of the type, class or rule, in RFC 4512's form, as parse_...() reads it; what is inherited
// stands in it when the type has been completed.
std::string format_attribute_type(const AttributeType& type);
std::string format_object_class(const ObjectClass& object_class);
std::string format_content_rule(const ContentRule& rule);

}  // namespace replkit::model
