// The matching rules the server knows (RFC 4517 4, 4523, 4530, 3112, and OpenLDAP's for CSNs).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace replkit::refserver::schema {

enum class RuleUse : std::uint8_t { equality, ordering, substring };

struct MatchingRule {
  std::string_view oid;
  std::string_view name;
  std::string_view syntax;  // OID of the assertion's
  RuleUse use;
  // Whether the server compares as the rule says; else only equal bytes are equal.
  bool implemented = true;
};

// Returns the rule with this name or OID, whatever its case; null when there is none.
const MatchingRule* find_rule(std::string_view name_or_oid);

std::span<const MatchingRule> matching_rules();

}  // namespace replkit::refserver::schema
