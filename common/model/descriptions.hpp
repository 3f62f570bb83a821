// Attribute descriptions, numbered, for whoever looks at many entries: each is taken apart and looked up in the schema
// once, and what is found out about it is kept by its number.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/model/entry.hpp"
#include "common/model/schema.hpp"

namespace replkit::model {

// An attribute description taken apart.
struct Description {
  explicit Description(std::string_view description, const Schema& schema);

  std::string text;
  const AttributeType* type;         // null: unknown
  std::vector<std::string> options;  // lower case, in order

  std::string_view base() const { return base_type(text); }
  // Whether a value with this description counts as one of `wanted` (RFC 4512 2.5): the same type or a subtype, with at
  // least its options, or such as are in the ranges of languages there.
  bool is_kind_of(const Description& wanted, const Schema& schema) const;
};

class Descriptions {
 public:
  explicit Descriptions(const Schema& schema) : schema_(&schema) {}

  const Schema& schema() const { return *schema_; }

  // Puts into `out` the number of each attribute's description. They are good until the next call: after very many
  // different ones the numbers begin anew, and generation() changes.
  void number(std::span<const AttributeView> attributes, std::vector<std::uint32_t>& out);
  const Description& operator[](std::uint32_t number) const { return items_[number]; }
  std::uint32_t generation() const { return generation_; }

 private:
  const Schema* schema_;
  std::deque<Description> items_;
  std::unordered_map<std::string_view, std::uint32_t> index_;  // views into items_
  std::uint32_t generation_ = 1;
};

// What one who looks at many entries knows of each description: made out at first sight.
template <typename Value>
class DescriptionTable {
 public:
  // Returns what `make`, given the Description, said of this number.
  template <typename Make>
  Value& get(const Descriptions& descriptions, std::uint32_t number, Make make) {
    if (generation_ != descriptions.generation()) {
      generation_ = descriptions.generation();
      values_.clear();
      known_.clear();
    }
    if (number >= values_.size()) {
      values_.resize(number + 1);
      known_.resize(number + 1, 0);
    }
    if (known_[number] == 0) {
      values_[number] = make(descriptions[number]);
      known_[number] = 1;
    }
    return values_[number];
  }

 private:
  std::uint32_t generation_ = 0;
  std::vector<Value> values_;
  std::vector<std::uint8_t> known_;
};

}  // namespace replkit::model
