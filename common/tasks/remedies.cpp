#include "common/tasks/remedies.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/tasks/names.hpp"

namespace replkit::tasks {

namespace {

struct Remedy {
  std::string_view code;
  std::string_view attribute;  // empty: any
  // {0} is what the entry is called, {1} the entry above it: an agreement and its supplier, or a replica and its area.
  std::string_view text;
};

constexpr std::array<Remedy, 26> remedies{{
    {"agreement-ignored", "",
     "repctl agreement modify {1} {0} --consumer REPLICA names one, agreement delete {1} {0} removes it"},
    {"agreement-consumer", "",
     "repctl agreement modify {1} {0} --consumer REPLICA names another, agreement delete {1} {0} removes it"},
    {"agreement-double", "", "repctl agreement delete {1} {0} removes this one"},
    {"agreement-full-only", "", "repctl agreement modify {1} {0} --mechanism incremental lets it send them"},
    {"agreement-excludes", "", "repctl agreement modify {1} {0} --clear exclude lets it send them"},
    {"agreement-schedule", "", "repctl schedule set {1} {0} makes one, schedule clear {1} {0} takes the name away"},
    {"agreement-mechanism", "", "repctl agreement modify {1} {0} --mechanism incremental changes it"},
    {"filter-1", "", "repctl replica set-filter {1} --full lets {1} hold all, agreement delete {1} {0} ends this"},
    {"filter-2", "", "repctl replica set-filter {1} --full lets {1} hold all, agreement delete {1} {0} ends this"},
    {"filter-3", "", "repctl replica set-filter {1} --full lets {1} hold all, agreement delete {1} {0} ends this"},
    {"subtree", "", "repctl agreement delete {1} {0} ends this; agreement add lets one that holds it all supply it"},
    {"two-primaries", "", "repctl replica set-type REPLICA updateable, for all but one"},
    {"no-updateable", "", "repctl replica set-type REPLICA updateable, for one that is to take changes"},
    {"same-server", "", "repctl replica set-uri {0} --uri URI gives it its own, replica delete {0} removes it"},
    {"same-id", "", "repctl replica delete {0} removes them, replica create makes one"},
    {"unreachable", "", "repctl agreement add {0} REPLICA leads to one of them, and to those that it supplies"},
    {"suspended", "", "repctl replica resume REPLICA lets one take part again"},
    {"no-return", "", "repctl agreement add {0} REPLICA makes one"},
    {"fractional-type", "", "repctl replica set-type {0} read-only, or set-filter {0} --full"},
    {"schedule-chase", "", "repctl schedule set SUPPLIER AGREEMENT --vector-trigger --wait TIME"},
    {"misplaced", "", "ldapdelete removes it"},
    {"entry", "replicaURI", "repctl replica set-uri {0} --uri URI"},
    {"entry", "replicaType", "repctl replica set-type {0} TYPE"},
    {"entry", "replicaOnline", "repctl replica resume {0}, or suspend"},
    {"entry", "updateVector", "repctl cycle trigger --full {0} on a server that supplies it replaces what it holds"},
    {"entry", "", "ldapmodify changes it"},
}};

// For a POSIX shell.
std::string word(const std::string& text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  if (text.find_first_not_of(plain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + '\'';
}

}  // namespace

std::string remedy_for(const ldup::Finding& finding) {
  const auto above = std::string(model::parent_of(finding.dn));
  for (const auto& remedy : remedies) {
    if (remedy.code != finding.code) continue;
    if (!remedy.attribute.empty() && !equals_ignore_case(remedy.attribute, finding.attribute)) continue;
    return fmt::format(fmt::runtime(remedy.text), word(cn_of(finding.dn)), word(cn_of(above)));
  }
  return {};
}

}  // namespace replkit::tasks
