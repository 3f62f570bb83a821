// Distinguished names (RFC 4512 2.3, strings as RFC 4514).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::model {

class Schema;

// One attribute type and value of an RDN. The value is the decoded bytes: no escapes left, the BER of a string type
// (`#04...`) taken apart. Any other BER stays as it is, with `is_ber` set: it equals only itself.
struct Ava {
  std::string type;
  std::string value;
  bool is_ber = false;
};

using Rdn = std::vector<Ava>;

class Dn {
 public:
  // The empty DN: the root DSE.
  Dn() = default;

  // Returns the DN that `text` spells. Takes RFC 4514 and, as servers do, spaces around separators, ';' as ',' and
  // quoted values (RFC 2253). Throws ParseError with the offset. At most 64 KiB and 512 RDNs.
  static Dn parse(std::string_view text);

  bool empty() const { return rdns_.empty(); }
  std::size_t size() const { return rdns_.size(); }
  // The RDNs, the entry's own first, the suffix last.
  const std::vector<Rdn>& rdns() const { return rdns_; }

  // Returns the string form of RFC 4514, with the escapes it requires and no others; the type names as they were given.
  std::string text() const;
  // Returns the form in which equal DNs are equal bytes: types by their first schema name in lower case, values by
  // their equality rule, the AVAs of an RDN sorted. Unknown types and types without an equality rule ignore case, as
  // servers do for names. A value that its syntax does not allow stands as `#04...`, so that it equals only itself. The
  // result is a valid DN string itself and its own normal form. `depth` counts the DNs around this one; callers leave
  // it alone.
  std::string normalized(const Schema& schema, unsigned depth = 0) const;

  // Returns the DN without its first RDN; the empty DN's parent is empty.
  Dn parent() const;

 private:
  std::vector<Rdn> rdns_;
};

// Returns the string form of one RDN (RFC 4514).
std::string rdn_text(const Rdn& rdn);

// Puts into `out` what Dn::parse(text).normalized(schema) gives. Takes a fast path for the plain DNs servers send (no
// escapes, quotes, '+', '#', non-ASCII bytes or stray spaces, and only types whose rule ignores case). Returns false,
// and puts the bytes themselves, when `text` is not a DN.
bool normalize_dn(std::string_view text, const Schema& schema, std::string& out);

// The fast path of normalize_dn() alone: returns false when `text` does not qualify; `out` is then undefined. For
// tests.
bool normalize_plain_dn(std::string_view text, const Schema& schema, std::string& out);

// Whether the normalized DN `dn` is `base` or below it; both as normalize_dn() gives them.
bool is_at_or_below(std::string_view dn, std::string_view base);

// Returns the part of a normalized (or plain RFC 4514) DN after its first unescaped comma: its parent; empty for a
// single RDN.
std::string_view parent_of(std::string_view dn);

}  // namespace replkit::model
