// Search filters (RFC 4511 4.5.1.7, strings as RFC 4515).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/entry.hpp"

namespace replkit::model {

class Schema;

struct Filter {
  enum class Kind : std::uint8_t {
    and_,
    or_,
    not_,
    equality,
    substrings,
    greater_or_equal,
    less_or_equal,
    present,
    approximate,
    extensible
  };

  Kind kind = Kind::present;
  std::vector<Filter> parts;            // and, or, not
  std::string description;              // all others; may be empty for extensible
  std::string value;                    // equality, ordering, approximate, extensible: decoded bytes
  std::vector<std::string> substrings;  // initial, any..., final: first and last may be empty
  std::string rule;                     // extensible
  bool dn_attributes = false;           // extensible

  // Returns the filter that `text` spells; outer parentheses may be missing. Throws ParseError with the offset. At most
  // 64 KiB and 100 levels.
  static Filter parse(std::string_view text);

  // Returns the string form of RFC 4515.
  std::string text() const;

  // Whether the entry matches, by RFC 4511's three values: Undefined counts as no. Equality goes by the schema's normal
  // forms, ordering by integer, time or bytes of the normal form; approximate is equality.
  bool matches(const Entry& entry, const Schema& schema) const;
};

// Returns `value` with the escapes RFC 4515 demands, and control characters escaped too, to be put into a filter
// string.
std::string escape_filter_value(std::string_view value);

}  // namespace replkit::model
