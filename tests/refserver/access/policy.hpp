// Access rules: ordered, first match wins (for each right asked, the first rule that fits who, target and attribute
// decides). Without a matching rule: nothing is allowed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/schema.hpp"
#include "tests/refserver/access/caller.hpp"

namespace replkit::refserver::access {

enum class Right : std::uint16_t {
  compare = 1 << 0,    // a value may be compared
  search = 1 << 1,     // it may stand in a filter
  read = 1 << 2,       // it may be returned; for the entry: it may be known to exist
  write = 1 << 3,      // values may be added and deleted
  create = 1 << 4,     // an entry here may be added
  remove = 1 << 5,     // ... deleted
  rename = 1 << 6,     // ... renamed or moved (needs create at the new place)
  proxy = 1 << 7,      // act as the entry (RFC 4370)
  replicate = 1 << 8,  // manage replication: LDUP entries, triggers
  metadata = 1 << 9,   // the metadata operations and Write-Unwriteable
};

class Rights {
 public:
  constexpr Rights() = default;
  constexpr Rights(Right right) : bits_(static_cast<std::uint16_t>(right)) {}  // NOLINT(google-explicit-constructor)
  static constexpr Rights all() { return Rights(std::uint16_t{0x3ff}); }

  constexpr bool has(Right right) const { return (bits_ & static_cast<std::uint16_t>(right)) != 0; }
  constexpr Rights operator|(Rights other) const { return Rights(static_cast<std::uint16_t>(bits_ | other.bits_)); }
  constexpr bool operator==(const Rights&) const = default;

 private:
  constexpr explicit Rights(std::uint16_t bits) : bits_(bits) {}
  std::uint16_t bits_ = 0;
};

// One [[access]] table.
struct Rule {
  // "*", "anonymous", "users" (all who are bound), "self", "administrators", "dn:DN", "subtree:DN", "group:DN" (member,
  // uniqueMember); any of them fits.
  std::vector<std::string> who = {"*"};
  // "*", "base:DN" ("base:" is the root DSE), "one:DN", "subtree:DN", "children:DN" (subtree without its base).
  std::vector<std::string> target = {"*"};
  // Attribute types (subtypes follow), "entry" (the entry itself: create, remove, rename, read), "*" (all user
  // attributes), "+" (all operational ones), "@class"; none given: everything, the entry included.
  std::vector<std::string> attributes;
  Rights rights;
  bool confidential = false;  // the rule fits only over TLS or ldapi
};

// Tells whether the entry `member_key` is a member of the group entry `group_key`.
using Membership = std::function<bool(const std::string& group_key, const std::string& member_key)>;

// What one caller may do: made once for an operation, then asked for each entry and attribute.
class View {
 public:
  // Everything is allowed everywhere: whoever asks may skip the rest.
  bool all() const;
  // Rights to the entry itself; `entry_key` is its normalized DN.
  Rights entry(std::string_view entry_key) const;
  // Rights to an attribute of it; the type's key (model::AttributeType::key).
  Rights attribute(std::string_view entry_key, const model::AttributeType& type) const;

 private:
  friend class Policy;
  struct State;
  std::shared_ptr<const State> state_;
};

class Policy {
 public:
  // Throws UsageError naming the rule (from 1) and its word when one cannot be read.
  Policy(std::vector<Rule> rules, const model::Schema& schema);

  View view(const Caller& caller, const Membership& membership) const;

  // Returns a digest (hexadecimal) of the rules, for the root DSE: equal rules on two servers give equal digests.
  std::string digest() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

// The rules of a server without any: anonymous reads the root DSE and the schema, administrators may do everything,
// users nothing but change their own password.
std::vector<Rule> default_rules();

}  // namespace replkit::refserver::access
