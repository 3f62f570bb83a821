// What Schema looks up, worked out once when it is loaded.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "common/model/entry.hpp"
#include "common/model/schema.hpp"
#include "tests/refserver/schema/definitions.hpp"
#include "tests/refserver/schema/syntax.hpp"

namespace replkit::refserver::schema {

// A set of attribute types or classes, by their index.
class Bits {
 public:
  explicit Bits(std::size_t size = 0) : words_((size + 63) / 64, 0) {}

  void set(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << i % 64; }
  bool test(std::size_t i) const { return (words_[i / 64] >> i % 64 & 1U) != 0; }
  Bits& operator|=(const Bits& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  // Returns the index of the first that is here and not in `other`; npos when there is none.
  std::size_t first_missing_from(const Bits& other) const;
  static constexpr std::size_t npos = ~std::size_t{0};

 private:
  std::vector<std::uint64_t> words_;
};

struct TypeFacts {
  const Syntax* syntax = nullptr;  // null: unknown
  const model::AttributeType* superior = nullptr;
  std::vector<const model::AttributeType*> subtypes;  // itself first
};

struct ClassFacts {
  std::string_view name;
  Bits superiors;                  // the class itself and all above it
  std::size_t superior_count = 0;  // of those
  Bits must;                       // types, with those of the superiors
  Bits allowed;                    // MUST and MAY, likewise
};

// A DIT content rule (RFC 4512 4.1.6).
struct RuleFacts {
  Bits auxiliary;  // classes, with what they derive from
  Bits must;       // types
  Bits allowed;    // MUST and MAY
  Bits precluded;
};

struct Tables {
  explicit Tables(Definitions& definitions);
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  model::Schema model;
  std::vector<TypeFacts> types;            // as model.attribute_types()
  std::vector<ClassFacts> classes;         // as model.object_classes()
  std::map<std::size_t, RuleFacts> rules;  // by the index of the structural class
  std::size_t object_class_type = 0;
  std::size_t extensible_object = Bits::npos;
  std::vector<model::Attribute> subschema;

  std::size_t index(const model::AttributeType& type) const {
    return static_cast<std::size_t>(&type - model.attribute_types().data());
  }
  std::size_t index(const model::ObjectClass& item) const {
    return static_cast<std::size_t>(&item - model.object_classes().data());
  }
  // Whether the type is one of this schema, so that index() holds.
  bool owns(const model::AttributeType& type) const {
    const auto* first = model.attribute_types().data();
    return !std::less<>{}(&type, first) && std::less<>{}(&type, first + types.size());
  }

 private:
  void fill_types();
  void fill_classes();
  void fill_rules(const Definitions& definitions);
};

// Returns the subschema subentry's attributes (subschema.cpp).
std::vector<model::Attribute> make_subschema(const model::Schema& model, const Definitions& definitions);

}  // namespace replkit::refserver::schema
