// A rule as it is looked at for each entry and attribute: DNs normalized, attributes by key.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/schema.hpp"
#include "tests/refserver/access/policy.hpp"

namespace replkit::refserver::access {

struct Subject {
  enum class Kind : std::uint8_t { everybody, anonymous, users, self, administrators, dn, subtree, group };

  Kind kind = Kind::everybody;
  std::string key;  // normalized DN

  auto operator<=>(const Subject&) const = default;
};

struct Target {
  enum class Kind : std::uint8_t { everything, base, one, subtree, children };

  Kind kind = Kind::everything;
  std::string key;

  auto operator<=>(const Target&) const = default;

  bool fits(std::string_view entry_key) const;
};

struct CompiledRule {
  std::vector<Subject> subjects;  // sorted, as are the targets
  std::vector<Target> targets;
  std::set<std::string, std::less<>> types;  // keys, those of "@class" included
  std::set<std::string, std::less<>> named;  // of those, the ones that the rule spells out
  bool entry = false;
  bool user_attributes = false;
  bool operational_attributes = false;
  Rights rights;
  bool confidential = false;

  bool any_target() const { return targets.front().kind == Target::Kind::everything; }
  // Whether it is about an attribute of this type, or of one of its superiors.
  bool fits(const model::AttributeType& type, const model::Schema& schema) const;
  // What it allows with such an attribute, given that it fits: its rights, but those to look at a password only when
  // it names that.
  Rights rights_to(const model::AttributeType& type) const;
  // Whether it allows everything with everything, passwords too.
  bool allows_all() const;
  // Whether no later rule is asked about an entry for which this one fits.
  bool covers_everything() const { return entry && user_attributes && operational_attributes; }
};

// Throws UsageError, naming `place` and the word that cannot be read.
CompiledRule compile(const Rule& rule, const std::string& place, const model::Schema& schema);

// Appends the rule in a form that is the same for rules that say the same.
void append_normal_form(std::string& out, const CompiledRule& rule);

}  // namespace replkit::refserver::access
