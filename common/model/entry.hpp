// An entry held in memory: a DN and attributes in the order in which they came.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace replkit::model {

struct Attribute {
  std::string description;  // type and options as written: "cn;lang-de"
  std::vector<std::string> values;

  // Byte for byte and in order, as that of Entry: what a copy must be. Directory equality is matching.hpp's.
  bool operator==(const Attribute&) const = default;
};

// The same as views into bytes that live elsewhere (a database's page).
struct AttributeView {
  std::string_view description;
  std::span<const std::string_view> values;
};

struct Entry {
  std::string dn;
  std::vector<Attribute> attributes;

  // Returns the attribute with this description, whatever its case; null when there is none.
  const Attribute* find(std::string_view description) const;
  // Returns its first value, or an empty string.
  std::string_view first(std::string_view description) const;
  // Adds a value to the attribute, which is made when it is not there (descriptions compare without case).
  void add(std::string_view description, std::string_view value);

  bool operator==(const Entry&) const = default;
};

}  // namespace replkit::model
