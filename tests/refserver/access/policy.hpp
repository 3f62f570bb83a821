// Access rules: ordered, the first one that fits decides. A rule fits when all of it does: who asks, the entry (target)
// and the attribute; its rights are then what is allowed, and whatever it does not list is not. Later rules never add
// to it. Without a rule that fits nothing is allowed.
//
// Passwords are the exception: a rule that does not name userPassword, authPassword or ldupBindPassword as such never
// lets anybody compare, search or read them, whatever it says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/schema.hpp"
#include "tests/refserver/access/caller.hpp"

namespace replkit::refserver::access {

enum class Right : std::uint16_t {
  compare = 1 << 0,          // a value may be compared
  search = 1 << 1,           // it may stand in a filter
  read = 1 << 2,             // it may be returned; for the entry: it may be known to exist
  write = 1 << 3,            // values may be added and deleted
  create = 1 << 4,           // an entry here may be added
  remove = 1 << 5,           // ... deleted
  rename = 1 << 6,           // ... renamed or moved (needs create at the new place)
  proxy = 1 << 7,            // act as the entry (RFC 4370)
  replicate = 1 << 8,        // begin sessions of replication, as replicas do
  trigger = 1 << 9,          // start and end cycles
  manage = 1 << 10,          // the entries of replication
  metadata = 1 << 11,        // see meta-data
  metadata_write = 1 << 12,  // change meta-data; Write-Unwriteable
};

class Rights {
 public:
  constexpr Rights() = default;
  constexpr Rights(Right right) : bits_(static_cast<std::uint16_t>(right)) {}  // NOLINT(google-explicit-constructor)
  static constexpr Rights all() { return Rights(std::uint16_t{0x1fff}); }

  constexpr bool has(Right right) const { return (bits_ & static_cast<std::uint16_t>(right)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  // Returns these rights without the others.
  constexpr Rights without(Rights others) const {
    return Rights(static_cast<std::uint16_t>(bits_ & static_cast<std::uint16_t>(~others.bits_)));
  }
  constexpr Rights operator|(Rights other) const { return Rights(static_cast<std::uint16_t>(bits_ | other.bits_)); }
  constexpr bool operator==(const Rights&) const = default;

 private:
  constexpr explicit Rights(std::uint16_t bits) : bits_(bits) {}
  std::uint16_t bits_ = 0;
};

// Returns what a word of a rule's rights stands for: the name of a Right ("delete" for remove), where "read" includes
// search and compare, and "search" compare; or "all". Nothing for other words.
std::optional<Rights> rights_named(std::string_view word);
// Returns every word that rights_named() knows.
std::vector<std::string> right_words();
// Returns the words for rights, as few as possible: rights_named() of them together gives the same again.
std::vector<std::string> words_for(Rights rights);
// Returns the same as one text: "read, write"; "none" when there are none.
std::string rights_text(Rights rights);

// One [[access]] table.
struct Rule {
  // "*", "anonymous", "users" (all who are bound), "self", "administrators", "dn:DN", "subtree:DN", "group:DN" (member,
  // uniqueMember); any of them fits.
  std::vector<std::string> who = {"*"};
  // "*", "base:DN" ("base:" is the root DSE), "one:DN", "subtree:DN", "children:DN" (subtree without its base).
  std::vector<std::string> target = {"*"};
  // Attribute types (subtypes follow), "entry" (the entry itself: read, create, remove, rename, proxy, and what is
  // of replication), "*"
  // (all user attributes), "+" (all operational ones), "@class" (what the class allows); none given: everything, the
  // entry included.
  std::vector<std::string> attributes;
  Rights rights;
  bool confidential = false;  // the rule fits only over TLS or ldapi
  std::string origin;         // where it was written ("FILE:LINE"), for errors
};

// Tells whether the entry `member_key` is a member of the group entry `group_key`.
using Membership = std::function<bool(const std::string& group_key, const std::string& member_key)>;

// What one caller may do: made once for an operation, then asked for each entry and attribute, all attributes of an
// entry in a row. Remembers what it found out: on one thread at a time, copies included.
class View {
 public:
  // Whether everything is allowed everywhere, passwords included: whoever asks may skip the rest.
  bool all() const;
  // Whether all entries are alike: then the entry_key below is not looked at, and need not be found out.
  bool uniform() const;
  // Rights to the entry itself; `entry_key` is its normalized DN.
  Rights entry(std::string_view entry_key) const;
  // Rights to an attribute of it; the type's key (model::AttributeType::key).
  Rights attribute(std::string_view entry_key, const model::AttributeType& type) const;

 private:
  friend class Policy;
  struct State;
  std::shared_ptr<State> state_;
};

class Policy {
 public:
  // Throws UsageError naming the rule (its origin, or its number from 1) and its word when one cannot be read.
  Policy(const std::vector<Rule>& rules, const model::Schema& schema);

  // Asks `membership` now, at most once for each group, and only about groups that matter.
  View view(const Caller& caller, const Membership& membership) const;

  // Returns a digest (hexadecimal) of the rules, for the root DSE: equal rules on two servers give equal digests.
  std::string digest() const;

 private:
  friend class View;
  struct State;
  std::shared_ptr<const State> state_;
};

// Returns the rules of a server without any: everybody reads the root DSE and the schema (cn=Subschema, cn=schema),
// administrators may do everything, users nothing but change their own password.
std::vector<Rule> default_rules();

// Returns the rules in force where these are configured: the default ones follow them, so that they only fill gaps; but
// the one for administrators comes first, unless a rule is about "administrators": then that is what they may do.
std::vector<Rule> effective_rules(const std::vector<Rule>& configured);

}  // namespace replkit::refserver::access
