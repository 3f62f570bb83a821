#include "common/ldup/finding.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"

namespace replkit::ldup {

std::string describe(const Finding& finding) {
  std::string line = printable(finding.dn);
  if (!finding.attribute.empty()) line += ": " + finding.attribute;
  return line + ": " + printable(finding.text);
}

bool has_errors(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.severity == Severity::error; });
}

void throw_errors(const Findings& findings) {
  std::string all;
  for (const auto& finding : findings) {
    if (finding.severity != Severity::error) continue;
    if (!all.empty()) all += "; ";
    all += describe(finding);
  }
  if (!all.empty()) throw UsageError(all);
}

}  // namespace replkit::ldup
