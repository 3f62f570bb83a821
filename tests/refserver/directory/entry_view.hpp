// An entry as clients see it: what is stored, and the operational attributes that are made up when they are asked for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/model/descriptions.hpp"
#include "common/model/filter_matcher.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::directory {

// The attributes that are not stored, as a set.
class VirtualAttributes {
 public:
  enum Bit : std::uint8_t {
    entry_dn = 1,
    entry_uuid = 2,
    subschema_subentry = 4,
    has_subordinates = 8,
    entry_csn = 16,
    all = 31
  };

  VirtualAttributes() = default;
  explicit VirtualAttributes(unsigned bits) : bits_(bits) {}

  bool has(Bit bit) const { return (bits_ & bit) != 0; }
  bool empty() const { return bits_ == 0; }
  VirtualAttributes without(VirtualAttributes others) const { return VirtualAttributes(bits_ & ~others.bits_); }
  VirtualAttributes with(VirtualAttributes others) const { return VirtualAttributes(bits_ | others.bits_); }

  // Returns those whose type `wanted` says yes to.
  template <typename Wanted>
  static VirtualAttributes chosen(const model::Schema& schema, Wanted wanted) {
    unsigned bits = 0;
    for (const auto& [bit, name] : names) {
      const auto* type = schema.attribute(name);
      if (type != nullptr && wanted(*type)) bits |= bit;
    }
    return VirtualAttributes(bits);
  }

 private:
  struct Name {
    Bit bit;
    std::string_view name;
  };
  static constexpr Name names[] = {{entry_dn, "entryDN"},
                                   {entry_uuid, "entryUUID"},
                                   {subschema_subentry, "subschemaSubentry"},
                                   {has_subordinates, "hasSubordinates"},
                                   {entry_csn, "entryCSN"}};

  unsigned bits_ = 0;
};

// One entry after the other, read from one snapshot after the other. What it returns is good until the next read().
class EntryView {
 public:
  explicit EntryView(const schema::Schema& schema);
  EntryView(const EntryView&) = delete;
  EntryView& operator=(const EntryView&) = delete;

  // Entries are read from here from now on. Null: they no longer can be.
  void use(const store::Reader* reader);

  // Returns false when there is no such entry (any more).
  bool read(store::EntryId id);

  // Shows an entry that is not stored, and has nothing made up, instead.
  void show(std::string_view dn, std::string_view key, std::span<const model::AttributeView> attributes);

  const store::LiveEntry& stored() const { return stored_; }
  // The DN as written, and normalized; made when first asked for.
  const std::string& dn();
  const std::string& key();

  // Makes up these attributes, those that attributes() has already left out.
  void add(VirtualAttributes wanted);
  std::span<const model::AttributeView> attributes() const { return attributes_; }
  // The numbers of their descriptions.
  std::span<const std::uint32_t> numbers();
  model::Descriptions& descriptions() { return descriptions_; }

  const schema::Schema& schema() const { return schema_; }

 private:
  struct Names {
    std::string dn;
    std::string key;
  };

  const Names& superior_names();
  void add_csn();
  void add_one(std::string_view description, std::string_view value, std::size_t place);

  const schema::Schema& schema_;
  model::Descriptions descriptions_;
  const store::Reader* reader_ = nullptr;
  store::LiveEntry stored_;
  std::unordered_map<store::EntryId, Names> names_;  // of superiors, in this snapshot

  std::string dn_;
  std::string key_;
  bool dn_made_ = false;
  bool key_made_ = false;
  std::vector<model::AttributeView> attributes_;
  std::vector<std::uint32_t> numbers_;
  bool numbered_ = false;
  VirtualAttributes added_;
  std::string uuid_;
  std::string csn_;
  std::string_view values_[5];  // of the attributes made up
};

}  // namespace replkit::refserver::directory
