// Subtree specifications (RFC 3672 2.1): which entries below a base a subentry is about. In LDAP they are text by
// GSER (RFC 3641, the ABNF is in RFC 3672 appendix A).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/dn.hpp"

namespace replkit::model {

// Assertions about the object classes of an entry (RFC 3672 2.1.4).
struct Refinement {
  enum class Kind : std::uint8_t { item, and_, or_, not_ };

  Kind kind = Kind::item;
  std::string object_class;       // item: OID or name
  std::vector<Refinement> parts;  // and, or: any number; not: one
};

struct SubtreeSpecification {
  // DNs relative to the entry around: `base` to the one that the specification is about, the others to the base.
  Dn base;
  std::vector<Dn> chop_before;  // left out with all below
  std::vector<Dn> chop_after;   // kept, all below left out
  std::uint64_t minimum = 0;    // RDNs below the base
  std::optional<std::uint64_t> maximum;
  std::optional<Refinement> filter;

  // Returns what `text` says. Throws ParseError with the offset. At most 64 KiB and 100 levels of refinement.
  static SubtreeSpecification parse(std::string_view text);

  // Returns the form of GSER: "{ }" when nothing is left out.
  std::string text() const;
};

}  // namespace replkit::model
