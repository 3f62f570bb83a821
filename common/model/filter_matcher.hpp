// A filter made ready to be tried on many entries (RFC 4511 4.5.1.7): its types are looked up and its values normalized
// once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "common/base/error.hpp"
#include "common/model/descriptions.hpp"
#include "common/model/filter.hpp"

namespace replkit::model {

enum class Truth : std::uint8_t { no, undefined, yes };  // in this order "and" is the least and "or" the greatest

// Which matching rules an attribute type has.
enum class RuleUse : std::uint8_t {
  declared,  // those its definition names; what has none cannot be compared so (Undefined)
  lenient,   // ordering and substrings go by the equality rule: for schemas that leave rules out
};

// Thrown when one entry has so many values, and a filter so many parts, that it would take seconds to try one on the
// other.
class FilterTooCostly : public Error {
 public:
  FilterTooCostly() : Error(ExitStatus::refused, "the filter is too costly for an entry of so many values") {}
};

// What a filter is tried on.
struct FilterSubject {
  std::span<const AttributeView> attributes;
  std::span<const std::uint32_t> numbers;  // of the attributes' descriptions
  // The DN, for rules that take its attributes in; may be empty when uses_dn() is false.
  std::string_view dn;
  // Whether values of a type may be looked at; none: all. Those that must not be are as if they were Undefined.
  const std::function<bool(const AttributeType&)>* may_search = nullptr;
};

// Used by one thread at a time: it keeps room for the values it normalizes.
class FilterMatcher {
 public:
  // Takes the filter's text over, not the filter. What it does not know (attribute types, rules, values that are none
  // of the syntax) is Undefined.
  FilterMatcher(const Filter& filter, const Descriptions& descriptions, RuleUse rules);
  ~FilterMatcher();
  FilterMatcher(FilterMatcher&&) noexcept;
  FilterMatcher& operator=(FilterMatcher&&) noexcept;

  // Throws FilterTooCostly.
  Truth match(const FilterSubject& subject);

  // Whether some part takes the attributes of the DN in.
  bool uses_dn() const;
  // Whether some part is about attributes of this type (or its superiors, or all there are).
  bool mentions(const AttributeType& type) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace replkit::model
