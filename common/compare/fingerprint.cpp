#include "common/compare/fingerprint.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>

#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/matching.hpp"

namespace replkit::compare {

namespace {

constexpr std::size_t name_slots = 4096;  // a power of two
constexpr std::size_t max_names = name_slots / 2;
constexpr std::size_t max_class_sets = 4096;
constexpr std::uint64_t dn_bits = (std::uint64_t{1} << 48) - 1;

std::uint64_t hash(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

EntryKey hashed_key(std::string_view bytes, std::uint64_t seed) {
  const auto h = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {{h.high64, h.low64}};
}

// Returns the two halves of the UUID that `text` spells (8-4-4-4-12 hexadecimal digits); nothing when it spells none.
std::optional<EntryKey> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  EntryKey key;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const auto digit = hex_digit(text[i]);
    if (!digit) return std::nullopt;
    auto& word = key.words[digits++ / 16];
    word = word << 4 | *digit;
  }
  return key;
}

bool names_attribute(const std::vector<std::string>& list, std::string_view canonical, const model::Schema& schema) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& name) {
    const auto wanted = canonical_description(name, schema);
    return wanted == canonical || wanted == model::base_type(canonical);
  });
}

}  // namespace

std::string canonical_description(std::string_view description, const model::Schema& schema) {
  auto parts = split(description, ';');
  const auto* type = schema.attribute(parts.front());
  auto out = to_lower(type != nullptr && !type->names.empty() ? type->names.front() : parts.front());
  std::vector<std::string> options;
  for (std::size_t i = 1; i < parts.size(); ++i) options.push_back(to_lower(parts[i]));
  std::sort(options.begin(), options.end());
  for (const auto& option : options) out += ";" + option;
  return out;
}

bool FingerprintRules::compares(std::string_view description) const {
  const auto canonical = canonical_description(description, schema);
  if (names_attribute(excluded, canonical, schema)) return false;
  if (names_attribute(only, canonical, schema)) return true;
  // As a search does (RFC 4511 4.5.1.8, RFC 3673), so that an export with more in it compares with a server.
  const auto* type = schema.attribute(description);
  const bool operational = type != nullptr && type->operational;
  return only.empty() ? !operational : std::find(only.begin(), only.end(), operational ? "+" : "*") != only.end();
}

EntryKey key_of_id(std::string_view id) {
  if (const auto uuid = parse_uuid(id)) return *uuid;
  return hashed_key(id, 0);
}

EntryKey key_of_dn(std::string_view normalized_dn, std::uint64_t seed) {
  return hashed_key(normalized_dn, seed);
}

std::string uuid_text(const EntryKey& key) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
    out += digits[key.words[static_cast<std::size_t>(i / 16)] >> (60 - 4 * (i % 16)) & 0xF];
  }
  return out;
}

Fingerprinter::Fingerprinter(const FingerprintRules& rules) : rules_(rules), names_(name_slots) {
  model::normalize_dn(rules.base, rules.schema, base_);
  for (const auto& branch : rules.excluded_branches) {
    branches_.emplace_back();
    model::normalize_dn(branch, rules.schema, branches_.back());
  }
}

std::vector<std::string> Fingerprinter::wanted_attributes() const {
  std::vector<std::string> out;
  if (!rules_.quick) out = rules_.only.empty() ? std::vector<std::string>{"*"} : rules_.only;
  if (!rules_.id_attribute.empty()) out.push_back(rules_.id_attribute);
  if (!rules_.csn_attribute.empty()) out.push_back(rules_.csn_attribute);
  return out;
}

Fingerprinter::Name& Fingerprinter::lookup(std::string_view description) {
  auto slot = hash(description, rules_.seed) & (name_slots - 1);
  while (!names_[slot].text.empty()) {
    if (names_[slot].text == description) return names_[slot];
    slot = (slot + 1) & (name_slots - 1);
  }
  auto name = learn(description);
  if (rules_.check_required && !rules_.quick) {
    name.bit = bit_of(to_lower(model::base_type(canonical_description(description, rules_.schema))));
  }
  // A hostile server could send names without end: beyond the bound they are worked out each time.
  auto& place = name_count_ < max_names && !description.empty() ? names_[slot] : unknown_;
  if (&place != &unknown_) ++name_count_;
  place = std::move(name);
  return place;
}

Fingerprinter::Name Fingerprinter::learn(std::string_view description) const {
  Name name;
  name.text = description;
  const auto canonical = canonical_description(description, rules_.schema);
  name.seed = hash(canonical, rules_.seed);
  name.kind = rules_.exact ? model::ValueKind::octets : rules_.schema.value_kind(description);
  name.object_class = canonical == "objectclass";
  if (!rules_.id_attribute.empty() && equals_ignore_case(description, rules_.id_attribute)) {
    name.role = Role::id;
  } else if (!rules_.csn_attribute.empty() && equals_ignore_case(description, rules_.csn_attribute)) {
    name.role = Role::csn;
  } else if (!rules_.quick && rules_.compares(description)) {
    name.role = Role::compared;
  }
  return name;
}

// Returns the bit of an attribute type; -1 when the set is full: then nobody asks whether the type is hidden.
int Fingerprinter::bit_of(const std::string& type) {
  const auto found = std::find(bits_.begin(), bits_.end(), type);
  if (found != bits_.end()) return static_cast<int>(found - bits_.begin());
  if (bits_.size() == std::tuple_size_v<NameSet> * 64) return -1;
  bits_.push_back(type);
  return static_cast<int>(bits_.size() - 1);
}

bool Fingerprinter::begin(std::string_view dn) {
  current_ = nullptr;
  id_.clear();
  csn_.clear();
  class_count_ = 0;
  class_hash_ = 0;
  content_ = 0;
  present_ = {};
  model::normalize_dn(dn, rules_.schema, dn_);
  if (!base_.empty() && !model::is_at_or_below(dn_, base_)) return false;
  return std::none_of(branches_.begin(), branches_.end(),
                      [&](const auto& branch) { return model::is_at_or_below(dn_, branch); });
}

void Fingerprinter::attribute(std::string_view description) {
  current_ = &lookup(description);
  ++current_->entries;
  if (current_->bit >= 0) {
    const auto bit = static_cast<std::size_t>(current_->bit);
    present_[bit / 64] |= std::uint64_t{1} << bit % 64;
  }
}

void Fingerprinter::value(std::string_view bytes) {
  if (current_->object_class) {
    class_hash_ += hash(bytes, rules_.seed);
    if (class_count_ == classes_.size()) classes_.emplace_back();
    classes_[class_count_++] = bytes;
  }
  switch (current_->role) {
    case Role::compared:
      if (current_->kind == model::ValueKind::octets) {
        content_ += hash(bytes, current_->seed);
      } else {
        model::normalize_value(current_->kind, bytes, rules_.schema, value_);
        content_ += hash(value_, current_->seed);
      }
      break;
    case Role::id:
      id_ = bytes;
      break;
    case Role::csn:
      csn_ = bytes;
      break;
    case Role::skipped:
      break;
  }
}

Fingerprint Fingerprinter::finish() {
  Fingerprint out;
  out.content = rules_.quick ? hash(csn_, rules_.seed) : content_;
  out.dn = hash(dn_, rules_.seed) & dn_bits;
  out.key = id_.empty() ? key_of_dn(dn_, rules_.seed) : key_of_id(id_);
  return out;
}

std::map<std::string, std::uint64_t> Fingerprinter::shown_attributes() const {
  std::map<std::string, std::uint64_t> out;
  for (const auto& name : names_) {
    if (!name.text.empty()) out[canonical_description(model::base_type(name.text), rules_.schema)] += name.entries;
  }
  return out;
}

const Fingerprinter::NameSet& Fingerprinter::required_set() {
  if (const auto found = required_sets_.find(class_hash_); found != required_sets_.end()) return found->second;
  if (required_sets_.size() >= max_class_sets) required_sets_.clear();
  NameSet set{};
  const std::vector<std::string_view> classes(classes_.begin(),
                                              classes_.begin() + static_cast<std::ptrdiff_t>(class_count_));
  for (const auto& type : rules_.schema.required(classes)) {
    if (!rules_.compares(type)) continue;
    if (const int bit = bit_of(canonical_description(type, rules_.schema)); bit >= 0) {
      set[static_cast<std::size_t>(bit) / 64] |= std::uint64_t{1} << static_cast<std::size_t>(bit) % 64;
    }
  }
  return required_sets_.emplace(class_hash_, set).first->second;
}

std::string Fingerprinter::hidden_attribute() const {
  if (!rules_.id_attribute.empty() && id_.empty()) return rules_.id_attribute;
  return !rules_.quick && rules_.check_required && class_count_ == 0 ? "objectClass" : "";
}

std::vector<std::string> Fingerprinter::lacking_attributes() {
  std::vector<std::string> out;
  if (rules_.quick && csn_.empty()) out.push_back(canonical_description(rules_.csn_attribute, rules_.schema));
  if (rules_.quick || !rules_.check_required) return out;
  const auto& required = required_set();
  for (std::size_t i = 0; i < required.size(); ++i) {
    for (auto missing = required[i] & ~present_[i]; missing != 0; missing &= missing - 1) {
      out.push_back(bits_[i * 64 + static_cast<std::size_t>(std::countr_zero(missing))]);
    }
  }
  return out;
}

}  // namespace replkit::compare
