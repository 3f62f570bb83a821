// What is wrong with the entries that say how a directory replicates: plain values, for whoever prints or refuses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::ldup {

enum class Severity : std::uint8_t {
  note,     // as it may well be meant; good to know
  warning,  // works, though perhaps not as meant
  error,    // replication cannot be right
};

struct Finding {
  Severity severity = Severity::error;
  // What kind of thing is wrong, for programs: "replica-type", "filter-2".
  std::string code;
  std::string dn;         // the entry that is wrong
  std::string attribute;  // what of it; empty: the entry as such
  std::string text;       // one clause: what is wrong and what is expected

  bool operator==(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

// Returns one line: "cn=r1,o=x: replicaType: ...".
std::string describe(const Finding& finding);

// Whether one of them is an error.
bool has_errors(const Findings& findings);

// Throws UsageError that tells all errors among them, if there are any; warnings are passed over.
void throw_errors(const Findings& findings);

}  // namespace replkit::ldup
