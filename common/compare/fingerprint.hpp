// A short fingerprint of an entry, equal for equal entries whatever the order of attributes and values: what the
// comparison holds of an entry instead of the entry.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/model/entry.hpp"
#include "common/model/schema.hpp"

namespace replkit::compare {

// What pairs entries: the 16 bytes of the UUID, or a hash of another id or of the normalized DN.
struct EntryKey {
  std::array<std::uint64_t, 2> words{};

  auto operator<=>(const EntryKey&) const = default;
};

struct Fingerprint {
  EntryKey key;
  std::uint64_t content = 0;  // of the compared attributes
  std::uint64_t dn = 0;       // of the DN, 48 bits
  std::uint16_t outside = 0;  // a bit for each source that holds no entry of this name
};

// What is compared; one for the whole run, shared by all sources and read-only.
struct FingerprintRules {
  model::Schema schema;
  std::string id_attribute;           // empty: entries pair by DN
  std::string csn_attribute;          // never part of the content, but all of it when `quick`
  std::vector<std::string> only;      // attribute types to compare; empty: all
  std::vector<std::string> excluded;  // attribute types to leave out
  std::vector<std::string> excluded_branches;
  std::string base;            // entries elsewhere do not count
  bool quick = false;          // ids and CSNs only
  bool exact = false;          // bytes, not values
  bool check_required = true;  // look for entries that hide what their classes demand
  std::uint64_t seed = 0;      // drawn for each run, so that nobody can prepare a collision

  // Whether this attribute takes part in the comparison.
  bool compares(std::string_view description) const;
};

// Returns the key of an id's value: the bytes of a UUID in its text form (RFC 4530), else a hash without a seed,
// because sources look entries up by it.
EntryKey key_of_id(std::string_view id);
EntryKey key_of_dn(std::string_view normalized_dn, std::uint64_t seed);
// Returns the UUID text of a key made from one.
std::string uuid_text(const EntryKey& key);

// Returns the attribute description with the type's first name and the options sorted, all in lower case: equal for
// equal descriptions (RFC 4512 2.5).
std::string canonical_description(std::string_view description, const model::Schema& schema);

// Makes fingerprints. One for each thread: it keeps what it learned of attribute names.
class Fingerprinter {
 public:
  explicit Fingerprinter(const FingerprintRules& rules);

  // Returns the fingerprint of an entry; nothing when the entry lies outside the base or in an excluded branch. `Walk`
  // has dn() and walk(on_attribute, on_value) as ldap::EntryView has.
  template <typename Walk>
  std::optional<Fingerprint> take(const Walk& entry);
  std::optional<Fingerprint> take(const model::Entry& entry);

  const FingerprintRules& rules() const { return rules_; }

  // The attributes a server has to be asked for.
  std::vector<std::string> wanted_attributes() const;

  // Of the entry last taken:
  const std::string& normalized_dn() const { return dn_; }
  std::string_view csn() const { return csn_; }
  // Which of what no entry is without it does not show: the id attribute or "objectClass"; empty when nothing is
  // hidden.
  std::string hidden_attribute() const;
  // The attributes that its classes demand and that it does not show, by their canonical names; when `quick` the CSN.
  std::vector<std::string> lacking_attributes();
  // Of all entries taken: on how many each attribute type was seen, by its canonical name.
  std::map<std::string, std::uint64_t> shown_attributes() const;

 private:
  enum class Role : std::uint8_t { compared, skipped, id, csn };
  struct Name {
    std::string text;
    std::uint64_t seed = 0;
    model::ValueKind kind = model::ValueKind::octets;
    Role role = Role::skipped;
    bool object_class = false;
    std::uint64_t entries = 0;  // that show it
    int bit = -1;               // its place in the set of present attributes
  };
  // The attributes that one combination of object classes demands, as a set of bits.
  using NameSet = std::array<std::uint64_t, 4>;

  Name& lookup(std::string_view description);
  Name learn(std::string_view description) const;
  int bit_of(const std::string& type);
  bool begin(std::string_view dn);
  void attribute(std::string_view description);
  void value(std::string_view bytes);
  Fingerprint finish();
  const NameSet& required_set();

  const FingerprintRules& rules_;
  std::vector<std::string> branches_;
  std::string base_;
  std::vector<Name> names_;  // hashed by text, linear probing
  std::size_t name_count_ = 0;
  Name unknown_;                                              // for names beyond the table's bound
  std::unordered_map<std::uint64_t, NameSet> required_sets_;  // by the hash of the class names
  std::vector<std::string> bits_;                             // the type of each bit

  // The entry at work.
  Name* current_ = nullptr;
  std::string dn_;
  std::string value_;
  std::string id_;
  std::string csn_;
  std::vector<std::string> classes_;
  std::size_t class_count_ = 0;
  std::uint64_t class_hash_ = 0;
  std::uint64_t content_ = 0;
  NameSet present_{};
};

// Shows a model::Entry as Fingerprinter::take() wants it.
struct EntryWalk {
  const model::Entry& entry;

  std::string_view dn() const { return entry.dn; }
  template <typename OnAttribute, typename OnValue>
  void walk(OnAttribute&& on_attribute, OnValue&& on_value) const {
    for (const auto& attribute : entry.attributes) {
      on_attribute(std::string_view(attribute.description));
      for (const auto& value : attribute.values) on_value(std::string_view(value));
    }
  }
};

template <typename Walk>
std::optional<Fingerprint> Fingerprinter::take(const Walk& entry) {
  if (!begin(entry.dn())) return std::nullopt;
  entry.walk([this](std::string_view description) { attribute(description); },
             [this](std::string_view bytes) { value(bytes); });
  return finish();
}

inline std::optional<Fingerprint> Fingerprinter::take(const model::Entry& entry) {
  return take(EntryWalk{entry});
}

}  // namespace replkit::compare
